"""Writing the trail."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from sqlalchemy import Row, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent, AuditHead
from incubator.core.canonical import canonical_json, plain

EVENTS, HEADS = cast(Table, AuditEvent.__table__), cast(Table, AuditHead.__table__)

FIRST_HASH = bytes(32)
"""What the first event of a chain points back at."""

# by the tables, not as objects, and made once: every operation comes by here
_HEAD = select(HEADS.c.number, HEADS.c.hash).where(HEADS.c.operator_id == bindparam("whose")).with_for_update()
_APPEND = (
    insert(EVENTS)
    .values({each.name: bindparam(f"its_{each.name}", type_=each.type) for each in EVENTS.c})
    .add_cte(
        update(HEADS)
        .where(HEADS.c.operator_id == bindparam("whose"))
        .values(number=bindparam("its_number"), hash=bindparam("its_hash"))
        .cte("moved")
    )
)
"""The event, and the head that points at it, in one statement. Its values are not called as the columns are: those
the update would take for its own, too."""


class Who(Protocol):
    """The part of an actor that the trail keeps."""

    @property
    def operator_id(self) -> int: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


def link_hash(previous: bytes, content: dict[str, Any]) -> bytes:
    """The event's hash: SHA-256 over the previous event's hash and the RFC 8785 bytes of its content."""
    return hashlib.sha256(previous + canonical_json(content)).digest()


def event_content(event: AuditEvent | Row[Any]) -> dict[str, Any]:
    """What of an event is hashed: everything but the two hashes."""
    return {
        "operator_id": event.operator_id,
        "number": event.number,
        "at": event.at.astimezone(UTC).isoformat(),
        "person_id": event.person_id,
        "person_name": event.person_name,
        "action": event.action,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "before": event.before,
        "after": event.after,
    }


def record(
    session: Session,
    actor: Who,
    action: str,
    subject: tuple[str, int],
    *,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append one event to the operator's chain, in the caller's transaction.

    `action` is a verb (`book`, `post_invoices`), `subject` the table's name and the row's id. The chain's head
    is locked until the commit, so call this last in an operation.
    """
    session.flush()
    operator_id = session.info["operator_id"]
    number, previous = _lock_head(session, operator_id)
    content = {
        "operator_id": operator_id,
        "number": number + 1,
        "at": now.astimezone(UTC).isoformat(),
        "person_id": actor.person_id,
        "person_name": actor.name,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "before": plain(before),
        "after": plain(after),
    }
    hashes = {"previous_hash": previous, "hash": link_hash(previous, content)}
    values = content | hashes | {"at": now}
    session.execute(_APPEND, {f"its_{name}": value for name, value in values.items()} | {"whose": operator_id})


def _lock_head(session: Session, operator_id: int) -> tuple[int, bytes]:
    """The last event's number and hash; made at the operator's first event."""
    found = session.execute(_HEAD, {"whose": operator_id}).one_or_none()
    if found is None:
        first = {"operator_id": operator_id, "number": 0, "hash": FIRST_HASH}
        session.execute(insert(HEADS).values(first).on_conflict_do_nothing())
        found = session.execute(_HEAD, {"whose": operator_id}).one()
    return found.number, found.hash
