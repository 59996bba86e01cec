"""Founders are told of what is posted for their startup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import Role
from incubator.database import id_array
from incubator.notices.operations import Telling, notify_each


def tell_founders(session: Session, *, now: datetime, kind: str, posted: Iterable[tuple[int, int]]) -> None:
    """Tell the founders of each (startup, id) of a document that it is posted; two statements, each told once."""
    posted = list(posted)
    rows = session.execute(
        select(RoleGrant.startup_id, RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role == Role.FOUNDER.value, RoleGrant.startup_id == any_(id_array(each for each, _ in posted)),
               Person.left_at.is_(None))
    ).all()  # fmt: skip
    founders: dict[int, list[int]] = defaultdict(list)
    for startup_id, person_id in rows:
        founders[startup_id or 0].append(person_id)
    notify_each(session, now=now, kind="invoice", tellings=[
        Telling((kind, row_id), founders[startup_id], f"invoice:{kind}:{row_id}") for startup_id, row_id in posted
    ])  # fmt: skip
