"""Packs of a claim, its reviewers, what they looked at and remarked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.claims.models import ClaimPack, ClaimReviewer, ReviewRemark, ReviewVisit
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.models import SigningKey, StoredFile


class PackRow(Struct, frozen=True):
    """A pack with its file and the key that signed it."""

    pack: ClaimPack
    file: StoredFile
    key: SigningKey
    person: Person | None


def list_packs(session: Session, actor: Actor, claim_id: int) -> list[PackRow]:
    """A claim's packs, the newest first."""
    actor.require(Action.SEE_CLAIMS)
    return _packs(session, ClaimPack.claim_id == claim_id)


def get_pack(session: Session, actor: Actor, pack_id: int) -> PackRow:
    """One pack."""
    actor.require(Action.SEE_CLAIMS)
    found = _packs(session, ClaimPack.id == pack_id)
    if not found:
        raise NotFound(N_("There is no such pack."))
    return found[0]


def _packs(session: Session, wanted: ColumnElement[bool]) -> list[PackRow]:
    rows = session.execute(
        select(ClaimPack, StoredFile, SigningKey, Person)
        .join(StoredFile, StoredFile.id == ClaimPack.file_id)
        .join(SigningKey, SigningKey.id == ClaimPack.signing_key_id)
        .outerjoin(Person, Person.id == ClaimPack.created_by)
        .where(wanted)
        .order_by(ClaimPack.number.desc())
    ).all()
    return [PackRow(*row) for row in rows]


class ReviewerRow(Struct, frozen=True):
    """A reviewer, how often they opened something, and when last."""

    reviewer: ClaimReviewer
    visits: int
    last_at: object


def list_reviewers(session: Session, actor: Actor, claim_id: int) -> list[ReviewerRow]:
    """Those of a claim, the newest first; one statement."""
    actor.require(Action.SEE_CLAIMS)
    rows = session.execute(
        select(ClaimReviewer, func.count(ReviewVisit.id), func.max(ReviewVisit.visited_at))
        .outerjoin(ReviewVisit, ReviewVisit.reviewer_id == ClaimReviewer.id)
        .where(ClaimReviewer.claim_id == claim_id)
        .group_by(ClaimReviewer.operator_id, ClaimReviewer.id)
        .order_by(ClaimReviewer.id.desc())
    ).all()
    return [ReviewerRow(*row) for row in rows]


def page_of_visits(
    session: Session, actor: Actor, claim_id: int, number: int
) -> Page[tuple[ReviewVisit, ClaimReviewer]]:
    """What was looked at, the latest first; two statements."""
    actor.require(Action.SEE_CLAIMS)
    total = session.execute(select(func.count()).where(ReviewVisit.claim_id == claim_id)).scalar_one()
    rows = session.execute(
        select(ReviewVisit, ClaimReviewer)
        .join(ClaimReviewer, ClaimReviewer.id == ReviewVisit.reviewer_id)
        .where(ReviewVisit.claim_id == claim_id)
        .order_by(ReviewVisit.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return Page([(visit, reviewer) for visit, reviewer in rows], number, total)


class RemarkRow(Struct, frozen=True):
    """A remark with what was answered."""

    remark: ReviewRemark
    reviewer: ClaimReviewer
    answers: tuple[tuple[ReviewRemark, Person | None], ...]


def list_remarks(
    session: Session, actor: Actor, claim_id: int, *, reviewer_id: int | None = None, line_id: int | None = None
) -> list[RemarkRow]:  # fmt: skip
    """A claim's remarks in order, each with its answers; of one reviewer, or on one line. One statement."""
    actor.require(Action.SEE_CLAIMS)
    wanted: list[ColumnElement[bool]] = [ReviewRemark.claim_id == claim_id]
    if reviewer_id is not None:
        wanted.append(ReviewRemark.reviewer_id == reviewer_id)
    if line_id is not None:
        wanted.append(ReviewRemark.line_id == line_id)
    rows: Sequence[tuple[ReviewRemark, ClaimReviewer, Person | None]] = [
        (each, reviewer, person)
        for each, reviewer, person in session.execute(
            select(ReviewRemark, ClaimReviewer, Person)
            .join(ClaimReviewer, ClaimReviewer.id == ReviewRemark.reviewer_id)
            .outerjoin(Person, Person.id == ReviewRemark.created_by)
            .where(*wanted)
            .order_by(ReviewRemark.id)
        )
    ]
    return [
        RemarkRow(each, reviewer, tuple((one, who) for one, _, who in rows if one.answers_id == each.id))
        for each, reviewer, _ in rows if each.answers_id is None
    ]  # fmt: skip
