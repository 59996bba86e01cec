"""Sites, floors, opening hours and exceptional days: what the operations do, refuse and write into the trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.spaces.hours_queries import get_site_calendar
from incubator.spaces.models import CalendarOverride, Floor, OpeningHours, Site
from incubator.spaces.operations import (
    add_floor,
    add_unit,
    create_site,
    edit_site,
    follow_calendar,
    override_day,
    remove_floor,
    rename_floor,
    set_opening_hours,
)
from incubator.spaces.rules import opening_intervals
from tests.cast import NOW, Cast

WEEK = [("workday", 540, 1080)]
OCTOBER = Month(2026, 10)


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    """Open 09:00-18:00 on working days."""
    return make(session, cast.manager)


def make(session: Session, actor: Actor, **changes: Any) -> Site:
    facts = {"code": "NS", "name": "南山一号", "hours": WEEK, "open_from": date(2026, 1, 1)} | changes
    return create_site(session, actor, now=NOW, **facts)


def last_event(session: Session) -> AuditEvent:
    return session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()


def open_minutes(session: Session, site: Site, first: date, last: date) -> list[int]:
    return [each.minutes for each in opening_intervals(get_site_calendar(session, site), first, last)]


def test_a_new_site_is_open_from_its_first_day(session: Session, site: Site) -> None:
    october = open_minutes(session, site, OCTOBER.first, OCTOBER.last)
    assert (len(october), sum(october)) == (18, 9720)
    assert open_minutes(session, site, date(2025, 12, 29), date(2025, 12, 31)) == []
    event = last_event(session)
    assert (event.action, event.subject_id) == ("create_site", site.id)
    assert event.after["workday"] == ["09:00-18:00"] and event.after["restday"] == []


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"code": " "}, "code", "A site needs a code and a name."),
        ({"name": "\t"}, "name", "A site needs a code and a name."),
        ({"code": "N" * 21}, "code", "This may be at most 20 characters long."),
        ({"name": "名" * 101}, "name", "This may be at most 100 characters long."),
        ({"name_en": "n" * 101}, "name_en", "This may be at most 100 characters long."),
        ({"address": "a" * 201}, "address", "This may be at most 200 characters long."),
        ({"name": "南\x00山"}, "name", "This holds characters that can't be printed."),
        ({"zone": "Mars/Base"}, "zone", "Mars/Base is not a time zone."),
        ({"zone": "EST"}, "zone", "EST is not a time zone."),
        ({"calendar": "US"}, "calendar", "US is not a calendar."),
        ({"open_from": date(202, 1, 1)}, "open_from", "A date lies between 1970 and 2199."),
        ({"hours": [("workday", 1080, 540)]}, "closes", "The site must open before it closes."),
        ({"hours": [("workday", 540, 540)]}, "closes", "The site must open before it closes."),
        ({"hours": [("workday", 540, 1441)]}, "closes", "The site must open before it closes."),
        ({"hours": [*WEEK, ("restday", 600, 600)]}, "rest_closes", "The site must open before it closes."),
        ({"hours": [*WEEK, ("workday", 1100, 1090)]}, "closes_2", "The site must open before it closes."),
        ({"hours": [*WEEK, ("workday", 1079, 1200)]}, "opens_2", "Two stretches of opening hours overlap."),
        ({"hours": [("restday", 600, 660), ("restday", 540, 601)]}, "rest_opens_2", "Two stretches of opening hours overlap."),
        ({"hours": [("closed", 540, 1080)]}, "hours", "Opening hours are for working days or rest days."),
    ],
)  # fmt: skip
def test_what_a_site_can_t_be(
    session: Session, cast: Cast, changes: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        make(session, cast.manager, **changes)
    assert (refused.value.field, str(refused.value)) == (field, sentence)
    assert session.execute(select(Site)).scalars().all() == []


def test_hours_may_touch_and_end_at_midnight(session: Session, cast: Cast) -> None:
    site = make(session, cast.manager, hours=[("workday", 0, 720), ("workday", 720, 1440), ("restday", 540, 1080)])
    assert open_minutes(session, site, date(2026, 10, 12), date(2026, 10, 12)) == [1440]


def test_a_code_is_one_site_s_of_one_operator(session: Session, cast: Cast, site: Site) -> None:
    with pytest.raises(Conflict, match="You have a site with the code NS already") as refused:
        make(session, cast.manager, code=" NS ")
    assert refused.value.field == "code"
    assert make(session, cast.manager, code="ns").code == "ns"  # the transaction goes on


def test_a_site_is_renamed_with_what_it_was_called_before(session: Session, cast: Cast, site: Site) -> None:
    edit_site(session, cast.owner, now=NOW, site=site, name=" 南山  二号 ", name_en="Two", address="高新南七道")
    assert (site.name, site.name_en, site.address, site.code) == ("南山 二号", "Two", "高新南七道", "NS")
    event = last_event(session)
    assert (event.before["name"], event.after["name"]) == ("南山一号", "南山 二号")
    with pytest.raises(Refusal, match="A site needs a code and a name"):
        edit_site(session, cast.owner, now=NOW, site=site, name="", name_en="", address="")


def test_coordinates_are_both_or_none(session: Session, cast: Cast, site: Site) -> None:
    def place(latitude: str | None, longitude: str | None) -> None:
        edit_site(session, cast.owner, now=NOW, site=site, name="南山", name_en="", address="",
                  latitude=latitude and Decimal(latitude), longitude=longitude and Decimal(longitude))  # type: ignore[arg-type] # fmt: skip

    place("22.533325", "-113.93041")
    assert (site.latitude, site.longitude) == (Decimal("22.53333"), Decimal("-113.93041"))
    for latitude, longitude, field in (("22.5", None, "longitude"), (None, "113.9", "latitude"),
                                       ("90.1", "0", "latitude"), ("0", "-180.1", "longitude")):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            place(latitude, longitude)
        assert refused.value.field == field
    place(None, None)
    assert site.latitude is None


def test_hours_set_from_the_16th_leave_the_15th_as_it_was(session: Session, cast: Cast, site: Site) -> None:
    new = [("workday", 480, 1200), ("restday", 600, 960)]
    set_opening_hours(session, cast.manager, now=NOW, site=site, hours=new, from_on=date(2026, 10, 16))
    assert open_minutes(session, site, date(2026, 10, 15), date(2026, 10, 17)) == [540, 720, 360]
    # 8, 9, 10 and 12 to 15 are 7 days of 9 hours, then 11 working days of 12 and 5 rest days of 6
    total = sum(open_minutes(session, site, OCTOBER.first, OCTOBER.last))
    assert total == 7 * 540 + 11 * 720 + 5 * 360
    event = last_event(session)
    assert event.before == {"workday": ["09:00-18:00"], "restday": []}
    assert event.after == {"from": "2026-10-16", "workday": ["08:00-20:00"], "restday": ["10:00-16:00"]}


def test_hours_that_were_to_come_are_replaced(session: Session, cast: Cast, site: Site) -> None:
    for closes, day in ((1200, 20), (1140, 16)):
        set_opening_hours(session, cast.manager, now=NOW, site=site, hours=[("workday", 540, closes)],
                          from_on=date(2026, 10, day))  # fmt: skip
    assert open_minutes(session, site, date(2026, 10, 15), date(2026, 10, 21)) == [540, 600, 600, 600, 600]
    set_opening_hours(session, cast.manager, now=NOW, site=site, hours=[], from_on=date(2026, 1, 1))
    assert session.execute(select(OpeningHours)).scalars().all() == []


@pytest.mark.parametrize("from_on", [date(1969, 12, 31), date(2200, 1, 1), date(9999, 12, 31)])
def test_hours_hold_from_a_day_of_this_age(session: Session, cast: Cast, site: Site, from_on: date) -> None:
    with pytest.raises(Refusal, match="A date lies between 1970 and 2199") as refused:
        set_opening_hours(session, cast.manager, now=NOW, site=site, hours=WEEK, from_on=from_on)
    assert refused.value.field == "from_on"
    assert len(open_minutes(session, site, OCTOBER.first, OCTOBER.last)) == 18


def test_an_exceptional_day_is_set_changed_and_taken_back(session: Session, cast: Cast, site: Site) -> None:
    saturday = date(2026, 10, 10)
    override_day(session, cast.manager, now=NOW, site=site, on=saturday, day_kind="closed", note="消防检查")
    assert open_minutes(session, site, saturday, saturday) == []
    override_day(session, cast.manager, now=NOW, site=site, on=saturday, day_kind="workday")
    assert open_minutes(session, site, saturday, saturday) == [540]
    event = last_event(session)
    assert (event.before["day_kind"], event.before["note"], event.after["day_kind"]) == ("closed", "消防检查", "workday")
    assert len(session.execute(select(CalendarOverride)).scalars().all()) == 1
    override_day(session, cast.manager, now=NOW, site=site, on=saturday, day_kind="restday")
    follow_calendar(session, cast.manager, now=NOW, site=site, on=saturday)
    assert open_minutes(session, site, saturday, saturday) == [540], "the calendar has it as a working day"
    assert last_event(session).before["day_kind"] == "restday"
    with pytest.raises(NotFound, match="That day follows the calendar already"):
        follow_calendar(session, cast.manager, now=NOW, site=site, on=saturday)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day_kind": "holiday"}, "day_kind"), ({"on": date(1900, 1, 1)}, "on"), ({"on": date(9999, 12, 31)}, "on"),
        ({"note": "n" * 201}, "note"),
    ],
)  # fmt: skip
def test_what_an_exceptional_day_can_t_be(
    session: Session, cast: Cast, site: Site, changes: dict[str, Any], field: str
) -> None:
    facts = {"on": date(2026, 10, 20), "day_kind": "closed", "note": ""} | changes
    with pytest.raises(Refusal) as refused:
        override_day(session, cast.manager, now=NOW, site=site, **facts)
    assert refused.value.field == field
    assert session.execute(select(CalendarOverride)).scalars().all() == []


def test_a_floor_is_added_and_renamed(session: Session, cast: Cast, site: Site) -> None:
    first = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    cellar = add_floor(session, cast.manager, now=NOW, site=site, name="B1", level=-1)
    rename_floor(session, cast.manager, now=NOW, site=site, floor=first, name="东翼", level=2)
    event = last_event(session)
    assert (event.before, event.after) == (
        {"site": "NS", "name": "1F", "level": 1}, {"site": "NS", "name": "东翼", "level": 2}
    )  # fmt: skip
    with pytest.raises(Conflict, match="南山一号 has a floor 东翼 already") as refused:
        rename_floor(session, cast.manager, now=NOW, site=site, floor=cellar, name="东翼", level=-1)
    assert refused.value.field == "name"
    session.refresh(cellar)
    assert (cellar.name, cellar.level) == ("B1", -1)
    other = make(session, cast.manager, code="FT", name="福田")
    assert add_floor(session, cast.manager, now=NOW, site=other, name="东翼").site_id == other.id


@pytest.mark.parametrize(
    ("name", "level", "field"),
    [("", 1, "name"), ("n" * 51, 1, "name"), ("1\x07F", 1, "name"), ("1F", -10, "level"), ("1F", 200, "level"), ("1F", 10**30, "level")],
)
def test_what_a_floor_can_t_be(session: Session, cast: Cast, site: Site, name: str, level: int, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        add_floor(session, cast.manager, now=NOW, site=site, name=name, level=level)
    assert refused.value.field == field
    assert session.execute(select(Floor)).scalars().all() == []


def test_a_floor_added_by_mistake_is_removed_and_one_with_units_stays(session: Session, cast: Cast, site: Site) -> None:
    wrong = add_floor(session, cast.manager, now=NOW, site=site, name="-1")
    used = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    add_unit(session, cast.manager, now=NOW, floor=used, code="D1", kind="desk", purpose="incubation",
             area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip
    remove_floor(session, cast.manager, now=NOW, site=site, floor=wrong)
    assert (last_event(session).action, last_event(session).before) == (
        "remove_floor", {"site": "NS", "name": "-1", "level": 1})  # fmt: skip
    with pytest.raises(Conflict, match="their history stays"):
        remove_floor(session, cast.manager, now=NOW, site=site, floor=used)
    assert session.execute(select(Floor.name)).scalars().all() == ["1F"]


def forbidden(site: Site, floor: Floor, now: datetime) -> list[Callable[[Session, Actor], object]]:
    on = date(2026, 10, 20)
    return [
        lambda session, actor: make(session, actor, code="X"),
        lambda session, actor: edit_site(session, actor, now=now, site=site, name="x", name_en="", address=""),
        lambda session, actor: set_opening_hours(session, actor, now=now, site=site, hours=[], from_on=on),
        lambda session, actor: override_day(session, actor, now=now, site=site, on=on, day_kind="closed"),
        lambda session, actor: follow_calendar(session, actor, now=now, site=site, on=on),
        lambda session, actor: remove_floor(session, actor, now=now, site=site, floor=floor),
        lambda session, actor: add_floor(session, actor, now=now, site=site, name="x"),
        lambda session, actor: rename_floor(session, actor, now=now, site=site, floor=floor, name="x", level=1),
    ]


@pytest.mark.parametrize("role", ["front_desk", "finance", "auditor", "mentor", "founder_a"])
def test_only_the_owner_and_managers_change_spaces(session: Session, cast: Cast, site: Site, role: str) -> None:
    floor = add_floor(session, cast.owner, now=NOW, site=site, name="1F")
    before = last_event(session).number
    for change in forbidden(site, floor, NOW):
        with pytest.raises(Forbidden):
            change(session, getattr(cast, role))
    assert last_event(session).number == before
