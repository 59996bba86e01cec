"""The subsidy engine: what the rules give one party for the items of a month, and why. Pure and exact.

In turn (`together.order`, then code) each rule is asked for each item: is it covered, is the party eligible, what of
the item is counted, how much of it is given, what do caps and budgets leave. Of a group only the best is given.

Unknown facts are neither yes nor no: nothing is given, and the derivation says which fact is missing.
The same input gives the same derivation, byte for byte (`core.canonical.canonical_json`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from incubator.core.money import round_half_up
from incubator.core.periods import Month
from incubator.subsidies.rules.amounts import Base, Worked
from incubator.subsidies.rules.conditions import Known, as_data
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.limits import count, list_limits
from incubator.subsidies.rules.state import Key, Tally
from incubator.subsidies.rules.terms import FOUNDERS, Budget, DecisionDraft, Outcome, Party, SchemeRule

__all__ = ["ROUNDING", "Budget", "DecisionDraft", "Outcome", "Party", "SchemeRule", "asked_of", "groups", "rate"]

ROUNDING = "half_up_once"


def asked_of(schemes: Sequence[SchemeRule]) -> set[str]:
    """The names of all facts that some rules ask for; "persons" where a cap or a count is for each person."""
    names = {name for scheme in schemes for name in scheme.rule.facts()}
    if any(s.rule.together.once or any(cap.per == "person" for cap in s.rule.caps) for s in schemes):
        names.add("persons")
    return names


def rate(party: Party, items: Sequence[Item], schemes: Sequence[SchemeRule], tally: Tally) -> list[DecisionDraft]:
    """One decision for each rule and item: by rule in its turn, then in the order of the items.

    What is given is added to `tally`, so that the next party finds it used. Of rules of one group (`best_of`) each is
    tried by itself, and the one that gives most in all stands, the earlier among equals; where a part of the month is
    posted already, the one that gave then.
    """
    ledger = _Ledger(party, items)
    drafts: list[DecisionDraft] = []
    for group in groups(schemes):
        if len(group) == 1:
            drafts += ledger.take(_decide(group[0], party, items, ledger, tally))
            continue
        tried = [(scheme, fork := tally.fork(), _decide(scheme, party, items, ledger, fork)) for scheme in group]
        key = "best", group[0].rule.together.best_of, party.startup_id, party.site_id, party.month.first
        before = tally.chosen.get(key)
        best = max(tried, key=lambda each: (each[0].scheme_id == before, _given(each[2])))
        tally.keep(best[1])
        if _given(best[2]):
            tally.chosen[key] = best[0].scheme_id
        for scheme, _, found in tried:
            drafts += ledger.take(found) if scheme is best[0] else [_displaced(each, best[0]) for each in found]
    return drafts


def groups(schemes: Sequence[SchemeRule]) -> Iterator[list[SchemeRule]]:
    """The rules in their turn; those of one group together, where the first of them stands."""
    left = sorted(schemes, key=lambda each: each.turn)
    while left:
        name = left[0].rule.together.best_of
        group = [each for each in left if name and each.rule.together.best_of == name] or left[:1]
        left = [each for each in left if each not in group]
        yield group


def _given(drafts: Sequence[DecisionDraft]) -> int:
    return sum(draft.amount_minor + draft.held_minor for draft in drafts)


def _displaced(draft: DecisionDraft, by: SchemeRule) -> DecisionDraft:
    if not draft.amount_minor and not draft.held_minor:
        return draft
    derivation = draft.derivation | {"amount_minor": 0, "would_be_minor": draft.amount_minor + draft.held_minor,
                                     "displaced_by": by.code, "displaced_by_name": by.name,
                                     "displaced_by_name_en": by.name_en}  # fmt: skip
    return DecisionDraft(draft.key, draft.by, Outcome.DISPLACED, draft.base_minor, 0, 0, derivation)


class _Ledger:
    """What is left of each item, and who has borne what of it."""

    def __init__(self, party: Party, items: Sequence[Item]) -> None:
        self.party = party
        self.left: dict[int, int] = {}
        self.borne: dict[int, dict[str, int]] = {}
        for item in items:
            if item.gross_minor < 0:
                raise ValueError(f"an item below zero: {item}")
            self.borne[item.key] = dict(item.already_minor)
            self.left[item.key] = item.gross_minor - sum(item.already_minor.values())

    def take(self, drafts: list[DecisionDraft]) -> list[DecisionDraft]:
        """Count what stands; what goes to the operator is taken off no charge."""
        for draft in drafts:
            if draft.amount_minor and draft.by.rule.goes_to == "startup":
                bearer = draft.by.rule.bearer.kind
                self.left[draft.key] -= draft.amount_minor
                self.borne[draft.key][bearer] = self.borne[draft.key].get(bearer, 0) + draft.amount_minor
        return drafts


def _decide(
    scheme: SchemeRule, party: Party, items: Sequence[Item], ledger: _Ledger, tally: Tally
) -> list[DecisionDraft]:
    """One decision for each item, in order."""
    rule = scheme.rule
    asked = _ask(scheme, party, tally)
    most_of_caps = [cap.amount.work(party.facts) for cap in rule.caps]
    drafts: list[DecisionDraft] = []
    for item in items:
        base_minor = item.gross_minor if rule.together.base == "gross" else ledger.left[item.key]
        about = {"kind": item.kind, "base_minor": base_minor, "amount_minor": 0}
        if item.kind not in rule.covers or (rule.units and item.unit_kind not in rule.units):
            derivation = about | {"covers": sorted(rule.covers)} | ({"units": sorted(rule.units)} if rule.units else {})
            drafts.append(DecisionDraft(item.key, scheme, Outcome.NOT_COVERED, base_minor, 0, 0, derivation))
        elif asked["eligible"] != Known.MET:
            drafts.append(DecisionDraft(item.key, scheme, Outcome.REFUSED, base_minor, 0, 0, about | asked))
        else:
            most = ledger.left[item.key] if rule.goes_to == "startup" else None
            drafts.append(_grant(scheme, party, item, base_minor, most, ledger, tally, about | asked, most_of_caps))
    if rule.together.once and any(draft.amount_minor or draft.held_minor for draft in drafts):
        for person in party.persons:
            tally.persons[_person_key(scheme, person, party.month)] = party.startup_id or 0
    return drafts


def _ask(scheme: SchemeRule, party: Party, tally: Tally) -> dict[str, Any]:
    """Whether the party is eligible, with all that was asked: shared by the decisions on its items."""
    rule = scheme.rule
    names = rule.facts()
    eligible = rule.who.ask(party.facts)
    asked: dict[str, Any] = {
        "facts": {name: as_data(party.facts.get(name)) for name in names},
        "who": rule.who.answered(party.facts),
        "eligible": eligible.value,
    }
    evidence = {name: list(party.evidence[name]) for name in names if party.evidence.get(name)}
    if evidence:
        asked["evidence"] = evidence
    if eligible is Known.MET and rule.together.once:
        if not party.persons:
            return asked | {"eligible": Known.UNKNOWN.value, "missing": [FOUNDERS]}
        for person, name in party.persons.items():
            other = tally.counted_for(_person_key(scheme, person, party.month))
            if other is not None and other != party.startup_id:
                return asked | {"eligible": Known.NOT_MET.value, "counted_already": name}
    return asked


def _person_key(scheme: SchemeRule, person: int, month: Month) -> Key:
    return scheme.rule.together.best_of or scheme.scheme_id, person, month.first


def _grant(
    scheme: SchemeRule, party: Party, item: Item, base_minor: int, most: int | None, ledger: _Ledger, tally: Tally,
    asked: dict[str, Any], most_of_caps: Sequence[Worked],
) -> DecisionDraft:  # fmt: skip
    """What is counted × how much, rounded half up once, and no more than is left of the item, of caps and budget:
    2,109.68 × 0.60 = 1,265.808 → 1,265.81."""
    rule = scheme.rule
    counted = count(scheme, party, item, base_minor, tally)
    if counted.worked.value is None:
        return _unknown(scheme, item, base_minor, asked, counted.worked)
    how = rule.how.work(Base(item, counted.worked.value, ledger.borne[item.key]), party.facts)
    if how.value is None:
        return _unknown(scheme, item, base_minor, asked, how)
    wanted = 0 if counted.below else round_half_up(how.value)
    limits = list_limits(scheme, party, tally, most_of_caps)
    unknown = next((limit for limit in limits if limit.missing), None)
    if unknown is not None:
        return _unknown(scheme, item, base_minor, asked, Worked(None, unknown.data, unknown.missing))
    within = min([wanted, *([most] if most is not None else []), *(limit.left for limit in limits)])
    held = within if scheme.budget and scheme.budget.mode == "pro_rata" else 0
    amount = within - held
    for limit in limits:
        tally.add(limit.key, within)
    if within:
        for day_key, m2 in counted.areas:
            tally.add_area(day_key, m2)
    derivation = asked | {"amount_minor": amount, "how": how.data}
    if rule.how.kind == "share" and isinstance(how.data["share"], str):
        derivation["rate"] = how.data["share"]
    if counted.worked.data:
        derivation["counted"] = counted.worked.data
    derivation |= {"wanted_minor": wanted, "rounding": ROUNDING, "caps": [limit.after(within) for limit in limits]}
    if rule.bearer.kind != "government" or rule.bearer.name:
        derivation["bearer"] = {"kind": rule.bearer.kind, "name": rule.bearer.name}
    if held:
        return DecisionDraft(item.key, scheme, Outcome.HELD, base_minor, 0, held, derivation | {"held_minor": held})
    if wanted == 0:
        return DecisionDraft(item.key, scheme, Outcome.NOTHING, base_minor, 0, 0, derivation)
    outcome = Outcome.CAPPED if amount < wanted else Outcome.GRANTED
    return DecisionDraft(item.key, scheme, outcome, base_minor, amount, 0, derivation)


def _unknown(
    scheme: SchemeRule, item: Item, base_minor: int, asked: dict[str, Any], worked: Worked
) -> DecisionDraft:
    derivation = asked | {"eligible": Known.UNKNOWN.value, "missing": list(worked.missing)}
    return DecisionDraft(item.key, scheme, Outcome.REFUSED, base_minor, 0, 0, derivation)


