"""One upload, whatever it is: the platform's list as a table, or an archive of files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.fapiao_tables import numbers_in, read_archive, read_results
from incubator.billing.operations.fapiao_results import import_files, import_results, known_numbers
from incubator.documents.filetypes import CSV, XLSX, ZIP, type_of


def import_upload(
    session: Session, actor: Actor, *, now: datetime, name: str, content: bytes, skip_others: bool = False
) -> int:
    """Take a list or an archive in, by its content; how much of it is new."""
    actor.require(Action.POST_INVOICES)
    found = type_of(name, content)
    if found is ZIP:
        known = known_numbers(session, numbers_in(content))
        files = read_archive(content, known, skip_others=skip_others)
        return import_files(session, actor, now=now, name=name, content=content, files=files)
    media_type = (XLSX if found is XLSX else CSV).media_type
    return import_results(session, actor, now=now, name=name, content=content, media_type=media_type,
                          rows=read_results(content), skip_others=skip_others)  # fmt: skip
