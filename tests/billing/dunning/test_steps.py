"""Which steps a debt has come to: tables by hand, and what never happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.billing.rules.dunning import (
    TELLING,
    Done,
    DuePart,
    Entry,
    Hold,
    Owed,
    Paid,
    Step,
    decide,
    may_promise,
    next_step,
    overdue,
    pick_reminder,
    pick_steps,
    stand,
)

MAIL3, MAIL7, CALL, LETTER, BOOKING = (
    Step(3, "mail"), Step(7, "mail"), Step(14, "call"), Step(20, "letter", 100_000), Step(30, "booking", 100_000),
)  # fmt: skip
STEPS = (MAIL3, MAIL7, CALL, LETTER, BOOKING)
DUE = date(2026, 11, 5)


def done(*steps: Step) -> list[Done]:
    return [Done(step.measure, step.after_days) for step in steps]


@pytest.mark.parametrize(("days", "minor", "before", "now", "passed"), [
    (2, 5000, (), (), ()),  # not yet
    (3, 5000, (), (MAIL3,), ()),  # on its day
    (4, 5000, (MAIL3,), (), ()),  # once
    (7, 5000, (MAIL3,), (MAIL7,), ()),
    (15, 5000, (), (CALL,), (MAIL3, MAIL7)),  # nothing was done for days: the latest speaks alone
    (20, 99_999, (MAIL3, MAIL7, CALL), (), ()),  # below the least amount of the letter
    (20, 100_000, (MAIL3, MAIL7, CALL), (LETTER,), ()),
    (40, 100_000, (), (LETTER, BOOKING), (MAIL3, MAIL7, CALL)),  # a limit that was missed comes into force
    (40, 100_000, (LETTER,), (BOOKING,), (MAIL3, MAIL7, CALL)),  # what is earlier than what was said is past
])  # fmt: skip
def test_picked(days: int, minor: int, before: tuple[Step, ...], now: tuple[Step, ...], passed: tuple[Step, ...]) -> None:
    picked = pick_steps(STEPS, days, minor, done(*before))
    assert (picked.now, picked.passed_over) == (now, passed)


@pytest.mark.parametrize(("today", "minor", "before", "expected"), [
    (date(2026, 11, 1), 500, (), None),
    (date(2026, 11, 2), 500, (), -3),
    (date(2026, 11, 3), 500, (-3,), None),
    (date(2026, 11, 5), 500, (-3,), 0),  # on the due day itself
    (date(2026, 11, 5), 500, (), 0),  # the latest alone
    (date(2026, 11, 6), 500, (), None),  # overdue: no reminder any more
    (date(2026, 11, 2), 50, (), None),  # below the least amount
])  # fmt: skip
def test_reminders(today: date, minor: int, before: tuple[int, ...], expected: int | None) -> None:
    steps = [Step(-3, "mail", 100), Step(0, "mail", 100), MAIL3]
    found = pick_reminder(steps, DUE, minor, today, before)
    assert (found.after_days if found else None) == expected


def owed(*parts: tuple[date, int]) -> Owed:
    return Owed(1, tuple(DuePart(number, f"INV-{number}", 1, due_on, minor) for number, (due_on, minor) in enumerate(parts)))


def test_overdue_from_the_day_after() -> None:
    assert overdue(owed((DUE, 700)), DUE) is None
    late = overdue(owed((DUE, 700), (date(2026, 11, 20), 300)), date(2026, 11, 8))
    assert late and (late.minor, late.days(date(2026, 11, 8))) == (700, 3)


def test_who_is_late_is_reminded_of_nothing_that_is_not_due() -> None:
    both = owed((DUE, 700), (date(2026, 11, 11), 300))
    found = decide(both, [Step(-3, "mail"), MAIL3], date(2026, 11, 8), [], None, {})
    assert (found.steps, found.reminder, found.minor) == ((MAIL3,), None, 700)


def test_a_hold_lets_nothing_happen() -> None:
    hold = Hold("dispute", date(2026, 11, 30), 1)
    found = decide(owed((DUE, 700)), STEPS, date(2026, 11, 20), [], hold, {})
    assert found.is_nothing and found.hold is hold


@pytest.mark.parametrize(("today", "before", "hold", "expected"), [
    (date(2026, 11, 6), (), None, (MAIL3, date(2026, 11, 8))),
    (date(2026, 11, 8), (MAIL3,), None, (MAIL7, date(2026, 11, 12))),
    (date(2026, 11, 9), (), None, (MAIL3, date(2026, 11, 9))),  # late: today
    (date(2026, 11, 8), (MAIL3,), date(2026, 11, 20), (MAIL7, date(2026, 11, 21))),  # after the pause
    (date(2026, 11, 20), (MAIL3, CALL), None, (LETTER, date(2026, 11, 25))),
    (date(2026, 12, 20), STEPS, None, None),
])  # fmt: skip
def test_next(today: date, before: tuple[Step, ...], hold: date | None, expected: tuple[Step, date] | None) -> None:
    late = overdue(owed((DUE, 100_000)), today)
    assert late is not None
    assert next_step(STEPS, late, today, done(*before), Hold("pause", hold, 1) if hold else None) == expected


AT = datetime(2026, 11, 10, tzinfo=UTC)


def promise(number: int, until: int, minor: int, on: int = 10, *, by_startup: bool = False) -> Entry:
    at = AT + timedelta(days=on - 10)
    return Entry(number, "promise", date(2026, 11, until), minor, at, date(2026, 11, on), by_startup)


@pytest.mark.parametrize(("payments", "today", "state"), [
    ([], 20, "stands"),
    ([], 21, "broken"),
    ([(18, 3000), (20, 2000)], 20, "kept"),
    ([(20, 5000)], 25, "kept"),  # by the bank's day, whenever it was entered
    ([(18, 3000), (21, 2000)], 21, "broken"),  # a day late
    ([(18, 3000)], 19, "stands"),  # a part of it
])  # fmt: skip
def test_promises(payments: list[tuple[int, int]], today: int, state: str) -> None:
    paid = [Paid(date(2026, 11, day), minor, AT + timedelta(days=day - 10, hours=1)) for day, minor in payments]
    standing = stand([promise(1, 20, 5000)], paid, date(2026, 11, today))
    assert standing.promise and standing.promise.state == state
    assert (standing.hold is not None) == (state == "stands")


def test_what_was_paid_before_a_promise_does_not_keep_it() -> None:
    standing = stand([promise(1, 20, 5000)], [Paid(date(2026, 11, 10), 5000, AT - timedelta(minutes=1))], date(2026, 11, 12))
    assert standing.promise and standing.promise.state == "stands"


def test_a_promise_that_another_replaces_is_neither_kept_nor_broken() -> None:
    entries = [promise(1, 20, 5000, by_startup=True), promise(2, 25, 5000, on=18)]
    standing = stand(entries, [], date(2026, 11, 26))
    assert [each.state for each in standing.promises] == ["broken", "replaced"]


def test_a_startup_promises_once_and_again_when_it_has_kept_that() -> None:
    own = [promise(1, 20, 5000, by_startup=True)]
    assert may_promise(stand([], [], date(2026, 11, 10)))
    assert not may_promise(stand(own, [], date(2026, 11, 12)))
    kept = [Paid(date(2026, 11, 12), 5000, AT + timedelta(days=2))]
    assert may_promise(stand(own, kept, date(2026, 11, 13)))
    assert not may_promise(stand(own, [], date(2026, 11, 21)))


def test_the_last_pause_holds_until_it_ends_or_is_ended() -> None:
    pause = Entry(1, "pause", date(2026, 11, 20))
    dispute = Entry(2, "dispute", date(2026, 11, 15))
    assert stand([pause], [], date(2026, 11, 20)).hold is not None
    assert stand([pause], [], date(2026, 11, 21)).hold is None
    assert stand([pause, dispute], [], date(2026, 11, 16)).hold is None  # the later one holds, and is over
    assert stand([pause, Entry(3, "resume")], [], date(2026, 11, 12)).hold is None


steps_ = st.lists(
    st.builds(Step, st.integers(1, 40), st.sampled_from(["mail", "call", "letter", "booking", "access"]), st.integers(0, 3000)),
    max_size=6, unique_by=lambda step: step.key,
)  # fmt: skip


@given(steps_, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4000)), max_size=25))
def test_each_step_once_and_never_backwards(steps: list[Step], days: list[tuple[int, int]]) -> None:
    """Over any days, with any gaps and sums: no step twice, none before its day or below its least amount, and what
    tells founders something goes forward only."""
    today, taken, told = 0, list[Done](), 0
    for gap, minor in days:
        today += gap
        picked = pick_steps(steps, today, minor, taken)
        for step in picked.now:
            assert step.key not in {each.key for each in taken}
            assert step.after_days <= today and step.least_minor <= minor
            if step.measure in TELLING:
                assert step.after_days >= told
        assert len({step.after_days for step in picked.now if step.tells}) <= 1
        told = max([told, *(step.after_days for step in picked.now if step.tells)])
        taken += done(*picked.now, *picked.passed_over)
