"""What posted charges would be given by what is known now: pure. Nothing posted changes; differences are later lines.

All charges of one startup are rated once more, in the order in which they were posted, by the versions that decided
on them then. A company in whose quarter 3,900.00, 3,900.00 and 2,200.00 were given, and whose October turns out not to
be eligible: −3,900.00 for October, nothing for November, and +1,700.00 for December, whose cap October has freed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from incubator.billing.rules.invoicing import named
from incubator.core.money import round_half_up
from incubator.subsidies.rules.engine import DecisionDraft, Party, SchemeRule, rate
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key


class Standing(Struct, frozen=True):
    """What stands of one decision: what was decided at first, with all that has adjusted it since."""

    decision_id: int
    """The first one's."""
    amount_minor: int
    held_minor: int
    derivation: Mapping[str, Any]
    """The latest: with the facts as they were known then."""
    outcome: str
    base_minor: int
    budget_id: int | None = None
    shared: tuple[int, int] | None = None
    """Of a budget that is shared out: what was given of what had been held; nothing more is to be had from it."""
    credits: int = 0
    """How many credit notes have taken something of it back; each rounds once."""
    ruled: Fraction = Fraction(1)
    """What share of it the authority has left where the startup bears the rest: that isn't given again."""

    def by_now(self, draft: DecisionDraft) -> tuple[int, int]:
        """What it would be given, and what would be held, by what is known now."""
        if self.shared is None:
            return draft.amount_minor, draft.held_minor
        given, held = self.shared
        within = min(draft.amount_minor + draft.held_minor, held)
        return (round_half_up(Fraction(given * within, held)) if held else 0), 0


class Posting(Struct, frozen=True):
    """The charges of one invoice as they were rated together; the facts are those of now."""

    invoice_id: int
    party: Party
    items: tuple[Item, ...]
    """By the id of the charge."""
    schemes: tuple[SchemeRule, ...]
    """The versions that decided on them."""
    standing: Mapping[tuple[int, int], Standing]
    """By charge and version."""
    kept: Mapping[int, Fraction] = field(default_factory=dict)
    """What share of a charge credit notes have left, where they took any."""


class FactChange(Struct, frozen=True):
    """A fact that a decision rests on, as it was known then and as it is known now, each with its evidence."""

    fact: str
    was: Any
    now: Any
    was_evidence: tuple[str, ...] = ()
    now_evidence: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """As an adjustment keeps it."""
        return {"fact": self.fact, "was": self.was, "now": self.now, "was_evidence": list(self.was_evidence),
                "now_evidence": list(self.now_evidence)}  # fmt: skip


class Adjustment(Struct, frozen=True):
    """How much more or less one decision should give; signed."""

    posting: Posting
    charge_id: int
    standing: Standing
    draft: DecisionDraft
    amount_minor: int
    held_minor: int
    changed: tuple[FactChange, ...] = field(default=())

    @property
    def said(self) -> dict[str, Any]:
        """The derivation of what it would be, with the scheme's names."""
        return named(self.draft.by) | self.draft.derivation

    @property
    def changed_data(self) -> list[dict[str, Any]]:
        """The changes as they are kept."""
        return [each.as_data() for each in self.changed]

    @property
    def was_minor(self) -> int:
        return self.standing.amount_minor

    @property
    def now_minor(self) -> int:
        return self.standing.amount_minor + self.amount_minor


def rerate(
    postings: Sequence[Posting], used: Mapping[Key, int], persons: Mapping[Key, int] | None = None
) -> list[Adjustment]:
    """Every difference of one startup's posted charges, in the order of posting; none where all is as it should be.

    `used` is what caps and budgets have used in all, as it stands: what this startup has of it is given back first,
    then taken again posting by posting, so that caps leave what they would have left. Of a charge that credit notes
    have taken off in part, and of a decision that an authority has refused in part, the same part is taken off what it
    would be given, and caps have it for later charges.
    """
    tally = Tally(_of_others(postings, used), persons=dict(persons or {}))
    found: list[Adjustment] = []
    for posting in postings:
        for draft in rate(posting.party, posting.items, posting.schemes, tally):
            standing = posting.standing.get((draft.key, draft.by.version_id))
            if standing is None:
                continue
            kept = posting.kept.get(draft.key)
            amount, held = standing.by_now(draft)
            left = standing.ruled * (1 if kept is None else kept)
            if left != 1:
                _give_back(tally, posting.party, draft, 1 - left)
                amount, held = round_half_up(amount * left), round_half_up(held * left)
            amount, held = amount - standing.amount_minor, held - standing.held_minor
            if kept is not None and abs(amount) <= standing.credits and abs(held) <= standing.credits:
                continue  # the fen by which the notes have rounded
            if amount or held:
                found.append(
                    Adjustment(posting, draft.key, standing, draft, amount, held, tuple(_changed(standing, draft)))
                )
        for key in [key for key in tally.added if key[0] == "invoice"]:
            del tally.added[key]  # the next invoice of the month has a cap of its own
    return found


def _give_back(tally: Tally, party: Party, draft: DecisionDraft, share: Fraction) -> None:
    """What of caps and budgets a charge has had and a note or a ruling has taken back, for those that come after it."""
    scheme, minor = draft.by, round_half_up((draft.amount_minor + draft.held_minor) * share)
    for cap in scheme.rule.caps:
        of: dict[str, list[int | None]] = {"startup": [party.startup_id], "site": [party.site_id], "operator": [0]}
        subjects = of.get(cap.per, [*party.persons])
        for subject in subjects if cap.window != "invoice" else ():
            tally.add(cap_key(scheme.scheme_id, cap.per, subject or 0, cap.window, party.month), -minor)
    budget = scheme.budget
    if budget is not None and budget.mode != "pro_rata":
        mine = party.startup_id if budget.mode == "reserved" else None
        tally.add(budget_key(budget.budget_id, mine), -minor)


def _of_others(postings: Iterable[Posting], used: Mapping[Key, int]) -> dict[Key, int]:
    """What all but this startup have used."""
    postings = list(postings)
    caps: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for scheme in (scheme for posting in postings for scheme in posting.schemes):
        caps[scheme.scheme_id] |= {(cap.per, cap.window) for cap in scheme.rule.caps if cap.window != "invoice"}
    persons = {person for posting in postings for person in posting.party.persons}
    own: dict[Key, int] = defaultdict(int)
    for posting in postings:
        party = posting.party
        schemes = {scheme.version_id: scheme.scheme_id for scheme in posting.schemes}
        subjects: dict[str, set[int | None]] = {
            "startup": {party.startup_id}, "site": {party.site_id}, "operator": {0}, "person": {*persons},
        }  # fmt: skip
        for (_, version_id), standing in posting.standing.items():
            scheme_id = schemes[version_id]
            for per, window in caps[scheme_id]:
                for subject in subjects[per]:
                    key = cap_key(scheme_id, per, subject or 0, window, party.month)
                    own[key] += standing.amount_minor + standing.held_minor
            if standing.budget_id is not None:
                for startup_id in (None, party.startup_id):
                    own[budget_key(standing.budget_id, startup_id)] += standing.amount_minor
    return {key: max(0, minor - own[key]) for key, minor in used.items()}


def _changed(standing: Standing, draft: DecisionDraft) -> Iterable[FactChange]:
    """What the decision rests on that was known otherwise; none where only what a cap leaves has changed."""
    before, now = standing.derivation, draft.derivation
    for fact, value in now.get("facts", {}).items():
        was = before.get("facts", {}).get(fact)
        if was != value:
            yield FactChange(fact, was, value, _evidence(before, fact), _evidence(now, fact))


def _evidence(derivation: Mapping[str, Any], fact: str) -> tuple[str, ...]:
    return tuple(derivation.get("evidence", {}).get(fact, ()))
