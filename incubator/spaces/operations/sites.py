"""Sites, their floors, opening hours and exceptional days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.spaces.models import CALENDARS, DAY_KINDS, CalendarOverride, Floor, OpeningHours, Site, Unit
from incubator.spaces.operations.hours import OpenSpan, check_hours, replace_hours, say_hours
from incubator.spaces.operations.words import (
    LONGEST_CODE,
    LONGEST_FLOOR,
    LONGEST_NAME,
    LONGEST_TEXT,
    one_line,
    unique,
)

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
LEVELS = range(-9, 200)


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
    code, name = one_line(code, "code", LONGEST_CODE), one_line(name, "name", LONGEST_NAME)
    if not code or not name:
        raise Refusal(N_("A site needs a code and a name."), field="name" if code else "code")
    check_zone(zone)
    if calendar not in CALENDARS:
        raise Refusal(N_("%(calendar)s is not a calendar."), field="calendar", calendar=calendar)
    check_day(open_from, "open_from")
    check_hours(hours)
    site = Site(
        code=code, name=name, name_en=one_line(name_en, "name_en", LONGEST_NAME),
        address=one_line(address, "address", LONGEST_TEXT), zone=zone, calendar=calendar, created_at=now,
    )  # fmt: skip
    taken = Conflict(N_("You have a site with the code %(code)s already."), field="code", code=code)
    with unique(session, "sites_operator_id_code_key", taken):
        session.add(site)
    replace_hours(session, OpeningHours, {"site_id": site.id}, hours, open_from)
    after = {"code": code, "name": name, "zone": zone, "calendar": calendar} | say_hours(hours)
    record(session, actor, "create_site", ("sites", site.id), now=now, after=after)
    return site


def edit_site(
    session: Session, actor: Actor, *, now: datetime, site: Site, name: str, name_en: str, address: str,
    latitude: Decimal | None = None, longitude: Decimal | None = None,
) -> Site:  # fmt: skip
    """Rename a site, or correct its address and coordinates. Its zone and calendar stay: days and months rest on them.

    Coordinates in degrees (WGS 84), to five places, which is a metre; both or none.
    """
    actor.require(Action.MANAGE_SPACES)
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("A site needs a code and a name."), field="name")
    before = _say_site(site)
    site.latitude, site.longitude = _check_coordinates(latitude, longitude)
    site.name, site.name_en = name, one_line(name_en, "name_en", LONGEST_NAME)
    site.address = one_line(address, "address", LONGEST_TEXT)
    after = _say_site(site)
    record(session, actor, "edit_site", ("sites", site.id), now=now, before=before, after=after)
    return site


def set_opening_hours(
    session: Session, actor: Actor, *, now: datetime, site: Site, hours: Sequence[OpenSpan], from_on: date
) -> None:
    """New opening hours from `from_on` on; those before that day stay as they were.

    09:00-18:00 since January, and 08:00-20:00 set from 16 October: the 15th keeps 09:00-18:00. No hours at all:
    the site is not open from then on.
    """
    actor.require(Action.MANAGE_SPACES)
    check_day(from_on, "from_on")
    check_hours(hours)
    lock_site(session, site)
    replaced = replace_hours(session, OpeningHours, {"site_id": site.id}, hours, from_on)
    record(
        session, actor, "set_opening_hours", ("sites", site.id), now=now,
        before=say_hours(replaced), after={"from": from_on} | say_hours(hours),
    )  # fmt: skip


def override_day(
    session: Session, actor: Actor, *, now: datetime, site: Site, on: date, day_kind: str, note: str = ""
) -> CalendarOverride:
    """Let one date be a workday, a rest day or closed, whatever the calendar says."""
    actor.require(Action.MANAGE_SPACES)
    if day_kind not in DAY_KINDS:
        raise Refusal(N_("A day is a working day, a rest day or closed."), field="day_kind")
    check_day(on, "on")
    note = one_line(note, "note", LONGEST_TEXT)
    lock_site(session, site)
    override = _find_override(session, site, on)
    before = _say_day(override) if override else None
    if override is None:
        override = CalendarOverride(site_id=site.id, on=on, day_kind=day_kind)
        session.add(override)
    override.day_kind, override.note = day_kind, note
    record(session, actor, "override_day", ("sites", site.id), now=now, before=before, after=_say_day(override))
    return override


def follow_calendar(session: Session, actor: Actor, *, now: datetime, site: Site, on: date) -> None:
    """Take an exceptional day back: the date follows the calendar again."""
    actor.require(Action.MANAGE_SPACES)
    lock_site(session, site)
    override = _find_override(session, site, on)
    if override is None:
        raise NotFound(N_("That day follows the calendar already."))
    before = _say_day(override)
    session.delete(override)
    record(session, actor, "follow_calendar", ("sites", site.id), now=now, before=before)


def add_floor(session: Session, actor: Actor, *, now: datetime, site: Site, name: str, level: int = 1) -> Floor:
    """A new floor; its name is unique within the site."""
    actor.require(Action.MANAGE_SPACES)
    floor = Floor(site_id=site.id)
    _name_floor(session, site, floor, name, level)
    record(session, actor, "add_floor", ("floors", floor.id), now=now, after=_say_floor(site, floor))
    return floor


def rename_floor(
    session: Session, actor: Actor, *, now: datetime, site: Site, floor: Floor, name: str, level: int
) -> Floor:
    """Another name for a floor, or another place in the order of storeys."""
    actor.require(Action.MANAGE_SPACES)
    before = _say_floor(site, floor)
    _name_floor(session, site, floor, name, level)
    record(session, actor, "rename_floor", ("floors", floor.id), now=now, before=before, after=_say_floor(site, floor))
    return floor


def remove_floor(session: Session, actor: Actor, *, now: datetime, site: Site, floor: Floor) -> None:
    """Take away a floor that was added by mistake; one that has units, retired ones too, stays."""
    actor.require(Action.MANAGE_SPACES)
    if session.execute(select(Unit.id).where(Unit.floor_id == floor.id).limit(1)).first():
        raise Conflict(N_("This floor has units, and their history stays: it can't be removed."))
    before = _say_floor(site, floor)
    session.delete(floor)
    session.flush()
    record(session, actor, "remove_floor", ("floors", floor.id), now=now, before=before)


def today_at(site: Site, now: datetime) -> date:
    """The site's local date."""
    return now.astimezone(ZoneInfo(site.zone)).date()


def day_after(on: date) -> date:
    """The exclusive end of an inclusive last day."""
    return on + timedelta(days=1)


def check_day(on: date, field: str) -> None:
    """Refused where `on` is of another age, as 0202-10-01 is by a slip of the keyboard."""
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Refusal(N_("A date lies between 1970 and 2199."), field=field)


def lock_site(session: Session, site: Site) -> None:
    """Let one change of the site's calendar, hours or name happen at a time."""
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))


def check_zone(zone: str) -> None:
    """Refusal unless it is an IANA name of a place, such as Asia/Shanghai."""
    if zone not in _zones():
        raise Refusal(N_("%(zone)s is not a time zone."), field="zone", zone=zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def _name_floor(session: Session, site: Site, floor: Floor, name: str, level: int) -> None:
    name = one_line(name, "name", LONGEST_FLOOR)
    if not name:
        raise Refusal(N_("Give the floor a name."), field="name")
    if level not in LEVELS:
        raise Refusal(N_("A level is from -9 to 199."), field="level")
    taken = Conflict(N_("%(site)s has a floor %(name)s already."), field="name", site=site.name, name=name)
    with unique(session, "floors_operator_id_site_id_name_key", taken):
        floor.name, floor.level = name, level
        session.add(floor)


def _check_coordinates(latitude: Decimal | None, longitude: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise Refusal(N_("Give latitude and longitude, or neither."), field=missing)
    for value, field, most in ((latitude, "latitude", 90), (longitude, "longitude", 180)):
        if value is not None and not -most <= value <= most:
            raise Refusal(N_("Degrees lie between -%(most)s and %(most)s."), field=field, most=most)
    return _to_places(latitude), _to_places(longitude)


def _to_places(degrees: Decimal | None) -> Decimal | None:
    return None if degrees is None else degrees.quantize(Decimal("0.00001"), ROUND_HALF_UP)


def _say_site(site: Site) -> dict[str, object]:
    said: dict[str, object] = {"name": site.name, "name_en": site.name_en, "address": site.address}
    return said | ({} if site.latitude is None else {"latitude": site.latitude, "longitude": site.longitude})


def _find_override(session: Session, site: Site, on: date) -> CalendarOverride | None:
    return session.execute(
        select(CalendarOverride)
        .where(CalendarOverride.site_id == site.id, CalendarOverride.on == on)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _say_day(override: CalendarOverride) -> dict[str, object]:
    return {"on": override.on, "day_kind": override.day_kind, "note": override.note}


def _say_floor(site: Site, floor: Floor) -> dict[str, object]:
    return {"site": site.code, "name": floor.name, "level": floor.level}
