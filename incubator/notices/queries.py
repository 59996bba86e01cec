"""Reads of notices."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.notices.models import NoticeChoice


def list_choices(session: Session, actor: Actor) -> set[str]:
    """The kinds of mail that the actor does not want."""
    found = session.execute(
        select(NoticeChoice.kind).where(NoticeChoice.person_id == actor.person_id, NoticeChoice.wanted.is_(False))
    ).scalars()
    return set(found)
