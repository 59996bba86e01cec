"""What a tablet at a door offers: as long as the ledger and the hours allow, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import issue_key
from incubator.bookings.here import list_offers, see_door
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, says
from tests.cast import Cast
from tests.conftest import Browser

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("now", "offers"),
    [
        (at(12, 9, 7), [(15, "09:30"), (30, "09:45")]),  # an hour from 09:00 on would reach into the next booking
        (at(12, 9, 50), []),  # from 09:45 on not even a quarter of an hour
        (at(12, 10, 30), []),  # taken
        (at(12, 11), [(15, "11:15"), (30, "11:30"), (60, "12:00")]),
        (at(12, 17, 20), [(15, "17:45"), (30, "18:00")]),  # it closes at 18:00
        (at(12, 19), []),  # closed
        (at(10, 10), [(15, "10:15"), (30, "10:30"), (60, "11:00")]),  # a Saturday that is worked for the holiday
        (at(11, 10), []),  # Sunday
    ],
)
def test_what_a_door_offers(
    session: Session, cast: Cast, place: Place, now: datetime, offers: list[tuple[int, str]]
) -> None:
    book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    door = see_door(session, place.room, place.site, now)
    found = [(minutes, f"{until.astimezone(SHANGHAI):%H:%M}") for minutes, until in list_offers(session, door, now)]
    assert found == offers


def test_a_door_says_what_its_code_is_good_for(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    token = issue_key(session, cast.manager, now=at(1, 9), kind="door", opens_id=place.room.id)
    closed = says(client.get(f"/door/{token}"))  # 1 October is a holiday
    assert "扫码签到。" in closed and "立即预订" not in closed
    clock(at(12, 9))
    free = says(client.get(f"/door/{token}"))
    assert "扫码签到或预订。" in free and "扫码立即预订" in free and "30 分钟" in free and "至 09:30" in free
