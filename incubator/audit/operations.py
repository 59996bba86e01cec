"""Writing the trail."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Row, Text, bindparam, func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.canonical import canonical_json, plain
from incubator.database import current_operator, read

FIRST_HASH = bytes(32)
"""What the first event of a chain points back at."""

_GIVEN = ("operator_id", "at", "person_id", "person_name", "action", "subject_kind", "subject_id", "before", "after")
_APPEND = select(
    func.append_event(
        *(bindparam(name, type_=AuditEvent.__table__.c[name].type) for name in _GIVEN),
        bindparam("opening", type_=Text), bindparam("closing", type_=Text),
    )
)  # fmt: skip
"""The database numbers and links it, where the chain's head is locked: every operation comes by here, and each waits
for the one before it."""


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
    content = {
        "operator_id": current_operator(session),
        "number": 0,
        "at": now.astimezone(UTC).isoformat(),
        "person_id": actor.person_id,
        "person_name": actor.name,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "before": plain(before),
        "after": plain(after),
    }
    # before and after come first, and behind the number no text has a quotation mark that is not escaped
    opening, _, closing = canonical_json(content).decode().rpartition('"number":0')
    read(session, _APPEND, content | {"at": now, "opening": f'{opening}"number":', "closing": closing})
