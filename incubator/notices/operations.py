"""The outbox: mail is written in the transaction of its cause, and leaves after the commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from msgspec import Struct, field
from sqlalchemy import ColumnElement, Table, and_, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.operations import record
from incubator.core.canonical import plain
from incubator.core.errors import N_, Refusal
from incubator.database import current_operator, write
from incubator.notices.models import Notice, NoticeChoice, OutboxMail
from incubator.notices.rules import KINDS

NOTICES = cast(Table, Notice.__table__)
# by the table, not as objects, and made once: nearly every operation tells somebody
_TELL = insert(NOTICES).on_conflict_do_nothing(index_elements=["operator_id", "key"])


class Telling(Struct, frozen=True):
    """What some people are to be told."""

    about: tuple[str, int]
    people: Collection[int]
    key: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def send_mail(
    session: Session, *, now: datetime, to: str, subject: str, text: str, html: str = "", calendar: str = "",
    pdf: tuple[str, bytes] | None = None, about: tuple[str, int] | None = None,
) -> OutboxMail:  # fmt: skip
    """Put a mail into the outbox; the worker sends it once the caller has committed.

    Line breaks have no place in a subject or an address: whatever tries to add a header becomes a blank.
    """
    about_kind, about_id = about or (None, None)
    pdf_name, pdf_body = pdf or ("", None)
    mail = OutboxMail(
        to_address=" ".join(to.split()), subject=" ".join(subject.split()), text_body=text, html_body=html,
        calendar_body=calendar, pdf_name=pdf_name, pdf_body=pdf_body, created_at=now, due_at=now,
        about_kind=about_kind, about_id=about_id,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    return mail


def notify(
    session: Session, *, now: datetime, kind: str, about: tuple[str, int], people: Iterable[int] = (),
    address: str | None = None, locale: str = "zh_Hans", facts: Mapping[str, Any] | None = None, key: str = "",
) -> None:  # fmt: skip
    """Have people (or one address) told of something that this transaction has brought about.

    Only what was so at this moment belongs into `facts`; what still stands then, the letter's writer reads anew. A
    `key` is told once to each, however often it is said.
    """
    readers: list[tuple[int | None, str | None]] = [(person_id, None) for person_id in sorted(set(people))]
    readers += [(None, address)] if address else []
    if not readers:
        return
    common = {
        "operator_id": current_operator(session), "kind": kind, "locale": locale, "subject_kind": about[0],
        "subject_id": about[1], "facts": plain(dict(facts or {})), "created_at": now,
    }  # fmt: skip
    write(
        session, _TELL,
        [common | {"person_id": person_id, "to_address": to, "key": f"{key}:{person_id or to}" if key else None}
         for person_id, to in readers],
    )  # fmt: skip


def notify_each(
    session: Session, *, now: datetime, kind: str, tellings: Iterable[Telling], locale: str = "zh_Hans"
) -> None:  # fmt: skip
    """As `notify`, of many things at once; one statement."""
    rows = [
        {"operator_id": current_operator(session), "kind": kind, "locale": locale, "subject_kind": each.about[0],
         "subject_id": each.about[1], "facts": plain(dict(each.facts)), "created_at": now, "person_id": person_id,
         "to_address": None, "key": f"{each.key}:{person_id}" if each.key else None}
        for each in tellings
        for person_id in sorted(set(each.people))
    ]  # fmt: skip
    if rows:
        write(session, _TELL, rows)


def forget_mails(session: Session, *, now: datetime, about_kind: str, about_ids: Collection[int]) -> None:
    """Erase all that notices and mails about these things still say: to whom, what, and in the server's words why not.

    What waits to be written or sent is not any more. That a mail was, and when it was sent, stays.
    """
    quietly = {"synchronize_session": False}
    session.execute(
        update(Notice)
        .where(Notice.subject_kind == about_kind, Notice.subject_id.in_(about_ids), Notice.settled_at.is_(None))
        .values(settled_at=now, outcome="stale", to_address=None),
        execution_options=quietly,
    )
    _empty_mails(session, now, and_(OutboxMail.about_kind == about_kind, OutboxMail.about_id.in_(about_ids)))


def _empty_mails(session: Session, now: datetime, which: ColumnElement[bool]) -> None:
    ended = func.coalesce(OutboxMail.failed_at, case((OutboxMail.sent_at.is_(None), now)))
    session.execute(
        update(OutboxMail)
        .where(which)
        .values(to_address="", subject="", text_body="", html_body="", calendar_body="", failed_at=ended,
                error=case((OutboxMail.sent_at.is_(None), "erased"))),
        execution_options={"synchronize_session": False},
    )  # fmt: skip


def forget_mails_to(session: Session, *, now: datetime, about_kind: str, addresses: Collection[str]) -> None:
    """Erase what mails about any such thing say that went to these addresses; what waits is not sent any more."""
    ids = session.execute(
        select(OutboxMail.id).where(
            OutboxMail.about_kind == about_kind,
            func.lower(OutboxMail.to_address).in_({each.strip().lower() for each in addresses if each.strip()}),
        )
    ).scalars().all()  # fmt: skip
    _empty_mails(session, now, OutboxMail.id.in_(ids))


def choose_notices(session: Session, actor: Actor, *, now: datetime, wanted: Iterable[str]) -> None:
    """Keep which kinds of mail the actor wants; those that nobody can do without are not asked for."""
    chosen = set(wanted)
    if unknown := chosen - {kind for kind, may_decline in KINDS.items() if may_decline}:
        raise Refusal(N_("There is no such kind of mail: %(kind)s."), kind=min(unknown))
    assert actor.person_id is not None  # the system has no mail box
    rows = [
        {"operator_id": actor.operator_id, "person_id": actor.person_id, "kind": kind, "wanted": kind in chosen}
        for kind, may_decline in KINDS.items()
        if may_decline
    ]
    keep = insert(NoticeChoice)
    session.execute(
        keep.on_conflict_do_update(
            index_elements=["operator_id", "person_id", "kind"], set_={"wanted": keep.excluded.wanted}
        ),
        rows,
    )
    record(session, actor, "choose_notices", ("people", actor.person_id), now=now, after={"wanted": sorted(chosen)})
