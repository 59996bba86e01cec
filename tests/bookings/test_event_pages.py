"""The pages of events: planning from a booking, who came, photos and papers, a calendar by month, what founders see."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.bookings.event_models import Event
from incubator.bookings.event_queries import get_detail
from incubator.bookings.operations.events import Came, confirm_event, plan_event
from tests.bookings.conftest import Place
from tests.bookings.test_events import AFTER, FROM, TO, hall, planned
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.documents.test_filetypes import picture

pytestmark = pytest.mark.usefixtures("clock")
Turn = Callable[[datetime], None]
TYPED = {"kind": "training", "title": "知识产权培训", "title_en": "IP training", "on": "2026-10-21", "start": "09:30",
         "end": "12:00", "ends_on": "", "booking_id": "0", "place": "二楼报告厅", "audience": "tenants", "organiser": "区市场监管局",
         "description": ""}  # fmt: skip


def only(session: Session) -> Event:
    return session.execute(select(Event)).scalar_one()


def test_from_a_booking_to_a_counted_event(client: Browser, session: Session, cast: Cast, place: Place, clock: Turn) -> None:
    held = hall(session, cast, place)
    client.sign_in(cast.front_desk)
    form = client.get(f"/events/new?booking={held.id}").text
    assert 'value="路演"' in form and 'value="14:00"' in form and 'value="2026-10-20"' in form
    sent = TYPED | {"title": "路演", "on": "2026-10-20", "start": "14:00", "end": "17:00", "booking_id": str(held.id),
                    "site_id": str(place.site.id), "place": ""}  # fmt: skip
    made = client.post("/events/new", data=sent)
    assert made.status_code == 303
    event = only(session)
    assert (event.start, event.end, event.booking_id) == (FROM, TO, held.id)
    assert "登记人数" not in client.get(f"/events/{event.id}").text  # it is still to come
    clock(AFTER)
    assert "登记人数" in client.get(f"/events/{event.id}").text
    wrong = client.post(f"/events/{event.id}/count", data={"participants": "0", "counted_from": ""})
    assert wrong.status_code == 422 and "至少为 1" in wrong.text and "请说明人数依据" in wrong.text
    unknown = client.post(f"/events/{event.id}/count", data={"participants": "9", "counted_from": "签到表", "startups": ["999999"]})
    assert unknown.status_code == 422
    assert client.post(f"/events/{event.id}/count", data={"participants": "46", "counted_from": "签到表"}).status_code == 303
    page = client.get(f"/events/{event.id}").text
    assert "46" in page and "人数依据：签到表" in page
    again = client.post(f"/events/{event.id}/count", data={"participants": "48", "counted_from": "签到表"})
    assert again.status_code == 422 and "说明" in again.text
    client.post(f"/events/{event.id}/count", data={"participants": "48", "counted_from": "签到表", "reason": "漏计两人"})
    assert "更正原因：漏计两人" in client.get(f"/events/{event.id}").text
    assert client.post(f"/events/{event.id}/edit", data=sent).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "status", "says"),
    [
        ({"title": ""}, 422, "给它起个标题"), ({"end": "09:00"}, 422, "结束时间早于开始时间"), ({"place": " "}, 422, "请选择占用活动地点的预订"),
        ({"on": "2026-02-30"}, 422, ""), ({"booking_id": "999999"}, 422, "没有这笔预订"), ({"kind": "party"}, 422, ""),
        ({"ends_on": "2026-10-20"}, 422, "结束时间早于开始时间"), ({"ends_on": "2027-10-20"}, 422, "超过一个月"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_lost(
    client: Browser, session: Session, cast: Cast, place: Place, wrong: dict[str, str], status: int, says: str
) -> None:
    client.sign_in(cast.manager)
    answer = client.post("/events/new", data=TYPED | {"site_id": str(place.site.id)} | wrong)
    assert answer.status_code == status and session.execute(select(Event)).first() is None
    assert "IP training" in answer.text
    if says and "title" not in wrong:
        assert says in answer.text


def test_several_days_until_midnight_come_back_as_typed(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    client.post("/events/new", data=TYPED | {"site_id": str(place.site.id), "ends_on": "2026-10-22", "end": "00:00"})
    event = only(session)
    assert event.end - event.start == timedelta(days=1, hours=14, minutes=30)
    form = client.get(f"/events/{event.id}/edit").text
    assert 'value="2026-10-22"' in form and 'value="00:00"' in form


def test_photos_papers_and_their_limits(client: Browser, session: Session, cast: Cast, place: Place, clock: Turn) -> None:
    event = plan_event(session, cast.manager, now=NOW, plan=planned(place))
    clock(AFTER)
    client.sign_in(cast.manager)
    address = f"/events/{event.id}/proof"
    assert client.post(address, data={}).status_code == 422
    bad = client.post(address, data={"photos": [(io.BytesIO(b"not a picture"), "a.jpg")]}, content_type="multipart/form-data")
    assert bad.status_code == 422
    many = client.post(address, data={"photos": [(io.BytesIO(b"x"), f"{n}.jpg") for n in range(11)]}, content_type="multipart/form-data")
    assert many.status_code == 422 and "一次最多 10 个文件" in many.text
    sent = {"photos": [(io.BytesIO(picture("PNG")), "a.png")], "papers": [(io.BytesIO(picture("PNG")), "签到表.png")]}
    assert client.post(address, data=sent, content_type="multipart/form-data").status_code == 303
    detail = get_detail(session, cast.auditor, event)
    photo = client.get(f"/events/{event.id}/photos/{detail.photos[0].document.id}")
    assert photo.mimetype == "image/jpeg" and photo.headers["Content-Security-Policy"] == "default-src 'none'"
    assert client.get(f"/events/{event.id}/photos/{detail.papers[0].document.id}").status_code == 404


def test_founders_see_what_is_to_come_and_nothing_of_who_came(
    client: Browser, session: Session, cast: Cast, place: Place, clock: Turn
) -> None:
    event = plan_event(session, cast.manager, now=NOW, plan=planned(place, title_en="Autumn roadshow"))
    client.sign_in(cast.founder_a)
    page = client.get("/events").text
    assert "秋季项目路演" in page and 'name="month"' not in page
    shown = client.get(f"/events/{event.id}").text
    assert "科技园广场" in shown and "活动支出" not in shown and "参加情况" not in shown
    confirm_event(session, cast.manager, now=AFTER, event_id=event.id, came=Came(46, "签到表", [cast.startup_b]))
    clock(AFTER)
    assert "暂无活动安排" in client.get("/events").text
    assert "乙" not in client.get(f"/events/{event.id}").text
    client.sign_in(cast.auditor)
    assert "46" in client.get("/events?month=2026-10&state=held").text
    assert "没有符合条件的活动" in client.get("/events?month=2026-11").text
    for query in ("month=2026-13", "site=x", "kind=party", "state=%00", "page=0"):
        assert client.get(f"/events?{query}").status_code == 200
