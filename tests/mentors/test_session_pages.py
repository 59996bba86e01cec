"""Pages of sessions: booking one in two steps, its page, the log, the figures; empty, wrong and late."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Interval
from incubator.database import db
from incubator.mentors.models import HoursCertificate, MentorSession, SessionEvidence, SessionFeedback, SessionTask
from incubator.mentors.operations.logs import write_log
from tests.cast import Cast
from tests.conftest import Browser
from tests.mentors.meeting import Place, at, hold, make_place, meet


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    """Monday, 2 November 2026, 9:00 in Shenzhen, until a test moves it."""
    with time_machine.travel(at(2, 9), tick=False) as moved:
        yield moved


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    return make_place(session, cast)


def address(place: Place, start: datetime | None = None, **more: object) -> str:
    asked = {"mentor_id": place.mentor.id} | ({"start": start.isoformat()} if start else {}) | more
    return f"/mentoring/sessions/new?{urlencode(asked)}"


def key_of(page: str) -> str:
    found = re.search(r'name="request_key"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_founder_books_in_two_steps(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_a)
    times = client.get(address(place)).text
    assert "14:00" in times and "17:00" in times and "17:30" not in times
    page = client.get(address(place, at(3, 14))).text
    assert "会议室一" in page and "60.00" in page
    sent = {"title": "融资计划", "way": "room", "room": f"{place.room.id}:6000", "request_key": key_of(page)}
    answer = client.post(address(place, at(3, 14)), data=sent)
    assert answer.status_code == 303
    meeting = session.execute(select(MentorSession)).scalar_one()
    assert (meeting.start, meeting.way, meeting.booking_id is not None) == (at(3, 14), "room", True)
    shown = client.get(answer.headers["Location"]).text
    assert "融资计划" in shown and "会议室一" in shown
    assert client.post(address(place, at(3, 14)), data=sent).status_code == 303
    assert len(session.execute(select(MentorSession)).scalars().all()) == 1


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"title": ""}, 422, "请填写主题"), ({"way": "moon"}, 422, "请说明见面地点"),
        ({"way": "room", "room": ""}, 422, "请选择房间"), ({"way": "room", "room": "x:y"}, 422, "请选择房间"),
        ({"link": "javascript:alert(1)"}, 422, "https://"), ({"way": "room", "room": "{room}:1"}, 409, "60.00"),
    ],
)
def test_what_is_wrong_is_shown_again(
    client: Browser, session: Session, cast: Cast, place: Place, wrong: dict[str, str], status: int, words: str
) -> None:
    client.sign_in(cast.founder_a)
    sent = {"title": "融资计划", "way": "online", "request_key": "k"} | {
        key: value.replace("{room}", str(place.room.id)) for key, value in wrong.items()
    }  # fmt: skip
    answer = client.post(address(place, at(3, 14)), data=sent)
    assert answer.status_code == status and words in answer.text
    assert session.execute(select(MentorSession)).first() is None


def test_a_time_that_was_taken_meanwhile_is_a_clear_sentence(
    client: Browser, session: Session, cast: Cast, place: Place
) -> None:
    meet(session, cast.founder_b, place, cast.startup_b, at(3, 14))
    client.sign_in(cast.founder_a)
    answer = client.post(address(place, at(3, 14)), data={"title": "融资", "way": "online", "request_key": "k"})
    assert answer.status_code == 409 and "max 在 2026年11月3日 14:00–15:00 已被占用" in answer.text
    for start in ("nonsense", "2026-11-03T14:00", "9999-12-31T23:00:00+08:00"):
        assert client.get(f"/mentoring/sessions/new?mentor_id={place.mentor.id}&start={start}").status_code == 200


def test_nobody_books_for_others(client: Browser, cast: Cast, place: Place) -> None:
    client.sign_in(cast.founder_b)
    assert client.get(address(place, startup_id=cast.startup_a)).status_code == 404
    client.sign_in(cast.mentor)
    assert client.get(address(place, startup_id=cast.startup_a)).status_code == 404
    assert client.get(address(place)).status_code == 403
    for actor in (cast.finance, cast.auditor, cast.front_desk):
        client.sign_in(actor)
        assert client.get(address(place, startup_id=cast.startup_a)).status_code == 403


def test_moved_and_called_off(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 8))
    client.sign_in(cast.mentor)
    assert "15:30" in client.get(f"/mentoring/sessions/{meeting.id}/move").text
    there = f"/mentoring/sessions/{meeting.id}/move?{urlencode({'start': at(4, 15).isoformat(), 'minutes': 60})}"
    assert client.get(there).status_code == 200
    assert client.post(there, data={"way": "place", "place": "茶馆", "fee": "0"}).status_code == 303
    session.refresh(meeting)
    assert (meeting.start, meeting.place) == (at(4, 15), "茶馆")
    client.sign_in(cast.founder_a)
    cancel = f"/mentoring/sessions/{meeting.id}/cancel"
    assert client.post(cancel, data={"reason": ""}).status_code == 422
    assert client.post(cancel, data={"reason": "生病"}).status_code == 303
    assert "已取消：生病" in client.get(f"/mentoring/sessions/{meeting.id}").text
    assert client.get(cancel).status_code == 200
    assert client.post(cancel, data={"reason": "again"}).status_code == 409


def test_the_log_from_both_sides(
    client: Browser, session: Session, cast: Cast, place: Place, clock: time_machine.Coordinates
) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 8))
    page = f"/mentoring/sessions/{meeting.id}"
    clock.move_to(at(3, 16))
    client.sign_in(cast.mentor)
    assert f"{page}/log" in client.get(page).text
    assert 'value="14:00"' in client.get(f"{page}/log").text
    sent = {"on": "2026-11-03", "held_from": "14:00", "held_until": "15:10", "field_ids": [str(place.fields[0].id)],
            "topics": "估值", "advice": "先谈条款"}  # fmt: skip
    for wrong in ({"on": "x"}, {"held_from": ""}, {"held_until": "18:00"}, {"field_ids": []}, {"topics": ""}, {"field_ids": ["x"]}):
        assert client.post(f"{page}/log", data=sent | wrong).status_code == 422
    assert client.post(f"{page}/log", data=sent).status_code == 303
    client.sign_in(cast.founder_a)
    shown = client.get(page).text
    assert "确认属实" in shown and "先谈条款" in shown
    assert client.post(f"{page}/confirm", data={"version": "1"}).status_code == 303
    assert session.execute(select(SessionEvidence.minutes)).scalars().all() == [70]
    assert "计入 1小时10分钟" in client.get(page).text
    client.sign_in(cast.auditor)
    audited = client.get(page).text
    assert "计入 1小时10分钟" in audited and "私人" not in audited and "与内容不符" not in audited
    assert client.post(f"{page}/confirm", data={"version": "1"}).status_code == 403


def test_notes_tasks_feedback_and_who_did_not_come(
    client: Browser, session: Session, cast: Cast, place: Place, clock: time_machine.Coordinates
) -> None:
    meeting = meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 8))
    page = f"/mentoring/sessions/{meeting.id}"
    clock.move_to(at(3, 16))
    client.sign_in(cast.mentor)
    assert client.post(f"{page}/note", data={"text": "下次早点"}).status_code == 303
    assert client.post(f"{page}/tasks", data={"text": ""}).status_code == 422
    assert client.post(f"{page}/tasks", data={"text": "整理名册", "due_on": "2026-11-10"}).status_code == 303
    task = session.execute(select(SessionTask)).scalar_one()
    assert "下次早点" in client.get(page).text
    client.sign_in(cast.founder_a)
    assert "下次早点" not in client.get(page).text
    assert "整理名册" in client.get("/mentoring/sessions").text
    assert client.post(f"{page}/tasks/{task.id}", data={"ending": "done"}).status_code == 303
    assert client.post(f"{page}/feedback", data={"rating": "9"}).status_code == 422
    assert client.post(f"{page}/feedback", data={"rating": "4", "remark": "有用"}).status_code == 303
    assert session.execute(select(SessionFeedback.rating)).scalar_one() == 4
    client.sign_in(cast.manager)
    assert "有用" not in client.get(f"/mentors/{place.mentor.id}").text
    assert client.post(f"{page}/missed", data={"missed_by": "mentor"}).status_code == 303
    assert "导师未到场" in client.get(page).text
    assert client.post(f"{page}/missed", data={"missed_by": "nobody"}).status_code == 303
    assert "导师未到场" not in client.get(f"{page}").text.split("有人没来吗")[0]


@pytest.mark.parametrize("view", ["coming", "to_log", "to_confirm", "evident", "other", "all", "nonsense"])
def test_lists_empty_and_full(client: Browser, session: Session, cast: Cast, place: Place, view: str) -> None:
    client.sign_in(cast.founder_b)
    assert "这里没有辅导" in client.get(f"/mentoring/sessions?view={view}").text
    hold(session, cast, place, at(2, 14))
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 8))
    client.sign_in(cast.manager)
    shown = client.get(f"/mentoring/sessions?view={view}").text
    expected = {"evident": 1, "all": 2, "coming": 1, "nonsense": 1}.get(view, 0)
    assert shown.count('class="meeting-what"') == expected


def test_the_figures_and_what_they_are_made_of(
    client: Browser, session: Session, cast: Cast, place: Place, clock: time_machine.Coordinates
) -> None:
    client.sign_in(cast.manager)
    assert "这段时间没有已确认的辅导" in client.get("/mentoring/figures").text
    hold(session, cast, place, at(2, 14), 90)
    clock.move_to(at(10, 9))
    shown = client.get("/mentoring/figures").text
    assert "1.5" in shown and "融资" in shown
    assert "甲科技有限公司" in client.get(f"/mentoring/figures/evidence?mentor_id={place.mentor.id}").text
    assert "没有已确认" in client.get("/mentoring/figures/evidence?field_id=1099511627776").text
    assert client.get("/mentoring/figures?first=2026-11-09&last=2026-11-01").status_code == 422
    assert client.get("/mentoring/figures?first=x").status_code == 422
    book = client.get("/mentoring/figures.xlsx?first=2026-11-01&last=2026-11-30")
    assert book.data[:2] == b"PK" and "mentoring-2026-11-01-2026-11-30.xlsx" in book.headers["Content-Disposition"]
    new = f"/mentors/{place.mentor.id}/certificates/new"
    assert client.post(new, data={"first": "2026-11-01", "last": "2026-12-01"}).status_code == 422
    assert client.post(new, data={"first": "2026-11-01", "last": "2026-11-09"}).status_code == 303
    made = session.execute(select(HoursCertificate)).scalar_one()
    assert client.get(f"/mentoring/certificates/{made.id}.pdf").data[:5] == b"%PDF-"
    client.sign_in(cast.mentor)
    assert "MH-2026-0001" in client.get("/mentoring/certificates").text
    assert client.get(f"/mentoring/certificates/{made.id}.pdf").status_code == 200
    for actor in (cast.founder_a, cast.front_desk):
        client.sign_in(actor)
        assert client.get(f"/mentoring/certificates/{made.id}.pdf").status_code == 403
        assert client.get("/mentoring/figures").status_code == 403


def test_a_mentor_s_home_says_what_waits(
    client: Browser, session: Session, cast: Cast, place: Place, clock: time_machine.Coordinates
) -> None:
    client.sign_in(cast.mentor)
    assert "还没有。企业会在您开放的时段内预约。" in client.get("/").text
    first = meet(session, cast.founder_a, place, cast.startup_a, at(2, 14), now=at(2, 8))
    meet(session, cast.founder_a, place, cast.startup_a, at(3, 14), now=at(2, 8), title="股权")
    assert "导师辅导：融资计划" in client.get("/").text
    clock.move_to(at(2, 16))
    assert "填写辅导记录：融资计划" in client.get("/").text
    write_log(session, cast.founder_a, now=at(2, 16), session_id=first.id, held=Interval(at(2, 14), at(2, 15)),
              field_ids=[place.fields[0].id], topics="估值")  # fmt: skip
    assert "确认辅导记录：融资计划" in client.get("/").text
    client.sign_in(cast.founder_a)
    assert "辅导记录：融资计划" not in client.get("/").text


def statements(client: Browser, path: str) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    engine = db.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_pages_ask_as_much_for_twenty_sessions_as_for_two(
    client: Browser, session: Session, cast: Cast, place: Place, clock: time_machine.Coordinates
) -> None:
    place.mentor.capacity_hours = 200
    paths = ("/mentoring/sessions?view=all", "/mentoring/figures", "/mentoring/figures/evidence", f"/mentors/{place.mentor.id}")

    def count(actor: Actor) -> list[int]:
        client.sign_in(actor)
        return [statements(client, path) for path in paths]

    clock.move_to(at(28, 9))
    for day in (2, 3):
        hold(session, cast, place, at(day, 14), 30)
    few = count(cast.manager)
    for day in range(4, 28):
        if date(2026, 11, day).isoweekday() < 6:
            hold(session, cast, place, at(day, 14), 30)
    assert count(cast.manager) == few
