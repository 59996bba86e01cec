"""What was given before, as far as the caps, groups and budgets of some rules ask: set-based, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from sqlalchemy import ColumnElement, any_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from incubator.core.periods import Month, days_between
from incubator.database import id_array
from incubator.startups.models import Post
from incubator.subsidies.models import Decision, OperatorGrant, SchemeVersion
from incubator.subsidies.rules.engine import Party, SchemeRule
from incubator.subsidies.rules.rule import Cap
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key, window_months

Given = type[Decision] | type[OperatorGrant]


WITHOUT_AREA = ("closing", "credit_note", "ruling")
"""In a derivation: it changes an amount, not what was counted."""


def load_tally(
    session: Session, schemes: Sequence[SchemeRule], parties: Collection[Party], site_id: int, month: Month,
    *, without: Collection[int] = (), without_grants: Collection[int] = (),
) -> Tally:  # fmt: skip
    """What the schemes gave, by any version, in each cap's window; a statement for each cap, group and budget.

    The months of the window that come after `month` count too: what was given is given, in whatever order the
    months were posted. What waits for its budget's closing counts as given. `without` leaves out some charges, as if
    they had not been decided on, `without_grants` what was recorded for the operator.
    """
    tally = Tally()
    used: dict[Key, int] = {}
    startup_ids = sorted({party.startup_id for party in parties if party.startup_id is not None})
    for scheme in schemes:
        given: Given = OperatorGrant if scheme.rule.goes_to == "operator" else Decision
        left, column = (
            (without_grants, OperatorGrant.id) if given is OperatorGrant else (without, Decision.charge_id)
        )  # fmt: skip
        leave = [column.not_in(sorted(left))] if left else []
        whose = [] if given is OperatorGrant else [Decision.startup_id == any_(id_array(startup_ids))]
        for cap in scheme.rule.caps:
            if cap.window != "invoice":
                used |= _used(session, scheme, cap, given, startup_ids, parties, site_id, month, leave)
        if scheme.budget is not None:
            used |= _budget_used(session, scheme, given)
        of_month = (SchemeVersion.scheme_id == scheme.scheme_id, given.site_id == site_id, given.month == month.first,
                    *whose, *leave)  # fmt: skip
        if scheme.rule.counts is not None and scheme.rule.counts.area is not None:
            _areas(session, tally, scheme, given, site_id, of_month)
        if scheme.rule.together.best_of:
            _chosen(session, tally, scheme, given, site_id, month, of_month)
        if scheme.rule.together.once:
            _counted(session, tally, scheme, given, parties, month, leave)
    tally.before = used
    return tally


def _used(
    session: Session, scheme: SchemeRule, cap: Cap, given: Given, startup_ids: Sequence[int],
    parties: Collection[Party], site_id: int, month: Month, leave: Sequence[ColumnElement[bool]],
) -> dict[Key, int]:  # fmt: skip
    months = [] if cap.window == "life" else [each.first for each in window_months(cap.window, month)]
    window = [given.month.in_(months)] if months else []
    total = func.sum(given.amount_minor + given.held_minor)
    of_scheme = (
        select(total)
        .select_from(given)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(SchemeVersion.scheme_id == scheme.scheme_id, *window, *leave)
    )

    def by(column: InstrumentedAttribute[int], ids: Sequence[int]) -> dict[int, int]:
        wanted = column == any_(id_array(ids))
        rows = session.execute(of_scheme.add_columns(column).where(wanted).group_by(column)).all()
        return {subject: int(minor) for minor, subject in rows}

    if cap.per == "operator":
        sums = {0: int(session.execute(of_scheme).scalar() or 0)}
    elif cap.per == "site":
        sums = by(given.site_id, [site_id])
    elif cap.per == "startup":
        sums = by(given.startup_id, startup_ids)  # type: ignore[arg-type] # nullable in operator_grants, filtered here
    else:
        owners = _startups_of(session, parties)
        by_startup = by(given.startup_id, sorted({each for ids in owners.values() for each in ids}))  # type: ignore[arg-type] # as above
        sums = {person: sum(by_startup.get(each, 0) for each in ids) for person, ids in owners.items()}
    return {cap_key(scheme.scheme_id, cap.per, subject, cap.window, month): minor for subject, minor in sums.items()}


def _startups_of(session: Session, parties: Collection[Party]) -> dict[int, set[int]]:
    """By person: every startup that they have founded, also those that they have left."""
    found: dict[int, set[int]] = defaultdict(set)
    persons = sorted({person for party in parties for person in party.persons})
    rows = session.execute(
        select(Post.individual_id, Post.startup_id)
        .where(Post.individual_id == any_(id_array(persons)), Post.role == "founder")
    ).all()
    for person, startup_id in rows:
        found[person].add(startup_id)
    return found


def _budget_used(session: Session, scheme: SchemeRule, given: Given) -> dict[Key, int]:
    budget = scheme.budget
    assert budget is not None, "asked for schemes with one"
    if budget.mode == "first_come":
        return {budget_key(budget.budget_id): budget.used_minor}
    rows = session.execute(
        select(given.startup_id, func.sum(given.amount_minor))
        .where(given.budget_id == budget.budget_id)
        .group_by(given.startup_id)
    ).all()
    return {budget_key(budget.budget_id, startup_id): int(minor) for startup_id, minor in rows}


def _areas(
    session: Session, tally: Tally, scheme: SchemeRule, given: Given, site_id: int,
    of_month: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """The area that recorded lines of the month have counted, day by day, as they stand."""
    first, now = given.derivation["counted"]["area"], given.derivation["now"]["derivation"]["counted"]["area"]
    line = func.coalesce(given.adjusts_id, given.id)
    stands = func.sum(given.amount_minor + given.held_minor).over(partition_by=line)
    rows = session.execute(
        select(given.startup_id, case((given.derivation.has_key("now"), now), else_=first), stands)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(*of_month)
        .ext(distinct_on(line))
        .order_by(line, *(given.derivation.has_key(each) for each in WITHOUT_AREA), given.id.desc())
    ).all()
    for startup_id, area in [(startup_id, area) for startup_id, area, minor in rows if minor > 0]:
        for since, until, m2 in (area or {}).get("days", ()):
            for on in days_between(date.fromisoformat(since), date.fromisoformat(until)):
                tally.add_area(("area", scheme.scheme_id, startup_id, site_id, on), Fraction(m2))


def _chosen(
    session: Session, tally: Tally, scheme: SchemeRule, given: Given, site_id: int, month: Month,
    of_month: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """For whom the scheme stands in its group already, by what is recorded of the month."""
    rows = session.execute(
        select(given.startup_id)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(*of_month)
        .group_by(given.startup_id)
        .having(func.sum(given.amount_minor + given.held_minor) > 0)
    ).scalars()
    for startup_id in rows:
        tally.chosen["best", scheme.rule.together.best_of, startup_id, site_id, month.first] = scheme.scheme_id


def _counted(
    session: Session, tally: Tally, scheme: SchemeRule, given: Given, parties: Collection[Party], month: Month,
    leave: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """For which startup each person was counted this month already; what is held counts as given."""
    owners: Mapping[int, set[int]] = _startups_of(session, parties)
    rows = session.execute(
        select(given.startup_id)
        .select_from(given)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(SchemeVersion.scheme_id == scheme.scheme_id, given.month == month.first,
               given.startup_id == any_(id_array({each for ids in owners.values() for each in ids})), *leave)
        .group_by(given.startup_id)
        .having(func.sum(given.amount_minor + given.held_minor) > 0)
    ).scalars()  # fmt: skip
    counted = {startup_id for startup_id in rows if startup_id is not None}
    for person, ids in owners.items():
        for startup_id in sorted(ids & counted):
            tally.persons[scheme.rule.together.best_of or scheme.scheme_id, person, month.first] = startup_id
