"""What a person sets for themselves."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Identity, Person
from incubator.database import INSTALLATION, as_operator


def keep_setting(
    session: Session, actor: Actor, *, identity_id: int, locale: str | None = None, theme: str | None = None
) -> None:
    """Keep the actor's own language or theme; the language also with the identity, for its next operator."""
    values = {key: value for key, value in (("locale", locale), ("theme", theme)) if value is not None}
    session.execute(update(Person).where(Person.id == actor.person_id).values(**values))
    if locale is not None:
        with as_operator(session, INSTALLATION):
            session.execute(update(Identity).where(Identity.id == identity_id).values(locale=locale))
