"""A year at a site, or of the operator as a whole, as the indicators look at it; what is stated and explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range, distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.bookings.event_queries import list_held
from incubator.database import plan_by_values
from incubator.mentors.models import Mentor
from incubator.reports.frozen.kind import scope_of
from incubator.reports.gauge.queries import observe_sites
from incubator.reports.models import FrozenReport
from incubator.reports.statistics.books import list_booked, list_subsidies
from incubator.reports.statistics.computing import compute_all
from incubator.reports.statistics.facts import Deed, Founder, Head, StatedValue, Took, YearFacts
from incubator.reports.statistics.indicators import BY_CODE, FORMS, SUMS
from incubator.reports.statistics.models import StatisticNote, StatisticValue
from incubator.reports.statistics.rules import Finding, check, open_findings
from incubator.reports.statistics.sheet import Row, make_rows
from incubator.reports.statistics.units import UNITS, in_unit
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_first_days, list_sites
from incubator.startups.models import Achievement, Figure, FigureSheet, FigureVersion, Indicator, Post, Standing

HEADS = ("annual_employees", "employees", "fresh_graduates")



def year_facts(session: Session, actor: Actor, sites: Sequence[Site], year: int, site_id: int | None) -> YearFacts:
    """All that the year's indicators look at, at one site or (None) at all of them: at most 28 statements, however many
    sites there are. While the year runs, its last day is one to come: agreements that will have ended are over, all
    else stays as it is."""
    actor.require(Action.SEE_REPORTS)
    plan_by_values(session)
    first, last = date(year, 1, 1), date(year, 12, 31)
    ids = [site.id for site in sites]
    world = observe_sites(session, actor, ids)
    served = {each.startup_id for each in world.lets if each.touches(first, last)}
    teams = {each for each in served if world.parties[each].kind == "team"}
    return YearFacts(
        first, last, world, team_people=_team_people(session, teams, first, last),
        founders=_founders(session, {each: world.parties[each].code for each in served}, first, last),
        heads=_heads(session, served, first, last), deeds=_deeds(session, served, last),
        mentor_kinds=_mentor_kinds(session),
        took=[Took(each.on, each.event.kind, each.event.title, each.event.title_en, each.result.participants)
              for each in list_held(session, actor, ids, first, last)],
        booked=list_booked(session, site_id, first, last), subsidies=list_subsidies(session, site_id, first, last),
        stated=stated_values(session, sites, year, site_id),
    )  # fmt: skip


def stated_values(
    session: Session, sites: Sequence[Site], year: int, site_id: int | None
) -> dict[str, StatedValue]:
    """What is stated of a year, by indicator: the newest that is not withdrawn.

    Of the operator as a whole (None): what is stated of it; else the sum over its sites, where sites add up and each
    has stated it. Two sites with 300 and 500 of subsidies: 800, with a line for each.
    """
    rows = session.execute(
        select(StatisticValue).where(StatisticValue.year == year, StatisticValue.withdrawn_at.is_(None))
        .order_by(StatisticValue.id)
    ).scalars()  # fmt: skip
    newest = {(row.site_id, row.code): StatedValue(row.id, row.code, row.figure, row.evidence) for row in rows}
    found = {code: value for (at, code), value in newest.items() if at == site_id}
    for code in SUMS - set(found) if site_id is None and sites else ():
        parts = [(site.code, newest[site.id, code]) for site in sites if (site.id, code) in newest]
        if len(parts) == len(sites):
            found[code] = StatedValue(
                0, code, sum((part.figure for _, part in parts), Decimal(0)), "",
                tuple((site_code, part.figure, part.evidence) for site_code, part in parts),
            )  # fmt: skip
    return found


def list_stated(
    session: Session, actor: Actor, site_id: int | None, year: int
) -> Sequence[tuple[StatisticValue, str]]:
    """What was stated of a year, withdrawn ones too, the newest first, each with who said it."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(StatisticValue, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == StatisticValue.created_by)
        .where(StatisticValue.site_id.is_not_distinct_from(site_id), StatisticValue.year == year)
        .order_by(StatisticValue.id.desc())
    ).all()  # fmt: skip
    return [(row, name) for row, name in rows]


def notes_of(session: Session, site_id: int | None, year: int) -> dict[str, str]:
    """The newest note at each field; without those that say that none holds any longer."""
    rows = session.execute(
        select(StatisticNote.code, StatisticNote.note)
        .where(StatisticNote.site_id.is_not_distinct_from(site_id), StatisticNote.year == year)
        .order_by(StatisticNote.id)
    )  # fmt: skip
    newest = {row.code: row.note for row in rows}
    return {code: note for code, note in newest.items() if note}


def last_values(
    session: Session, actor: Actor, sites: Sequence[Site], form: str, year: int, site_id: int | None
) -> dict[str, Decimal]:
    """What a year was, in the form's units: as it was frozen; where it was not, as staff state that it was filed."""
    actor.require(Action.SEE_REPORTS)
    figures = session.execute(
        select(FrozenReport.figures)
        .where(FrozenReport.kind == kind_name(form, site_id), FrozenReport.site_id.is_not_distinct_from(site_id),
               FrozenReport.month == date(year, 1, 1))
        .order_by(FrozenReport.version.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if figures is not None:
        return {each["code"]: Decimal(each["value"]) for each in figures}
    return {code: in_unit(each.figure, UNITS[BY_CODE[code].unit])
            for code, each in stated_values(session, sites, year, site_id).items() if code in BY_CODE}  # fmt: skip


def kind_name(form: str, site_id: int | None) -> str:
    """The kind of report that a form is, at a site or of the whole operator."""
    return f"statistics_{form}" if site_id is not None else f"statistics_{form}_all"


def list_frozen_years(session: Session, actor: Actor) -> dict[tuple[str, int | None, int], int]:
    """The newest frozen version by form, site (None: the whole operator) and year; one statement."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month, func.max(FrozenReport.version))
        .where(FrozenReport.kind.in_([kind_name(form, at) for form in FORMS for at in (None, 0)]))
        .group_by(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month)
    )  # fmt: skip
    return {(kind.removeprefix("statistics_").removesuffix("_all"), site_id, first.year): version
            for kind, site_id, first, version in rows}  # fmt: skip


class Sheet(Struct, frozen=True):
    """A year's form as it stands, at a site or (None) of the operator as a whole: its fields, and what does not fit."""

    site: Site | None
    form: str
    year: int
    facts: YearFacts
    rows: list[Row]
    findings: list[Finding]

    @property
    def scope(self) -> str:
        """As an address has the site: its id, or `all`."""
        return scope_of(self.site.id if self.site else None)

    @property
    def open(self) -> list[Finding]:
        return open_findings(self.findings)

    def findings_at(self, code: str) -> list[Finding]:
        """Those of a field: where it is the first of them, or one of a few."""
        return [each for each in self.findings if code in each.codes[:2]]

    def row(self, code: str) -> Row | None:
        return next((row for row in self.rows if row.indicator.code == code), None)


def make_sheet(session: Session, actor: Actor, site_id: int | None, form: str, year: int) -> Sheet:
    """The form of a year at a site, or (None) of the operator as a whole, from the rows as they stand now."""
    site = None if site_id is None else get_site(session, actor, site_id)
    sites = [site] if site else open_sites(session, actor, year)
    facts = year_facts(session, actor, sites, year, site_id)
    before = [site] if site else open_sites(session, actor, year - 1)
    last = last_values(session, actor, before, form, year - 1, site_id)
    rows = make_rows(form, compute_all(facts), last, notes_of(session, site_id, year), facts.stated)
    return Sheet(site, form, year, facts, rows, check(rows))


def open_sites(session: Session, actor: Actor, year: int) -> list[Site]:
    """The sites that had units in the year or before it."""
    first_days = list_first_days(session, actor)
    return [site for site in list_sites(session, actor)
            if site.id in first_days and first_days[site.id].year <= year]  # fmt: skip


def _team_people(session: Session, team_ids: Collection[int], first: date, last: date) -> dict[int, int]:
    rows = session.execute(
        select(Post.startup_id, func.count(Post.individual_id.distinct()))
        .where(Post.startup_id.in_(team_ids), Post.days.overlaps(Range(first, last, bounds="[]")))
        .group_by(Post.startup_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


def _founders(session: Session, codes: dict[int, str], first: date, last: date) -> list[Founder]:
    """Each human once, with the startup of theirs that has the first number; two statements."""
    within = Range(first, last, bounds="[]")
    of_whom: dict[int, set[int]] = {}
    for individual_id, startup_id in session.execute(
        select(Post.individual_id, Post.startup_id)
        .where(Post.startup_id.in_(codes), Post.role == "founder", Post.days.overlaps(within))
    ):  # fmt: skip
        of_whom.setdefault(individual_id, set()).add(startup_id)
    categories: dict[int, set[str]] = {}
    for individual_id, category in session.execute(
        select(Standing.individual_id, Standing.category)
        .where(Standing.individual_id.in_(of_whom), Standing.confirmed_at.is_not(None),
               Standing.withdrawn_at.is_(None), Standing.days.overlaps(within))
    ):  # fmt: skip
        categories.setdefault(individual_id, set()).add(category)
    return [
        Founder(each, min(startups, key=lambda startup: codes[startup]), frozenset(categories.get(each, ())))
        for each, startups in sorted(of_whom.items())
    ]


def _heads(session: Session, startup_ids: Collection[int], first: date, last: date) -> list[Head]:
    """Of each startup and indicator the last period of the year that it has confirmed; one statement.

    What of one sheet is confirmed is its newest confirmed version.
    """
    chosen = (
        select(FigureSheet.startup_id, Indicator.code, Figure.value, FigureSheet.ends_on)
        .ext(distinct_on(FigureSheet.startup_id, Indicator.code))
        .join(FigureVersion, FigureVersion.sheet_id == FigureSheet.id)
        .join(Figure, Figure.version_id == FigureVersion.id)
        .join(Indicator, Indicator.id == Figure.indicator_id)
        .where(FigureSheet.startup_id.in_(startup_ids), FigureSheet.ends_on.between(first, last),
               FigureVersion.confirmed_at.is_not(None), Indicator.code.in_(HEADS), Figure.value.is_not(None))
        .order_by(FigureSheet.startup_id, Indicator.code, FigureSheet.ends_on.desc(), FigureVersion.number.desc())
    )  # fmt: skip
    return [Head(startup_id, code, value, ends_on) for startup_id, code, value, ends_on in session.execute(chosen)
            if value is not None]  # fmt: skip


def _deeds(session: Session, startup_ids: Collection[int], last: date) -> list[Deed]:
    rows = session.execute(
        select(Achievement.startup_id, Achievement.kind, Achievement.sort, Achievement.happened_on,
               Achievement.valid_until, Achievement.title, Achievement.amount_minor)
        .where(
            Achievement.startup_id.in_(startup_ids), Achievement.happened_on <= last,
            Achievement.kind.in_(("financing", "right_applied", "right_granted")),
            Achievement.confirmed_at.is_not(None), Achievement.withdrawn_at.is_(None),
        )
        .order_by(Achievement.happened_on, Achievement.id)
    ).all()  # fmt: skip
    return [Deed(*row) for row in rows]


def _mentor_kinds(session: Session) -> dict[int, str]:
    return {row.id: row.kind for row in session.execute(select(Mentor.id, Mentor.kind))}
