"""Reads for presence: a site's month side by side, its findings, sources, and what is nobody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Text, cast, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.reports.presence import kept
from incubator.reports.presence.models import (
    PresenceBadge,
    PresenceBatch,
    PresenceEvent,
    PresenceMonth,
    PresenceNote,
    PresenceSettings,
    PresenceSource,
)
from incubator.reports.presence.rules import (
    KEEP_DAYS,
    M2_PER_PERSON,
    SEEN,
    Finding,
    Holding,
    Party,
    Shared,
    find,
    let_at_most,
)
from incubator.reports.presence.rules import Site as SiteMonth
from incubator.reports.presence.sums import Sums, sum_month
from incubator.spaces.hours_queries import get_site_calendar
from incubator.spaces.ledger_queries import overlapping
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.queries import get_site
from incubator.spaces.rules import opening_intervals
from incubator.startups.models import Post, RegisteredAddress, Residency, Startup

EVER = date(9999, 12, 31)


class Settings(Struct, frozen=True):
    """What the operator set, or what holds without."""

    keep_days: int = KEEP_DAYS
    m2_per_person: Decimal = M2_PER_PERSON


def get_presence_settings(session: Session) -> Settings:
    """How long events are kept, and how much room somebody needs."""
    row = session.execute(select(PresenceSettings.keep_days, PresenceSettings.m2_per_person)).one_or_none()
    return Settings(*row) if row else Settings()


def get_source(session: Session, actor: Actor, source_id: int, *, for_update: bool = False) -> PresenceSource:
    """A source of the operator; NotFound otherwise."""
    actor.require(Action.SEE_PRESENCE)
    asked = select(PresenceSource).where(PresenceSource.id == source_id)
    found = session.execute(asked.with_for_update() if for_update else asked).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such source."))
    return found


class SourceRow(Struct, frozen=True):
    """A source with its site, and when it last said something."""

    source: PresenceSource
    site: Site
    last: PresenceBatch | None


def list_sources(session: Session, actor: Actor, page: int) -> Page[SourceRow]:
    """The sources, those that still post first."""
    actor.require(Action.SEE_PRESENCE)
    latest = (
        select(func.max(PresenceBatch.id)).where(PresenceBatch.source_id == PresenceSource.id)
        .correlate(PresenceSource).scalar_subquery()
    )  # fmt: skip
    rows = session.execute(
        select(PresenceSource, Site, PresenceBatch)
        .join(Site, Site.id == PresenceSource.site_id)
        .outerjoin(PresenceBatch, PresenceBatch.id == latest)
        .order_by(PresenceSource.retired_at.is_not(None), Site.code, PresenceSource.name, PresenceSource.id)
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    total = session.execute(select(func.count()).select_from(PresenceSource)).scalar_one()
    return Page([SourceRow(*row) for row in rows], page, total, PAGE_SIZE)


def list_living_sources(session: Session, actor: Actor) -> Sequence[tuple[PresenceSource, Site]]:
    """The sources that still post, by site."""
    actor.require(Action.SEE_PRESENCE)
    return [(source, site) for source, site in session.execute(
        select(PresenceSource, Site).join(Site, Site.id == PresenceSource.site_id)
        .where(PresenceSource.retired_at.is_(None)).order_by(Site.code, PresenceSource.name)
    )]  # fmt: skip


def list_batches(session: Session, actor: Actor, source_id: int, page: int) -> Page[tuple[PresenceBatch, str | None]]:
    """What a source posted, the latest first, each with who sent the file."""
    actor.require(Action.SEE_PRESENCE)
    rows = session.execute(
        select(PresenceBatch, Person.name).outerjoin(Person, Person.id == PresenceBatch.received_by)
        .where(PresenceBatch.source_id == source_id).order_by(PresenceBatch.id.desc())
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    total = session.execute(
        select(func.count()).select_from(PresenceBatch).where(PresenceBatch.source_id == source_id)
    ).scalar_one()
    return Page([(batch, name) for batch, name in rows], page, total, PAGE_SIZE)


class Unknown(Struct, frozen=True):
    """A badge that is nobody's in a month: by the beginning of its hash, how often and when it was seen."""

    key: str
    events: int
    days: int
    first: datetime
    last: datetime
    source: str


def list_unknown(session: Session, actor: Actor, site_id: int, month: Month, page: int) -> Page[Unknown]:
    """The badges at a site that no entry covers, those seen most often first."""
    get_site(session, actor, site_id)
    actor.require(Action.SEE_PRESENCE)
    owned = select(PresenceBadge.id).where(
        PresenceBadge.person_hash == PresenceEvent.person_hash, PresenceBadge.days.contains(PresenceEvent.on)
    )
    nobodys = (
        select(
            func.left(func.encode(PresenceEvent.person_hash, "hex"), 12).label("key"), func.count().label("events"),
            func.count(PresenceEvent.on.distinct()).label("days"), func.min(PresenceEvent.starts_at).label("first"),
            func.max(PresenceEvent.starts_at).label("last"), func.min(PresenceSource.name).label("source"),
        )
        .join(PresenceSource, PresenceSource.id == PresenceEvent.source_id)
        .where(
            PresenceEvent.site_id == site_id, PresenceEvent.on.between(month.first, month.last),
            PresenceEvent.kind.in_(SEEN), PresenceEvent.startup_id.is_(None), ~owned.exists(),
        )
        .group_by(PresenceEvent.person_hash)
    )  # fmt: skip
    total = session.execute(select(func.count()).select_from(nobodys.subquery())).scalar_one()
    rows = session.execute(
        nobodys.order_by(func.count().desc(), func.min(PresenceEvent.starts_at), PresenceEvent.person_hash)
        .limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    return Page([Unknown(*row) for row in rows], page, total, PAGE_SIZE)


class Found(Struct, frozen=True):
    """A finding with what was said of it; it is open unless that was said of the same figures."""

    finding: Finding
    note: PresenceNote | None
    by: str | None

    @property
    def is_open(self) -> bool:
        return self.note is None or self.note.sha256 != self.finding.sha256


class Report(Struct, frozen=True):
    """A site's month."""

    site: Site
    month: Month
    sums: SiteMonth
    found: tuple[Found, ...]
    settings: Settings
    kept_at: datetime | None
    """When its events were erased; None: they are here."""

    def of(self, startup_id: int) -> list[Found]:
        return [each for each in self.found if each.finding.startup_id == startup_id]

    def party(self, startup_id: int) -> Party:
        """NotFound for a startup that the month doesn't know."""
        found = next((each for each in self.sums.parties if each.startup_id == startup_id), None)
        if found is None:
            raise NotFound
        return found


def measure_presence(session: Session, actor: Actor, site_id: int, month: Month, *, now: datetime) -> Report:
    """Registered, let and present in a site's month, and what doesn't fit; by the events, or by the sums that were
    kept of them. Eighteen statements at the most."""
    actor.require(Action.SEE_PRESENCE)
    site = get_site(session, actor, site_id)
    settings = get_presence_settings(session)
    stored = session.execute(
        select(PresenceMonth).where(PresenceMonth.site_id == site.id, PresenceMonth.month == month.first)
    ).scalar_one_or_none()
    sums = kept.read(stored.content) if stored else sum_site(session, site, month, now=now)
    notes = _notes(session, site.id, month)
    found = tuple(Found(each, *notes.get((each.kind, each.key), (None, None)))
                  for each in find(sums, settings.m2_per_person))
    return Report(site, month, sums, found, settings, stored.created_at if stored else None)


def get_finding(
    session: Session, actor: Actor, site_id: int, month: Month, kind: str, key: str, *, now: datetime
) -> Found:  # fmt: skip
    """One of the findings of a site's month; NotFound where it is none, or none any more."""
    report = measure_presence(session, actor, site_id, month, now=now)
    found = next((each for each in report.found if (each.finding.kind, each.finding.key) == (kind, key)), None)
    if found is None:
        raise NotFound(N_("There is no such finding."))
    return found


def sum_site(session: Session, site: Site, month: Month, *, now: datetime) -> SiteMonth:
    """A site's month from the events."""
    zone, calendar = ZoneInfo(site.zone), get_site_calendar(session, site)
    openings = opening_intervals(calendar, month.first, month.last + timedelta(days=1))
    sums = sum_month(session, site.id, month, zone, openings)
    registered = set(session.execute(
        select(RegisteredAddress.startup_id)
        .where(RegisteredAddress.site_id == site.id, RegisteredAddress.days.overlaps(_days(month)))
    ).scalars())  # fmt: skip
    held = _holdings(session, site, month)
    here = registered | held.keys() | {each for each in sums.days if each is not None}
    here |= {each for _key, _kind, startups in sums.shared for each in startups if set(startups) & here}
    rows = session.execute(
        select(Startup.id, Startup.code, Startup.name, Startup.name_en).where(Startup.id.in_(here))
        .order_by(Startup.code)
    ).all()  # fmt: skip
    posts = _count_posts(session, here, month.last)
    parties = tuple(_party(row, sums, registered, posts, held, month) for row in rows)
    present = registered | held.keys() | {each for each in sums.days if each is not None}
    today = now.astimezone(zone).date()
    workdays = tuple(day for day in month.dates() if day <= today and calendar.kind_of(day) == "workday")
    names = {row.id: (row.code, row.name) for row in rows}
    return SiteMonth(
        tuple(party for party in parties if party.startup_id in present), sums.sensors,
        tuple(Shared(key[:12], kind, tuple(sorted(names[each] for each in startups)))
              for key, kind, startups in sums.shared if set(startups) & present),
        workdays, bool(sums.days), sum(day.events for day in sums.days.get(None, ())),
    )  # fmt: skip


def _party(
    row: Any, sums: Sums, registered: set[int], posts: dict[int, int],
    held: dict[int, list[Holding]], month: Month,
) -> Party:  # fmt: skip
    return Party(
        row[0], row[1], row[2], row[3], row[0] in registered, posts.get(row[0], 0), sums.insured.get(row[0]),
        let_at_most(held.get(row[0], ()), month.first, month.last), sums.days.get(row[0], ()),
        sums.people.get(row[0], 0), sums.peaks.get(row[0], 0),
    )  # fmt: skip


def _holdings(session: Session, site: Site, month: Month) -> dict[int, list[Holding]]:
    """What agreements hold at the site in the month, by startup: from the ledger."""
    within = month.interval(ZoneInfo(site.zone))
    first = cast(func.timezone(site.zone, func.lower(Allocation.period)), Date)
    last = cast(func.timezone(site.zone, func.upper(Allocation.period)) - timedelta(microseconds=1), Date)
    rows = session.execute(
        select(Residency.startup_id, Unit.kind, Unit.area_m2, first, last)
        .join(Residency, Residency.id == Allocation.holder_id)
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(
            Allocation.site_id == site.id, Allocation.holder_kind == "residency", Allocation.voided_at.is_(None),
            overlapping(within.start, within.end),
        )
    )  # fmt: skip
    found: dict[int, list[Holding]] = {}
    for startup_id, kind, area, since, until in rows:
        found.setdefault(startup_id, []).append(Holding(kind == "desk", area, since, until or EVER))
    return found


def _count_posts(session: Session, startup_ids: Iterable[int], on: date) -> dict[int, int]:
    rows = session.execute(
        select(Post.startup_id, func.count(Post.individual_id.distinct()))
        .where(Post.startup_id.in_(set(startup_ids)), Post.days.contains(on)).group_by(Post.startup_id)
    ).all()  # fmt: skip
    return {row[0]: row[1] for row in rows}


def _days(month: Month) -> object:
    return func.daterange(month.first, month.last, "[]")


def _notes(session: Session, site_id: int, month: Month) -> dict[tuple[str, str], tuple[PresenceNote, str | None]]:
    """The latest of each finding, with who said it."""
    rows = session.execute(
        select(PresenceNote, Person.name).outerjoin(Person, Person.id == PresenceNote.created_by)
        .where(PresenceNote.site_id == site_id, PresenceNote.month == month.first).order_by(PresenceNote.id)
    ).all()  # fmt: skip
    return {(note.kind, note.key): (note, name) for note, name in rows}


class EventRow(Struct, frozen=True):
    """An event behind a finding or a day."""

    event: PresenceEvent
    source: str
    startup: str
    unit: str | None


def list_events(
    session: Session, actor: Actor, site: Site, month: Month, *, page: int, startup_id: int | None = None,
    source_id: int | None = None, person: str | None = None, on: date | None = None, kind: str = "",
) -> Page[EventRow]:  # fmt: skip
    """The events of a site's month that are a startup's, a source's or a person's, in the order of time; `kind`: only
    those that a finding of the kind rests on."""
    actor.require(Action.SEE_PRESENCE)
    asked = _events(site, month, startup_id, source_id, person, on)
    if kind == "out_of_hours":
        asked = asked.where(_while_closed(session, site, month))
    elif kind == "sensor_over":
        asked = asked.where(PresenceEvent.count > PresenceSource.capacity)
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    rows = session.execute(
        asked.order_by(PresenceEvent.starts_at, PresenceEvent.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([EventRow(*row) for row in rows], page, total, PAGE_SIZE)


def _while_closed(session: Session, site: Site, month: Month) -> ColumnElement[bool]:
    """Sessions that meet no opening, also of the next day: the sums' own rule (`sums.DAYS`)."""
    openings = opening_intervals(get_site_calendar(session, site), month.first, month.last + timedelta(days=1))
    times = ",".join(f"[{each.start.isoformat()},{each.end.isoformat()})" for each in openings)
    there = func.tstzrange(
        PresenceEvent.starts_at, func.coalesce(PresenceEvent.ends_at, PresenceEvent.starts_at + timedelta(minutes=1))
    )
    return not_(there.bool_op("&&")(cast(literal(f"{{{times}}}", Text), TSTZMULTIRANGE)))


def _events(
    site: Site, month: Month, startup_id: int | None, source_id: int | None, person: str | None, on: date | None
) -> Any:  # fmt: skip
    event, badge = PresenceEvent, aliased(PresenceBadge)
    newest = (
        select(badge.startup_id).where(badge.person_hash == event.person_hash, badge.days.contains(event.on))
        .order_by(badge.id.desc()).limit(1).correlate(event).scalar_subquery()
    )  # fmt: skip
    asked = (
        select(event, PresenceSource.name, func.coalesce(Startup.name, ""), Unit.code)
        .join(PresenceSource, PresenceSource.id == event.source_id)
        .outerjoin(Startup, Startup.id == func.coalesce(event.startup_id, newest))
        .outerjoin(Unit, Unit.id == event.unit_id)
        .where(event.on.between(month.first, month.last))
    )
    if startup_id is not None:
        asked = asked.where(event.site_id == site.id, event.kind.in_(SEEN),
                            func.coalesce(event.startup_id, newest) == startup_id)  # fmt: skip
    if source_id is not None:
        asked = asked.where(event.site_id == site.id, event.source_id == source_id)
    if person is not None:  # insured somewhere is insured, whichever site's list says so
        asked = asked.where(or_(event.site_id == site.id, event.kind == "social_insurance"),
                            func.left(func.encode(event.person_hash, "hex"), len(person)) == person)  # fmt: skip
    return asked.where(event.on == on) if on is not None else asked
