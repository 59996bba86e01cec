"""Reviews become a ranked list: the worked numbers, a model by brute force, and what no reviewer can bring about."""

from __future__ import annotations

import math
import random
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incubator.startups.rules.selection import Mark, Scale, Wanted, assign_evenly, norms, rank, rubric_total

RUBRIC = {1: Scale(50, 1, 5), 2: Scale(30, 1, 5), 3: Scale(20, 1, 5)}
AMY, BEN, CAI, DAN = 1, 2, 3, 4
WORKED = [Mark(AMY, 10, Fraction(60)), Mark(AMY, 11, Fraction(70)), Mark(AMY, 12, Fraction(80)),
          Mark(BEN, 10, Fraction(50)), Mark(BEN, 11, Fraction(70)), Mark(BEN, 12, Fraction(90))]  # fmt: skip


def test_a_total_is_the_place_of_each_score_by_the_weights() -> None:
    # 50 × 3/4 = 37.5, 30 × 2/4 = 15, 20 × 4/4 = 20
    assert rubric_total(RUBRIC, {1: 4, 2: 3, 3: 5}) == Fraction(145, 2)
    assert rubric_total(RUBRIC, {1: 1, 2: 1, 3: 1}) == 0
    assert rubric_total(RUBRIC, {1: 5, 2: 5, 3: 5}) == 100


def test_weights_need_not_add_up_to_a_hundred_and_scales_may_differ() -> None:
    assert rubric_total({1: Scale(1, 0, 10), 2: Scale(2, 1, 3)}, {1: 10, 2: 1}) == Fraction(100, 3)


def test_a_total_wants_every_score() -> None:
    with pytest.raises(KeyError):
        rubric_total(RUBRIC, {1: 4, 2: 3})


def test_the_worked_example() -> None:
    # both means 70; √(1000/6) = 12.9099; Amy's factor 12.9099/8.1650 = 1.5811, Ben's 0.7906
    found = norms(WORKED)
    assert [round(float(found[each].factor or 0), 4) for each in (AMY, BEN)] == [1.5811, 0.7906]
    rows = rank([10, 11, 12], WORKED)
    assert [(row.application, row.rank, row.normalised, row.raw) for row in rows] == [
        (12, 1, Decimal("85.81"), Decimal("85.00")), (11, 2, Decimal("70.00"), Decimal("70.00")),
        (10, 3, Decimal("54.19"), Decimal("55.00")),
    ]  # fmt: skip
    assert [each.normalised for each in rows[0].reviews] == [Decimal("85.81"), Decimal("85.81")]


def test_who_gave_fewer_than_three_is_only_centred() -> None:
    found = norms([Mark(CAI, 10, Fraction(20)), Mark(CAI, 11, Fraction(40)), *WORKED])
    assert found[CAI].factor is None
    by_application = {row.application: row for row in rank([10, 11, 12], [*WORKED, Mark(CAI, 12, Fraction(20))])}
    # the mean of all seven is 440/7 = 62.86; one review alone says nothing: it stands at the mean
    assert [each.normalised for each in by_application[12].reviews if each.reviewer == CAI] == [Decimal("62.86")]


def test_who_gave_the_same_to_all_is_only_centred() -> None:
    flat = [Mark(DAN, application, Fraction(90)) for application in (10, 11, 12)]
    assert norms(flat)[DAN].factor is None
    assert [row.rank for row in rank([10, 11, 12], flat)] == [1, 1, 1]


def test_who_is_equal_shares_the_rank_and_the_next_is_left_out() -> None:
    marks = [Mark(AMY, 1, Fraction(80)), Mark(AMY, 2, Fraction(60)), Mark(AMY, 3, Fraction(60)),
             Mark(AMY, 4, Fraction(40))]  # fmt: skip
    assert [(row.application, row.rank) for row in rank([4, 3, 2, 1, 5], marks)] == [
        (1, 1), (2, 2), (3, 2), (4, 4), (5, None)
    ]  # fmt: skip


def test_spread_and_range_are_of_the_normalised_reviews() -> None:
    marks = [Mark(AMY, 1, Fraction(70)), Mark(AMY, 2, Fraction(50)), Mark(BEN, 1, Fraction(50)),
             Mark(BEN, 2, Fraction(70))]  # fmt: skip
    first = rank([1, 2], marks)[0]  # + 10 and − 10 around 60
    assert (first.lowest, first.highest, first.spread) == (Decimal("50.00"), Decimal("70.00"), Decimal("10.00"))


totals = st.integers(0, 400).map(lambda quarters: Fraction(quarters, 4))
books = st.dictionaries(st.tuples(st.integers(1, 5), st.integers(1, 7)), totals, max_size=30)


def _marks(book: dict[tuple[int, int], Fraction]) -> list[Mark]:
    return [Mark(reviewer, application, total) for (reviewer, application), total in book.items()]


def _ranks(marks: list[Mark]) -> dict[int, int | None]:
    return {row.application: row.rank for row in rank(range(1, 8), marks)}


@given(books, st.integers(1, 5), st.fractions(-50, 50, max_denominator=97))
@settings(max_examples=150, deadline=None)
def test_adding_a_constant_to_all_of_ones_scores_changes_nobodys_rank(
    book: dict[tuple[int, int], Fraction], reviewer: int, constant: Fraction
) -> None:
    milder = {key: total + (constant if key[0] == reviewer else 0) for key, total in book.items()}
    assert _ranks(_marks(milder)) == _ranks(_marks(book))


@given(books, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_rows_is_nothing(book: dict[tuple[int, int], Fraction], chance: random.Random) -> None:
    marks = _marks(book)
    mixed = chance.sample(marks, len(marks))
    assert rank(range(7, 0, -1), mixed) == rank(range(1, 8), marks)


@given(books)
@settings(max_examples=150, deadline=None)
def test_beside_a_model_in_floats(book: dict[tuple[int, int], Fraction]) -> None:
    own = {who: [float(t) for (r, _a), t in book.items() if r == who] for who in {r for r, _a in book}}
    middles = {who: sum(ts) / len(ts) for who, ts in own.items()}
    within = {who: sum((t - middles[who]) ** 2 for t in ts) for who, ts in own.items()}
    wide = [who for who in own if len(own[who]) >= 3 and within[who] > 1e-9]
    pooled = math.sqrt(sum(within[w] for w in wide) / sum(len(own[w]) for w in wide)) if wide else 0.0
    everything = [float(t) for t in book.values()]
    for row in rank(range(1, 8), _marks(book)):
        aways = []
        for (who, application), total in book.items():
            if application == row.application:
                away = float(total) - middles[who]
                aways.append(away / math.sqrt(within[who] / len(own[who])) * pooled if who in wide else away)
        if not aways:
            assert row.normalised is None
            continue
        middle = sum(aways) / len(aways)
        expected = sum(everything) / len(everything) + middle
        assert row.normalised is not None
        assert float(row.normalised) == pytest.approx(expected, abs=0.0101)
        if len(aways) > 1:
            spread = math.sqrt(sum((away - middle) ** 2 for away in aways) / len(aways))
            assert float(row.spread or 0) == pytest.approx(spread, abs=0.0051)


# who reviews what


def test_evenly() -> None:
    pairs = assign_evenly(Wanted([1, 2, 3, 4], [AMY, BEN, CAI, DAN], 2, 9), "7")
    assert len(pairs) == len(set(pairs)) == 8
    assert set(Counter(reviewer for _, reviewer in pairs).values()) == {2}
    assert set(Counter(application for application, _ in pairs).values()) == {2}


def test_the_same_seed_decides_alike_and_another_otherwise() -> None:
    wanted = Wanted(range(20), [AMY, BEN, CAI, DAN], 2, 20)
    assert assign_evenly(wanted, "7") == assign_evenly(wanted, "7")
    assert assign_evenly(wanted, "7") != assign_evenly(wanted, "8")


def test_a_conflict_is_never_assigned_and_others_move_over() -> None:
    # Amy is the only one left for 1, so 2 must go to Ben though there is one seat each
    pairs = assign_evenly(Wanted([1, 2], [AMY, BEN], 1, 1, barred=[(1, BEN)]), "x")
    assert pairs == [(1, AMY), (2, BEN)]


def test_what_is_there_already_counts() -> None:
    pairs = assign_evenly(Wanted([1, 2], [AMY, BEN], 2, 2, given=[(1, AMY), (2, AMY)]), "x")
    assert pairs == [(1, BEN), (2, BEN)]


small = st.builds(
    lambda apps, people, each, limit, barred, had: Wanted(
        range(apps), range(people), each, limit,
        given=[pair for pair in had if pair not in barred and pair[0] < apps and pair[1] < people],
        barred=barred,
    ),
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 3),
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2))), st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2))),
)  # fmt: skip


@given(small, st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_as_many_as_can_be_and_nobody_over_their_limit(wanted: Wanted, seed: int) -> None:
    found = assign_evenly(wanted, str(seed))
    assert _allowed(wanted, found)
    free = [pair for pair in product(wanted.applications, wanted.reviewers)
            if pair not in wanted.given and pair not in wanted.barred]  # fmt: skip
    subsets = ([pair for bit, pair in enumerate(free) if mask >> bit & 1] for mask in range(1 << len(free)))
    assert len(found) == max(len(each) for each in subsets if _allowed(wanted, each))


def _allowed(wanted: Wanted, new: list[tuple[int, int]]) -> bool:
    had = Counter(reviewer for _, reviewer in wanted.given)
    of_application = Counter(application for application, _ in wanted.given)
    more, more_of = Counter(reviewer for _, reviewer in new), Counter(application for application, _ in new)
    return (
        not set(new) & (set(wanted.given) | set(wanted.barred))
        and all(had[who] + more[who] <= wanted.limit for who in more)
        and all(of_application[each] + more_of[each] <= wanted.each for each in more_of)
    )
