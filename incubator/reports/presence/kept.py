"""A site's month as it is kept when its events are erased: written, and read again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from incubator.reports.presence.rules import DaySum, Let, Party, SensorDay, Shared, Site


def write(site: Site) -> dict[str, Any]:
    """As JSON data."""
    return {
        "parties": [_party(each) for each in site.parties],
        "sensors": [[each.source_id, each.name, each.capacity, each.on.isoformat(), each.most]
                    for each in site.sensors],
        "shared": [[each.key, each.kind, [list(part) for part in each.startups]] for each in site.shared],
        "workdays": [day.isoformat() for day in site.workdays],
        "is_watched": site.is_watched,
        "unknown": site.unknown,
    }  # fmt: skip


def read(content: Mapping[str, Any]) -> Site:
    """The same month again."""
    return Site(
        tuple(_read_party(each) for each in content["parties"]),
        tuple(SensorDay(source, name, capacity, date.fromisoformat(on), most)
              for source, name, capacity, on, most in content["sensors"]),
        tuple(Shared(key, kind, tuple((code, name) for code, name in startups))
              for key, kind, startups in content["shared"]),
        tuple(date.fromisoformat(day) for day in content["workdays"]),
        content["is_watched"], content["unknown"],
    )  # fmt: skip


def _party(party: Party) -> dict[str, Any]:
    return {
        "startup_id": party.startup_id, "code": party.code, "name": party.name, "name_en": party.name_en,
        "registered": party.registered, "posts": party.posts, "insured": party.insured, "desks": party.let.desks,
        "area_m2": str(party.let.area_m2), "people": party.people, "peak": party.peak,
        "days": [[day.on.isoformat(), day.events, day.people, day.outside] for day in party.days],
    }  # fmt: skip


def _read_party(said: Mapping[str, Any]) -> Party:
    days = tuple(DaySum(date.fromisoformat(on), *counts) for on, *counts in said["days"])
    return Party(
        said["startup_id"], said["code"], said["name"], said["name_en"], said["registered"], said["posts"],
        said["insured"], Let(said["desks"], Decimal(said["area_m2"])), days, said["people"], said["peak"],
    )  # fmt: skip
