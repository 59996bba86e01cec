"""What the tests of the pages fill in, and what they look for."""

from __future__ import annotations

import html
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from incubator.accounts.actor import Actor
from incubator.bookings.models import Booking
from incubator.bookings.operations import book
from incubator.spaces.models import Allocation
from tests.bookings.conftest import Place
from tests.cast import NOW, Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEYOND_BIGINT = "999999999999999999999"
SEEN = re.compile(r'name="agreed_minor"[^>]*value="(\d*)"')
KEY = re.compile(r'name="request_key"[^>]*value="([\w-]+)"')


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def typed(place: Place, cast: Cast, **more: object) -> dict[str, object]:
    """What founder A fills in: Room 1 on Monday 12 October, 10:00 to 11:30, having seen 75.00."""
    return {
        "resource_id": place.room.id, "startup_id": cast.startup_a, "on": "2026-10-12", "start": "10:00",
        "end": "11:30", "title": "产品评审", "attendees": "4", "request_key": "form-1", "agreed_minor": "7500",
    } | more  # fmt: skip


def count(session: Session) -> tuple[int, int]:
    """Bookings and live allocations."""
    return (
        session.execute(select(func.count()).select_from(Booking)).scalar_one(),
        session.execute(
            select(func.count()).select_from(Allocation).where(Allocation.voided_at.is_(None))
        ).scalar_one(),
    )


def says(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def faults(page: str) -> list[str]:
    """What the page says is wrong: at its fields and above them."""
    return re.findall(r"(?:invalid-feedback[^>]*|alert alert-danger[^>]*)>\s*(.*?)</div>", page, re.DOTALL)


def book_for(session: Session, actor: Actor, place: Place, start: datetime, end: datetime, **more: object) -> Booking:
    values = {"startup_id": next(iter(actor.startup_ids), None), "resource_id": place.room.id} | more
    return book(session, actor, now=NOW, start=start, end=end, **values)  # type: ignore[arg-type]
