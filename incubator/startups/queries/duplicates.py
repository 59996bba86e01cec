"""Who an application may be the same as: startups of the house, and other applications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    Text,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.startups.models import Application, ApplicationFounder, Call, Individual, Post, Startup
from incubator.startups.queries.closed import closed_to
from incubator.startups.rules.duplicates import PHONE, REASONS, SHORTEST_PHONE

MOST = 20
"""So many are told of one application, those with the strongest reasons."""


class Duplicate(Struct, frozen=True):
    """What an application may be the same as, and why: a startup, or another application."""

    reasons: tuple[str, ...]
    startup: Startup | None = None
    application: Application | None = None
    call: Call | None = None


def list_duplicates(session: Session, actor: Actor, application_ids: Sequence[int]) -> dict[int, list[Duplicate]]:
    """For each of some applications who may be the same, those with the strongest reasons first; four statements.

    By the rule of `why_same`, over keys that stand beside the names. Drafts and what was withdrawn are nobody; nor is
    the startup that an application was begun for, or became, its duplicate. What is closed to the actor is left out.
    """
    actor.require(Action.SEE_APPLICATIONS)
    closed = closed_to(session, actor)
    wanted = [each for each in application_ids if each not in closed]
    pairs = {
        (mine, source, other): set(reasons)
        for mine, source, other, reasons in session.execute(_pairs(wanted))
        if source == "startup" or other not in closed
    }
    known = select(Startup).where(Startup.id.in_(_ids(pairs, "startup")))
    startups = {each.id: each for each in session.execute(known).scalars()}
    others = {
        application.id: (application, call)
        for application, call in session.execute(
            select(Application, Call)
            .join(Call, Call.id == Application.call_id)
            .where(Application.id.in_(_ids(pairs, "application")))
        )
    }
    found: dict[int, list[Duplicate]] = {}
    for (mine, source, other), why in pairs.items():
        reasons = tuple(each for each in REASONS if each in why)
        if source == "startup":
            found.setdefault(mine, []).append(Duplicate(reasons, startup=startups[other]))
        else:
            found.setdefault(mine, []).append(Duplicate(reasons, None, *others[other]))
    for each in found.values():
        each.sort(key=lambda one: (REASONS.index(one.reasons[0]), -len(one.reasons), one.startup is None))
    return found


def _ids(pairs: dict[tuple[int, str, int], set[str]], wanted: str) -> set[int]:
    return {other for _mine, source, other in pairs if source == wanted}


def _pairs(application_ids: Sequence[int]) -> Select[Any]:
    """Application, source, id and reasons of whatever shares a key with one of the applications."""
    mine = union_all(*_keys_of_applications(Application.id.in_(application_ids))).cte("mine")
    all_keys = union_all(
        *_keys_of_applications(and_(Application.sent_at.is_not(None), Application.withdrawn_at.is_(None))),
        *_keys_of_startups(),
    ).cte("all_keys")
    own = select(Application.id).where(
        Application.id == mine.c.id,
        or_(Application.startup_id == all_keys.c.id, Application.from_startup_id == all_keys.c.id),
    )
    reasons = func.array_agg(mine.c.reason.distinct())
    strength = func.min(case({reason: place for place, reason in enumerate(REASONS)}, value=mine.c.reason))
    place = func.row_number().over(
        partition_by=mine.c.id,
        order_by=(strength, func.count(mine.c.reason.distinct()).desc(), all_keys.c.source, all_keys.c.id),
    )
    pairs = (
        select(mine.c.id.label("mine"), all_keys.c.source, all_keys.c.id.label("other"), reasons.label("reasons"),
               place.label("place"))
        .join(all_keys, and_(all_keys.c.reason == mine.c.reason, all_keys.c.key == mine.c.key))
        .where(
            mine.c.key != "",
            or_(all_keys.c.source != "application", all_keys.c.id != mine.c.id),
            or_(all_keys.c.source != "startup", ~own.exists()),
        )
        .group_by(mine.c.id, all_keys.c.source, all_keys.c.id)
        .subquery()
    )  # fmt: skip
    return select(pairs.c.mine, pairs.c.source, pairs.c.other, pairs.c.reasons).where(pairs.c.place <= MOST)


def _key(source: str, owner: Any, reason: str, key: Any) -> Select[str, Any, str, Any]:
    return select(
        literal(source, Text).label("source"), owner.label("id"), literal(reason, Text).label("reason"),
        func.coalesce(key, "", type_=String).label("key"),
    )  # fmt: skip


def _keys_of_applications(wanted: ColumnElement[bool]) -> Iterator[Select[str, Any, str, Any]]:
    of = (Application.credit_code, Application.name_key, email(Application.contact_email),
          phone(Application.contact_phone))  # fmt: skip
    for reason, key in zip(("credit_code", "name", "email", "phone"), of, strict=True):
        yield _key("application", Application.id, reason, key).where(wanted)
    yield _key("application", Application.id, "founder", ApplicationFounder.name_key).join_from(
        Application, ApplicationFounder, ApplicationFounder.application_id == Application.id
    ).where(wanted)


def _keys_of_startups() -> Iterator[Select[str, Any, str, Any]]:
    of = (Startup.credit_code, Startup.name_key, email(Startup.contact_email), phone(Startup.contact_phone))
    for reason, key in zip(("credit_code", "name", "email", "phone"), of, strict=True):
        yield _key("startup", Startup.id, reason, key)
    yield _key("startup", Post.startup_id, "founder", Individual.name_key).join_from(
        Post, Individual, Individual.id == Post.individual_id
    ).where(Post.role == "founder")


def email(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """As `email_key` has it."""
    return func.lower(func.btrim(column))


def phone(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """As `phone_key` has it, of what the rules let through."""
    digits = func.regexp_replace(func.normalize(column, literal_column("NFKC")), "[^0-9]", "", "g")
    return case((func.length(digits) >= SHORTEST_PHONE, func.right(digits, PHONE)), else_="")
