"""What a scheme asks for, and the documents that are attached to a claim: by staff, and by a startup for itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import IO

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.claims.models import Claim, ClaimEvidence, ClaimRequirement
from incubator.claims.operations.gathering import lock_inner
from incubator.claims.queries.claims import claim_number, get_line, list_lines
from incubator.claims.queries.own import get_own_claim
from incubator.claims.rules.completeness import BROUGHT, DOCUMENTS, EVIDENCE, PER, VALID_ON
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.documents.models import Document
from incubator.documents.operations.documents import add_document, file_document
from incubator.documents.queries import get_document
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, unique
from incubator.startups.models import Startup
from incubator.subsidies.models import Scheme

ATTACHED_ALREADY = N_("This document is attached already.")


def require_evidence(
    session: Session, actor: Actor, *, now: datetime, scheme_id: int, kind: str, per: str, is_required: bool,
    valid_on: str, first_on: date, note: str = "",
) -> ClaimRequirement:  # fmt: skip
    """From a day on claims of a scheme need such evidence; what it asked for of this kind until then ends."""
    actor.require(Action.MANAGE_CLAIMS)
    if kind not in EVIDENCE:
        raise Refusal(N_("Choose a kind of evidence."), field="kind")
    if per not in PER:
        raise Refusal(N_("Choose whose evidence it is."), field="per")
    if valid_on not in VALID_ON:
        raise Refusal(N_("Choose on which day it must be valid."), field="valid_on")
    check_day(first_on, "first_on")
    scheme = session.execute(select(Scheme).where(Scheme.id == scheme_id).with_for_update(key_share=True)).scalar()
    if scheme is None:
        raise NotFound(N_("There is no such scheme."))
    for each in _running(session, scheme_id, kind, first_on):
        _end(each, first_on)
    session.flush()
    row = ClaimRequirement(scheme_id=scheme_id, kind=kind, per=per, is_required=is_required, valid_on=valid_on,
                           days=Range(first_on, None), note=one_line(note, "note", LONGEST_TEXT), created_at=now,
                           created_by=actor.person_id)  # fmt: skip
    session.add(row)
    session.flush()
    record(session, actor, "require_evidence", ("claim_requirements", row.id), now=now,
           after={"scheme": scheme.code, "evidence_kind": kind, "valid_from": first_on})  # fmt: skip
    return row


def end_requirement(
    session: Session, actor: Actor, *, now: datetime, requirement_id: int, from_on: date
) -> ClaimRequirement:
    """From a day on a scheme asks for it no more."""
    actor.require(Action.MANAGE_CLAIMS)
    check_day(from_on, "from_on")
    row = session.execute(
        select(ClaimRequirement).where(ClaimRequirement.id == requirement_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such requirement."))
    assert row.days.lower is not None, "a named CHECK of the table"
    if from_on <= row.days.lower or (row.days.upper is not None and row.days.upper <= from_on):
        raise Refusal(N_("It does not hold on that day."), field="from_on")
    _end(row, from_on)
    session.flush()
    record(session, actor, "unrequire_evidence", ("claim_requirements", row.id), now=now,
           after={"evidence_kind": row.kind, "last_on": from_on - timedelta(days=1)})  # fmt: skip
    return row


def _running(session: Session, scheme_id: int, kind: str, on: date) -> list[ClaimRequirement]:
    rows = session.execute(
        select(ClaimRequirement).where(
            ClaimRequirement.scheme_id == scheme_id, ClaimRequirement.kind == kind,
            ClaimRequirement.days.overlaps(Range(on, None)),
        )
    ).scalars().all()  # fmt: skip
    if any(each.days.lower is not None and each.days.lower >= on for each in rows):
        raise Conflict(N_("This kind of evidence is asked for from that day or a later one already."), field="first_on")
    return list(rows)


def _end(row: ClaimRequirement, on: date) -> None:
    row.days = Range(row.days.lower, on)


def attach_evidence(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, kind: str, document_id: int,
    startup_id: int | None = None, line_id: int | None = None,
) -> ClaimEvidence:  # fmt: skip
    """Take a document that is kept already as evidence of a claim, of one of its startups or of a line."""
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_inner(session, actor, claim_id)
    document = get_document(session, actor, document_id)
    _check_subject(session, actor, claim_id, kind, startup_id, line_id)
    if document.withdrawn_at is not None:
        raise Conflict(N_("This document is no longer in use."))
    return _attach(session, actor, now, row.claim, kind, document, startup_id, line_id)


def upload_evidence(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, kind: str, title: str, name: str,
    content: bytes | IO[bytes], startup_id: int | None = None, line_id: int | None = None,
    valid_from: date | None = None, expires_on: date | None = None,
) -> ClaimEvidence:  # fmt: skip
    """Keep a file as a document and attach it, in one."""
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_inner(session, actor, claim_id)
    _check_subject(session, actor, claim_id, kind, startup_id, line_id)
    owner = get_line(session, actor, claim_id, line_id).startup if line_id is not None else None
    owner_id = startup_id if owner is None else owner.id
    document = file_document(
        session, actor, now=now, kind=DOCUMENTS.get(kind, "other"), title=title, startup_id=owner_id,
        audience="staff" if owner_id is None else "startup", name=name, content=content, valid_from=valid_from,
        expires_on=expires_on,
    )  # fmt: skip
    return _attach(session, actor, now, row.claim, kind, document, startup_id, line_id)


def bring_evidence(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, startup_id: int, kind: str, title: str, name: str,
    content: bytes | IO[bytes], valid_from: date | None = None, expires_on: date | None = None,
) -> ClaimEvidence:  # fmt: skip
    """A founder brings what is missing of their own startup; NotFound where the claim has no line of it."""
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    claim = get_own_claim(session, actor, claim_id, startup_id, for_update=True)
    if kind not in BROUGHT:
        raise Refusal(N_("Choose a kind of evidence."), field="kind")
    document = add_document(
        session, actor, now=now, kind=DOCUMENTS.get(kind, "other"), title=title, startup_id=startup_id,
        audience="startup", name=name, content=content, valid_from=valid_from, expires_on=expires_on,
    )  # fmt: skip
    return _attach(session, actor, now, claim, kind, document, startup_id, None)


def detach_evidence(session: Session, actor: Actor, *, now: datetime, claim_id: int, evidence_id: int) -> ClaimEvidence:
    """Take a document off a claim; it stays a document."""
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_inner(session, actor, claim_id)
    found = session.execute(
        select(ClaimEvidence).where(ClaimEvidence.id == evidence_id, ClaimEvidence.claim_id == claim_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such evidence in this claim."))
    if found.removed_at is not None:
        raise Conflict(N_("This was taken off already."))
    found.removed_at, found.removed_by = now, actor.person_id
    session.flush()
    record(session, actor, "detach_evidence", ("claims", claim_id), now=now,
           after={"number": row.number, "evidence_kind": found.kind, "document_id": found.document_id})  # fmt: skip
    return found


def _check_subject(
    session: Session, actor: Actor, claim_id: int, kind: str, startup_id: int | None, line_id: int | None
) -> None:
    if kind not in EVIDENCE:
        raise Refusal(N_("Choose a kind of evidence."), field="kind")
    if startup_id is not None and line_id is not None:
        raise Refusal(N_("Choose a startup or a line, not both."), field="startup")
    if line_id is not None:
        get_line(session, actor, claim_id, line_id)
    elif startup_id is not None:
        startups = {each.startup.id for each in list_lines(session, actor, claim_id) if each.startup is not None}
        if startup_id not in startups:
            raise Refusal(N_("The claim has no line of this startup."), field="startup")


def _attach(
    session: Session, actor: Actor, now: datetime, claim: Claim, kind: str, document: Document,
    startup_id: int | None, line_id: int | None,
) -> ClaimEvidence:  # fmt: skip
    row = ClaimEvidence(claim_id=claim.id, kind=kind, startup_id=startup_id, line_id=line_id, document_id=document.id,
                        created_at=now, created_by=actor.person_id)  # fmt: skip
    with unique(session, "claim_evidence_once", Conflict(ATTACHED_ALREADY)):
        session.add(row)
    code = None if startup_id is None else session.get_one(Startup, (row.operator_id, startup_id)).code
    record(session, actor, "attach_evidence", ("claims", claim.id), now=now,
           after={"number": claim_number(claim), "evidence_kind": kind, "document_id": document.id,
                  "startup": code, "line": line_id})  # fmt: skip
    return row
