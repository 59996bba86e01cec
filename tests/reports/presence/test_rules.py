"""What doesn't fit, worked by hand; what is read, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from incubator.core.errors import Refusal
from incubator.reports.presence import kept
from incubator.reports.presence.items import Frame, read_item
from incubator.reports.presence.rules import (
    DaySum,
    Finding,
    Holding,
    Let,
    Party,
    SensorDay,
    Shared,
    Site,
    find,
    first_kept,
    is_signed,
    let_at_most,
    person_hash,
    sign,
)

SIX = Decimal(6)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
EIGHTH, NINTH = date(2026, 10, 8), date(2026, 10, 9)


def site(*parties: Party, watched: bool = True, sensors: tuple[SensorDay, ...] = (),
         shared: tuple[Shared, ...] = ()) -> Site:  # fmt: skip
    return Site(parties, sensors, shared, (EIGHTH, NINTH), watched)


def party(number: int = 1, **more: object) -> Party:
    return replace(Party(number, f"S-{number}", "甲公司", ""), **more)  # type: ignore[arg-type] # fields of the test's own


@pytest.mark.parametrize(("desks", "area", "places"), [
    (3, "0", 3), (0, "50", 8), (2, "59.99", 11), (0, "5.99", 0), (0, "6", 1),
])  # fmt: skip
def test_for_how_many_people_desks_and_area_are(desks: int, area: str, places: int) -> None:
    assert Let(desks, Decimal(area)).places(SIX) == places


def test_a_move_in_the_month_does_not_count_twice() -> None:
    desk, office = Decimal(5), Decimal(40)
    moved = [Holding(True, desk, FIRST, date(2026, 10, 9)), Holding(True, desk, date(2026, 10, 10), date(9999, 1, 1))]
    assert let_at_most(moved, FIRST, LAST) == Let(1)
    assert let_at_most([*moved, Holding(False, office, date(2026, 9, 1), date(2026, 10, 2))], FIRST, LAST) == (
        Let(1, office)
    )
    assert let_at_most([Holding(True, desk, date(2026, 9, 1), date(2026, 9, 30))], FIRST, LAST) == Let()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(-20, 50), st.integers(0, 40)), max_size=8))
def test_the_most_let_is_that_of_some_day(rows: list[tuple[bool, int, int, int]]) -> None:
    held = [Holding(is_desk, Decimal(area), FIRST + timedelta(start), FIRST + timedelta(start + length))
            for is_desk, area, start, length in rows]  # fmt: skip
    found = let_at_most(held, FIRST, LAST)
    by_day = [[each for each in held if each.first <= FIRST + timedelta(day) <= each.last] for day in range(31)]
    assert found.desks == max(sum(each.is_desk for each in day) for day in by_day)
    assert found.area_m2 == max(sum(each.area_m2 for each in day if not each.is_desk) for day in by_day)


def kinds(found: list[Finding]) -> list[str]:
    return [each.kind for each in found]


def test_registered_or_let_and_never_present() -> None:
    assert kinds(find(site(party(registered=True)), SIX)) == ["never_present"]
    assert kinds(find(site(party(let=Let(2))), SIX)) == ["never_present"]
    assert find(site(party()), SIX) == [], "neither registered nor let here"
    assert find(site(party(registered=True), watched=False), SIX) == [], "where nobody looks, nobody is absent"
    there = (DaySum(EIGHTH, 1, 1),)
    assert find(site(party(registered=True, days=there, people=1, peak=1)), SIX) == []


def test_more_at_once_than_desks_and_area_are_for() -> None:
    """Two desks and an office of 30 m² are for 7 people: 7 at once fit, 8 don't."""
    let, there = Let(2, Decimal(30)), (DaySum(EIGHTH, 8, 8),)
    assert find(site(party(let=let, days=there, peak=7)), SIX) == []
    (found,) = find(site(party(let=let, days=there, peak=8)), SIX)
    assert (found.kind, found.facts["peak"], found.facts["places"]) == ("over_capacity", 8, 7)
    assert find(site(party(days=there, peak=8)), SIX) == [], "without anything let there is no limit to be over"


def test_a_sensor_that_counts_more_than_its_area_holds() -> None:
    days = (SensorDay(7, "大厅", 80, EIGHTH, 80), SensorDay(7, "大厅", 80, NINTH, 95), SensorDay(8, "路演厅", 40, NINTH, 40))
    (found,) = find(site(sensors=days), SIX)
    assert (found.key, found.facts["most"], found.facts["on"], found.facts["days"]) == ("c7", 95, "2026-10-09", 1)


def test_one_person_in_several_startups_and_sessions_at_night() -> None:
    three = Shared("0a1b", "insured", (("S-1", "甲"), ("S-2", "乙"), ("S-3", "丙")))
    nights = (DaySum(EIGHTH, 3, 1, 2), DaySum(NINTH, 1, 1, 0))
    found = find(site(party(registered=True, days=nights, peak=1, let=Let(1)), shared=(three,)), SIX)
    assert kinds(found) == ["one_in_many", "out_of_hours"]
    assert found[1].facts == {"code": "S-1", "sessions": 2, "days": 1}


def test_an_explanation_is_of_the_figures_that_were_explained() -> None:
    before, after = (find(site(party(let=Let(1), days=(DaySum(EIGHTH, 9, 9),), peak=peak)), SIX)[0] for peak in (2, 3))
    assert before.key == after.key and before.sha256 != after.sha256


def test_the_share_of_working_days() -> None:
    """Of the two working days one; the Saturday on which somebody came, too, is none."""
    seen = party(days=(DaySum(EIGHTH, 1, 1), DaySum(date(2026, 10, 17), 1, 1)))
    assert seen.share((EIGHTH, NINTH)) == Decimal("0.5")
    assert seen.share(()) is None


days = st.builds(DaySum, st.dates(FIRST, LAST), st.integers(1, 99), st.integers(1, 9), st.integers(0, 3))
parties = st.builds(
    Party, st.integers(1, 99), st.just("S-1"), st.text(max_size=5), st.just(""), st.booleans(), st.integers(0, 9),
    st.none() | st.integers(0, 50), st.builds(Let, st.integers(0, 9), st.decimals(0, 999, places=2)),
    st.lists(days, max_size=4).map(tuple), st.integers(0, 9), st.integers(0, 20),
)  # fmt: skip


@given(st.lists(parties, max_size=4).map(tuple), st.booleans())
def test_what_is_kept_finds_the_same(found: tuple[Party, ...], watched: bool) -> None:
    month = Site(found, (SensorDay(1, "厅", 10, NINTH, 11),), (Shared("ab", "seen", (("S-1", "甲"), ("S-2", "乙"))),),
                 (EIGHTH, NINTH), watched, 3)  # fmt: skip
    again = kept.read(kept.write(month))
    assert again == month
    assert [each.sha256 for each in find(again, SIX)] == [each.sha256 for each in find(month, SIX)]


@pytest.mark.parametrize(("today", "keep", "first"), [
    (date(2026, 11, 27), 400, date(2025, 10, 1)), (date(2026, 11, 27), 62, date(2026, 9, 1)),
    (date(2026, 3, 1), 28, date(2026, 2, 1)),
])  # fmt: skip
def test_months_go_as_a_whole(today: date, keep: int, first: date) -> None:
    assert first_kept(today, keep) == first


def test_a_signature_holds_five_minutes_for_these_bytes() -> None:
    """The HMAC is RFC 2104's: openssl dgst -sha256 -hmac key says the same (the example in docs/presence-api.md)."""
    signature = sign("key", "1760000000", b"{}")
    assert signature == "5f2db4fbfe82c254ac32f1ccc5eff02389f2609d76031aa8b300fac9565df6f6"
    assert is_signed("key", "1760000000", f"sha256={signature}", b"{}", 1760000300)
    assert is_signed("key", "1760000000", signature, b"{}", 1759999700)
    for when, body, key, stamp in (
        (1760000301, b"{}", "key", "1760000000"), (1759999699, b"{}", "key", "1760000000"),
        (1760000000, b"{ }", "key", "1760000000"), (1760000000, b"{}", "kay", "1760000000"),
        (1760000000, b"{}", "key", "1760000001"), (1760000000, b"{}", "key", ""),
        (1760000000, b"{}", "key", "-1"), (1760000000, b"{}", "key", "9" * 13), (1760000000, b"{}", "key", "１760000000"),
    ):  # fmt: skip
        assert not is_signed(key, stamp, signature, body, when)
    for wrong in ("", "sha256=", signature[:-1], signature.upper(), signature + "0", "sha1=" + signature):
        assert not is_signed("key", "1760000000", wrong, b"{}", 1760000000)


def test_one_card_is_one_person_however_it_is_written() -> None:
    written = {person_hash(b"s", 1, each) for each in ("aa:bb:cc:00:11:22", "AABBCC001122", "aa-bb-cc-00-11-22 ")}
    assert len(written) == 1
    assert person_hash(b"s", 2, "AABBCC001122") not in written, "another operator's is another"
    assert person_hash(b"t", 1, "AABBCC001122") not in written


def frame(kind: str) -> Frame:
    return Frame(kind, 1, b"secret", SHANGHAI, {"S-1": 11}, {"A01": 21}, date(2025, 9, 1), NOW)


def test_a_session_is_read_with_its_local_day() -> None:
    """00:30 on the 9th in Shanghai is the 8th in UTC."""
    item = read_item(frame("door"), {"id": "x", "starts": "2026-10-08T16:30:00Z", "ends": "2026-10-08T19:00:00Z",
                                     "person": "0042"})  # fmt: skip
    assert (item.on, item.person, item.startup_id) == (NINTH, person_hash(b"secret", 1, "0042"), None)
    same = read_item(frame("door"), {"id": "x", "starts": "2026/10/09 00:30", "ends": "2026-10-09 03:00",
                                     "person": "0042"})  # fmt: skip
    assert same == item


def test_a_list_is_of_its_month() -> None:
    item = read_item(frame("social_insurance"), {"id": 1, "month": "2026-10", "startup": "S-1", "count": "8"})
    assert (item.on, item.startup_id, item.count) == (FIRST, 11, 8)
    named = read_item(frame("social_insurance"), {"id": 2, "month": "2026-10", "startup": "S-1",
                                                  "person": "11010519491231002x"})  # fmt: skip
    assert named.person is not None and named.count is None


@pytest.mark.parametrize(("kind", "item", "field"), [
    ("door", {}, "id"),
    ("door", {"id": "x"}, "starts"),
    ("door", {"id": "x", "at": "2026-10-08"}, "person"),
    ("door", {"id": "x", "at": "yesterday", "person": "1"}, "at"),
    ("door", {"id": "x", "at": "2026-10-20 12:06", "person": "1"}, "at"),
    ("door", {"id": "x", "at": "2025-08-31 12:00", "person": "1"}, "at"),
    ("door", {"id": "x", "starts": "2026-10-08 10:00", "ends": "2026-10-08 10:00", "person": "1"}, "ends"),
    ("door", {"id": "x", "starts": "2026-10-08 10:00", "ends": "2026-10-09 10:01", "person": "1"}, "ends"),
    ("door", {"id": "x", "at": "2026-10-08 10:00", "person": "1", "startup": "S-9"}, "startup"),
    ("door", {"id": "x", "at": "2026-10-08 10:00", "person": "1", "unit": "Z"}, "unit"),
    ("door", {"id": "x", "at": "2026-10-08 10:00", "person": ["1"]}, "person"),
    ("door", {"id": "x", "at": "2026-10-08 10:00", "person": "1" * 65}, "person"),
    ("door", {"id": True, "at": "2026-10-08 10:00", "person": "1"}, "id"),
    ("door", {"id": "x", "at": "2026-10-08 10:00", "person": "1", "count": 3}, "count"),
    ("door", {"id": "x", "at": "9999-12-31T23:59:59-23:59", "person": "1"}, "at"),
    ("desk", {"id": "x", "at": "2026-10-08 10:00", "unit": "A01"}, "person"),
    ("sensor", {"id": "x", "at": "2026-10-08 10:00"}, "count"),
    ("sensor", {"id": "x", "at": "2026-10-08 10:00", "count": -1}, "count"),
    ("sensor", {"id": "x", "at": "2026-10-08 10:00", "count": 1.5}, "count"),
    ("sensor", {"id": "x", "at": "2026-10-08 10:00", "count": True}, "count"),
    ("social_insurance", {"id": "x", "month": "2026-13", "startup": "S-1", "count": 1}, "month"),
    ("social_insurance", {"id": "x", "month": "2026-10", "count": 1}, "startup"),
    ("social_insurance", {"id": "x", "month": "2026-10", "startup": "S-1"}, "count"),
    ("social_insurance", {"id": "x", "month": "2026-10", "startup": "S-1", "person": "110105194912310021"}, "person"),
])  # fmt: skip
def test_what_is_refused_and_where(kind: str, item: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_item(frame(kind), item)
    assert refused.value.field == field


json_like = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
                         lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(st.sampled_from(("door", "wifi", "desk", "sensor", "social_insurance")),
       st.dictionaries(st.sampled_from(("id", "at", "starts", "ends", "person", "startup", "unit", "count", "month")),
                       json_like))  # fmt: skip
def test_whatever_is_posted_is_read_or_refused(kind: str, item: dict[str, object]) -> None:
    with suppress(Refusal):
        read_item(frame(kind), item)
