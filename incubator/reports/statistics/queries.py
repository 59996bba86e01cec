"""A year at a site as the indicators look at it, in a bounded number of statements; what is stated and explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Date, Numeric, and_, cast, func, select
from sqlalchemy.dialects.postgresql import Range, distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import JournalEntry, Posting
from incubator.billing.rules.accounts import Account, income_of
from incubator.bookings.event_queries import list_held
from incubator.mentors.models import Mentor
from incubator.reports.gauge.queries import observe_sites
from incubator.reports.models import FrozenReport
from incubator.reports.statistics.computing import compute_all
from incubator.reports.statistics.facts import Booked, Deed, Founder, Head, StatedValue, Took, YearFacts
from incubator.reports.statistics.indicators import BY_CODE, FORMS
from incubator.reports.statistics.models import StatisticNote, StatisticValue
from incubator.reports.statistics.rules import Finding, check, open_findings
from incubator.reports.statistics.sheet import Row, make_rows
from incubator.reports.statistics.units import UNITS, in_unit
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Achievement, Figure, FigureSheet, FigureVersion, Indicator, Post, Standing

A = Account
SOURCES: dict[Account, str] = {
    A.RENT: "rent", A.PROPERTY_FEE: "rent", A.UTILITIES: "rent", A.SERVICE_FEE: "services", A.BOOKING: "services",
    A.OTHER: "services", A.INTEREST: "other", A.WITHHELD: "other",
}  # fmt: skip
"""Which source of the form an income account belongs to. What the operator lets off itself takes off the source of the
charge that it is let off."""
EARNED = (*SOURCES, A.OUTPUT_VAT, A.DEFERRED_INCOME)
"""Against what a subsidy is asked for; against others it is paid, refused or given back."""
HEADS = ("annual_employees", "employees", "fresh_graduates")


def year_facts(session: Session, actor: Actor, site: Site, year: int) -> YearFacts:
    """All that the year's indicators look at: at most 27 statements. While the year runs, its last day is one to come:
    agreements that will have ended are over, all else stays as it is."""
    actor.require(Action.SEE_REPORTS)
    first, last = date(year, 1, 1), date(year, 12, 31)
    world = observe_sites(session, actor, [site.id])
    served = {each.startup_id for each in world.lets if each.touches(first, last)}
    teams = {each for each in served if world.parties[each].kind == "team"}
    return YearFacts(
        first, last, world, team_people=_team_people(session, teams, first, last),
        founders=_founders(session, {each: world.parties[each].code for each in served}, first, last),
        heads=_heads(session, served, first, last), deeds=_deeds(session, served, last),
        mentor_kinds=_mentor_kinds(session),
        took=[Took(each.on, each.event.kind, each.event.title, each.event.title_en, each.result.participants)
              for each in list_held(session, actor, [site.id], first, last)],
        booked=_booked(session, site.id, first, last), stated=stated_values(session, site.id, year),
    )  # fmt: skip


def stated_values(session: Session, site_id: int, year: int) -> dict[str, StatedValue]:
    """What is stated of a year, by indicator: the newest that is not withdrawn."""
    rows = session.execute(
        select(StatisticValue)
        .where(StatisticValue.site_id == site_id, StatisticValue.year == year, StatisticValue.withdrawn_at.is_(None))
        .order_by(StatisticValue.id)
    ).scalars()
    return {row.code: StatedValue(row.id, row.code, row.figure, row.evidence) for row in rows}


def list_stated(session: Session, actor: Actor, site_id: int, year: int) -> Sequence[tuple[StatisticValue, str]]:
    """What was stated of a year, withdrawn ones too, the newest first, each with who said it."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(StatisticValue, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == StatisticValue.created_by)
        .where(StatisticValue.site_id == site_id, StatisticValue.year == year)
        .order_by(StatisticValue.id.desc())
    ).all()  # fmt: skip
    return [(row, name) for row, name in rows]


def notes_of(session: Session, site_id: int, year: int) -> dict[str, str]:
    """The newest note at each field; without those that say that none holds any longer."""
    rows = session.execute(
        select(StatisticNote.code, StatisticNote.note)
        .where(StatisticNote.site_id == site_id, StatisticNote.year == year).order_by(StatisticNote.id)
    )  # fmt: skip
    newest = {row.code: row.note for row in rows}
    return {code: note for code, note in newest.items() if note}


def last_values(session: Session, actor: Actor, site_id: int, form: str, year: int) -> dict[str, Decimal]:
    """What a year was, in the form's units: as it was frozen; where it was not, as staff state that it was filed."""
    actor.require(Action.SEE_REPORTS)
    figures = session.execute(
        select(FrozenReport.figures)
        .where(FrozenReport.kind == f"statistics_{form}", FrozenReport.site_id == site_id,
               FrozenReport.month == date(year, 1, 1))
        .order_by(FrozenReport.version.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if figures is not None:
        return {each["code"]: Decimal(each["value"]) for each in figures}
    return {code: in_unit(each.figure, UNITS[BY_CODE[code].unit])
            for code, each in stated_values(session, site_id, year).items() if code in BY_CODE}  # fmt: skip


def list_frozen_years(session: Session, actor: Actor) -> dict[tuple[str, int, int], int]:
    """The newest frozen version by form, site and year; one statement."""
    actor.require(Action.SEE_REPORTS)
    rows = session.execute(
        select(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month, func.max(FrozenReport.version))
        .where(FrozenReport.kind.in_([f"statistics_{form}" for form in FORMS]))
        .group_by(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month)
    )  # fmt: skip
    return {(kind.removeprefix("statistics_"), site_id, first.year): version
            for kind, site_id, first, version in rows if site_id is not None}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """A year's form at a site as it stands: its fields, and what does not fit."""

    site: Site
    form: str
    year: int
    facts: YearFacts
    rows: list[Row]
    findings: list[Finding]

    @property
    def open(self) -> list[Finding]:
        return open_findings(self.findings)

    def findings_at(self, code: str) -> list[Finding]:
        """Those of a field: where it is the first of them, or one of a few."""
        return [each for each in self.findings if code in each.codes[:2]]

    def row(self, code: str) -> Row | None:
        return next((row for row in self.rows if row.indicator.code == code), None)


def make_sheet(session: Session, actor: Actor, site_id: int, form: str, year: int) -> Sheet:
    """The form of a year at a site from the rows as they stand now."""
    site = get_site(session, actor, site_id)
    facts = year_facts(session, actor, site, year)
    last = last_values(session, actor, site.id, form, year - 1)
    rows = make_rows(form, compute_all(facts), last, notes_of(session, site.id, year))
    return Sheet(site, form, year, facts, rows, check(rows))


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


@dataclass(frozen=True, slots=True)
class _Side:
    """What an account has on one side, by month."""

    account: str
    against: str
    charge_kind: str | None
    month: date
    amount: Decimal


def _booked(session: Session, site_id: int, first: date, last: date) -> list[Booked]:
    """Income by source, and what government bears, month by month; two statements."""
    sums: dict[tuple[str, date], int] = {}
    for credited in (True, False):
        for side in _sides(session, site_id, first, last, credited=credited):
            account, against = Account(side.account), Account(side.against)
            sign = 1 if credited else -1
            if account is A.SUBSIDY_RECEIVABLE:
                source, sign = ("passed_on" if against in EARNED else ""), -sign  # it grows by debit
            elif account is A.CONCESSIONS:
                source = SOURCES[income_of(side.charge_kind or "other")]
            else:
                source = SOURCES.get(account, "")
            if source:
                key = (source, side.month)
                sums[key] = sums.get(key, 0) + sign * int(side.amount)
    return [Booked(source, month, amount) for (source, month), amount in sorted(sums.items()) if amount]


def _sides(session: Session, site_id: int, first: date, last: date, *, credited: bool) -> list[_Side]:
    account, against = (Posting.credit, Posting.debit) if credited else (Posting.debit, Posting.credit)
    wanted = [each.value for each in (*SOURCES, A.CONCESSIONS, A.SUBSIDY_RECEIVABLE)]
    month = cast(func.date_trunc("month", Posting.booked_on), Date)
    rows = session.execute(
        select(account, against, Posting.charge_kind, month, cast(func.sum(Posting.amount_minor), Numeric))
        .join(JournalEntry, and_(JournalEntry.id == Posting.entry_id, JournalEntry.booked_on == Posting.booked_on))
        .where(JournalEntry.site_id == site_id, Posting.booked_on.between(first, last), account.in_(wanted))
        .group_by(account, against, Posting.charge_kind, month)
    ).all()  # fmt: skip
    return [_Side(*row) for row in rows]
