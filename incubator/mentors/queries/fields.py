"""Reads of the fields of help."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.mentors.models import HelpField, Mentor, MentorField, MentoringNeed, NeedField
from incubator.mentors.rules.fields import Words, find_fields


class FieldRow(Struct, frozen=True):
    """A field with how many mentors help with it, and how many open needs are about it."""

    field: HelpField
    mentors: int
    needs: int


def get_field(session: Session, actor: Actor, field_id: int) -> HelpField:
    """A field of the operator's vocabulary, retired or not; NotFound."""
    actor.require(Action.SEE_MENTORS)
    field = session.execute(select(HelpField).where(HelpField.id == field_id)).scalar_one_or_none()
    if field is None:
        raise NotFound(N_("There is no such field."))
    return field


def list_fields(session: Session, actor: Actor, *, choosable: bool = False) -> Sequence[HelpField]:
    """The vocabulary in the order in which it was made, of which at most 200 are; `choosable`: without the retired."""
    actor.require(Action.SEE_MENTORS)
    query = select(HelpField).order_by(HelpField.id)
    return session.execute(query.where(HelpField.retired_at.is_(None)) if choosable else query).scalars().all()


def list_field_rows(session: Session, actor: Actor) -> list[FieldRow]:
    """The same with what uses each, the retired last; two statements besides."""
    fields = list_fields(session, actor)
    mentors = dict(session.execute(
        select(MentorField.field_id, func.count()).join(Mentor, Mentor.id == MentorField.mentor_id)
        .where(Mentor.ended_at.is_(None)).group_by(MentorField.field_id)
    ).all())  # fmt: skip
    needs = dict(session.execute(
        select(NeedField.field_id, func.count()).join(MentoringNeed, MentoringNeed.id == NeedField.need_id)
        .where(MentoringNeed.ended_at.is_(None)).group_by(NeedField.field_id)
    ).all())  # fmt: skip
    rows = [FieldRow(each, mentors.get(each.id, 0), needs.get(each.id, 0)) for each in fields]
    return sorted(rows, key=lambda row: row.field.retired_at is not None)


def read_fields(session: Session, actor: Actor, text: str) -> list[HelpField]:
    """The fields that can be chosen of which a text speaks, in its order: by their names and synonyms."""
    fields = {each.id: each for each in list_fields(session, actor, choosable=True)}
    return [fields[field_id] for field_id in find_fields(text, map(words_of, fields.values()))]


def words_of(field: HelpField) -> Words:
    """All the words for a field."""
    return Words(field.id, (field.name, field.name_en, *field.synonyms))
