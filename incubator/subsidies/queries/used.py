"""What was given before, as far as the caps, groups and budgets of some rules ask: set-based, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, any_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.core.periods import Month, days_between
from incubator.database import id_array
from incubator.startups.models import Post
from incubator.subsidies.models import Decision, OperatorGrant, SchemeVersion
from incubator.subsidies.queries.facts import Place
from incubator.subsidies.rules.engine import Budget, Party, SchemeRule
from incubator.subsidies.rules.state import Key, Tally, budget_key, cap_key, window_months, window_start

Given = type[Decision] | type[OperatorGrant]
"""A scheme decides on charges, or gives to the operator."""

Asked = Mapping[Place, tuple[Sequence[SchemeRule], Collection[Party]]]
"""By site and month the schemes that are to decide, and on whom."""

PERS = frozenset({"startup", "person", "site", "operator"})
"""Whose a cap can be."""

WITHOUT_AREA = ("closing", "credit_note", "ruling")
"""In a derivation: it changes an amount, not what was counted."""


def load_tally(
    session: Session, schemes: Sequence[SchemeRule], parties: Collection[Party], site_id: int, month: Month,
    *, without: Collection[int] = (), without_grants: Collection[int] = (),
) -> Tally:  # fmt: skip
    """What the schemes gave, by any version, in each cap's window: six statements at most for those that decide on
    charges, as many for those that give to the operator, however many schemes and startups there are.

    The months of the window that come after `month` count too: what was given is given, in whatever order the
    months were posted. What waits for its budget's closing counts as given. `without` leaves out some charges, as if
    they had not been decided on, `without_grants` what was recorded for the operator.
    """
    tally = Tally()
    startup_ids = {party.startup_id for party in parties if party.startup_id is not None}
    for given, column, left in (
        (Decision, Decision.charge_id, without), (OperatorGrant, OperatorGrant.id, without_grants)
    ):  # fmt: skip
        mine = [each for each in schemes if _given(each) is given]
        leave = [column.not_in(sorted(left))] if left else []
        _use(session, tally, given, {(site_id, month): (mine, parties)}, PERS, leave)
        of_month = [given.site_id == site_id, given.month == month.first, *leave]
        if given is Decision:
            of_month.append(Decision.startup_id == any_(id_array(startup_ids)))
        _areas(session, tally, mine, given, site_id, of_month)
        _chosen(session, tally, mine, given, site_id, month, of_month)
    return tally


def load_shared(session: Session, asked: Asked) -> Tally:
    """What schemes that decide on charges gave, as far as startups share it: caps of a site, the operator or a person,
    budgets, and for which startup a person was counted. Four statements for all sites and months.
    """
    tally = Tally()
    _use(session, tally, Decision, asked, PERS - {"startup"}, [])
    return tally


def _given(scheme: SchemeRule) -> Given:
    return OperatorGrant if scheme.rule.goes_to == "operator" else Decision


def _use(
    session: Session, tally: Tally, given: Given, asked: Asked, pers: frozenset[str],
    leave: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """What of caps for each of `pers` and of budgets is used, and for which startup each person was counted."""
    schemes = [scheme for found, _ in asked.values() for scheme in found]
    of_site, of_startup = _windows(asked, pers & {"site", "operator"}), _windows(asked, pers & {"startup", "person"})
    owners = _startups_of(session, asked) if _windows(asked, pers & {"person"}) else {}
    ids = {each for owned in owners.values() for each in owned}
    if "startup" in pers:
        ids |= {party.startup_id for _, parties in asked.values() for party in parties if party.startup_id is not None}
    at_sites = _sums(session, given, given.site_id, of_site, leave)
    of_startups = _sums(session, given, given.startup_id, of_startup,
                        [*leave, given.startup_id == any_(id_array(ids))]) if ids else {}  # fmt: skip
    used = dict(tally.before)
    for (site_id, month), (found, parties) in asked.items():
        persons = {person: sorted(owners.get(person, ())) for party in parties for person in party.persons}
        mine = {party.startup_id: (party.startup_id,) for party in parties if party.startup_id is not None}
        for scheme in found:
            here, by_startup = at_sites.get(scheme.scheme_id, {}), of_startups.get(scheme.scheme_id, {})
            whose: dict[str, tuple[Sums, Mapping[int, Iterable[int]]]] = {
                "operator": (here, {0: here}), "site": (here, {site_id: [site_id]}),
                "startup": (by_startup, mine), "person": (by_startup, persons),
            }  # fmt: skip
            for cap in scheme.rule.caps:
                if cap.window == "invoice" or cap.per not in pers:
                    continue
                sums, subjects = whose[cap.per]
                for subject, parts in subjects.items():
                    key = cap_key(scheme.scheme_id, cap.per, subject, cap.window, month)
                    window = cap.window, window_start(cap.window, month)
                    used[key] = sum(sums.get(each, {}).get(window, 0) for each in parts)
            if scheme.rule.together.once:
                group = scheme.rule.together.best_of or scheme.scheme_id
                for person, owned in persons.items():
                    for startup_id in owned:
                        if by_startup.get(startup_id, {}).get(("month", month.first), 0) > 0:
                            tally.persons[group, person, month.first] = startup_id
    tally.before = used | _budgets_used(session, given, [each.budget for each in schemes if each.budget is not None])


Window = tuple[str, date | None]
"""Of a cap, with its first day; None: the whole life."""

Sums = Mapping[int, Mapping[Window, int]]
"""By subject what was given and is held."""


def _windows(asked: Asked, pers: Collection[str]) -> dict[Window, set[int]]:
    """By window the schemes with a cap for one of `pers`; who is to be counted once a month has that for one."""
    found: dict[Window, set[int]] = defaultdict(set)
    for (_, month), (schemes, _) in asked.items():
        for scheme in schemes:
            windows = {cap.window for cap in scheme.rule.caps if cap.per in pers and cap.window != "invoice"}
            if scheme.rule.together.once and "person" in pers:
                windows.add("month")
            for window in windows:
                found[window, window_start(window, month)].add(scheme.scheme_id)
    return found


def _sums(
    session: Session, given: Given, subject: Any, windows: Mapping[Window, set[int]],
    wanted: Sequence[ColumnElement[bool]],
) -> Mapping[int, Sums]:  # fmt: skip
    """By scheme, each window in a column of its own; nothing is asked for none."""
    if not windows:
        return {}
    months = {each: [] if each[1] is None else window_months(each[0], Month.of(each[1])) for each in windows}
    if all(months.values()):
        firsts = sorted({month.first for of_window in months.values() for month in of_window})
        wanted = [*wanted, given.month.in_(firsts)]
    total = func.sum(given.amount_minor + given.held_minor)
    rows = session.execute(
        select(SchemeVersion.scheme_id, subject, *(
            func.coalesce(total.filter(given.month.in_([month.first for month in found])) if found else total, 0)
            for found in months.values()
        ))
        .select_from(given)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(SchemeVersion.scheme_id == any_(id_array(set().union(*windows.values()))), *wanted)
        .group_by(SchemeVersion.scheme_id, subject)
    ).all()  # fmt: skip
    found: dict[int, dict[int, Mapping[Window, int]]] = defaultdict(dict)
    for scheme_id, subject_id, *sums in rows:
        found[scheme_id][subject_id] = {window: int(minor) for window, minor in zip(months, sums, strict=True)}
    return found


def _startups_of(session: Session, asked: Asked) -> dict[int, set[int]]:
    """By person: every startup that they have founded, also those that they have left."""
    found: dict[int, set[int]] = defaultdict(set)
    persons = {person for _, parties in asked.values() for party in parties for person in party.persons}
    if not persons:
        return found
    rows = session.execute(
        select(Post.individual_id, Post.startup_id)
        .where(Post.individual_id == any_(id_array(persons)), Post.role == "founder")
    ).all()
    for person, startup_id in rows:
        found[person].add(startup_id)
    return found


def _budgets_used(session: Session, given: Given, budgets: Sequence[Budget]) -> dict[Key, int]:
    """What is used of budgets that are first come, and by each startup of the others."""
    used = {budget_key(each.budget_id): each.used_minor for each in budgets if each.mode == "first_come"}
    others = {each.budget_id for each in budgets if each.mode != "first_come"}
    if others:
        rows = session.execute(
            select(given.budget_id, given.startup_id, func.sum(given.amount_minor))
            .where(given.budget_id == any_(id_array(others)))
            .group_by(given.budget_id, given.startup_id)
        ).all()
        used |= {budget_key(budget_id or 0, startup_id): int(minor) for budget_id, startup_id, minor in rows}
    return used


def _areas(
    session: Session, tally: Tally, schemes: Iterable[SchemeRule], given: Given, site_id: int,
    of_month: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """The area that recorded lines of the month have counted, day by day, as they stand."""
    ids = {each.scheme_id for each in schemes if each.rule.counts is not None and each.rule.counts.area is not None}
    if not ids:
        return
    first, now = given.derivation["counted"]["area"], given.derivation["now"]["derivation"]["counted"]["area"]
    line = func.coalesce(given.adjusts_id, given.id)
    stands = func.sum(given.amount_minor + given.held_minor).over(partition_by=line)
    rows = session.execute(
        select(SchemeVersion.scheme_id, given.startup_id, case((given.derivation.has_key("now"), now), else_=first),
               stands)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(SchemeVersion.scheme_id == any_(id_array(ids)), *of_month)
        .ext(distinct_on(line))
        .order_by(line, *(given.derivation.has_key(each) for each in WITHOUT_AREA), given.id.desc())
    ).all()  # fmt: skip
    for scheme_id, startup_id, area in [row[:3] for row in rows if row[3] > 0]:
        for since, until, m2 in (area or {}).get("days", ()):
            for on in days_between(date.fromisoformat(since), date.fromisoformat(until)):
                tally.add_area(("area", scheme_id, startup_id, site_id, on), Fraction(m2))


def _chosen(
    session: Session, tally: Tally, schemes: Iterable[SchemeRule], given: Given, site_id: int, month: Month,
    of_month: Sequence[ColumnElement[bool]],
) -> None:  # fmt: skip
    """For whom a scheme stands in its group already, by what is recorded of the month."""
    groups = {each.scheme_id: each.rule.together.best_of for each in schemes if each.rule.together.best_of}
    if not groups:
        return
    rows = session.execute(
        select(SchemeVersion.scheme_id, given.startup_id)
        .join(SchemeVersion, SchemeVersion.id == given.scheme_version_id)
        .where(SchemeVersion.scheme_id == any_(id_array(groups)), *of_month)
        .group_by(SchemeVersion.scheme_id, given.startup_id)
        .having(func.sum(given.amount_minor + given.held_minor) > 0)
    ).all()
    for scheme_id, startup_id in rows:
        tally.chosen["best", groups[scheme_id], startup_id, site_id, month.first] = scheme_id
