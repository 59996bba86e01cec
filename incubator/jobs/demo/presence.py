"""Who was there in the demo: door events of a quarter, a sensor, a social-insurance list, and what doesn't fit."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Month
from incubator.database import current_operator
from incubator.reports.presence.models import PresenceBadge, PresenceBatch, PresenceSource
from incubator.reports.presence.operations import add_source, explain_finding
from incubator.reports.presence.queries import measure_presence
from incubator.reports.presence.rules import person_hash
from incubator.spaces.hours_queries import get_site_calendar
from incubator.spaces.models import Allocation, Site, Unit
from incubator.startups.models import Residency

MONTHS = 3
SECRET = b"the demo's badges are nobody's"
EVENTS = text("""
    INSERT INTO presence_events (operator_id, source_id, batch_id, site_id, external_id, kind, startup_id, person_hash,
        count, starts_at, ends_at, on_date)
    SELECT :operator, :source, :batch, :site, 'D' || nth, :kind, startup_id, decode(person, 'hex'), count, starts_at,
        ends_at, on_date
    FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given(nth integer, startup_id bigint, person text, count integer,
        starts_at timestamptz, ends_at timestamptz, on_date date)""")


def watch_doors(session: Session, actor: Actor, sites: Sequence[Site], now: datetime) -> None:
    """The last months at each site: people of most startups come on most days, of one never; somebody comes at three
    in the night, the lobby is too full on a day, and one insured person stands for three startups.

    The sources' secrets are sealed by a key that nobody has: whoever wants to post gives a source a new one.
    """
    sealing_keys = [secrets.token_urlsafe(32)]
    today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    first = (Month.of(today) - MONTHS).first
    began = datetime.combine(first, datetime.min.time(), ZoneInfo("Asia/Shanghai"))
    for number, site in enumerate(sites):
        dice = Random(f"doors of {site.code}")  # noqa: S311  a demo's dice
        here = _residents(session, site, first, today)
        make = _Maker(session, actor, site, sealing_keys, now, began)
        door = make.source("door", "主入口门禁" if number == 0 else "大门门禁")
        make.keep(door, _door_events(session, actor, site, here, dice, first, now))
        lobby = make.source("sensor", "大堂客流计数", capacity=120)
        make.keep(lobby, _counts(site, dice, first, now))
        social = make.source("social_insurance", "社保缴费名单")
        make.keep(social, _lists(site, here, dice, first, today))
        _explain(session, actor, site, Month.of(today) - 1, now)


class _Maker:
    def __init__(self, session: Session, actor: Actor, site: Site, sealing_keys: Sequence[str], now: datetime,
                 began: datetime) -> None:  # fmt: skip
        self.session, self.actor, self.site, self.keys, self.now, self.began = (
            session, actor, site, sealing_keys, now, began
        )  # fmt: skip

    def source(self, kind: str, name: str, capacity: int | None = None) -> PresenceSource:
        return add_source(self.session, self.actor, now=self.began, sealing_keys=self.keys, site_id=self.site.id,
                          kind=kind, name=name, capacity=capacity)[0]  # fmt: skip

    def keep(self, source: PresenceSource, rows: list[dict[str, Any]]) -> None:
        batch = PresenceBatch(source_id=source.id, sha256=bytes(32), way="api", accepted=len(rows), known=0, refused=0,
                              received_at=self.now)  # fmt: skip
        self.session.add(batch)
        self.session.flush()
        asked = {"operator": current_operator(self.session), "source": source.id, "batch": batch.id,
                 "site": self.site.id, "kind": source.kind}  # fmt: skip
        numbered = [{"nth": nth, **row} for nth, row in enumerate(rows, start=1)]
        self.session.execute(EVENTS, asked | {"rows": json.dumps(numbered, default=str)})


def _residents(session: Session, site: Site, first: date, today: date) -> dict[int, tuple[date, date, int]]:
    """Startups with an agreement in these months: from, to, and for how many people their places are."""
    rows = session.execute(
        select(Residency.startup_id, Residency.starts_on, Residency.ends_on, Unit.kind, Unit.area_m2)
        .join(Allocation, (Allocation.holder_id == Residency.id) & (Allocation.holder_kind == "residency"))
        .join(Unit, Unit.id == Allocation.unit_id)
        .where(Residency.site_id == site.id, Allocation.voided_at.is_(None), Residency.starts_on <= today)
        .order_by(Residency.startup_id, Unit.code)
    ).all()
    found: dict[int, tuple[date, date, int]] = {}
    for startup_id, starts_on, ends_on, kind, area in rows:
        last = min(ends_on or today, today)
        if last < first:
            continue
        since, until, places = found.get(startup_id, (starts_on, last, 0))
        more = 1 if kind == "desk" else int(area // 6)
        found[startup_id] = (min(since, starts_on), max(until, last), places + more)
    return found


def _door_events(
    session: Session, actor: Actor, site: Site, here: Mapping[int, tuple[date, date, int]], dice: Random, first: date,
    now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    calendar, zone = get_site_calendar(session, site), ZoneInfo(site.zone)
    today = now.astimezone(zone).date()
    rows: list[dict[str, Any]] = []
    absent = min(here, default=0)
    for place, (startup_id, (since, until, places)) in enumerate(sorted(here.items())):
        if startup_id == absent:
            continue
        people = [person_hash(SECRET, actor.operator_id, f"{startup_id}-{each}")
                  for each in range(max(1, min(places, dice.randrange(2, 9))))]  # fmt: skip
        session.add_all(
            PresenceBadge(person_hash=person, startup_id=startup_id, created_at=now,
                          days=Range(min(first, since), None))
            for person in people
        )
        habit = dice.uniform(0.55, 0.95)
        day = max(first, since)
        while day <= until:
            works = calendar.kind_of(day) == "workday"
            for person in people:
                if dice.random() < (habit if works else 0.04):
                    rows.append(_session(person, day, zone, dice.randrange(510, 630), dice.randrange(240, 600)))
            if place == 1 and works and day.day % 9 == 0:
                rows.append(_session(people[0], day, zone, 180 + dice.randrange(20), 45))
            day += timedelta(days=1)
    nobodys = person_hash(SECRET, actor.operator_id, "unknown")
    rows += [_session(nobodys, today - timedelta(days=back), zone, 600, 200) for back in (3, 5, 12)]
    return [row for row in rows if row["ends_at"] <= now]


def _session(person: bytes, on: date, zone: ZoneInfo, minute: int, minutes: int) -> dict[str, Any]:
    start = datetime.combine(on, datetime.min.time(), zone) + timedelta(minutes=minute)
    return {"person": person.hex(), "starts_at": start, "ends_at": start + timedelta(minutes=minutes), "on_date": on}


def _counts(site: Site, dice: Random, first: date, now: datetime) -> list[dict[str, Any]]:
    """Every two hours; on the 18th of each month there is a fair, and more people than the lobby holds."""
    zone, rows, day = ZoneInfo(site.zone), [], first
    while day <= now.astimezone(zone).date():
        for hour in (10, 12, 14, 16):
            at = datetime.combine(day, datetime.min.time(), zone) + timedelta(hours=hour)
            if at <= now:
                count = dice.randrange(131, 152) if day.day == 18 and hour == 14 else dice.randrange(5, 80)
                rows.append({"count": count, "starts_at": at, "on_date": day})
        day += timedelta(days=1)
    return rows


def _lists(site: Site, here: Mapping[int, tuple[date, date, int]], dice: Random, first: date, today: date
           ) -> list[dict[str, Any]]:  # fmt: skip
    """Each startup's insured people by their hashes; one of them on the lists of three."""
    zone, rows, month = ZoneInfo(site.zone), [], Month.of(first)
    shared = dice.randbytes(32)
    insured = {startup_id: [dice.randbytes(32) for _ in range(dice.randrange(1, 7))] for startup_id in sorted(here)}
    for startup_id in sorted(here)[2:5]:
        insured[startup_id].append(shared)
    while month.first <= today:
        at = datetime.combine(month.first, datetime.min.time(), zone)
        rows += [{"startup_id": startup_id, "person": person.hex(), "starts_at": at, "on_date": month.first}
                 for startup_id, people in insured.items() for person in people]  # fmt: skip
        month = month + 1
    return rows


def _explain(session: Session, actor: Actor, site: Site, month: Month, now: datetime) -> None:
    """The fair was one, and said so."""
    report = measure_presence(session, actor, site.id, month, now=now)
    for found in report.found:
        if found.finding.kind == "sensor_over":
            explain_finding(session, actor, now=now, site_id=site.id, month=month, kind="sensor_over",
                            key=found.finding.key, note="当日举办创业项目路演，大堂有来宾签到。")  # fmt: skip
