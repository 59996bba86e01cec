"""Links that work once: asked for by a page, mailed by `notices`, used by whoever has the mail."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from incubator.accounts.models import SingleUseLink
from incubator.accounts.operations.sessions import token_hash
from incubator.core.errors import N_, Refusal
from incubator.database import INSTALLATION, as_operator

LIVES = {"reset": timedelta(hours=2), "invitation": timedelta(days=7), "confirmation": timedelta(days=7)}
"""How long a link works, from when it is mailed."""

SPENT = N_("This link has been used, has expired or was withdrawn. Ask for a new one.")


class Link(Struct, frozen=True):
    """A single-use link as plain values, readable whatever operator the transaction belongs to."""

    id: int
    purpose: str
    email: str
    locale: str
    identity_id: int | None
    tenant_id: int | None
    person_id: int | None
    payload: dict[str, Any]
    expires_at: datetime


_COLUMNS = (
    SingleUseLink.id, SingleUseLink.purpose, SingleUseLink.email, SingleUseLink.locale, SingleUseLink.identity_id,
    SingleUseLink.tenant_id, SingleUseLink.person_id, SingleUseLink.payload, SingleUseLink.expires_at,
)  # fmt: skip


def ask_for_link(
    session: Session,
    *,
    now: datetime,
    purpose: str,
    email: str,
    locale: str,
    identity_id: int | None = None,
    tenant_id: int | None = None,
    person_id: int | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Have a link mailed to `email`; earlier ones for the same purpose and person stop working."""
    with as_operator(session, INSTALLATION):
        withdraw_links(session, now=now, purpose=purpose, identity_id=identity_id, person=(tenant_id, person_id))
        session.add(
            SingleUseLink(
                operator_id=INSTALLATION, purpose=purpose, email=email.strip(), locale=locale,
                identity_id=identity_id, tenant_id=tenant_id, person_id=person_id, payload=payload or {},
                created_at=now, expires_at=now + LIVES[purpose],
            )
        )  # fmt: skip


def withdraw_links(
    session: Session,
    *,
    now: datetime,
    purpose: str,
    identity_id: int | None = None,
    person: tuple[int | None, int | None] = (None, None),
) -> None:
    """Let the unused links of an identity (or of a tenant's person, for invitations) work no more."""
    if purpose == "invitation":
        theirs = [SingleUseLink.tenant_id == person[0], SingleUseLink.person_id == person[1]]
    else:
        theirs = [SingleUseLink.identity_id == identity_id]
    with as_operator(session, INSTALLATION):
        session.execute(
            update(SingleUseLink)
            .where(SingleUseLink.purpose == purpose, *theirs, *_unspent())
            .values(withdrawn_at=now)
            .execution_options(synchronize_session=False)
        )


def take_unmailed_link(session: Session, *, now: datetime) -> tuple[Link, str] | None:
    """The next link that waits for its letter, with the token that the letter must carry; None where none does.

    Its life begins now. Two workers never take the same one; who takes one commits it together with the letter.
    A reset that was asked for an address that nobody has ends here, without a letter.
    """
    with as_operator(session, INSTALLATION):
        while True:
            link_id = session.execute(
                select(SingleUseLink.id)
                .where(SingleUseLink.mailed_at.is_(None), *_unspent())
                .order_by(SingleUseLink.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).scalar()
            if link_id is None:
                return None
            row = session.execute(select(*_COLUMNS).where(SingleUseLink.id == link_id)).one()
            if row.purpose == "reset" and row.identity_id is None:
                session.execute(delete(SingleUseLink).where(SingleUseLink.id == link_id))
                continue
            token = secrets.token_urlsafe(32)
            session.execute(
                update(SingleUseLink)
                .where(SingleUseLink.id == link_id)
                .values(token_hash=token_hash(token), mailed_at=now, expires_at=now + LIVES[row.purpose])
                .execution_options(synchronize_session=False)
            )
            return Link(*row), token


def find_link(session: Session, *, now: datetime, purpose: str, token: str) -> Link | None:
    """The link behind `token`, if it would work now; finding does not use it up."""
    with as_operator(session, INSTALLATION):
        row = session.execute(select(*_COLUMNS).where(*_working(purpose, token, now))).one_or_none()
    return Link(*row) if row else None


def use_link(session: Session, *, now: datetime, purpose: str, token: str) -> Link:
    """Use the link up; Refusal where it does not work any more. Of two that try at once, one gets it."""
    with as_operator(session, INSTALLATION):
        row = session.execute(
            update(SingleUseLink)
            .where(*_working(purpose, token, now))
            .values(used_at=now)
            .returning(*_COLUMNS)
            .execution_options(synchronize_session=False)
        ).one_or_none()
    if row is None:
        raise Refusal(SPENT)
    return Link(*row)


def _unspent() -> list[ColumnElement[bool]]:
    return [SingleUseLink.used_at.is_(None), SingleUseLink.withdrawn_at.is_(None)]


def _working(purpose: str, token: str, now: datetime) -> list[ColumnElement[bool]]:
    return [
        SingleUseLink.purpose == purpose,
        SingleUseLink.token_hash == token_hash(token),
        SingleUseLink.expires_at > now,
        *_unspent(),
    ]
