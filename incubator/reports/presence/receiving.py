"""Evidence taken in: by a post of its source, each item for itself; by a file, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.operations.keys import LONGEST_TOKEN, read_operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.database import current_operator, set_operator
from incubator.reports.presence.items import Frame, Item, read_item
from incubator.reports.presence.models import PresenceBadge, PresenceBatch, PresenceSource
from incubator.reports.presence.queries import get_presence_settings, get_source
from incubator.reports.presence.rules import first_kept, person_hash
from incubator.reports.presence.tables import Fault, FileRefused, Row
from incubator.spaces.models import Site, Unit
from incubator.startups.models import Startup

MOST_ITEMS = 2000
"""Of one post; whoever has more posts more often."""

INSERT = text("""
    INSERT INTO presence_events (operator_id, source_id, batch_id, site_id, external_id, kind, startup_id, unit_id,
        person_hash, count, starts_at, ends_at, on_date)
    SELECT :operator, :source, :batch, :site, external_id, :kind, startup_id, unit_id, decode(person, 'hex'), count,
        starts_at, ends_at, on_date
    FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given(nth integer, external_id text, startup_id bigint,
        unit_id bigint, person text, count integer, starts_at timestamptz, ends_at timestamptz, on_date date)
    ORDER BY external_id
    ON CONFLICT (operator_id, source_id, external_id) DO NOTHING""")
"""In the order of the ids: two posts of the same items wait for one another, and don't lock each other up."""


class Taken(Struct, frozen=True):
    """What became of a post: new, here already, refused (by place, with why)."""

    accepted: int
    known: int
    refused: tuple[tuple[int, Refusal], ...] = ()


def open_source(session: Session, token: str) -> PresenceSource:
    """The source that an address belongs to; the transaction belongs to its operator from here on.

    NotFound for any other text, and for a source that is retired.
    """
    operator, dash, _rest = token.partition("-")
    if not dash or len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise NotFound
    set_operator(session, read_operator(operator))
    source = session.execute(
        select(PresenceSource).where(PresenceSource.token == token, PresenceSource.retired_at.is_(None))
    ).scalar_one_or_none()
    if source is None or not secrets.compare_digest(source.token.encode(), token.encode()):
        set_operator(session, None)
        raise NotFound
    return source


def take_post(
    session: Session, source: PresenceSource, *, now: datetime, secret: bytes, body: bytes, given: Sequence[Any]
) -> Taken:  # fmt: skip
    """Keep each item that can be read and is new; say of the others why. Whoever calls has checked the signature."""
    frame = make_frame(session, source, now=now, secret=secret)
    items, refused = [], []
    for place, each in enumerate(given):
        try:
            if not isinstance(each, Mapping):
                raise Refusal(N_("An item is an object with names and values."))
            items.append(read_item(frame, each))
        except Refusal as refusal:
            refused.append((place, refusal))
    accepted, known = _keep(session, source, items, now=now, body=body, refused=len(refused))
    return Taken(accepted, known, tuple(refused))


def load_events(
    session: Session, actor: Actor, *, now: datetime, secret: bytes, source_id: int, content: bytes,
    rows: Sequence[Row],
) -> Taken:  # fmt: skip
    """Events of a file, all of them or none: FileRefused names every fault by its row and column."""
    actor.require(Action.MANAGE_PRESENCE)
    source = get_source(session, actor, source_id)
    if source.retired_at is not None:
        raise Conflict(N_("This source is retired."))
    frame = make_frame(session, source, now=now, secret=secret)
    items, faults = [], []
    for row in rows:
        try:
            items.append(read_item(frame, row.cells))
        except Refusal as refusal:
            faults.append(Fault(row.number, row.titles.get(refusal.field or "", ""), refusal))
    if faults:
        raise FileRefused(faults)
    accepted, known = _keep(session, source, items, now=now, body=content, refused=0, by=actor.person_id)
    after = {"name": source.name, "accepted": accepted, "known_before": known}
    record(session, actor, "load_presence_events", ("presence_sources", source.id), now=now, after=after)
    return Taken(accepted, known)


def load_badges(
    session: Session, actor: Actor, *, now: datetime, secret: bytes, rows: Sequence[Row]
) -> int:
    """Whose badges are, from a file, all of them or none; of several entries for a day the latest counts."""
    actor.require(Action.MANAGE_PRESENCE)
    startups = _startups(session)
    found, faults = [], []
    for row in rows:
        try:
            found.append((*_badge(row, actor.operator_id, secret, startups), row))
        except Refusal as refusal:
            faults.append(Fault(row.number, row.titles.get(refusal.field or "", ""), refusal))
    if faults:
        raise FileRefused(faults)
    session.add_all(
        PresenceBadge(person_hash=person, startup_id=startup_id, days=days, created_at=now, created_by=actor.person_id)
        for person, startup_id, days, _row in found
    )
    session.flush()
    record(session, actor, "load_presence_badges", ("operators", actor.operator_id), now=now,
           after={"count": len(found)})  # fmt: skip
    return len(found)


def make_frame(session: Session, source: PresenceSource, *, now: datetime, secret: bytes) -> Frame:
    """What items of a source are read in."""
    site = session.execute(select(Site).where(Site.id == source.site_id)).scalar_one()
    settings, zone = get_presence_settings(session), ZoneInfo(site.zone)
    return Frame(
        source.kind, current_operator(session), secret, zone,
        _startups(session),
        {row[0]: row[1] for row in session.execute(select(Unit.code, Unit.id).where(Unit.site_id == site.id))},
        first_kept(now.astimezone(zone).date(), settings.keep_days), now,
    )  # fmt: skip


def _startups(session: Session) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(select(Startup.code, Startup.id))}


def _keep(
    session: Session, source: PresenceSource, items: Sequence[Item], *, now: datetime, body: bytes, refused: int,
    by: int | None = None,
) -> tuple[int, int]:  # fmt: skip
    batch = PresenceBatch(source_id=source.id, sha256=hashlib.sha256(body).digest(), way="file" if by else "api",
                          accepted=0, known=0, refused=refused, received_at=now, received_by=by)  # fmt: skip
    session.add(batch)
    session.flush()
    asked = {"operator": current_operator(session), "source": source.id, "batch": batch.id, "site": source.site_id,
             "kind": source.kind}  # fmt: skip
    accepted = 0
    for start in range(0, len(items), 5000):
        rows = json.dumps([_row(item) for item in items[start : start + 5000]])
        accepted += session.execute(INSERT, asked | {"rows": rows}).rowcount  # type: ignore[attr-defined] # a cursor's
    batch.accepted, batch.known = accepted, len(items) - accepted
    session.flush()
    return accepted, len(items) - accepted


def _row(item: Item) -> dict[str, object]:
    return {
        "external_id": item.external_id, "startup_id": item.startup_id, "unit_id": item.unit_id,
        "person": item.person.hex() if item.person else None, "count": item.count,
        "starts_at": item.starts_at.isoformat(), "ends_at": item.ends_at.isoformat() if item.ends_at else None,
        "on_date": item.on.isoformat(),
    }  # fmt: skip


def _badge(
    row: Row, operator_id: int, secret: bytes, startups: Mapping[str, int]
) -> tuple[bytes, int, Range[date]]:  # fmt: skip
    number, code = row.text("person"), row.text("startup")
    if not 1 <= len(number) <= 64:
        raise Refusal(N_("Say whose card or telephone it was."), field="person")
    if code not in startups:
        raise Refusal(N_("There is no startup with this code."), field="startup")
    first, last = row.day("from"), row.day("until")
    if first is None:
        raise Refusal(N_("Give the date."), field="from")
    if last is not None and last < first:
        raise Refusal(N_("The last day comes before the first."), field="until")
    after = None if last is None else last + timedelta(days=1)
    return person_hash(secret, operator_id, number), startups[code], Range(first, after)
