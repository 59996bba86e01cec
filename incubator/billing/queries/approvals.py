"""Reads of what a second person is asked for."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import Approval
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page


class ApprovalRow(Struct, frozen=True):
    """A request with who asked, and who decided."""

    approval: Approval
    asked_by: str
    decided_by: str | None

    @property
    def state(self) -> str:
        """Waiting, approved or refused."""
        if self.approval.decided_at is None:
            return "waiting"
        return "approved" if self.approval.is_approved else "refused"


def find_approval(session: Session, what: str, subject_id: int, fingerprint: str) -> ApprovalRow | None:
    """What was asked for of just this, and not refused."""
    row = session.execute(
        _rows().where(Approval.what == what, Approval.subject_id == subject_id, Approval.fingerprint == fingerprint,
                      or_(Approval.is_approved.is_(None), Approval.is_approved.is_(True)))
    ).first()  # fmt: skip
    return ApprovalRow(*row) if row else None


def find_of_subject(session: Session, what: str, subject_id: int) -> list[ApprovalRow]:
    """What was asked for about a thing and not refused, the latest first."""
    rows = session.execute(
        _rows().where(Approval.what == what, Approval.subject_id == subject_id,
                      or_(Approval.is_approved.is_(None), Approval.is_approved.is_(True)))
        .order_by(Approval.id.desc()).limit(PAGE_SIZE)
    ).all()  # fmt: skip
    return [ApprovalRow(*row) for row in rows]


def get_approval(session: Session, actor: Actor, approval_id: int) -> ApprovalRow:
    """A request; NotFound where there is none."""
    actor.require(Action.SEE_BILLING)
    row = session.execute(_rows().where(Approval.id == approval_id)).one_or_none()
    if row is None:
        raise NotFound(N_("Nobody asks for such an approval."))
    return ApprovalRow(*row)


def list_approvals(session: Session, actor: Actor, *, page: int = 1, waiting: bool = False) -> Page[ApprovalRow]:
    """A page of requests, the latest first; `waiting`: only those that nobody has decided."""
    actor.require(Action.SEE_BILLING)
    wanted: list[ColumnElement[bool]] = [Approval.decided_at.is_(None)] if waiting else []
    total = session.execute(select(func.count()).select_from(Approval).where(*wanted)).scalar_one()
    rows = session.execute(
        _rows().where(*wanted).order_by(Approval.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([ApprovalRow(*row) for row in rows], page, total)


def count_waiting_approvals(session: Session, actor: Actor) -> int:
    """How many wait for a second person that the actor can be."""
    if not actor.can(Action.APPROVE_MONEY):
        return 0
    return session.execute(
        select(func.count()).select_from(Approval)
        .where(Approval.decided_at.is_(None), Approval.asked_by != actor.person_id)
    ).scalar_one()  # fmt: skip


def _rows() -> Select[Approval, str, str]:
    by = aliased(Person)
    return (
        select(Approval, Person.name, by.name)
        .join(Person, Person.id == Approval.asked_by)
        .outerjoin(by, by.id == Approval.decided_by)
    )
