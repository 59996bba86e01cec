"""Sites, their floors, opening hours and exceptional days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.spaces.models import CalendarOverride, Floor, OpeningHours, Site
from incubator.spaces.queries import inclusive_dates

OpenSpan = tuple[str, int, int]
"""Kind of day, minute of opening, minute of closing: ("workday", 540, 1080)."""


def create_site(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    code: str,
    name: str,
    hours: Sequence[OpenSpan],
    open_from: date,
    name_en: str = "",
    address: str = "",
    zone: str = "Asia/Shanghai",
    calendar: str = "CN",
) -> Site:
    """A new site with its opening hours from `open_from` on. Its code is unique within the operator."""
    actor.require(Action.MANAGE_SPACES)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise Refusal(N_("A site needs a code and a name."), field="name" if code else "code")
    if zone not in available_timezones():
        raise Refusal(N_("%(zone)s is not a time zone."), field="zone", zone=zone)
    if calendar not in ("CN", "weekdays"):
        raise Refusal(N_("%(calendar)s is not a calendar."), field="calendar", calendar=calendar)
    if session.execute(select(Site.id).where(Site.code == code)).first():
        raise Conflict(N_("You have a site with the code %(code)s already."), field="code", code=code)
    site = Site(code=code, name=name, name_en=name_en.strip(), address=address.strip(), zone=zone, calendar=calendar,
                created_at=now)  # fmt: skip
    session.add(site)
    session.flush()
    _add_hours(session, site, hours, open_from)
    after = {"code": code, "name": name, "zone": zone, "calendar": calendar, "hours": list(hours)}
    record(session, actor, "create_site", ("sites", site.id), now=now, after=after)
    return site


def edit_site(
    session: Session, actor: Actor, *, now: datetime, site: Site, name: str, name_en: str, address: str
) -> Site:
    """Rename a site, or correct its address."""
    actor.require(Action.MANAGE_SPACES)
    if not name.strip():
        raise Refusal(N_("A site needs a code and a name."), field="name")
    before = {"name": site.name, "name_en": site.name_en, "address": site.address}
    site.name, site.name_en, site.address = name.strip(), name_en.strip(), address.strip()
    after = {"name": site.name, "name_en": site.name_en, "address": site.address}
    record(session, actor, "edit_site", ("sites", site.id), now=now, before=before, after=after)
    return site


def set_opening_hours(
    session: Session, actor: Actor, *, now: datetime, site: Site, hours: Sequence[OpenSpan], from_on: date
) -> None:
    """New opening hours from `from_on` on; those before that day stay as they were."""
    actor.require(Action.MANAGE_SPACES)
    for row in session.execute(
        select(OpeningHours).where(OpeningHours.site_id == site.id).with_for_update()
    ).scalars():
        first, last = inclusive_dates(row.valid)
        if first >= from_on:
            session.delete(row)
        elif last is None or last >= from_on:
            row.valid = Range(first, from_on)
    session.flush()
    _add_hours(session, site, hours, from_on)
    after = {"hours": list(hours), "from": from_on}
    record(session, actor, "set_opening_hours", ("sites", site.id), now=now, after=after)


def override_day(
    session: Session, actor: Actor, *, now: datetime, site: Site, on: date, day_kind: str, note: str = ""
) -> CalendarOverride:
    """Let one date be a workday, a rest day or closed, whatever the calendar says."""
    actor.require(Action.MANAGE_SPACES)
    if day_kind not in ("workday", "restday", "closed"):
        raise Refusal(N_("A day is a working day, a rest day or closed."), field="day_kind")
    override = session.execute(
        select(CalendarOverride).where(CalendarOverride.site_id == site.id, CalendarOverride.on == on)
    ).scalar_one_or_none()
    before = {"day_kind": override.day_kind} if override else None
    if override is None:
        override = CalendarOverride(site_id=site.id, on=on, day_kind=day_kind)
        session.add(override)
    override.day_kind, override.note = day_kind, note.strip()
    session.flush()
    after = {"on": on, "day_kind": day_kind, "note": override.note}
    record(session, actor, "override_day", ("sites", site.id), now=now, before=before, after=after)
    return override


def add_floor(session: Session, actor: Actor, *, now: datetime, site: Site, name: str, level: int = 1) -> Floor:
    """A new floor; its name is unique within the site."""
    actor.require(Action.MANAGE_SPACES)
    name = name.strip()
    if not name:
        raise Refusal(N_("Give the floor a name."), field="name")
    if session.execute(select(Floor.id).where(Floor.site_id == site.id, Floor.name == name)).first():
        raise Conflict(N_("%(site)s has a floor %(name)s already."), field="name", site=site.name, name=name)
    floor = Floor(site_id=site.id, name=name, level=level)
    session.add(floor)
    session.flush()
    record(session, actor, "add_floor", ("floors", floor.id), now=now, after={"site": site.code, "name": name})
    return floor


def today_at(site: Site, now: datetime) -> date:
    """The site's local date."""
    return now.astimezone(ZoneInfo(site.zone)).date()


def _add_hours(session: Session, site: Site, hours: Sequence[OpenSpan], from_on: date) -> None:
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for day_kind, opens, closes in hours:
        if day_kind not in ("workday", "restday"):
            raise Refusal(N_("Opening hours are for working days or rest days."), field="hours")
        if not 0 <= opens < closes <= 24 * 60:
            raise Refusal(N_("The site must open before it closes."), field="closes")
        by_kind.setdefault(day_kind, []).append((opens, closes))
        session.add(
            OpeningHours(site_id=site.id, day_kind=day_kind, opens_minute=opens, closes_minute=closes,
                         valid=Range(from_on, None))
        )  # fmt: skip
    for spans in by_kind.values():
        spans.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            raise Refusal(N_("Two stretches of opening hours overlap."), field="hours")
    session.flush()


def day_after(on: date) -> date:
    """The exclusive end of an inclusive last day."""
    return on + timedelta(days=1)
