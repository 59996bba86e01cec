"""What a person sets for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Identity, Person
from incubator.audit.operations import record
from incubator.core.errors import N_, Refusal
from incubator.database import INSTALLATION, as_operator


def keep_setting(
    session: Session, actor: Actor, *, identity_id: int, locale: str | None = None, theme: str | None = None
) -> None:
    """Keep the actor's own language or theme; the language also with the identity, for its next operator.

    How somebody's own screen looks is nobody's business: this alone is not in the trail.
    """
    values = {key: value for key, value in (("locale", locale), ("theme", theme)) if value is not None}
    session.execute(update(Person).where(Person.id == actor.person_id).values(**values))
    if locale is not None:
        with as_operator(session, INSTALLATION):
            session.execute(update(Identity).where(Identity.id == identity_id).values(locale=locale))


def edit_profile(session: Session, actor: Actor, *, now: datetime, name: str, phone: str) -> None:
    """One's own name and telephone, as this operator has them."""
    if not name.strip():
        raise Refusal(N_("Enter your name."), field="name")
    person = session.get_one(Person, (actor.operator_id, actor.person_id), with_for_update=True)
    before = {"name": person.name, "phone": person.phone}
    after = {"name": name.strip(), "phone": phone.strip()}
    if before == after:
        return
    person.name, person.phone = after["name"], after["phone"]
    record(session, actor, "edit_profile", ("people", person.id), now=now, before=before, after=after)
