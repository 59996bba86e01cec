"""Reads of when places are open: the calendars of sites, and the own hours of resources."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Text,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import Session

from incubator.database import among, read
from incubator.spaces.models import CalendarOverride, OpeningHours, ResourceDay, ResourceHours, Site
from incubator.spaces.queries import inclusive_dates
from incubator.spaces.rules import Hours, OwnDay, OwnHours, SiteCalendar


class OpenHours(Struct, frozen=True):
    """When some sites are open, and what some resources have of their own, each by its id."""

    calendars: dict[int, SiteCalendar]
    own: dict[int, OwnHours]


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


_NOTHING, _ALL_DAY = _text(""), literal_column("0", Integer)
_ANY_DAYS, _ANY_DAY = cast(null(), DATERANGE), cast(null(), Date)
_HOURS: CompoundSelect[Any] = union_all(
    select(
        _text("site").label("of"), OpeningHours.site_id.label("whose"), OpeningHours.day_kind.label("kind"),
        OpeningHours.opens_minute.label("opens"), OpeningHours.closes_minute.label("closes"), OpeningHours.valid,
        _ANY_DAY.label("on"), _NOTHING.label("note"), OpeningHours.id,
    ).where(OpeningHours.site_id == among("site_ids")),
    select(
        _text("override"), CalendarOverride.site_id, CalendarOverride.day_kind, _ALL_DAY, _ALL_DAY, _ANY_DAYS,
        CalendarOverride.on, _NOTHING, CalendarOverride.id,
    ).where(CalendarOverride.site_id == among("site_ids")),
    select(
        _text("resource"), ResourceHours.resource_id, ResourceHours.day_kind, ResourceHours.opens_minute,
        ResourceHours.closes_minute, ResourceHours.valid, _ANY_DAY, _NOTHING, ResourceHours.id,
    ).where(ResourceHours.resource_id == among("resource_ids")),
    select(
        _text("day"), ResourceDay.resource_id, _NOTHING, ResourceDay.opens_minute, ResourceDay.closes_minute,
        _ANY_DAYS, ResourceDay.on, ResourceDay.note, ResourceDay.id,
    ).where(
        ResourceDay.resource_id == among("resource_ids"),
        ResourceDay.on.between(bindparam("first", type_=Date), bindparam("last", type_=Date)),
    ),
)  # fmt: skip


def list_open_hours(
    session: Session, sites: Sequence[Site], resource_ids: Collection[int] = (), first: date | None = None,
    last: date | None = None,
) -> OpenHours:  # fmt: skip
    """The zone, calendar, opening hours and overrides of each site, the own hours of each resource, and its exceptional
    days from `first` to `last`; one statement."""
    asked = {"site_ids": [site.id for site in sites], "resource_ids": list(resource_ids), "first": first, "last": last}
    found: dict[tuple[str, int], list[Any]] = {}
    for row in sorted(read(session, _HOURS, asked), key=lambda row: (row.kind, row.opens or 0, row.id)):
        found.setdefault((row.of, row.whose), []).append(row)
    calendars = {
        site.id: SiteCalendar(
            ZoneInfo(site.zone), site.calendar, tuple(_hours(found.get(("site", site.id), ()))),
            {row.on: row.kind for row in found.get(("override", site.id), ())},
        )
        for site in sites
    }  # fmt: skip
    own = {
        each: OwnHours(
            tuple(_hours(found.get(("resource", each), ()))),
            {row.on: OwnDay(row.opens, row.closes, row.note) for row in found.get(("day", each), ())},
        )
        for each in resource_ids
    }
    return OpenHours(calendars, own)


def _hours(rows: Sequence[Any]) -> Iterator[Hours]:
    return (Hours(row.kind, row.opens, row.closes, *inclusive_dates(row.valid)) for row in rows)


def get_site_calendar(session: Session, site: Site) -> SiteCalendar:
    """The site's zone, calendar, opening hours and overrides."""
    return list_open_hours(session, [site]).calendars[site.id]


def get_own_hours(session: Session, resource_id: int, first: date, last: date) -> OwnHours:
    """The own hours of one resource, and its exceptional days from `first` to `last`."""
    return list_open_hours(session, [], [resource_id], first, last).own[resource_id]


def get_open_hours(
    session: Session, site: Site, resource_id: int, first: date, last: date
) -> tuple[SiteCalendar, OwnHours]:
    """When a site is open, and what one of its resources has of its own."""
    found = list_open_hours(session, [site], [resource_id], first, last)
    return found.calendars[site.id], found.own[resource_id]
