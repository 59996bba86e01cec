"""Which version of a scheme holds, against trying each one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.subsidies.rules.versions import Validity, pick_version, version_state

FIRST = date(2026, 1, 1)
JANUARY, JULY = Validity(1, FIRST, None, None), Validity(2, date(2026, 7, 1), None, None)


@pytest.mark.parametrize(
    ("on", "number"),
    [(date(2025, 12, 31), None), (FIRST, 1), (date(2026, 6, 1), 1), (date(2026, 6, 30), 1), (date(2026, 7, 1), 2)],
)
def test_the_later_version_takes_over_on_its_first_day(on: date, number: int | None) -> None:
    picked = pick_version([JANUARY, JULY], 5, on)
    assert (picked.number if picked else None) == number


def test_the_last_day_is_within() -> None:
    only = Validity(1, FIRST, date(2026, 12, 31), None)
    assert pick_version([only], 5, date(2026, 12, 31)) == only
    assert pick_version([only], 5, date(2027, 1, 1)) is None


def test_one_for_the_site_comes_before_a_later_one_for_all() -> None:
    at_five = Validity(1, FIRST, date(2026, 12, 31), 5)
    everywhere = Validity(2, FIRST, None, None)
    assert pick_version([at_five, everywhere], 5, FIRST) == at_five
    assert pick_version([at_five, everywhere], 6, FIRST) == everywhere
    assert pick_version([at_five, everywhere], None, FIRST) == everywhere
    assert pick_version([at_five, everywhere], 5, date(2027, 1, 1)) == everywhere


def test_a_later_version_that_is_over_gives_way_again() -> None:
    trial = Validity(2, date(2026, 3, 1), date(2026, 3, 31), None)
    assert [pick_version([JANUARY, trial], 5, on) for on in (date(2026, 3, 1), date(2026, 4, 1))] == [trial, JANUARY]


@pytest.mark.parametrize(
    ("version", "today", "state"),
    [
        (JANUARY, date(2025, 12, 31), "coming"),
        (JANUARY, date(2026, 6, 30), "in_force"),
        (JANUARY, date(2026, 7, 1), "replaced"),
        (JULY, date(2026, 6, 30), "coming"),
        (JULY, date(2026, 7, 1), "in_force"),
    ],
)
def test_the_states_of_two(version: Validity, today: date, state: str) -> None:
    assert version_state([JANUARY, JULY], version, today) == state


def test_one_for_a_site_does_not_replace_the_one_for_all() -> None:
    at_five = Validity(2, FIRST, date(2026, 6, 30), 5)
    assert version_state([JANUARY, at_five], JANUARY, FIRST) == "in_force"
    assert version_state([JANUARY, at_five], at_five, FIRST) == "in_force"
    assert version_state([JANUARY, at_five], at_five, date(2026, 7, 1)) == "over"


@st.composite
def histories(draw: st.DrawFn) -> list[Validity]:
    found = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        first = FIRST + timedelta(days=draw(st.integers(0, 6)))
        length = draw(st.none() | st.integers(0, 5))
        until = None if length is None else first + timedelta(days=length)
        found.append(Validity(number, first, until, draw(st.sampled_from([None, 1, 2]))))
    return draw(st.permutations(found))


days = st.integers(-1, 14).map(lambda offset: FIRST + timedelta(days=offset))
sites = st.sampled_from([None, 1, 2, 3])


def by_trying(versions: list[Validity], site: int | None, on: date) -> Validity | None:
    """From the latest down: the first that is for this very site, else the first that is for all."""
    held = [each for each in sorted(versions, key=lambda each: -each.number)
            if each.first <= on and (each.until is None or on <= each.until)]  # fmt: skip
    own = [each for each in held if each.site_id == site and site is not None]
    return next(iter(own + [each for each in held if each.site_id is None]), None)


@settings(max_examples=150, deadline=None)
@given(histories(), sites, days)
def test_picking_against_trying_each(versions: list[Validity], site: int | None, on: date) -> None:
    assert pick_version(versions, site, on) == by_trying(versions, site, on)


@settings(max_examples=150, deadline=None)
@given(histories(), days)
def test_states_against_trying_each(versions: list[Validity], today: date) -> None:
    for version in versions:
        rivals = [each for each in versions if each.site_id == version.site_id and each.number > version.number]
        if today < version.first:
            expected = "coming"
        elif version.until is not None and today > version.until:
            expected = "over"
        elif any(each.first <= today and (each.until is None or today <= each.until) for each in rivals):
            expected = "replaced"
        else:
            expected = "in_force"
        assert version_state(versions, version, today) == expected
