"""Reading the trail, and recomputing its chain."""

from __future__ import annotations

import hmac
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent, AuditHead
from incubator.audit.operations import FIRST_HASH, event_content, link_hash
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page

BATCH = 1000


class Wanted(Struct, frozen=True):
    """Which events: of an action, by a person (0: the system), about a kind of thing, about one thing."""

    action: str = ""
    person_id: int | None = None
    subject_kind: str = ""
    subject_id: int | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.action:
            found.append(AuditEvent.action == self.action)
        if self.person_id is not None:
            found.append(AuditEvent.person_id == self.person_id if self.person_id else AuditEvent.person_id.is_(None))
        if self.subject_kind:
            found.append(AuditEvent.subject_kind == self.subject_kind)
            if self.subject_id is not None:
                found.append(AuditEvent.subject_id == self.subject_id)
        return found


def list_events(session: Session, wanted: Wanted, *, page: int = 1) -> Page[AuditEvent]:
    """A page of the operator's trail, the newest first."""
    total = session.execute(select(func.count()).select_from(AuditEvent).where(*wanted.clauses())).scalar_one()
    rows = session.execute(
        select(AuditEvent)
        .where(*wanted.clauses())
        .order_by(AuditEvent.number.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).scalars()
    return Page(rows.all(), page, total)


def get_event(session: Session, number: int) -> AuditEvent:
    """One event by its number."""
    event = session.execute(select(AuditEvent).where(AuditEvent.number == number)).scalar_one_or_none()
    if event is None:
        raise NotFound
    return event


class Fault(StrEnum):
    """What is wrong at the first broken number."""

    MISSING = "missing"
    """There is no event of this number, though a later one or the chain's head says that there was."""
    CHANGED = "changed"
    """Its content is not what its hash was made of."""
    LINK = "link"
    """It does not point back at the event before it."""
    HEAD = "head"
    """It is not the event that the chain's head names as the last."""


class ChainCheck(Struct, frozen=True):
    """The outcome: `count` events recomputed; whole, or broken at a number."""

    count: int
    broken_number: int | None = None
    fault: Fault | None = None
    last_hash: bytes = FIRST_HASH

    @property
    def is_whole(self) -> bool:
        return self.fault is None


_COLUMNS = (
    AuditEvent.operator_id, AuditEvent.number, AuditEvent.at, AuditEvent.person_id, AuditEvent.person_name,
    AuditEvent.action, AuditEvent.subject_kind, AuditEvent.subject_id, AuditEvent.before, AuditEvent.after,
    AuditEvent.previous_hash, AuditEvent.hash,
)  # fmt: skip


def verify_chain(session: Session, *, batch: int = BATCH) -> ChainCheck:
    """Recompute the operator's chain from its first event to the one that the head names.

    Each event's hash is SHA-256 over the previous hash and the event's canonical JSON. Change one letter of
    event 17, and 17 is named; take it out, and 17 is missing; take the last out, and the head says that it was
    there. Events written while this runs are left to the next check.
    """
    head = session.execute(select(AuditHead.number, AuditHead.hash)).one_or_none()
    last = head.number if head else 0
    previous, number = FIRST_HASH, 0
    while number < last:
        rows = session.execute(
            select(*_COLUMNS)
            .where(AuditEvent.number > number, AuditEvent.number <= last)
            .order_by(AuditEvent.number)
            .limit(batch)
        ).all()
        if not rows:
            return ChainCheck(number, number + 1, Fault.MISSING, previous)
        for row in rows:
            if row.number != number + 1:
                return ChainCheck(number, number + 1, Fault.MISSING, previous)
            if not hmac.compare_digest(row.previous_hash, previous):
                return ChainCheck(number, row.number, Fault.LINK, previous)
            if not hmac.compare_digest(row.hash, link_hash(previous, event_content(row))):
                return ChainCheck(number, row.number, Fault.CHANGED, previous)
            previous, number = row.hash, row.number
    if head is not None and not hmac.compare_digest(head.hash, previous):
        return ChainCheck(number, number, Fault.HEAD, previous)
    if head is None and session.execute(select(AuditEvent.number).limit(1)).first():
        return ChainCheck(0, 1, Fault.HEAD, previous)
    return ChainCheck(number, last_hash=previous)


WORDS = {
    Fault.MISSING: N_("Event %(number)s is missing."),
    Fault.CHANGED: N_("Event %(number)s was changed after it was written."),
    Fault.LINK: N_("Event %(number)s does not point back at the one before it."),
    Fault.HEAD: N_("Event %(number)s is not the one that the chain's end was sealed with."),
}
