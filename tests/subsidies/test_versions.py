"""Which version of a scheme holds on a day and at a site."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from incubator.subsidies.versions import Validity, pick_version, version_state

JANUARY, JUNE, JULY, AUGUST = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 1)
HERE, THERE = 1, 2


def test_a_later_version_takes_over_from_its_first_day() -> None:
    first, second = Validity(1, JANUARY, None, None), Validity(2, JULY, None, None)
    assert pick_version([first, second], HERE, JUNE) == first
    assert pick_version([second, first], HERE, JULY) == second
    assert pick_version([first, second], HERE, date(2025, 12, 31)) is None


def test_one_for_the_site_comes_before_one_for_all() -> None:
    for_all, for_here = Validity(2, JANUARY, None, None), Validity(1, JANUARY, None, HERE)
    assert pick_version([for_all, for_here], HERE, JULY) == for_here
    assert pick_version([for_all, for_here], THERE, JULY) == for_all


def test_one_that_ends_gives_back_to_the_one_before() -> None:
    first, trial = Validity(1, JANUARY, None, None), Validity(2, JUNE, JULY, None)
    assert [pick_version([first, trial], HERE, day) for day in (JUNE, JULY, AUGUST)] == [trial, trial, first]


def test_states() -> None:
    first, second, over, coming = (
        Validity(1, JANUARY, None, None), Validity(2, JULY, None, None), Validity(3, JANUARY, JUNE, None),
        Validity(4, date(2027, 1, 1), None, None),
    )  # fmt: skip
    versions = [first, second, over, coming]
    assert [version_state(versions, each, AUGUST) for each in versions] == ["replaced", "in_force", "over", "coming"]


days = st.dates(date(2026, 1, 1), date(2026, 1, 20))


@given(st.lists(st.tuples(days, st.none() | days, st.none() | st.sampled_from([HERE, THERE])), max_size=5), days)
def test_against_a_list_of_every_day(given_versions: list[tuple[date, date | None, int | None]], on: date) -> None:
    versions = [Validity(number, *each) for number, each in enumerate(given_versions, start=1)]
    best = None
    for version in versions:  # by number: the later wins, unless the one found is for this site and it is not
        inside = version.first <= on and (version.until is None or on <= version.until)
        if not inside or version.site_id == THERE:
            continue
        if best is None or version.site_id == HERE or best.site_id is None:
            best = version
    assert pick_version(reversed(versions), HERE, on) == best
