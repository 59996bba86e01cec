"""The operator's fields of help: added, changed, retired; and a vocabulary to start with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.mentors.models import HelpField
from incubator.mentors.queries.fields import get_field, list_fields
from incubator.mentors.rules.default_fields import DEFAULT_FIELDS
from incubator.mentors.rules.fields import LONGEST_WORD, MOST_SYNONYMS, fold
from incubator.startups.rules.texts import tags_of

MOST_FIELDS = 200


def add_field(
    session: Session, actor: Actor, *, now: datetime, name: str, name_en: str = "", synonyms: str = ""
) -> HelpField:
    """A new field of help, with the other words for it, separated by commas."""
    actor.require(Action.MANAGE_MENTORS)
    _lock(session)
    said = _read(session, actor, name, name_en, synonyms)
    if len(list_fields(session, actor)) >= MOST_FIELDS:
        raise Conflict(N_("At most %(most)s fields."), field="name", most=MOST_FIELDS)
    field = HelpField(created_at=now, **said)
    session.add(field)
    session.flush()
    record(session, actor, "add_help_field", ("help_fields", field.id), now=now, after=said)
    return field


def edit_field(
    session: Session, actor: Actor, *, now: datetime, field_id: int, name: str, name_en: str = "", synonyms: str = ""
) -> HelpField:
    """Rename a field, or give it other words; whoever has it keeps it."""
    actor.require(Action.MANAGE_MENTORS)
    _lock(session)
    field = get_field(session, actor, field_id)
    before, said = _facts(field), _read(session, actor, name, name_en, synonyms, but=field)
    for column, value in said.items():
        setattr(field, column, value)
    session.flush()
    if before != said:
        record(session, actor, "edit_help_field", ("help_fields", field.id), now=now, before=before, after=said)
    return field


def retire_field(session: Session, actor: Actor, *, now: datetime, field_id: int) -> HelpField:
    """Nobody can choose it any more; what has it keeps it."""
    actor.require(Action.MANAGE_MENTORS)
    _lock(session)
    field = get_field(session, actor, field_id)
    if field.retired_at is not None:
        raise Conflict(N_("This field is retired already."))
    field.retired_at = now
    record(session, actor, "retire_help_field", ("help_fields", field.id), now=now, before={"name": field.name})
    return field


def restore_field(session: Session, actor: Actor, *, now: datetime, field_id: int) -> HelpField:
    """It can be chosen again."""
    actor.require(Action.MANAGE_MENTORS)
    _lock(session)
    field = get_field(session, actor, field_id)
    if field.retired_at is None:
        raise Conflict(N_("This field can be chosen already."))
    field.retired_at = None
    record(session, actor, "restore_help_field", ("help_fields", field.id), now=now, after={"name": field.name})
    return field


def adopt_fields(session: Session, actor: Actor, *, now: datetime) -> Sequence[HelpField]:
    """Take over the vocabulary that most incubators need; a field of a name that is known stays as it is."""
    actor.require(Action.MANAGE_MENTORS)
    _lock(session)
    known = {fold(field.name) for field in list_fields(session, actor)}
    made = [
        HelpField(name=name, name_en=name_en, synonyms=list(synonyms), created_at=now)
        for name, name_en, synonyms in DEFAULT_FIELDS
        if fold(name) not in known
    ]
    if not made:
        raise Conflict(N_("You have all of these fields already."))
    session.add_all(made)
    session.flush()
    names = [field.name for field in made]
    record(session, actor, "adopt_help_fields", ("help_fields", made[0].id), now=now, after={"names": names})
    return made


def _read(
    session: Session, actor: Actor, name: str, name_en: str, synonyms: str, but: HelpField | None = None
) -> dict[str, object]:
    name, name_en = one_line(name, "name", LONGEST_WORD), one_line(name_en, "name_en", LONGEST_WORD * 2)
    if not name:
        raise Refusal(N_("Give the field a name."), field="name")
    taken = {fold(word) for field in list_fields(session, actor) if field is not but
             for word in (field.name, field.name_en)}  # fmt: skip
    for column, word in (("name", name), ("name_en", name_en)):
        if word and fold(word) in taken:
            raise Conflict(N_("There is a field “%(name)s” already."), field=column, name=word)
    own = {fold(name), fold(name_en)}
    words = tags_of(synonyms, "synonyms", most=MOST_SYNONYMS, longest=LONGEST_WORD)
    return {"name": name, "name_en": name_en, "synonyms": [word for word in words if fold(word) not in own]}


def _facts(field: HelpField) -> dict[str, object]:
    return {"name": field.name, "name_en": field.name_en, "synonyms": list(field.synonyms)}


def _lock(session: Session) -> None:
    """One change of the vocabulary at a time."""
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
