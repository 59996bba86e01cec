"""A resource with hours of its own: what is refused with which words, what is shown, offered and planned."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from html import unescape

import pytest
from sqlalchemy.orm import Session

from incubator.bookings.operations import BookingRequest, add_rule, book, book_many
from incubator.bookings.planning import SeriesWish, plan_series
from incubator.bookings.suggesting import suggest
from incubator.bookings.timeline import see_day
from incubator.core.errors import Refusal
from incubator.spaces.models import Resource
from incubator.spaces.operations import override_day, set_resource_day, set_resource_hours
from tests.bookings.conftest import Place
from tests.bookings.test_free_times import at, local_hours
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting

THURSDAY, FRIDAY, SATURDAY = date(2026, 10, 15), date(2026, 10, 16), date(2026, 10, 17)


@pytest.fixture
def short(session: Session, cast: Cast, place: Place) -> Place:
    """Room 1 is open 10:00-16:00, on Thursday 14:00-20:00 and on Friday not at all; its site 09:00-18:00."""
    set_resource_hours(session, cast.manager, now=NOW, resource=place.room, hours=[("workday", 600, 960)],
                       from_on=date(2026, 1, 1))  # fmt: skip
    set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=THURSDAY, opens=840, closes=1200)
    set_resource_day(session, cast.manager, now=NOW, resource=place.room, on=FRIDAY, opens=None, closes=None,
                     note="更换空调")  # fmt: skip
    return place


def try_book(session: Session, cast: Cast, resource: Resource, start: datetime, end: datetime, **more: object) -> None:
    book(session, more.pop("actor", cast.founder_a), now=NOW, resource_id=resource.id, start=start, end=end,
         **({"startup_id": cast.startup_a} | more))  # type: ignore[arg-type] # fmt: skip


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (at(14, 9), "会议室一 is open ('10:00–16:00',) on 2026-10-14."),
        (at(14, 16), "会议室一 is open ('10:00–16:00',) on 2026-10-14."),
        (at(15, 10), "会议室一 is open ('14:00–18:00',) on 2026-10-15."),
        (at(15, 18), "The site is closed at 2026-10-15 18:00:00+08:00; open that day: ('09:00–18:00',)."),
        (at(16, 10), "会议室一 is not open on 2026-10-16: 更换空调"),
        (at(17, 10), "The site is closed at 2026-10-17 10:00:00+08:00."),
    ],
)
def test_a_refusal_names_the_resource_its_hours_and_why(
    session: Session, cast: Cast, short: Place, start: datetime, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        try_book(session, cast, short.room, start, start.replace(hour=start.hour + 1))
    assert (str(refused.value), refused.value.field) == (words, "start")


def test_within_its_hours_it_is_booked_and_staff_are_not_bound(session: Session, cast: Cast, short: Place) -> None:
    try_book(session, cast, short.room, at(14, 10), at(14, 11))
    try_book(session, cast, short.room, at(15, 17), at(15, 18))
    try_book(session, cast, short.half, at(14, 9), at(14, 10))
    try_book(session, cast, short.room, at(16, 10), at(16, 11), actor=cast.front_desk)
    book_many(session, cast.manager, now=NOW, requests=[BookingRequest(short.room.id, at(16, 12), at(16, 13), cast.startup_a)])


def test_an_exception_can_not_open_what_the_site_closes(session: Session, cast: Cast, short: Place) -> None:
    override_day(session, cast.manager, now=NOW, site=short.site, on=THURSDAY, day_kind="closed")
    with pytest.raises(Refusal, match="The site is closed"):
        try_book(session, cast, short.room, at(15, 15), at(15, 16))


@pytest.mark.parametrize(("locale", "sentence"), [
    ("zh_Hans", "会议室一在2026年10月16日不开放：更换空调"), ("en", "Room 1 is not open on 16 Oct 2026: 更换空调"),
])  # fmt: skip
def test_the_page_says_it_in_the_readers_language(
    client: Browser, cast: Cast, short: Place, clock: object, locale: str, sentence: str
) -> None:
    client.sign_in(cast.founder_a)
    client.post("/locale", data={"locale": locale, "next": "/"})
    wish = {"resource_id": short.room.id, "startup_id": cast.startup_a, "on": FRIDAY, "start": "10:00", "end": "11:00"}
    answer = client.get("/timeline/quote", query_string=wish)
    assert (answer.status_code, answer.json["error"]) == (422, sentence)
    posted = client.post("/bookings/new", data=wish | {"agreed_minor": "5000"})
    assert posted.status_code == 422 and sentence in unescape(posted.text)


def test_the_timeline_shows_and_hatches_each_row_by_its_own_hours(
    client: Browser, session: Session, cast: Cast, short: Place, clock: object
) -> None:
    day = see_day(session, cast.founder_a, short.site, THURSDAY, NOW)
    rows = {row.resource.code: row for row in day.rows}
    assert local_hours(short, rows["R1"].free) == ["14:00-18:00"]
    assert local_hours(short, rows["H"].free) == local_hours(short, day.openings) == ["09:00-18:00"]
    page = client.sign_in(cast.founder_a).get("/timeline?date=2026-10-15").text
    data = json.loads(unescape(re.search(r'data-events="([^"]*)"', page)[1]))  # type: ignore[index]
    assert data["openings"][str(short.room.id)] == [["2026-10-15T14:00", "2026-10-15T18:00"]]
    assert data["openings"][str(short.hall.id)] == [["2026-10-15T09:00", "2026-10-15T18:00"]]
    assert f'data-page="/resources/0"' in page  # noqa: F541
    listed = client.get("/timeline?date=2026-10-16&view=list").text
    (section,) = [part for part in listed.split("<section")[1:] if "会议室一" in part]
    assert "全天不开放" in section and "bookings/new" not in section


def test_a_day_of_many_resources_with_hours_of_their_own_takes_nine_statements(
    session: Session, cast: Cast, short: Place
) -> None:
    set_resource_hours(session, cast.manager, now=NOW, resource=short.pool, hours=[("workday", 600, 900)],
                       from_on=date(2026, 1, 1))  # fmt: skip
    try_book(session, cast, short.room, at(15, 17), at(15, 18))
    with counting(session) as statements:
        see_day(session, cast.founder_a, short.site, THURSDAY, NOW)
    assert len(statements) <= 9, "\n".join(statements)


def test_a_series_is_refused_on_the_days_on_which_it_is_not_open(session: Session, cast: Cast, short: Place) -> None:
    wish = SeriesWish(short.room.id, cast.startup_a, (date(2026, 10, 14), THURSDAY, FRIDAY), time(11), time(12))
    plan = plan_series(session, cast.founder_a, wish, now=NOW)
    assert [str(each.refusal) if each.refusal else "" for each in plan.occurrences] == [
        "", "会议室一 is open ('14:00–18:00',) on 2026-10-15.", "会议室一 is not open on 2026-10-16: 更换空调",
    ]  # fmt: skip


def test_what_is_offered_instead_lies_within_its_hours(session: Session, cast: Cast, short: Place) -> None:
    found = suggest(session, cast.founder_a, short.room, at(15, 16), at(15, 18), attendees=None,
                    startup_id=cast.startup_a, now=NOW)  # fmt: skip
    assert [f"{slot.start.astimezone(at(1, 1).tzinfo):%d %H:%M}" for slot in found.slots] == ["15 16:00", "19 10:00", "19 12:00"]
    set_resource_day(session, cast.manager, now=NOW, resource=short.half, on=FRIDAY, opens=None, closes=None)
    others = suggest(session, cast.founder_a, short.hall, at(16, 10), at(16, 11), attendees=None,
                     startup_id=cast.startup_a, now=NOW).others  # fmt: skip
    assert others == []


def test_a_rule_holds_for_a_known_thing_however_it_was_written(session: Session, cast: Cast, place: Place) -> None:
    place.room.tags = ["屏幕"]
    place.half.tags = ["screen"]
    session.flush()
    for tag in ("Screen", "显示屏"):
        add_rule(session, cast.manager, now=NOW, name=f"rule {tag}", tag=tag, longest_minutes=60)
    for resource in (place.room, place.half):
        with pytest.raises(Refusal, match="lasts 1:00:00 at most"):
            try_book(session, cast, resource, at(14, 10), at(14, 12))
    try_book(session, cast, place.pool, at(14, 10), at(14, 12))
