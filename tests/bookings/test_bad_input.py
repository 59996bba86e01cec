"""What is typed badly: a sentence that says what, the right status, what was typed is kept, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking
from incubator.database import as_operator
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from tests.bookings.conftest import Place, make_place
from tests.bookings.filling import BEYOND_BIGINT, at, book_for, count, faults, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("clock")

TurnClock = Callable[[datetime], None]


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"resource_id": ""}, 422, "这里没有这个资源；请从列表中选择。"),
        ({"resource_id": "1; DROP TABLE"}, 422, "这里没有这个资源；请从列表中选择。"),
        ({"resource_id": BEYOND_BIGINT}, 422, "这里没有这个资源；请从列表中选择。"),
        ({"startup_id": ""}, 422, "不能为该企业预订；请从列表中选择使用方。"),
        ({"startup_id": "0"}, 422, "不能为该企业预订；请从列表中选择使用方。"),
        ({"startup_id": BEYOND_BIGINT}, 422, "不能为该企业预订；请从列表中选择使用方。"),
        ({"on": ""}, 422, "请选择日期。"),
        ({"on": "2026-02-30"}, 422, "没有这个日期；请写成 2026-10-31。"),
        ({"on": "12/10/2026"}, 422, "没有这个日期；请写成 2026-10-31。"),
        ({"on": "1900-01-01"}, 422, "1900年1月1日 超出可用日期范围"),
        ({"on": "9999-12-31"}, 422, "9999年12月31日 超出可用日期范围"),
        ({"on": "9999-12-31", "end": "00:00"}, 422, "9999年12月31日 超出可用日期范围"),
        ({"on": "2026-09-30"}, 422, "该时间已过。"),
        ({"on": "2027-03-01"}, 422, "最多可提前 90 天预订。"),
        ({"on": "2026-10-02"}, 422, "场地在 2026年10月2日 10:00 不开放。"),
        ({"start": ""}, 422, "请选择开始时间。"),
        ({"start": "25:00"}, 422, "没有这个时间；请写成 14:30。"),
        ({"start": "10"}, 422, "没有这个时间；请写成 14:30。"),
        ({"start": "10:07"}, 422, "预订时间须以 15 分钟为单位。"),
        ({"start": "18:00", "end": "19:00"}, 422, "场地在 2026年10月12日 18:00 不开放；当天开放时间：09:00–18:00。"),
        ({"end": ""}, 422, "请选择结束时间。"),
        ({"end": "24:00"}, 422, "没有这个时间；请写成 14:30。"),
        ({"end": "11:31"}, 422, "预订时间须以 15 分钟为单位。"),
        ({"end": "10:00"}, 422, "结束必须晚于开始。"),
        ({"end": "09:00"}, 422, "结束必须晚于开始。"),
        ({"title": "长" * 101}, 422, "100"),
        ({"title": "a\x00b"}, 422, "其中含有无法显示的字符。"),
        ({"attendees": "9"}, 422, "可容纳 8 人。"),
        ({"attendees": "0"}, 422, "1"),
        ({"attendees": "-3"}, 422, "1"),
        ({"attendees": "many"}, 422, "整数"),
        ({"attendees": "9" * 30}, 422, "10000"),
        ({"attendees": "9" * 5000}, 422, "整数"),
        ({"request_key": "x" * 65}, 422, "表单在传送中损坏，现已修复，请重新提交。"),
        ({"request_key": "\x00"}, 422, "表单在传送中损坏，现已修复，请重新提交。"),
        ({"agreed_minor": "-7500"}, 422, "费用为 ¥75.00。尚未预订：如同意请再次确认。"),
        ({"agreed_minor": BEYOND_BIGINT}, 422, "费用为 ¥75.00。尚未预订：如同意请再次确认。"),
        ({"agreed_minor": "seven"}, 422, "费用为 ¥75.00。尚未预订：如同意请再次确认。"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(
    client: Browser, session: Session, cast: Cast, place: Place, more: dict[str, str], status: int, sentence: str
) -> None:
    client.sign_in(cast.founder_a)
    data = typed(place, cast, **more)
    answer = client.post("/bookings/new", data=data)
    page = says(answer)
    assert (answer.status_code, sentence in page) == (status, True), faults(page)
    for name in {"on", "start", "end", "title"} - set(more):
        assert f'value="{data[name]}"' in page, name
    for name in {"on", "start", "end"} & set(more):
        assert f'value="{more[name]}"' in page, f"{name} is shown as it was typed"
    assert count(session) == (0, 0)


@pytest.mark.parametrize(
    "more",
    [{"resource_id": BEYOND_BIGINT}, {"startup_id": BEYOND_BIGINT}, {"on": "9999-12-31", "end": "00:00"}, {"on": "1900-01-01"},
     {"start": "25:00"}, {"end": ""}, {"attendees": "9" * 5000}, {"resource_id": "x", "startup_id": "y", "on": "z"}],
)  # fmt: skip
@pytest.mark.parametrize("person", ["founder_a", "front_desk"])
def test_the_quote_says_what_is_wrong_and_never_falls_over(
    client: Browser, cast: Cast, place: Place, more: dict[str, str], person: str
) -> None:
    client.sign_in(getattr(cast, person))
    answer = client.get("/timeline/quote", query_string=typed(place, cast, **more))
    assert answer.status_code == 422
    assert len(answer.json["error"]) > 5
    page = client.get("/bookings/new", query_string=typed(place, cast, **more))
    assert page.status_code == 200


def test_staff_get_the_same_sentences_about_days_that_nobody_means(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    client.sign_in(cast.front_desk)
    for on in ("1900-01-01", "9999-12-31", "0001-01-01"):
        answer = client.post("/bookings/new", data=typed(place, cast, on=on))
        assert answer.status_code == 422 and "超出可用日期范围" in says(answer), on
    assert client.post("/bookings/new", data=typed(place, cast, on="2026-09-30")).status_code == 303


def test_a_founder_s_form_of_the_last_minute_is_taken_and_of_the_past_is_not(
    client: Browser, session: Session, cast: Cast, place: Place, clock: TurnClock
) -> None:
    client.sign_in(cast.founder_a)
    clock(at(12, 10, 6))
    assert client.post("/bookings/new", data=typed(place, cast)).status_code == 422
    clock(at(12, 10, 4))
    assert client.post("/bookings/new", data=typed(place, cast)).status_code == 303


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/timeline?date=garbage", 404), ("/timeline?date=1900-01-01", 404), ("/timeline?date=9999-12-31", 404),
        ("/timeline?date=0001-01-01", 404), ("/timeline?date=2026-02-30", 404), ("/timeline?date=", 200),
        (f"/timeline?site={BEYOND_BIGINT}", 404), ("/timeline?site=-1", 404), ("/timeline?site=x", 404),
        ("/timeline?site=", 200), ("/timeline?site=9223372036854775807", 404), ("/timeline?view=list", 200),
        ("/timeline?view=<b>", 200), ("/timeline?date=2000-01-01", 200), ("/timeline?date=2199-12-31", 200),
        ("/bookings?date=garbage", 404), (f"/bookings?site={BEYOND_BIGINT}", 404), ("/bookings?site=x", 404),
        (f"/bookings?startup={BEYOND_BIGINT}", 404), (f"/bookings?page={BEYOND_BIGINT}", 200),
        ("/bookings?page=-1", 200), ("/bookings?state=nonsense", 200), ("/bookings?date=9999-12-31", 404),
        (f"/bookings/{BEYOND_BIGINT}", 404), ("/bookings/0", 404), ("/bookings/x", 404),
    ],
)  # fmt: skip
@pytest.mark.parametrize("person", ["owner", "founder_a"])
def test_addresses_typed_badly(
    client: Browser, cast: Cast, place: Place, address: str, status: int, person: str
) -> None:
    client.sign_in(getattr(cast, person))
    answer = client.get(address)
    assert answer.status_code == status
    if "date" in address and status == 404:
        assert "2026-10-31" in answer.text or "超出可用日期范围" in answer.text


@pytest.mark.parametrize("reason", ["长" * 201, "a\x00b"])
def test_a_bad_reason_cancels_nothing(client: Browser, session: Session, cast: Cast, place: Place, reason: str) -> None:
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11))
    client.sign_in(cast.founder_a)
    answer = client.post(f"/bookings/{booking.id}/cancel", data={"reason": reason})
    assert answer.status_code == 422 and "invalid-feedback" in answer.text
    assert session.get_one(Booking, (cast.operator_id, booking.id)).cancelled_at is None


def test_another_operator_s_room_or_startup_is_none_of_the_list(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    with as_operator(session, cast.other_operator_id):
        theirs = make_place(session, cast.other_owner).room.id
    client.sign_in(cast.founder_a)
    answer = client.post("/bookings/new", data=typed(place, cast, resource_id=theirs))
    assert answer.status_code == 422 and "这里没有这个资源" in says(answer)
    answer = client.post("/bookings/new", data=typed(place, cast, startup_id=cast.startup_b))
    assert answer.status_code == 422 and "不能为该企业预订" in says(answer)
    assert client.get("/timeline/quote", query_string=typed(place, cast, resource_id=theirs)).status_code == 422
    assert client.get("/timeline/quote", query_string=typed(place, cast, startup_id=cast.startup_b)).status_code == 422
    assert count(session) == (0, 0)


def test_a_room_of_another_site_keeps_that_site_s_hours(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    manager = cast.manager
    other = create_site(session, manager, now=NOW, code="BE", name="柏林", zone="Europe/Berlin", calendar="weekdays",
                        hours=[("workday", 600, 1080)], open_from=date(2026, 1, 1))  # fmt: skip
    unit = add_unit(session, manager, now=NOW, floor=add_floor(session, manager, now=NOW, site=other, name="1F"), code="B1",
                    kind="room", purpose="public_service", area_m2=Decimal(9), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, manager, now=NOW, site=other, code="B1", name="柏林会议室", kind="meeting_room", units=[unit],
                        capacity=8)  # fmt: skip
    create_tariff(session, manager, now=NOW, site=other, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal(40), resource_kind="meeting_room")])  # fmt: skip
    client.sign_in(cast.founder_a)
    early = client.post(
        "/bookings/new", data=typed(place, cast, resource_id=room.id, start="09:00", agreed_minor="10000")
    )
    assert early.status_code == 422 and "场地在 2026年10月12日 09:00 不开放；当天开放时间：10:00–18:00。" in says(early)
    client.post("/bookings/new", data=typed(place, cast, resource_id=room.id, agreed_minor="6000"))
    booking = session.execute(select(Booking)).scalar_one()
    assert booking.period.lower == datetime(2026, 10, 12, 10, tzinfo=ZoneInfo("Europe/Berlin"))
