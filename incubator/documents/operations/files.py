"""Keeping files, and reading them again."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, undefer

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.texts import visible
from incubator.database import current_operator
from incubator.documents import stores
from incubator.documents.models import StoredFile

log = logging.getLogger("incubator.documents")

LARGEST = 20 * 1024 * 1024
LONGEST_NAME = 200
PIECE = 1024 * 1024
"""How much of a file is in memory at a time when it is read."""
SMALL = 64 * 1024
"""What is no larger lies in the database in any case: it is there sooner than a store has answered."""


def store_file(
    session: Session, actor: Actor, *, now: datetime, name: str, media_type: str, content: bytes | IO[bytes],
    largest: int = LARGEST, may_be_erased: bool = False,
) -> StoredFile:  # fmt: skip
    """Keep a file as it is, with its SHA-256. The caller has required the permission to what it belongs to.

    In the store of this process, if it has one, the content is there before its row is. What may have to be erased
    lies in the database in any case: there it is gone with its row, in the same transaction.
    """
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    size, sha256 = _measure(stream)
    if not size:
        raise Refusal(N_("The file is empty."), field="file")
    if size > largest:
        raise Refusal(N_("The file is larger than %(size)s MB."), field="file", size=largest // (1024 * 1024))
    plain = PurePosixPath(visible(name).replace("\\", "/")).name[-LONGEST_NAME:] or "file"
    file = StoredFile(name=plain, media_type=media_type, size=size, sha256=sha256, stored_by=actor.person_id,
                      stored_at=now)  # fmt: skip
    store = stores.current()
    if store is not None and size > SMALL and not may_be_erased:
        store.put(object_key(current_operator(session), sha256), stream, size)
    else:
        file.content = stream.read()
    session.add(file)
    session.flush()
    session.expire(file, ["content"])
    after = {"name": plain, "size": file.size, "sha256": file.sha256}
    record(session, actor, "store_file", ("stored_files", file.id), now=now, after=after)
    return file


def erase_files(session: Session, file_ids: Collection[int]) -> None:
    """Erase files that were kept as `may_be_erased`: drafts that were never sent. What anything points at, the
    database keeps.

    Nothing of them is in a store. A file whose content is, was not kept to be erased: RuntimeError, and nothing is.
    """
    elsewhere = select(StoredFile.id).where(StoredFile.id.in_(file_ids), StoredFile.content.is_(None))
    if session.execute(elsewhere.limit(1)).first() is not None:
        raise RuntimeError("a file that lies in the store was not kept as one that may be erased")
    session.execute(
        delete(StoredFile).where(StoredFile.id.in_(file_ids)), execution_options={"synchronize_session": False}
    )


def get_file(session: Session, file_id: int) -> StoredFile:
    """A file, without its content; NotFound otherwise. The caller has required the permission to what it belongs to."""
    file = session.execute(select(StoredFile).where(StoredFile.id == file_id)).scalar_one_or_none()
    if file is None:
        raise NotFound(N_("There is no such file."))
    return file


def content_of(session: Session, file: StoredFile) -> bytes:
    """The whole content, for a file that is small enough to be held."""
    with open_content(session, file) as stream:
        return stream.read()


def contents_of(session: Session, file_ids: Collection[int]) -> dict[int, bytes]:
    """The whole contents of small files by their ids: what lies in the database in one statement."""
    found = {}
    query = select(StoredFile).where(StoredFile.id.in_(file_ids)).options(undefer(StoredFile.content))
    for file in session.execute(query.execution_options(populate_existing=True)).scalars():
        content = file.content
        if content is not None and hashlib.sha256(content).digest() != file.sha256:
            log.error("file %s of operator %s is not what was stored", file.id, file.operator_id)
            raise DamagedFile
        found[file.id] = content_of(session, file) if content is None else content
        session.expire(file, ["content"])
    return found


def open_content(session: Session, file: StoredFile) -> IO[bytes]:
    """The content as a stream, on disk where it is large; not before its hash has been found right."""
    stream = SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115  the caller closes it
    found = hashlib.sha256()
    try:
        for piece in _pieces(session, file):
            stream.write(piece)
            found.update(piece)
    except BaseException:
        stream.close()
        raise
    if found.digest() != file.sha256:
        stream.close()
        log.error("file %s of operator %s is not what was stored", file.id, file.operator_id)
        raise DamagedFile
    stream.seek(0)
    return stream


class DamagedFile(Refusal):
    """The content is not what was stored (500)."""

    status = 500

    def __init__(self) -> None:
        super().__init__(N_("This file's content is not what was stored. Tell whoever runs the installation."))


def _measure(stream: IO[bytes]) -> tuple[int, bytes]:
    """Size and SHA-256, a piece at a time; the stream is at its beginning afterwards."""
    stream.seek(0)
    size, found = 0, hashlib.sha256()
    while piece := stream.read(PIECE):
        size += len(piece)
        found.update(piece)
    stream.seek(0)
    return size, found.digest()


def _pieces(session: Session, file: StoredFile) -> Iterator[bytes]:
    """The content, from where it lies."""
    is_here = session.execute(select(StoredFile.content.is_not(None)).where(StoredFile.id == file.id)).scalar_one()
    if is_here:
        for start in range(0, file.size, PIECE):
            yield session.execute(
                select(func.substring(StoredFile.content, start + 1, PIECE)).where(StoredFile.id == file.id)
            ).scalar_one()
        return
    store = stores.current()
    try:
        if store is None:
            raise FileNotFoundError("FILE_STORE is not set")
        yield from store.get(object_key(file.operator_id, file.sha256))
    except FileNotFoundError as error:
        log.error("file %s of operator %s is not in the store: %s", file.id, file.operator_id, error)
        raise DamagedFile from error


def object_key(operator_id: int, sha256: bytes) -> str:
    """Where an operator's content lies in a store: 7/9f/9f86d081…"""
    name = sha256.hex()
    return f"{operator_id}/{name[:2]}/{name}"
