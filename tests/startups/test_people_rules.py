"""Who counts in which category when, and once: by hand, and against a count day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.errors import Refusal
from incubator.startups.rules.industries import DIVISIONS, SECTIONS, check_industry, division_of
from incubator.startups.rules.people import (
    CATEGORIES,
    Post,
    Standing,
    count_category,
    count_people,
    identify,
    last_day_of,
)

DAY = date(2026, 10, 1)
CARD = "11010519491231002X"


@pytest.mark.parametrize(
    ("category", "first", "last", "ends"),
    [
        ("graduate", date(2024, 6, 30), None, date(2029, 6, 29)), ("graduate", date(2024, 2, 29), None, date(2029, 2, 28)),
        ("graduate", date(2024, 6, 30), date(2025, 1, 1), date(2025, 1, 1)),
        ("graduate", date(2024, 6, 30), date(2040, 1, 1), date(2029, 6, 29)),
        ("fresh_graduate", date(2026, 6, 30), None, date(2027, 6, 29)), ("veteran", date(2020, 1, 1), None, None),
        ("student", date(2025, 9, 1), date(2029, 6, 30), date(2029, 6, 30)),
    ],
)  # fmt: skip
def test_a_category_lasts_as_long_as_it_says(category: str, first: date, last: date | None, ends: date | None) -> None:
    assert last_day_of(category, first, last) == ends


def test_a_number_is_recognised_and_not_kept() -> None:
    one = identify(b"secret", "resident", " １１０１０５１９４９１２３１００２ｘ ")
    assert one == identify(b"secret", "resident", CARD) and one.tail == "002X"
    assert CARD not in repr(one) and len(one.hash) == 32
    assert one.hash != identify(b"another", "resident", CARD).hash
    assert identify(b"s", "passport", "E12345678").hash != identify(b"s", "permit", "E12345678").hash


@pytest.mark.parametrize(("kind", "number"), [
    ("resident", "110105194912310021"), ("resident", "123"), ("resident", "110105199902300025"), ("passport", "E12"),
    ("passport", "E1234567<script>"), ("permit", "甲乙丙丁戊己"), ("licence", CARD),
])  # fmt: skip
def test_what_is_no_number(kind: str, number: str) -> None:
    with pytest.raises(Refusal):
        identify(b"secret", kind, number)


days = st.integers(0, 40).map(lambda n: DAY + timedelta(days=n))
spans = st.tuples(days, st.none() | days).map(lambda pair: (min(pair[0], pair[1] or pair[0]), pair[1] and max(pair)))
posts = st.lists(st.builds(
    lambda who, startup, role, span: Post(who, startup, role, *span),
    st.integers(1, 4), st.integers(1, 3), st.sampled_from(["founder", "employee"]), spans,
))  # fmt: skip
standings = st.lists(st.builds(
    lambda who, category, span, sure: Standing(who, category, *span, sure),
    st.integers(1, 4), st.sampled_from(["student", "veteran"]), spans, st.booleans(),
))  # fmt: skip


@given(posts, standings, days, st.sampled_from([None, "founder", "employee"]))
def test_a_human_counts_once_in_however_many_startups(
    posts: list[Post], standings: list[Standing], on: date, role: str | None
) -> None:
    there = [
        who for who in range(1, 5)
        if any(p.individual_id == who and p.first <= on <= (p.last or date.max) and role in (None, p.role) for p in posts)
    ]  # fmt: skip
    assert count_people(posts, on, role) == len(there)
    veterans = [who for who in there if any(
        s.individual_id == who and s.category == "veteran" and s.is_confirmed and s.first <= on <= (s.last or date.max)
        for s in standings)]  # fmt: skip
    assert count_category(posts, standings, "veteran", on, role) == len(veterans) <= len(there)


def test_the_industries_are_the_standard_s() -> None:
    assert (len(SECTIONS), len(DIVISIONS)) == (20, 97) and {each.section for each in DIVISIONS.values()} == set(SECTIONS)
    assert sorted(DIVISIONS) == [f"{n:02}" for n in range(1, 98)]
    letters = [DIVISIONS[f"{n:02}"].section for n in range(1, 98)]
    assert letters == sorted(letters)


@pytest.mark.parametrize(("typed", "code"), [("6513", "6513"), (" i65 ", "65"), ("I6513", "6513"), ("", ""), ("651", "651")])
def test_an_industry_as_it_is_typed(typed: str, code: str) -> None:
    assert check_industry(typed) == code


@pytest.mark.parametrize("typed", ["6", "98", "00", "C65", "65135", "软件", "6 5 x", "I", "٦٥"])
def test_what_is_no_industry(typed: str) -> None:
    with pytest.raises(Refusal):
        check_industry(typed)


def test_a_class_belongs_to_its_division() -> None:
    found = division_of("6513")
    assert found is not None and (found.section, found.name) == ("I", "软件和信息技术服务业")
    assert division_of("") is None and "graduate" in CATEGORIES
