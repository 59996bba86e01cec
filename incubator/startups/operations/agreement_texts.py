"""The text of agreements: the operator's clauses, the PDF made of them, and the scan of what was signed on paper."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from msgspec.structs import asdict
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.documents.filetypes import JPEG, PDF, type_of
from incubator.documents.models import StoredFile
from incubator.documents.operations import file_document
from incubator.documents.pdf import render
from incubator.documents.queries import get_version
from incubator.notices.operations import notify
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.startups.drafting import draft
from incubator.startups.models import AgreementTemplate, AgreementText, Residency, ResidencyAmendment
from incubator.startups.operations.amending import snapshot
from incubator.startups.queries.agreements import (
    TextRow,
    current_template,
    get_amendment,
    get_text,
    list_founder_ids,
    list_text_rows,
    parties_of,
)
from incubator.startups.queries.residencies import get_residency
from incubator.startups.rules.agreements import LONGEST_TITLE, TEMPLATE_KINDS, Clause, check_clauses

LONGEST_REASON = 200


def keep_template(
    session: Session, actor: Actor, *, now: datetime, kind: str, title: str, clauses: Sequence[Clause]
) -> AgreementTemplate:
    """Keep the operator's clauses as the next version; texts that were made keep those that they were made of."""
    actor.require(Action.MANAGE_RESIDENCIES)
    if kind not in TEMPLATE_KINDS:
        raise Refusal(N_("Choose what the clauses are for."), field="kind")
    title = one_line(title, "title", LONGEST_TITLE)
    check_clauses(title, clauses)
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    last = current_template(session, kind)
    kept = [asdict(clause) for clause in clauses]
    if last is not None and (last.title, last.clauses) == (title, kept):
        raise Conflict(N_("Nothing of the clauses is different."), field="title")
    number = session.execute(
        select(func.coalesce(func.max(AgreementTemplate.number), 0)).where(AgreementTemplate.kind == kind)
    ).scalar_one()
    made = AgreementTemplate(kind=kind, number=number + 1, title=title, clauses=kept, created_at=now,
                             created_by=actor.person_id)  # fmt: skip
    session.add(made)
    session.flush()
    after = {"kind": kind, "version": made.number, "title": title, "clauses": [clause.heading for clause in clauses]}
    record(session, actor, "keep_agreement_template", ("agreement_templates", made.id), now=now, after=after)
    return made


def make_text(
    session: Session, actor: Actor, *, now: datetime, residency_id: int, amendment_id: int | None = None
) -> AgreementText:
    """Make the PDF of an agreement, or of an amendment of it, from the operator's clauses and the rows.

    One that stands and that nobody has accepted gives way to it; what somebody has accepted is not made again.
    """
    actor.require(Action.MANAGE_RESIDENCIES)
    residency = lock_residency(session, actor, residency_id)
    row = row_of(session, residency, amendment_id)
    if row.scan is not None:
        raise Conflict(N_("The signed scan is kept; the text is not made again."))
    if row.accepted:
        raise Conflict(N_("The text has been accepted; it is not made again. Agree on an amendment."))
    template = current_template(session, "agreement" if row.amendment is None else "amendment")
    if template is None:
        raise Conflict(N_("There are no clauses yet: adopt the template first."))
    content = draft(template, parties_of(session, residency), residency, _state(session, residency, row.amendment),
                    row.amendment)  # fmt: skip
    pdf = render("startups/agreement.typ", content)
    sha256 = hashlib.sha256(pdf).digest()
    if row.text is not None:
        if row.text.sha256 == sha256:
            raise Conflict(N_("The text stands already, and nothing of it is different."))
        _void(session, actor, now, row.text, "made anew")
    document_id, file = _file(session, actor, now, residency, content["number"], content["title"], pdf, "startup")
    text = AgreementText(
        residency_id=residency.id, amendment_id=amendment_id, kind="made", template_id=template.id,
        document_id=document_id, file_id=file.id, sha256=file.sha256, content=content, made_at=now,
        made_by=actor.person_id,
    )  # fmt: skip
    session.add(text)
    session.flush()
    after = {"number": content["number"], "version": template.number, "sha256": file.sha256}
    record(session, actor, "make_agreement_text", ("residencies", residency.id), now=now, after=after)
    notify(session, now=now, kind="agreement", about=("agreement_texts", text.id), facts={"what": "ready"},
           people=list_founder_ids(session, residency.startup_id))  # fmt: skip
    return text


def void_text(session: Session, actor: Actor, *, now: datetime, text_id: int, reason: str) -> AgreementText:
    """Take back a text (or a scan that was the wrong one) with a reason, as long as not both sides have accepted it."""
    actor.require(Action.MANAGE_RESIDENCIES)
    text, residency = get_text(session, actor, text_id)
    lock_residency(session, actor, residency.id)
    session.refresh(text)
    words = one_line(reason, "reason", LONGEST_REASON)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    if text.void_at is not None:
        raise Conflict(N_("This text does not stand any more."))
    if text.kind == "made" and row_of(session, residency, text.amendment_id).state == "accepted":
        raise Conflict(N_("Both sides have accepted it. Agree on an amendment."))
    _void(session, actor, now, text, words)
    after = {"reason": words, "sha256": text.sha256}
    record(session, actor, "void_agreement_text", ("residencies", residency.id), now=now, after=after)
    return text


def keep_scan(
    session: Session, actor: Actor, *, now: datetime, residency_id: int, amendment_id: int | None, signed_on: date,
    name: str, content: bytes | IO[bytes],
) -> AgreementText:  # fmt: skip
    """Keep the scan of what was signed on paper: a PDF or a JPEG of at most 50 MB. The agreement was signed that day,
    if nothing has said so before."""
    actor.require(Action.MANAGE_RESIDENCIES)
    residency = lock_residency(session, actor, residency_id)
    check_day(signed_on, "signed_on")
    zone = session.execute(select(Site.zone).where(Site.id == residency.site_id)).scalar_one()
    if signed_on > now.astimezone(ZoneInfo(zone)).date():
        raise Refusal(N_("This day is still to come."), field="signed_on")
    row = row_of(session, residency, amendment_id)
    if row.state == "accepted":
        raise Conflict(N_("Both sides have accepted the text in the page; a scan adds nothing."))
    if row.scan is not None:
        raise Conflict(N_("A signed scan is kept already. Take it back first, if it is the wrong one."))
    if type_of(name, content) not in (PDF, JPEG):
        raise Refusal(N_("Send the scan as a PDF or a JPEG."), field="file")
    number = residency.number if row.amendment is None else f"{residency.number}/{row.amendment.number}"
    document_id, file = _file(session, actor, now, residency, number, "签署扫描件", content, "founders", name)
    scan = AgreementText(
        residency_id=residency.id, amendment_id=amendment_id, kind="scan", document_id=document_id, file_id=file.id,
        sha256=file.sha256, signed_on=signed_on, made_at=now, made_by=actor.person_id,
    )  # fmt: skip
    session.add(scan)
    if residency.signed_on is None and amendment_id is None:
        residency.signed_on = signed_on
    session.flush()
    after = {"number": number, "signed_on": signed_on, "sha256": file.sha256}
    record(session, actor, "keep_agreement_scan", ("residencies", residency.id), now=now, after=after)
    return scan


def lock_residency(session: Session, actor: Actor, residency_id: int) -> Residency:
    """An agreement for whoever may see it, locked: of what is written about its text and deposit one is at a time."""
    residency = get_residency(session, actor, residency_id)
    session.refresh(residency, with_for_update=True)
    return residency


def row_of(session: Session, residency: Residency, amendment_id: int | None) -> TextRow:
    """Where the text of an agreement or amendment stands; NotFound for an amendment of another agreement."""
    get_amendment(session, residency, amendment_id)
    rows = list_text_rows(session, residency)
    return next(row for row in rows if (row.amendment.id if row.amendment else None) == amendment_id)


def _state(session: Session, residency: Residency, amendment: ResidencyAmendment | None) -> dict[str, Any]:
    """What was agreed then: of the agreement itself the state before its first amendment."""
    if amendment is not None:
        after: dict[str, Any] = amendment.after
        return after
    before: dict[str, Any] | None = session.execute(
        select(ResidencyAmendment.before).where(
            ResidencyAmendment.residency_id == residency.id, ResidencyAmendment.number == 1
        )
    ).scalar()
    return before if before is not None else snapshot(session, residency)


def _void(session: Session, actor: Actor, now: datetime, text: AgreementText, reason: str) -> None:
    text.void_at, text.void_by, text.void_reason = now, actor.person_id, reason
    session.flush()


def _file(
    session: Session, actor: Actor, now: datetime, residency: Residency, number: str, title: str,
    content: bytes | IO[bytes], audience: str, name: str = "",
) -> tuple[int, StoredFile]:  # fmt: skip
    document = file_document(
        session, actor, now=now, kind="agreement", title=f"{number} {title}"[:100], startup_id=residency.startup_id,
        audience=audience, name=name or f"{number.replace('/', '-')}.pdf", content=content,
    )  # fmt: skip
    _document, _version, file = get_version(session, actor, document.id)
    return document.id, file
