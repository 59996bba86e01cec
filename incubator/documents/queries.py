"""Reads of documents: always through the actor."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.models import Document, DocumentVersion, StoredFile
from incubator.documents.rules import AUDIENCES, KINDS, may_see


class DocumentRow(Struct, frozen=True):
    """A document with its newest version."""

    document: Document
    version: DocumentVersion
    file: StoredFile


class VersionRow(Struct, frozen=True):
    """A version with its file, and who sent it (None: the system)."""

    version: DocumentVersion
    file: StoredFile
    by: str | None


def get_document(session: Session, actor: Actor, document_id: int, *, for_update: bool = False) -> Document:
    """A document, for who may see it; NotFound for others, who must not know of it."""
    query = select(Document).where(Document.id == document_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    document = session.execute(query).scalar_one_or_none()
    if document is None or not may_see(actor, document.startup_id, document.audience):
        raise NotFound(N_("There is no such document."))
    return document


def get_version(
    session: Session, actor: Actor, document_id: int, number: int | None = None
) -> tuple[Document, DocumentVersion, StoredFile]:
    """A version of a document (without a number: the newest) and its file, for who may see the document."""
    document = get_document(session, actor, document_id)
    query = (
        select(DocumentVersion, StoredFile)
        .join(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .where(DocumentVersion.document_id == document_id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(DocumentVersion.number == number)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such document."))
    return document, found[0], found[1]


def list_versions(session: Session, actor: Actor, document_id: int) -> Sequence[VersionRow]:
    """All versions of a document, the newest first."""
    get_document(session, actor, document_id)
    rows = session.execute(
        select(DocumentVersion, StoredFile, Person.name)
        .join(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .outerjoin(Person, Person.id == DocumentVersion.created_by)
        .where(DocumentVersion.document_id == document_id)
        .order_by(DocumentVersion.number.desc())
    ).all()
    return [VersionRow(version, file, by) for version, file, by in rows]


def list_documents(
    session: Session, actor: Actor, *, startup_id: int | None, kind: str = "", page: int = 1,
    with_withdrawn: bool = True,
) -> Page[DocumentRow]:  # fmt: skip
    """A page of a startup's documents that the actor may see, the newest first; None: those of the operator itself.

    Withdrawn ones come last.
    """
    wanted = _whose(actor, startup_id)
    if kind:
        wanted.append(Document.kind == kind)
    if not with_withdrawn:
        wanted.append(Document.withdrawn_at.is_(None))
    total = session.execute(select(func.count()).select_from(Document).where(*wanted)).scalar_one()
    rows = session.execute(
        _with_newest(wanted)
        .order_by(Document.withdrawn_at.is_not(None), Document.created_at.desc(), Document.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([DocumentRow(*row) for row in rows], page, total)


def count_kinds(
    session: Session, actor: Actor, startup_id: int | None, *, with_withdrawn: bool = True
) -> dict[str, int]:
    """How many documents of each kind a startup (None: the operator itself) has that the actor may see, in the order
    of `KINDS`."""
    wanted = _whose(actor, startup_id)
    if not with_withdrawn:
        wanted.append(Document.withdrawn_at.is_(None))
    rows = session.execute(
        select(Document.kind, func.count()).where(*wanted).group_by(Document.kind)
    ).all()
    return dict(sorted(((kind, count) for kind, count in rows), key=lambda row: KINDS.index(row[0])))


def documents_by_id(session: Session, actor: Actor, document_ids: Collection[int]) -> dict[int, DocumentRow]:
    """Those of some documents that the actor may see, in one statement: for lists of what points at documents."""
    if not document_ids:
        return {}
    rows = session.execute(_with_newest([Document.id.in_(document_ids), seen_by(actor)])).all()
    return {document.id: DocumentRow(document, version, file) for document, version, file in rows}


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """`may_see` as a condition: for each audience, of any startup, of the actor's own, or not at all."""
    own = sorted(actor.startup_ids)
    found: list[ColumnElement[bool]] = []
    for audience in AUDIENCES:
        if audience == "everybody":
            seen = may_see(actor, None, audience)
            found += [Document.audience == audience] if seen else []
        elif may_see(actor, None, audience):
            found.append(Document.audience == audience)
        else:
            mine = [startup_id for startup_id in own if may_see(actor, startup_id, audience)]
            found += [and_(Document.audience == audience, Document.startup_id.in_(mine))] if mine else []
    return or_(false(), *found)


def may_add(actor: Actor, startup_id: int | None) -> bool:
    """Whether the actor may add documents of this startup (None: of the operator itself) at all."""
    return actor.can(Action.MANAGE_STARTUPS) or startup_id in actor.startups_for(Action.EDIT_OWN_STARTUP)


def _whose(actor: Actor, startup_id: int | None) -> list[ColumnElement[bool]]:
    if startup_id is None:
        return [seen_by(actor), Document.startup_id.is_(None)]
    actor.require_startup(startup_id)
    return [seen_by(actor), Document.startup_id == startup_id]


def _with_newest(wanted: Sequence[ColumnElement[bool]]) -> Select[Document, DocumentVersion, StoredFile]:
    later = aliased(DocumentVersion)
    newest = (
        select(func.max(later.number)).where(later.document_id == Document.id).correlate(Document).scalar_subquery()
    )
    return (
        select(Document, DocumentVersion, StoredFile)
        .select_from(Document)
        .join(DocumentVersion, and_(DocumentVersion.document_id == Document.id, DocumentVersion.number == newest))
        .join(StoredFile, StoredFile.id == DocumentVersion.file_id)
        .where(*wanted)
    )
