"""What a draft, or any version, for the operator would have given a space in periods that are over; nothing written.

A period (the month, quarter or year that the rule is granted by) is rated twice, with and without, as if nothing of it
had been recorded; its costs, tenants and facts are those that are known now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.rules.invoicing import Given
from incubator.billing.trials import check_text, with_text
from incubator.core.errors import N_, Refusal
from incubator.core.periods import Month, months_between
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site
from incubator.subsidies.models import OperatorGrant
from incubator.subsidies.queries.active import list_scheme_rules
from incubator.subsidies.queries.drafts import Text, get_text
from incubator.subsidies.queries.grants import GrantDraft, Subject, list_subjects, parties_of, rate_subjects
from incubator.subsidies.queries.used import load_tally
from incubator.subsidies.rules.grants import is_over, months_of
from incubator.subsidies.rules.state import Key, budget_key

MOST_SHOWN = 100
"""Lines of a period on a page."""


class TriedItem(Struct, frozen=True):
    """An item of a space, and what its schemes decide on it without and with what is tried."""

    subject: Subject
    before: tuple[Given, ...]
    after: tuple[Given, ...]

    @property
    def change_minor(self) -> int:
        return _sum(self.after) - _sum(self.before)

    def concerning(self, scheme_id: int) -> TriedItem:
        """Without what other schemes decide on it, as far as that is the same on both sides."""
        others = {each.by.scheme_id for each in (*self.before, *self.after)} - {scheme_id}
        same = {each for each in others if _of(self.before, each) == _of(self.after, each)}
        before, after = (
            tuple(each for each in side if each.by.scheme_id not in same) for side in (self.before, self.after)
        )
        return TriedItem(self.subject, before, after)


class TriedPeriod(Struct, frozen=True):
    """A month, quarter or year: its items, those on which something is decided."""

    months: Sequence[Month]
    items: Sequence[TriedItem]
    scheme_id: int
    """Of what is tried."""

    @property
    def rows(self) -> Sequence[TriedItem]:
        """Those that a page shows, the largest difference first."""
        return self._concerned[:MOST_SHOWN]

    @property
    def more(self) -> int:
        """How many it does not."""
        return max(0, len(self._concerned) - MOST_SHOWN)

    @property
    def _concerned(self) -> list[TriedItem]:
        found = [each.concerning(self.scheme_id) for each in self.items]
        return sorted((each for each in found if each.before or each.after), key=lambda each: -abs(each.change_minor))

    @property
    def before_minor(self) -> int:
        return sum(_sum(each.before) for each in self.items)

    @property
    def after_minor(self) -> int:
        return sum(_sum(each.after) for each in self.items)


class GrantTrial(Struct, frozen=True):
    """What was tried where, period by period."""

    text: Text
    site: Site
    periods: Sequence[TriedPeriod]

    @property
    def before_minor(self) -> int:
        return sum(each.before_minor for each in self.periods)

    @property
    def after_minor(self) -> int:
        return sum(each.after_minor for each in self.periods)


def _of(decisions: Sequence[Given], scheme_id: int) -> int:
    return _sum([each for each in decisions if each.by.scheme_id == scheme_id])


def _sum(decisions: Sequence[Given]) -> int:
    return sum(each.draft.amount_minor + each.draft.held_minor for each in decisions)


def try_grants(
    session: Session, actor: Actor, *, now: datetime, word: str, site_id: int, first: Month, last: Month
) -> GrantTrial:
    """Rate the periods that the months `first` to `last` of a site are in, as if the version or draft had been in
    force in the place of its scheme's version; a bounded number of statements for each period."""
    actor.require(Action.SEE_BILLING)
    text, site = get_text(session, actor, word), get_site(session, actor, site_id)
    count = months_between(first.first, last)
    every = check_text(text, site, count).every
    periods = list(dict.fromkeys(months_of(every, first + ahead) for ahead in range(count)))
    if not is_over(periods[-1], today_at(site, now)):
        raise Refusal(N_("%(month)s has not ended yet: only months that are over can be tried."), field="last",
                      month=str(periods[-1][-1]))  # fmt: skip
    recorded, own_use = _recorded(session, site, every, periods)
    added: dict[bool, dict[Key, int]] = {False: {}, True: {}}
    return GrantTrial(text, site, [
        _try_period(session, text, site, months, recorded, own_use, added) for months in periods
    ])  # fmt: skip


def _try_period(
    session: Session, text: Text, site: Site, months: Sequence[Month], recorded: Sequence[int],
    own_use: dict[Key, int], added: dict[bool, dict[Key, int]],
) -> TriedPeriod:  # fmt: skip
    month = months[-1]
    rule = check_text(text, site, 1)
    before = [each for each in list_scheme_rules(session, site.id, month, "operator") if each.rule.every == rule.every]
    after = with_text(session, before, text, rule, month)
    subjects = list_subjects(session, site, months, [*before, *after])
    sides: dict[bool, dict[tuple[str, int], list[Given]]] = {}
    for is_after, schemes in ((False, before), (True, after)):
        tally = load_tally(session, schemes, parties_of(subjects), site.id, month, without_grants=recorded)
        tally.before = {key: minor - own_use.get(key, 0) for key, minor in tally.before.items()}
        tally.added |= added[is_after]
        sides[is_after] = _by_item(rate_subjects(subjects, schemes, tally, {}))
        added[is_after] = tally.added
    items = [TriedItem(each, tuple(sides[False].get(each.key, ())), tuple(sides[True].get(each.key, ())))
             for each in subjects]  # fmt: skip
    return TriedPeriod(months, [each for each in items if each.before or each.after], text.scheme.id)


def _by_item(grants: Sequence[GrantDraft]) -> dict[tuple[str, int], list[Given]]:
    found: dict[tuple[str, int], list[Given]] = defaultdict(list)
    for each in grants:
        found[each.subject.key].append(Given(each.draft))
    return found


def _recorded(
    session: Session, site: Site, every: str, periods: Sequence[Sequence[Month]]
) -> tuple[list[int], dict[Key, int]]:
    """What was recorded for the periods at the site, and what that used of budgets."""
    rows = session.execute(
        select(OperatorGrant.id, OperatorGrant.budget_id, OperatorGrant.startup_id, OperatorGrant.amount_minor)
        .where(OperatorGrant.site_id == site.id, OperatorGrant.every == every,
               OperatorGrant.period.in_([months[0].first for months in periods]))
    ).all()  # fmt: skip
    used: dict[Key, int] = defaultdict(int)
    for _, budget_id, startup_id, minor in rows:
        if budget_id is not None:
            for key in {budget_key(budget_id, startup_id), budget_key(budget_id)}:
                used[key] += minor
    return [row.id for row in rows], dict(used)
