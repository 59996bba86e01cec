"""The pages of booking rules, and what a startup meets of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.models import Booking, BookingRule
from incubator.bookings.operations import add_rule
from tests.bookings.conftest import Place
from tests.bookings.filling import at, book_for, faults, says, typed
from tests.cast import NOW, Cast
from tests.conftest import Browser

pytestmark = pytest.mark.usefixtures("clock")

EMPTY = dict.fromkeys(
    ("name_en", "site_id", "resource_kind", "resource_id", "tag", "granularity_minutes", "shortest_minutes",
     "longest_minutes", "notice_hours", "ahead_days", "buffer_before_minutes", "buffer_after_minutes", "quota_most",
     "approval_hours", "fee_percent", "fee_within_hours"), "",
) | {"quota_measure": "count", "quota_window": "day", "quota_of": "startup"}  # fmt: skip


def only(session: Session) -> BookingRule:
    return session.execute(select(BookingRule)).scalar_one()


def test_a_manager_makes_a_rule_changes_and_retires_it(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    assert "还没有规则" in client.get("/bookings/rules").text
    answer = client.post("/bookings/rules/new", data=EMPTY | {
        "name": "会议室", "resource_kind": "meeting_room", "longest_minutes": "120", "notice_hours": "2", "quota_most": "8",
        "quota_measure": "minutes", "quota_window": "week", "fee_percent": "50", "fee_within_hours": "24",
        "approval_hours": "48", "roles": ["founder"]})  # fmt: skip
    assert (answer.status_code, answer.location) == (303, "/bookings/rules")
    made = only(session)
    assert (made.quota_most, made.notice_minutes, made.fee_within_minutes, made.roles) == (480, 120, 1440, ["founder"])
    page = says(client.get("/bookings/rules"))
    for words in ("最长2小时", "至少提前2小时预订", "每家创业企业每周最多8小时", "距开始不足24小时取消：收取价格的 50%", "仅限：创始人",
                  "须经批准；2天内未批准则时段重新开放", "会议室"):  # fmt: skip
        assert words in page, words
    shown = client.get(f"/bookings/rules/{made.id}").text
    for field in ('name="quota_most" type="number" value="8"', 'value="120"', 'value="24"', 'value="2"'):
        assert field.split()[-1] in shown, field
    client.post(f"/bookings/rules/{made.id}", data=EMPTY | {"name": "会议室", "longest_minutes": "1,200"})
    session.refresh(made)
    assert (made.longest_minutes, made.quota_most, made.resource_kind, made.roles) == (1200, None, None, None)
    client.post(f"/bookings/rules/{made.id}/retire")
    assert "还没有规则" in client.get("/bookings/rules").text
    assert client.get(f"/bookings/rules/{made.id}").status_code == 404


@pytest.mark.parametrize(
    ("typed_in", "status", "fault"),
    [
        ({"name": ""}, 422, "请为规则命名"), ({"name": "x"}, 422, "尚无任何要求"),
        ({"name": "x", "longest_minutes": "abc"}, 422, "请填写整数"), ({"name": "x", "longest_minutes": "9" * 30}, 422, "请填写整数"),
        ({"name": "x", "longest_minutes": "-5"}, 422, "应在 5 至 44640 之间"), ({"name": "x", "notice_hours": "745"}, 422, "之间"),
        ({"name": "x", "fee_percent": "50"}, 422, "取消费须同时"), ({"name": "x" * 500, "longest_minutes": "60"}, 422, ""),
        ({"name": "x", "longest_minutes": "60", "site_id": "99999"}, 422, ""),
        ({"name": "x", "longest_minutes": "60", "roles": ["king"]}, 422, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Browser, session: Session, cast: Cast, place: Place, typed_in: dict[str, Any], status: int, fault: str
) -> None:
    client.sign_in(cast.manager)
    answer = client.post("/bookings/rules/new", data=EMPTY | {"ahead_days": "", "name_en": "Kept words"} | typed_in)
    assert answer.status_code == status and "Kept words" in answer.text
    assert any(fault in each for each in faults(says(answer)))
    assert session.execute(select(BookingRule)).first() is None


def test_a_founder_is_told_the_rule_its_value_and_what_passes(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="会议室两小时", name_en="Two hours", longest_minutes=120)
    client.sign_in(cast.founder_a)
    wish = typed(place, cast, end="13:00")
    quoted = client.get("/timeline/quote", query_string=wish)
    assert (quoted.status_code, quoted.json["error"]) == (422, "会议室两小时：单次预订最长2小时。")
    first = quoted.json["instead"][0]["fields"]
    assert (first["resource_id"], first["start"], first["end"]) == (place.room.id, "10:00", "12:00")
    answer = client.post("/bookings/new", data=wish)
    page = says(answer)
    assert answer.status_code == 422 and "会议室两小时：单次预订最长2小时。" in page
    assert "start=10:00&end=12:00" in page.replace("&amp;", "&").replace("%3A", ":")
    fits = client.get("/timeline/quote", query_string=typed(place, cast)).json
    assert fits["rules"] == [{"name": "会议室两小时", "asks": "最长2小时"}]
    client.post("/locale", data={"locale": "en", "next": "/"})
    assert client.get("/timeline/quote", query_string=wish).json["error"] == "Two hours: a booking lasts 2 hours at most."


@pytest.mark.parametrize(
    ("more", "said", "offered"),
    [
        # nobody meets there at six: the next times are those of the next morning
        ({"start": "18:00", "end": "19:00"}, "场地在 2026年10月12日 18:00 不开放；当天开放时间：09:00–18:00。", [
            ("R1", "2026-10-13", "09:00"), ("R1", "2026-10-13", "10:00"), ("R1", "2026-10-13", "11:00")]),
        # the room seats eight: halls seat more, the smaller one first
        ({"attendees": "12"}, "可容纳 8 人。", [("HA", "2026-10-12", "10:00"), ("H", "2026-10-12", "10:00")]),
        # it is nine o'clock on the first day of a holiday
        ({"on": "2026-10-01", "start": "08:00", "end": "09:00"}, "该时间已过", [
            ("R1", "2026-10-08", "09:00"), ("R1", "2026-10-08", "10:00"), ("R1", "2026-10-08", "11:00")]),
        ({"start": "10:07", "end": "11:07"}, "预订时间须以 15 分钟为单位。", [
            ("R1", "2026-10-12", "10:15"), ("R1", "2026-10-12", "11:15"), ("R1", "2026-10-12", "12:15")]),
        ({"start": "11:00", "end": "10:00"}, "结束必须晚于开始。", []), ({"on": "1999-01-01"}, "", []),
    ],
)  # fmt: skip
def test_every_refusal_of_a_time_offers_what_can_be_had(
    client: Browser, cast: Cast, place: Place, more: dict[str, Any], said: str, offered: list[tuple[str, str, str]]
) -> None:
    client.sign_in(cast.founder_a)
    codes = {place.room.id: "R1", place.hall.id: "H", place.half.id: "HA"}
    answer = client.get("/timeline/quote", query_string=typed(place, cast, attendees="") | more).json
    assert said in answer["error"]
    fields = [each["fields"] for each in answer.get("instead", [])]
    assert [(codes[each["resource_id"]], each["on"], each["start"]) for each in fields] == offered
    page = says(client.post("/bookings/new", data=typed(place, cast, attendees="") | more))
    assert ('id="instead"' in page) == bool(offered) and "候补这个时段" not in page


def test_who_needs_approval_sees_it_and_the_front_desk_decides(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="须批准", approval_hours=24)
    client.sign_in(cast.founder_a)
    address = client.post("/bookings/new", data=typed(place, cast)).location
    page = says(client.get(address))
    assert "已收到您的预订申请" in page and "待批准" in page and "时段保留至" in page and "/approve" not in page
    assert client.post(f"{address}/approve").status_code == 403
    client.sign_in(cast.front_desk)
    assert address in client.get("/bookings?state=awaiting").text
    assert says(client.post(f"{address}/decline", data={"reason": ""})).count("请说明原因") >= 1
    client.post(f"{address}/approve")
    page = says(client.get(address))
    assert "已批准" in page and "已确认" in page and "/approve" not in page
    answer = client.post(f"{address}/approve")
    assert "该预订无需批准" in says(client.get(answer.location))
    assert address not in client.get("/bookings?state=awaiting").text


def test_a_late_cancellation_shows_its_fee_before(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近取消", fee_percent=50, fee_within_minutes=120)
    booking = book_for(session, cast.founder_a, place, at(12, 10), at(12, 11, 30))
    client.sign_in(cast.founder_a)
    address = f"/bookings/{booking.id}"
    early = client.get(address).text
    assert "现在取消须支付" not in early
    clock(at(12, 9))
    page = says(client.get(address))
    assert "现在取消须支付 ¥37.50：按规则“临近取消”收取价格的 50%。" in page and "收取取消费" not in page
    # the page was opened before the fee was due: it is told, and not charged unseen
    answer = client.post(f"{address}/cancel", data={"agreed_minor": "0"})
    assert answer.status_code == 409 and "现在取消须支付 ¥37.50。尚未取消" in says(answer)
    session.refresh(booking)
    assert booking.cancelled_at is None
    client.post(f"{address}/cancel", data={"agreed_minor": "3750"})
    session.refresh(booking)
    assert booking.fee_minor == 3_750 and "¥37.50" in client.get(address).text


def test_the_front_desk_waives_the_fee_unless_it_ticks_the_box(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Callable[[datetime], None]
) -> None:
    add_rule(session, cast.manager, now=NOW, name="临近取消", fee_percent=50, fee_within_minutes=120)
    first, second = (book_for(session, cast.founder_a, place, at(12, hour), at(12, hour + 1)) for hour in (10, 11))
    clock(at(12, 9, 30))
    client.sign_in(cast.front_desk)
    assert "收取取消费" in client.get(f"/bookings/{first.id}").text
    client.post(f"/bookings/{first.id}/cancel", data={"agreed_minor": "2500"})
    client.post(f"/bookings/{second.id}/cancel", data={"agreed_minor": "2500", "charge_fee": "y"})
    assert [session.get_one(Booking, (each.operator_id, each.id)).fee_minor for each in (first, second)] == [0, 2_500]


def test_an_auditor_reads_the_rules_and_changes_none(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    made = add_rule(session, cast.manager, now=NOW, name="须批准", approval_hours=24)
    client.sign_in(cast.auditor)
    page = client.get("/bookings/rules").text
    assert "须批准" in page and f"/bookings/rules/{made.id}" not in page
    assert client.post(f"/bookings/rules/{made.id}/retire").status_code == 403
    client.sign_in(cast.other_owner)
    assert client.get(f"/bookings/rules/{made.id}").status_code == 404
    assert "须批准" not in client.get("/bookings/rules").text


def test_what_waits_is_seen_by_whoever_decides_and_by_who_asked(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    add_rule(session, cast.manager, now=NOW, name="须批准", approval_hours=24)
    client.sign_in(cast.founder_a)
    address = client.post("/bookings/new", data=typed(place, cast)).location
    day = "/timeline?date=2026-10-12&view=list"
    assert "待批准" in client.get(day).text
    assert "待批准" not in client.sign_in(cast.founder_b).get(day).text
    client.sign_in(cast.front_desk)
    assert "1 个预订待批准" in client.get("/").text and "state=awaiting" in client.get("/").text
    assert "待批准" in client.get(day).text
    client.post(f"{address}/approve")
    assert "待批准" not in client.get("/").text and "待批准" not in client.get(day).text
