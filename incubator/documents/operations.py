"""Keeping files."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, NotFound, Refusal
from incubator.documents.models import StoredFile

LARGEST = 20 * 1024 * 1024
LONGEST_NAME = 200


def store_file(
    session: Session, actor: Actor, *, now: datetime, name: str, media_type: str, content: bytes
) -> StoredFile:
    """Keep a file as it is, with its SHA-256. The caller has required the permission to what it belongs to."""
    if not content:
        raise Refusal(N_("The file is empty."), field="file")
    if len(content) > LARGEST:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=LARGEST // (1024 * 1024))
    plain = PurePosixPath(name.replace("\\", "/")).name[-LONGEST_NAME:] or "file"
    file = StoredFile(
        name=plain, media_type=media_type, size=len(content), sha256=hashlib.sha256(content).digest(),
        content=content, stored_by=actor.person_id, stored_at=now,
    )  # fmt: skip
    session.add(file)
    session.flush()
    after = {"name": plain, "size": file.size, "sha256": file.sha256}
    record(session, actor, "store_file", ("stored_files", file.id), now=now, after=after)
    return file


def get_file(session: Session, file_id: int) -> StoredFile:
    """A file with its content; NotFound otherwise. The caller has required the permission to what it belongs to."""
    file = session.execute(
        select(StoredFile).where(StoredFile.id == file_id).options(undefer(StoredFile.content))
    ).scalar_one_or_none()
    if file is None:
        raise NotFound(N_("There is no such file."))
    return file
