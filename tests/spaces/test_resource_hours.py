"""A resource's own hours and its exceptional days, as they are kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.spaces.hours_queries import get_own_hours, list_open_hours
from incubator.spaces.models import ResourceDay
from incubator.spaces.operations import clear_resource_day, set_resource_day, set_resource_hours
from incubator.spaces.rules import OwnDay, OwnHours
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting
from tests.spaces.conftest import Place
from tests.spaces.test_pages import address

ON = date(2026, 10, 15)
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))


def own(session: Session, place: Place) -> OwnHours:
    return get_own_hours(session, place.room.id, *ALWAYS)


def last_event(session: Session) -> AuditEvent:
    return session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()


def test_new_hours_leave_those_before_as_they_were(session: Session, cast: Cast, place: Place) -> None:
    set_resource_hours(session, cast.manager, now=NOW, resource=place.room, hours=[("workday", 600, 960)],
                       from_on=date(2026, 9, 1))  # fmt: skip
    set_resource_hours(session, cast.manager, now=NOW, resource=place.room, from_on=ON,
                       hours=[("workday", 840, 1080), ("workday", 540, 720)])  # fmt: skip
    found = own(session, place)
    assert [(h.opens_minute, h.closes_minute) for h in found.hours_on(date(2026, 10, 14))] == [(600, 960)]
    assert [(h.opens_minute, h.closes_minute) for h in found.hours_on(ON)] == [(540, 720), (840, 1080)]
    assert found.hours_on(date(2026, 8, 31)) == [], "before all of its own it follows its site"
    event = last_event(session)
    assert (event.action, event.before["workday"]) == ("set_resource_hours", ["10:00-16:00"])
    assert event.after["workday"] == ["09:00-12:00", "14:00-18:00"] and event.after["code"] == place.room.code
    set_resource_hours(session, cast.manager, now=NOW, resource=place.room, from_on=date(2026, 11, 1), hours=[])
    assert own(session, place).hours_on(date(2026, 11, 2)) == []


def test_an_exceptional_day_is_set_changed_and_taken_back(session: Session, cast: Cast, place: Place) -> None:
    for opens, closes, note in ((None, None, "维修"), (600, 720, " 盘点  仪器 ")):
        set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=ON, opens=opens, closes=closes, note=note)
    assert own(session, place).days == {ON: OwnDay(600, 720, "盘点 仪器")}
    event = last_event(session)
    assert event.before == {"code": "R1", "on": "2026-10-15", "hours": [], "note": "维修"}
    assert event.after["hours"] == ["10:00-12:00"]
    assert get_own_hours(session, place.room.id, date(2026, 10, 16), date(2026, 10, 31)).days == {}, "others are not read"
    clear_resource_day(session, cast.manager, now=NOW, resource=place.room, on=ON)
    assert own(session, place).days == {}
    with pytest.raises(NotFound, match="usual hours already"):
        clear_resource_day(session, cast.manager, now=NOW, resource=place.room, on=ON)


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"opens": 600, "closes": None}, "closes", "Give both times"),
        ({"opens": None, "closes": 600}, "opens", "Give both times"),
        ({"opens": 600, "closes": 600}, "closes", "must open before"),
        ({"opens": 600, "closes": 1441}, "closes", "must open before"),
        ({"opens": 600, "closes": 700, "note": "x" * 201}, "note", "at most 200"),
        ({"opens": 600, "closes": 700, "on": date(1900, 1, 1)}, "on", "between 1970"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused(
    session: Session, cast: Cast, place: Place, values: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        set_resource_day(session, cast.manager, now=NOW, resource=place.room, **({"on": ON} | values))
    assert refused.value.field == field
    assert not session.execute(select(ResourceDay)).first()


def test_hours_that_make_no_sense_are_refused(session: Session, cast: Cast, place: Place) -> None:
    for hours, field in (([("workday", 600, 500)], "closes"), ([("restday", 1, 9), ("restday", 5, 20)], "rest_opens_2")):
        with pytest.raises(Refusal) as refused:
            set_resource_hours(session, cast.manager, now=NOW, resource=place.room, hours=hours, from_on=ON)
        assert refused.value.field == field
    assert own(session, place).hours == ()


def test_only_who_manages_spaces_sets_them(session: Session, cast: Cast, place: Place) -> None:
    for actor in (cast.front_desk, cast.founder_a, cast.auditor):
        with pytest.raises(Forbidden):
            set_resource_hours(session, actor, now=NOW, resource=place.room, hours=[], from_on=ON)
        with pytest.raises(Forbidden):
            set_resource_day(session, actor, now=NOW, resource=place.room, on=ON, opens=None, closes=None)
        with pytest.raises(Forbidden):
            clear_resource_day(session, actor, now=NOW, resource=place.room, on=ON)


def test_all_hours_of_many_are_one_statement(session: Session, cast: Cast, place: Place) -> None:
    set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=ON, opens=None, closes=None)
    with counting(session) as statements:
        found = list_open_hours(session, [], [place.room.id, 10**9], *ALWAYS).own
    assert len(statements) == 1
    assert found[10**9] == OwnHours() and ON in found[place.room.id].days


def test_pages_set_them_and_say_what_is_wrong(client: Browser, session: Session, cast: Cast, place: Place) -> None:
    client.sign_in(cast.manager)
    hours = address("/sites/{site}/resources/{resource}/hours", place)
    answer = client.post(hours, data={"from_on": "2026-10-15", "opens": "10:00", "closes": "16:00"})
    assert (answer.status_code, answer.location) == (303, f"/resources/{place.room.id}")
    assert [h.opens_minute for h in own(session, place).hours_on(ON)] == [600]
    wrong = client.post(hours, data={"from_on": "2026-10-15", "opens": "10:00", "closes": "09:00"})
    assert wrong.status_code == 422 and "关门时间须晚于开门时间" in wrong.text
    day = address("/sites/{site}/resources/{resource}/days/new", place)
    answer = client.post(day, data={"on": "2100-01-02", "opens": "10:00", "closes": "00:00", "note": "展览"})
    assert answer.status_code == 303
    far = get_own_hours(session, place.room.id, date(2100, 1, 1), date(2100, 1, 31))
    assert far.days == {date(2100, 1, 2): OwnDay(600, 1440, "展览")}
    shown = client.get(hours).text
    assert "展览" in shown and "10:00–24:00" in shown
    half = client.post(day, data={"on": "2100-01-03", "opens": "10:00"})
    assert half.status_code == 422 and "请填写开门和关门两个时间" in half.text
    clear = address("/sites/{site}/resources/{resource}/days/2100-01-02/clear", place)
    assert client.post(clear).status_code == 303
    assert client.post(clear).status_code == 404 and client.post(clear.replace("2100-01-02", "soon")).status_code == 404
