"""Inviting visitors in tests, and the letters that come of it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.bookings.letters import WRITERS
from incubator.bookings.models import Booking
from incubator.bookings.operations import (
    book,
    invite_visitors,
)
from incubator.bookings.visiting import Guest
from incubator.bookings.visitor_models import Visitor
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from tests.bookings.conftest import Place
from tests.bookings.filling import at
from tests.cast import NOW

BASE = "https://space.example"
WANG = Guest("王小明", "wang@corp.example", "深海科技", "粤B12345")
LI = Guest("Li Hua", "li@corp.example")
NOBODYS = Guest("赵先生")


def ask(session: Session, actor: Actor, place: Place, **more: Any) -> Booking:
    values = {"now": NOW, "resource_id": place.room.id, "startup_id": next(iter(actor.startup_ids), None),
              "start": at(12, 10), "end": at(12, 11)} | more  # fmt: skip
    return book(session, actor, **values)


def invite(session: Session, actor: Actor, place: Place, *guests: Guest, **more: Any) -> list[Visitor]:
    """To the site, from 14 to 15 on the 12th, received by oneself."""
    values = {"now": NOW, "guests": list(guests or [WANG]), "host_id": actor.person_id,
              "startup_id": next(iter(actor.startup_ids), None)} | more  # fmt: skip
    if "booking_id" not in values:
        values = {"site_id": place.site.id, "start": at(12, 14), "end": at(12, 15)} | values
    return invite_visitors(session, actor, **values)


def letters(session: Session, now: Any = NOW) -> list[OutboxMail]:
    before = set(session.execute(select(OutboxMail.id)).scalars())
    write_notices(session, now=now, base_url=BASE, writers=WRITERS)
    found = select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)
    return list(session.execute(found).scalars())


def mails_to(session: Session, address: str, now: Any = NOW) -> list[OutboxMail]:
    return [mail for mail in letters(session, now) if mail.to_address == address]


def token_in(mail: OutboxMail) -> str:
    found = re.search(r"/pass/([\w-]+)", mail.text_body)
    assert found
    return found[1]


