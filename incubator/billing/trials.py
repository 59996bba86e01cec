"""What a draft, or any version, would have given in months that are over: rated with and without it, nothing written.

A month is its posted charges as they stand, and what its draft would charge beside them. Both sides are rated anew, in
the order of the months and of the startups' codes, with what the tried months gave themselves left out of every cap and
budget: so the difference is the rule's alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.corrections import posted_draft
from incubator.billing.drafts import Draft, draft_month
from incubator.billing.models import Charge, InvoiceLine
from incubator.billing.queries.runs import TAKEN_BACK
from incubator.billing.rules.invoicing import ADJUSTMENT, ChargeDraft, Given, InvoiceDraft, LineDraft, assemble
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Month, months_between
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision
from incubator.subsidies.queries.active import list_budgets, list_scheme_rules
from incubator.subsidies.queries.drafts import Text, get_text
from incubator.subsidies.queries.facts import load_parties
from incubator.subsidies.queries.used import load_tally
from incubator.subsidies.rules.engine import Outcome, Party, SchemeRule, asked_of
from incubator.subsidies.rules.rule import Rule
from incubator.subsidies.rules.state import Key, Tally, budget_key

MOST_MONTHS = 12
MOST_CHARGES = 30_000
"""What one try asks the database about: the months of a site with 600 startups."""


class TriedMonth(Struct, frozen=True):
    """One startup's month, with and without."""

    month: Month
    before: InvoiceDraft
    after: InvoiceDraft

    def decisions(self, scheme_id: int) -> list[tuple[ChargeDraft, tuple[Given, ...], tuple[Given, ...]]]:
        """By charge: what the scheme decides without and with what is tried; charges that neither covers are left
        out, as far as another scheme gives the same on them."""
        found = []
        for old, new in zip(self.before.lines, self.after.lines, strict=True):
            was, now = _asked(old), _asked(new)
            others = {each.by.scheme_id for each in (*was, *now)} - {scheme_id}
            same = {each for each in others if _minor(was, each) == _minor(now, each)}
            was, now = (tuple(each for each in side if each.by.scheme_id not in same) for side in (was, now))
            if was or now:
                found.append((old.charge, was, now))
        return found


def _asked(line: LineDraft) -> tuple[Given, ...]:
    return tuple(each for each in line.given if each.draft.outcome is not Outcome.NOT_COVERED)


def _minor(given: Iterable[Given], scheme_id: int) -> int:
    return sum(each.draft.amount_minor + each.draft.held_minor for each in given if each.by.scheme_id == scheme_id)


class Effect(Struct):
    """What the months come to for one startup."""

    startup: Startup
    months: list[TriedMonth]
    before_minor: int = 0
    after_minor: int = 0
    refused: tuple[Given, ...] = ()
    """Why it is not eligible, where what is tried gives it nothing; once for each reason."""

    @property
    def change_minor(self) -> int:
        return self.after_minor - self.before_minor


class Trial(Struct, frozen=True):
    """What was tried where and when, and what it comes to."""

    text: Text
    site: Site
    months: Sequence[Month]
    effects: Sequence[Effect]
    """Who gains most stands first, who loses most last."""
    by_month: Mapping[Month, tuple[int, int]]

    @property
    def before_minor(self) -> int:
        return sum(before for before, _ in self.by_month.values())

    @property
    def after_minor(self) -> int:
        return sum(after for _, after in self.by_month.values())

    @property
    def gaining(self) -> list[Effect]:
        return [each for each in self.effects if each.change_minor > 0]

    @property
    def losing(self) -> list[Effect]:
        return [each for each in reversed(self.effects) if each.change_minor < 0]

    @property
    def same(self) -> list[Effect]:
        return [each for each in self.effects if each.change_minor == 0 and not each.refused]

    @property
    def not_eligible(self) -> list[Effect]:
        return [each for each in self.effects if each.refused]


def try_text(
    session: Session, actor: Actor, *, now: datetime, word: str, site_id: int, first: Month, last: Month
) -> Trial:
    """Rate the months `first` to `last` of a site as if the version or draft had been in force in the place of its
    scheme's version; a bounded number of statements for each month."""
    actor.require(Action.SEE_BILLING)
    text, site = get_text(session, actor, word), get_site(session, actor, site_id)
    rule = check_text(text, site, months_between(first.first, last))
    assert rule.goes_to == "startup", "what goes to the operator is tried by try_grants"
    months = [first + ahead for ahead in range(months_between(first.first, last))]
    found = [_charges(session, actor, site, month, now) for month in months]
    posted = [charge_id for each in found for charge_id in each.posted]
    if len(posted) > MOST_CHARGES:
        raise Refusal(N_("These months have %(count)s charges; at most %(most)s can be tried at once. "
                         "Choose fewer months."), field="first", count=len(posted), most=MOST_CHARGES)  # fmt: skip
    startups = _startups(session, {startup_id for each in found for startup_id in each.charges})
    own_use = _budgets_used(session, posted)
    sides: dict[bool, list[dict[int, InvoiceDraft]]] = {False: [], True: []}
    added: dict[bool, dict[Key, int]] = {False: {}, True: {}}
    for month, each in zip(months, found, strict=True):
        before = list_scheme_rules(session, site.id, month)
        after = with_text(session, before, text, rule, month)
        parties = load_parties(session, site.id, month, list(each.charges), asked_of([*before, *after]))
        for is_after, schemes in ((False, before), (True, after)):
            tally = _tally(session, schemes, parties, site, month, posted, own_use)
            tally.added |= added[is_after]
            order = sorted(each.charges, key=lambda startup_id: startups[startup_id].code)
            sides[is_after].append({i: assemble(parties[i], each.charges[i], schemes, tally) for i in order})
            added[is_after] = tally.added
    return _gather(text, site, months, startups, sides[False], sides[True])


def check_text(text: Text, site: Site, months: int) -> Rule:
    """The rule, where it can be tried on so many months there."""
    if not 0 < months <= MOST_MONTHS:
        raise Refusal(N_("Choose one to %(most)s months, the first one first."), field="first", most=MOST_MONTHS)
    if text.site is not None and text.site.id != site.id:
        raise Refusal(N_("It is only for %(site)s: try it there."), field="site", site=text.site.name)
    return Rule.parse(text.rule)


class _Charged(Struct, frozen=True):
    """A month's charges by startup, the posted ones first, and the ids of the posted ones. What only corrects an
    earlier invoice costs nothing and is not asked about."""

    charges: dict[int, list[ChargeDraft]]
    posted: list[int]


def _charges(session: Session, actor: Actor, site: Site, month: Month, now: datetime) -> _Charged:
    draft: Draft = draft_month(session, actor, site.id, month)
    if not draft.is_over(now):
        raise Refusal(N_("%(month)s has not ended yet: only months that are over can be tried."), field="last",
                      month=str(month))  # fmt: skip
    rows = session.execute(
        select(Charge, InvoiceLine.description)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .where(Charge.site_id == site.id, Charge.month == month.first, Charge.source_kind != ADJUSTMENT, ~TAKEN_BACK)
        .order_by(Charge.id)
    ).all()
    charges: dict[int, list[ChargeDraft]] = defaultdict(list)
    for charge, description in rows:
        charges[charge.startup_id].append(posted_draft(charge, description))
    for invoice in draft.invoices:
        owed = [line.charge for line in invoice.lines if line.correction is None]
        if owed:
            charges[invoice.startup_id] += owed
    return _Charged(charges, [charge.id for charge, _ in rows])


def _startups(session: Session, ids: Collection[int]) -> dict[int, Startup]:
    found = session.execute(select(Startup).where(Startup.id.in_(sorted(ids)))).scalars()
    return {startup.id: startup for startup in found}


def with_text(
    session: Session, schemes: Sequence[SchemeRule], text: Text, rule: Rule, month: Month
) -> list[SchemeRule]:  # fmt: skip
    """The schemes with what is tried in the place of its scheme's version, or added."""
    pool_id = text.scheme.pool_id
    budgets = list_budgets(session, {pool_id} if pool_id is not None else set(), month.first)
    tried = SchemeRule(0, text.scheme.id, text.scheme.code, text.scheme.name, text.scheme.name_en, text.number or 0,
                       text.source, rule, budgets.get(pool_id or 0))  # fmt: skip
    others = [each for each in schemes if each.scheme_id != text.scheme.id]
    return sorted([*others, tried], key=lambda each: each.turn)


def _tally(
    session: Session, schemes: Sequence[SchemeRule], parties: Mapping[int, Party], site: Site, month: Month,
    posted: Sequence[int], own_use: Mapping[Key, int],
) -> Tally:  # fmt: skip
    """What was used before, without what the tried months used themselves, of caps and of budgets."""
    tally = load_tally(session, schemes, parties.values(), site.id, month, without=posted)
    tally.before = {key: minor - own_use.get(key, 0) for key, minor in tally.before.items()}
    return tally


def _budgets_used(session: Session, posted: Sequence[int]) -> dict[Key, int]:
    """What the tried months used of each budget, in all and for each startup that may have a reservation in it."""
    rows = session.execute(
        select(Decision.budget_id, Decision.startup_id, func.sum(Decision.amount_minor))
        .where(Decision.budget_id.is_not(None), Decision.charge_id.in_(posted))
        .group_by(Decision.budget_id, Decision.startup_id)
    ).all()
    used: dict[Key, int] = defaultdict(int)
    for budget_id, startup_id, minor in rows:
        assert budget_id is not None, "asked for those with one"
        used[budget_key(budget_id, startup_id)] += int(minor)
        used[budget_key(budget_id)] += int(minor)
    return dict(used)


def _gather(
    text: Text, site: Site, months: Sequence[Month], startups: Mapping[int, Startup],
    before: Sequence[Mapping[int, InvoiceDraft]], after: Sequence[Mapping[int, InvoiceDraft]],
) -> Trial:  # fmt: skip
    effects: dict[int, Effect] = {}
    by_month: dict[Month, tuple[int, int]] = {}
    for month, old, new in zip(months, before, after, strict=True):
        for startup_id, was in old.items():
            effect = effects.setdefault(startup_id, Effect(startups[startup_id], []))
            effect.months.append(TriedMonth(month, was, new[startup_id]))
            effect.before_minor += was.subsidy_minor
            effect.after_minor += new[startup_id].subsidy_minor
        by_month[month] = tuple(sum(each.subsidy_minor for each in side.values()) for side in (old, new))  # type: ignore[assignment] # two sides
    for effect in effects.values():
        effect.refused = _refused(effect, text.scheme.id)
    ranked = sorted(effects.values(), key=lambda each: (-each.change_minor, each.startup.code))
    return Trial(text, site, months, ranked, by_month)


def _refused(effect: Effect, scheme_id: int) -> tuple[Given, ...]:
    """One decision that refuses, for each of the months; none where anything is given."""
    mine = [[given for line in month.after.lines for given in line.given if given.by.scheme_id == scheme_id]
            for month in effect.months]  # fmt: skip
    if any(given.draft.amount_minor or given.draft.held_minor for month in mine for given in month):
        return ()
    refusals = [next((given for given in month if given.draft.outcome is Outcome.REFUSED), None) for month in mine]
    return tuple(each for each in refusals if each is not None)[-1:]
