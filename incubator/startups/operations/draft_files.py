"""Files of drafts: attached, replaced, taken away; and drafts that were never sent, erased in time."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.operations.keys import revoke_keys
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.documents.filetypes import type_of
from incubator.documents.models import StoredFile
from incubator.documents.operations.files import erase_files, store_file
from incubator.notices.operations import forget_mails
from incubator.startups.models import Application, ApplicationAnswer, DraftFile
from incubator.startups.operations.applications import require_changeable
from incubator.startups.queries.applications import get_own_application
from incubator.startups.queries.calls import get_question
from incubator.startups.rules.applications import (
    DRAFT_DAYS,
    LARGEST_FILE,
    LARGEST_TOGETHER,
    MOST_FILES,
    erased_from,
)

AT_ONCE = 100
NEUTRAL = "application"
"""A stored file's name is on the trail for ever, an applicant's own name for it is not."""


def attach_file(
    session: Session, actor: Actor, *, now: datetime, application_id: int, question_id: int, name: str, content: bytes
) -> DraftFile:  # fmt: skip
    """Answer a question by a file, in the place of one that is there; what was sent keeps its own until sent again."""
    application, call = get_own_application(session, actor, application_id, for_update=True)
    require_changeable(application, call, now)
    field = f"q{question_id}"
    question = get_question(session, call.id, question_id).question
    if question.kind != "file" or question.retired_at is not None:
        raise NotFound(N_("There is no such question."))
    if len(content) > LARGEST_FILE:
        raise Refusal(N_("The file is larger than %(size)s MB."), field=field, size=LARGEST_FILE // (1024 * 1024))
    plain = _plain_name(name)
    kind = type_of(plain, content, field)
    others = session.execute(
        select(func.count(), func.coalesce(func.sum(StoredFile.size), 0))
        .select_from(DraftFile)
        .join(StoredFile, StoredFile.id == DraftFile.file_id)
        .where(DraftFile.application_id == application.id, DraftFile.question_id != question_id)
    ).one()
    if others[0] >= MOST_FILES:
        raise Conflict(N_("An application has %(most)s files at most."), field=field, most=MOST_FILES)
    if others[1] + len(content) > LARGEST_TOGETHER:
        raise Conflict(N_("The files of an application have %(size)s MB at most together."), field=field,
                       size=LARGEST_TOGETHER // (1024 * 1024))  # fmt: skip
    _take_away(session, application, question_id)
    stored = store_file(session, actor, now=now, name=f"{NEUTRAL}.{kind.endings[0]}", media_type=kind.media_type,
                        content=content, may_be_erased=True)  # fmt: skip
    made = DraftFile(application_id=application.id, question_id=question_id, name=plain, file_id=stored.id)
    session.add(made)
    application.changed_at = now
    session.flush()
    return made


def detach_file(session: Session, actor: Actor, *, now: datetime, application_id: int, question_id: int) -> None:
    """Take a file out of the draft; none is none."""
    application, call = get_own_application(session, actor, application_id, for_update=True)
    require_changeable(application, call, now)
    if _take_away(session, application, question_id):
        application.changed_at = now
        session.flush()


def erase_stale_drafts(session: Session, actor: Actor, *, now: datetime) -> int:
    """Erase drafts that were never sent and not changed for 90 days: what was typed, their files, their secret
    addresses, and what mails about them say. How many of at most 100 at a time."""
    ids = session.execute(
        select(Application.id)
        .where(Application.sent_at.is_(None), Application.changed_at < erased_from(now))
        .order_by(Application.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    if not ids:
        return 0
    quietly = {"synchronize_session": False}
    files = session.execute(
        delete(DraftFile).where(DraftFile.application_id.in_(ids)).returning(DraftFile.file_id),
        execution_options=quietly,
    ).scalars().all()  # fmt: skip
    erase_files(session, files)
    session.execute(delete(Application).where(Application.id.in_(ids)), execution_options=quietly)
    revoke_keys(session, now=now, kind="application", opens_ids=ids)
    forget_mails(session, now=now, about_kind="applications", about_ids=ids)
    record(session, actor, "erase_drafts", ("operators", actor.operator_id), now=now,
           after={"count": len(ids), "days": DRAFT_DAYS})  # fmt: skip
    return len(ids)


def _take_away(session: Session, application: Application, question_id: int) -> bool:
    """Take the file of a question out of the draft, and erase it unless it is what was sent."""
    file_id = session.execute(
        delete(DraftFile)
        .where(DraftFile.application_id == application.id, DraftFile.question_id == question_id)
        .returning(DraftFile.file_id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    if file_id is None:
        return False
    if not session.execute(select(exists().where(ApplicationAnswer.file_id == file_id))).scalar_one():
        erase_files(session, [file_id])
    return True


def _plain_name(name: str) -> str:
    plain = PurePosixPath("".join(filter(str.isprintable, name)).replace("\\", "/")).name
    return plain[-100:] or "file"
