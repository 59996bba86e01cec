"""Which form is filed for which site, and the job that freezes what is due once nothing in it is open.

A form of which something is open is never frozen: whoever can settle it is told ahead of the day, and each week from
the day on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import people_with
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Refusal
from incubator.notices.operations import Telling, notify_each
from incubator.reports.frozen.freezing import freeze_once
from incubator.reports.frozen.kind import Question, scope_of
from incubator.reports.statistics.indicators import FORMS
from incubator.reports.statistics.kind import kind_of
from incubator.reports.statistics.models import MOST_DAYS, StatisticFiling
from incubator.reports.statistics.queries import Sheet, list_frozen_years, make_sheet, open_sites
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.rules.periods import Period

USUAL_DAYS = 60
"""The survey is filled in from January to March: 1 March leaves time to mend."""
AHEAD = timedelta(days=30)
"""So long before the day those who can settle it are told of what is open."""


class Waiting(Struct, frozen=True):
    """A form that is due, of which something is open."""

    site: Site | None
    form: str
    year: int
    open: int


class Filed(Struct, frozen=True):
    """What the job did."""

    frozen: int
    waiting: Sequence[Waiting]


def due_on(year: int, ripe_days: int) -> date:
    """When a year's form is frozen: 60 days after 2026 is 1 March 2027; after 2027 it is 29 February 2028."""
    return date(year, 12, 31) + timedelta(days=ripe_days)


class Filing(Struct, frozen=True):
    """Which form is filed for a site, or (None) for the operator as a whole."""

    id: int
    site_id: int | None
    form: str
    ripe_days: int
    since: date
    """When a form was first chosen here."""

    def due_of(self, year: int) -> date | None:
        """When the year's form is frozen; None where that was before anything was chosen: it was filed elsewhere."""
        day = due_on(year, self.ripe_days)
        return None if day < self.since else day


def list_filings(session: Session, actor: Actor) -> dict[int | None, Filing]:
    """What is filed for each site and (None) for the operator as a whole; without those for which nothing is."""
    actor.require(Action.SEE_REPORTS)
    row = StatisticFiling
    first = func.min(row.created_at).over(partition_by=row.site_id)
    rows = session.execute(
        select(row.id, row.site_id, row.form, row.ripe_days, first)
        .ext(distinct_on(row.site_id)).order_by(row.site_id, row.id.desc())
    )  # fmt: skip
    return {site_id: Filing(id_, site_id, form, days, at.astimezone(CHINA).date())
            for id_, site_id, form, days, at in rows if form}  # fmt: skip


def set_filing(
    session: Session, actor: Actor, *, now: datetime, site_id: int | None, form: str, ripe_days: int
) -> StatisticFiling:
    """Say which form is filed for a site (or the operator as a whole) each year, or none, and how many days after the
    year's end it is frozen."""
    actor.require(Action.MANAGE_GOALS)
    site = None if site_id is None else get_site(session, actor, site_id)
    if form not in ("", *FORMS):
        raise Refusal(N_("Choose a form, or that none is filed."), field="form")
    if not 1 <= ripe_days <= MOST_DAYS:
        raise Refusal(N_("Give a number of days from 1 to %(most)s."), field="ripe_days", most=MOST_DAYS)
    filing = StatisticFiling(site_id=site_id, form=form, ripe_days=ripe_days, created_at=now,
                             created_by=actor.person_id)  # fmt: skip
    session.add(filing)
    session.flush()
    after = {"site": site.code if site else "", "form": form, "ripe_days": ripe_days}
    record(session, actor, "set_statistic_filing", ("statistic_filings", filing.id), now=now, after=after)
    return filing


def freeze_due(session: Session, actor: Actor, *, now: datetime) -> Filed:
    """Freeze each form of the year that ended last which is due and complete; tell of those of which something is open.

    Often looking does no more than looking once: there is one version 1, and one letter a week to each person.
    """
    actor.require(Action.FREEZE_REPORTS)
    frozen, waiting, told = 0, [], []
    done = list_frozen_years(session, actor)
    for site_id, filing in sorted(list_filings(session, actor).items(), key=lambda each: each[0] or 0):
        site = None if site_id is None else get_site(session, actor, site_id)
        today = now.astimezone(ZoneInfo(site.zone) if site else CHINA).date()
        year, due = today.year - 1, filing.due_of(today.year - 1)
        if due is None or due - today > AHEAD or (filing.form, site_id, year) in done:
            continue
        begun = open_sites(session, actor, year)
        if not begun or (site and site not in begun):
            continue
        sheet = make_sheet(session, actor, site_id, filing.form, year)
        if not sheet.open and due <= today:
            question = Question(Period("year", date(year, 1, 1)), site_id)
            frozen += freeze_once(session, actor, now=now, kind=kind_of(filing.form, site_id), question=question)[1]
        elif sheet.open:
            told.append(_telling(filing, sheet, today if due <= today else None))
            if due <= today:
                waiting.append(Waiting(site, filing.form, year, len(sheet.open)))
    _tell(session, now, told)
    return Filed(frozen, waiting)


def _telling(filing: Filing, sheet: Sheet, today: date | None) -> Telling:
    """Once ahead of the day; from the day on, once in each week."""
    when = f"{today:%G-W%V}" if today else "ahead"
    key = f"statistics:{scope_of(filing.site_id)}:{sheet.year}:{when}"
    return Telling(("statistic_filings", filing.id), (), key, {"year": sheet.year})


def _tell(session: Session, now: datetime, told: Sequence[Telling]) -> None:
    if told:
        people = session.execute(people_with(Action.MANAGE_GOALS)).scalars().all()
        notify_each(session, now=now, kind="job",
                    tellings=[Telling(each.about, people, each.key, each.facts) for each in told])  # fmt: skip
