"""Adding documents, their versions, and withdrawing them."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.core.texts import one_line
from incubator.documents.filetypes import type_of
from incubator.documents.models import Document, DocumentVersion
from incubator.documents.operations.files import store_file
from incubator.documents.queries import get_document
from incubator.documents.rules import AUDIENCES, KINDS, OF_A_STARTUP, may_keep

LARGEST_DOCUMENT = 50 * 1024 * 1024
LONGEST_TITLE, LONGEST_NOTE = 100, 200


def add_document(
    session: Session, actor: Actor, *, now: datetime, kind: str, title: str, startup_id: int | None, audience: str,
    name: str, content: bytes | IO[bytes], valid_from: date | None = None, expires_on: date | None = None,
    note: str = "",
) -> Document:  # fmt: skip
    """Keep a document with its first version: for staff who manage startups, and for founders what is their own.

    Its type is told by its content, and must be what its name says (`type_of`).
    """
    if startup_id is not None:
        actor.require_startup(startup_id)
    if audience not in AUDIENCES:
        raise Refusal(N_("Choose who may see it."), field="audience")
    if not may_keep(actor, startup_id, audience):
        actor.require(Action.MANAGE_STARTUPS)
        raise Forbidden(N_("Documents of this kind are kept by others."))
    return file_document(
        session, actor, now=now, kind=kind, title=title, startup_id=startup_id, audience=audience, name=name,
        content=content, valid_from=valid_from, expires_on=expires_on, note=note,
    )  # fmt: skip


def file_document(
    session: Session, actor: Actor, *, now: datetime, kind: str, title: str, startup_id: int | None, audience: str,
    name: str, content: bytes | IO[bytes], valid_from: date | None = None, expires_on: date | None = None,
    note: str = "",
) -> Document:  # fmt: skip
    """The same for what has a rule of its own (an application's answers, a request's photos): the caller has required
    the permission to what the document belongs to."""
    if kind not in KINDS:
        raise Refusal(N_("Choose what kind of document it is."), field="kind")
    title, note = one_line(title, "title", LONGEST_TITLE), one_line(note, "note", LONGEST_NOTE)
    if not title:
        raise Refusal(N_("Give the document a title."), field="title")
    if (startup_id is None and audience in OF_A_STARTUP) or (startup_id is not None and audience == "everybody"):
        raise Refusal(N_("Choose who may see it."), field="audience")
    if expires_on is not None and valid_from is not None and expires_on < valid_from:
        raise Refusal(N_("The last day comes before the first."), field="expires_on")
    document = Document(
        kind=kind, title=title, startup_id=startup_id, audience=audience, valid_from=valid_from, expires_on=expires_on,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    file_type = type_of(name, content)
    file = store_file(session, actor, now=now, name=name, media_type=file_type.media_type, content=content,
                      largest=LARGEST_DOCUMENT)  # fmt: skip
    session.add(document)
    session.flush()
    session.add(
        DocumentVersion(document_id=document.id, number=1, file_id=file.id, note=note, created_at=now,
                        created_by=actor.person_id)
    )  # fmt: skip
    session.flush()
    after = {"kind": kind, "title": title, "startup_id": startup_id, "audience": audience, "valid_from": valid_from,
             "expires_on": expires_on, "sha256": file.sha256}  # fmt: skip
    record(session, actor, "add_document", ("documents", document.id), now=now, after=after)
    return document


def add_version(
    session: Session, actor: Actor, *, now: datetime, document_id: int, name: str, content: bytes | IO[bytes],
    note: str = "", valid_from: date | None = None, expires_on: date | None = None,
) -> DocumentVersion:  # fmt: skip
    """The document's content from now on, with its days of validity; earlier versions stay to be read."""
    document = _kept(session, actor, document_id)
    note = one_line(note, "note", LONGEST_NOTE)
    if expires_on is not None and valid_from is not None and expires_on < valid_from:
        raise Refusal(N_("The last day comes before the first."), field="expires_on")
    file_type = type_of(name, content)
    file = store_file(session, actor, now=now, name=name, media_type=file_type.media_type, content=content,
                      largest=LARGEST_DOCUMENT)  # fmt: skip
    last = session.execute(
        select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document_id)
    ).scalar_one()
    version = DocumentVersion(document_id=document_id, number=(last or 0) + 1, file_id=file.id, note=note,
                              created_at=now, created_by=actor.person_id)  # fmt: skip
    session.add(version)
    before = {"valid_from": document.valid_from, "expires_on": document.expires_on}
    document.valid_from, document.expires_on = valid_from, expires_on
    session.flush()
    after = {"number": version.number, "valid_from": valid_from, "expires_on": expires_on, "sha256": file.sha256}
    record(session, actor, "add_version", ("documents", document_id), now=now, before=before, after=after)
    return version


def withdraw_document(session: Session, actor: Actor, *, now: datetime, document_id: int, reason: str) -> Document:
    """It was wrong, or serves no more: it stays on the record with the reason, and is valid on no day."""
    document = _kept(session, actor, document_id)
    words = one_line(reason, "reason", LONGEST_NOTE)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    document.withdrawn_at, document.withdrawn_by, document.withdrawn_reason = now, actor.person_id, words
    session.flush()
    record(session, actor, "withdraw_document", ("documents", document_id), now=now, after={"reason": words})
    return document


def _kept(session: Session, actor: Actor, document_id: int) -> Document:
    """The document, locked, for who may keep it, while it is not withdrawn."""
    document = get_document(session, actor, document_id, for_update=True)
    if not may_keep(actor, document.startup_id, document.audience):
        actor.require(Action.MANAGE_STARTUPS)
        raise Forbidden(N_("Documents of this kind are kept by others."))
    if document.withdrawn_at is not None:
        raise Conflict(N_("This document was withdrawn; add a new one."))
    return document


