"""Signing, amending, ending and holding in any order leave the ledger and the prices as a day-by-day model has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Residency, ResidencyAmendment, ResidencyPrice, UnitHold
from incubator.startups.operations import (
    UnitTerms,
    amend_residency,
    end_residency,
    extend_hold,
    hold_units,
    release_hold,
    sign_residency,
)
from incubator.startups.queries import get_startup, list_residency_terms, list_terms
from incubator.startups.rules.schedule import FreeTime, Schedule, Steps
from tests.cast import NOW, Cast
from tests.effort import examples

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST, DAYS = date(2026, 10, 1), 120
UNITS = 3
A_DAY = timedelta(days=1)

days = st.integers(0, DAYS - 30).map(lambda n: FIRST + n * A_DAY)
lengths = st.one_of(st.none(), st.integers(0, 60))
some_units = st.sets(st.integers(0, UNITS - 1), min_size=1)
prices = st.sampled_from([Decimal("10"), Decimal("33.33"), Decimal("80")])
rhythms = st.sampled_from([None, "free", "steps"])
which = st.integers(0, 5)

steps = st.one_of(
    st.tuples(st.just("sign"), st.integers(0, 1), days, lengths, some_units, prices, rhythms),
    st.tuples(st.just("amend"), which, days, lengths, some_units, prices, rhythms, st.booleans()),
    st.tuples(st.just("end"), which, days),
    st.tuples(st.just("hold"), st.integers(0, 1), days, st.integers(0, 40), some_units),
    st.tuples(st.just("extend"), which, days),
    st.tuples(st.just("release"), which),
    st.tuples(st.just("sign_hold"), which, days, lengths, some_units, prices),
)


@dataclass
class Agreement:
    """What the model knows: the units of each day from the first on, and each unit's rent of the day."""

    residency: Residency
    startup: int
    starts_on: date
    ends_on: date | None
    rents: dict[date, dict[int, Decimal]]
    amended_on: date | None = None

    def runs(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass
class Model:
    """Who has which unit on which day, as a dictionary."""

    held: dict[tuple[int, date], tuple[str, int]] = field(default_factory=dict)
    agreements: list[Agreement] = field(default_factory=list)
    holds: list[tuple[UnitHold, date, date, set[int]]] = field(default_factory=list)

    def is_free(self, units: set[int], days: Iterator[date] | list[date], but: tuple[str, int] | None = None) -> bool:
        return all(self.held.get((unit, day)) in (None, but) for unit in units for day in days)

    def take(self, units: set[int], days: list[date], holder: tuple[str, int]) -> None:
        self.held |= {(unit, day): holder for unit in units for day in days}

    def drop(self, holder: tuple[str, int], since: date, units: set[int] | None = None) -> None:
        for key in [key for key, who in self.held.items() if who == holder and key[1] >= since]:
            if units is None or key[0] in units:
                del self.held[key]


HORIZON = FIRST + (DAYS + 60) * A_DAY
"""Open ends are looked at until here."""


def span(first: date, last: date | None) -> list[date]:
    until = HORIZON if last is None else min(last, HORIZON)
    return [first + n * A_DAY for n in range((until - first).days + 1)]


def rent_of(price: Decimal, rhythm: str | None, first: date, last: date | None, day: date) -> Decimal:
    """A day's rent, said plainly; what is agreed for a term goes on after it as on its last day."""
    day = day if last is None else min(day, last)
    if rhythm == "free" and day < first + 20 * A_DAY:
        return Decimal(0)
    if rhythm == "steps":
        months = (day.year - first.year) * 12 + day.month - first.month - (day.day < first.day)
        return price + 5 * min(3, months)
    return price


def schedule_of(rhythm: str | None, first: date) -> Schedule:
    if rhythm == "free":
        return Schedule(free=(FreeTime(first, first + 19 * A_DAY),))
    return Schedule(steps=Steps(1, amount=Decimal(5), times=3)) if rhythm == "steps" else Schedule()


class Walk:
    """One sequence of steps, done to the database and to the model."""

    def __init__(self, session: Session, cast: Cast, site: Site, units: list[Unit]) -> None:
        self.session, self.cast, self.site, self.units, self.model = session, cast, site, units, Model()
        self.startups = [get_startup(session, cast.manager, id_) for id_ in (cast.startup_a, cast.startup_b)]

    @contextmanager
    def attempt(self, expected: bool) -> Iterator[None]:
        """The step is refused exactly where the model says so, and leaves nothing behind."""
        savepoint = self.session.begin_nested()
        try:
            yield
        except Refusal as refusal:
            savepoint.rollback()
            assert not expected, refusal
        else:
            savepoint.commit()
            assert expected, "this should have been refused"

    def terms(self, units: set[int], price: Decimal) -> list[UnitTerms]:
        return [UnitTerms(self.units[n], "unit_month", price) for n in sorted(units)]

    def sign(self, whose: int, first: date, length: int | None, units: set[int], price: Decimal, rhythm: str | None,
             hold: int | None = None) -> None:  # fmt: skip
        last = None if length is None else first + length * A_DAY
        model, its = self.model, None
        if hold is not None:
            its = self.model.holds[hold]
        ok = model.is_free(units, span(first, last), ("hold", its[0].id) if its else None)
        if rhythm == "free" and last is not None and last < first + 19 * A_DAY:
            ok = False
        with self.attempt(ok):
            residency = sign_residency(
                self.session, self.cast.manager, now=NOW, startup=self.startups[whose], site=self.site, starts_on=first,
                ends_on=last, units=self.terms(units, price), schedule=schedule_of(rhythm, first),
                hold=its[0] if its else None,
            )  # fmt: skip
            if its:
                today = NOW.astimezone(SHANGHAI).date()
                model.drop(("hold", its[0].id), first, units)
                for unit in its[3] - units:  # the ledger keeps what has begun until this moment
                    model.drop(("hold", its[0].id), today if its[1] >= today else today + A_DAY, {unit})
                model.holds.remove(its)
            model.take(units, span(first, last), ("residency", residency.id))
            rents = {day: {unit: rent_of(price, rhythm, first, last, day) for unit in units} for day in span(first, None)}
            model.agreements.append(Agreement(residency, whose, first, last, rents))

    def amend(self, index: int, on: date, length: int | None, units: set[int], price: Decimal, rhythm: str | None,
              keep: bool) -> None:  # fmt: skip
        if not self.model.agreements:
            return
        agreed = self.model.agreements[index % len(self.model.agreements)]
        last = None if length is None else on + length * A_DAY
        mine = ("residency", agreed.residency.id)
        had_on = on if agreed.ends_on is None or on <= agreed.ends_on else agreed.ends_on
        had = set(agreed.rents.get(had_on, {}))
        kept = (had & units) if keep else set()
        fresh = units - kept
        amended = agreed.amended_on if agreed.ends_on is None or (agreed.amended_on or date.min) <= agreed.ends_on else None
        ok = (
            agreed.starts_on <= on and (amended is None or on >= amended)
            and (agreed.ends_on is None or on <= agreed.ends_on + A_DAY)
            and not (agreed.ends_on is not None and last is not None and last < agreed.ends_on)
            and self.model.is_free(units, span(on, last), mine)
            and not (rhythm == "free" and fresh and last is not None and last < on + 19 * A_DAY)
        )  # fmt: skip
        rents = {
            day: {unit: agreed.rents[max(had_on, day)][unit] if unit in kept else rent_of(price, rhythm, on, last, day) for unit in units}
            for day in span(on, None)
        } if ok else {}
        same = last == agreed.ends_on and all(agreed.rents.get(day) == rents[day] for day in span(on, last)) if ok else False
        savepoint = self.session.begin_nested()
        try:
            amend_residency(
                self.session, self.cast.manager, now=NOW, residency=agreed.residency, effective_on=on, ends_on=last,
                units=self.terms(fresh, price), as_before=[self.units[n] for n in sorted(kept)],
                schedule=schedule_of(rhythm, on),
            )  # fmt: skip
        except Refusal as refusal:
            savepoint.rollback()
            assert not ok or same, refusal
            return
        savepoint.commit()
        assert ok
        self.model.drop(mine, on)
        self.model.take(units, span(on, last), mine)
        agreed.rents = {day: rent for day, rent in agreed.rents.items() if day < on} | rents
        agreed.ends_on, agreed.amended_on = last, on

    def end(self, index: int, on: date) -> None:
        if not self.model.agreements:
            return
        agreed = self.model.agreements[index % len(self.model.agreements)]
        with self.attempt(on >= agreed.starts_on and (agreed.ends_on is None or on < agreed.ends_on)):
            end_residency(self.session, self.cast.manager, now=NOW, residency=agreed.residency, ends_on=on, reason="r")
            self.model.drop(("residency", agreed.residency.id), on + A_DAY)
            agreed.ends_on = on

    def hold(self, whose: int, first: date, length: int, units: set[int]) -> None:
        last = first + length * A_DAY
        with self.attempt(self.model.is_free(units, span(first, last))):
            hold = hold_units(self.session, self.cast.manager, now=NOW, site=self.site, first=first, last=last,
                              units=[self.units[n] for n in units], startup=self.startups[whose])  # fmt: skip
            self.model.take(units, span(first, last), ("hold", hold.id))
            self.model.holds.append((hold, first, last, units))

    def extend(self, index: int, last: date) -> None:
        if not self.model.holds:
            return
        its = self.model.holds[index % len(self.model.holds)]
        hold, first, before, units = its
        with self.attempt(before < last and self.model.is_free(units, span(before + A_DAY, last))):
            extend_hold(self.session, self.cast.manager, now=NOW, hold=hold, last=last)
            self.model.take(units, span(before + A_DAY, last), ("hold", hold.id))
            self.model.holds[self.model.holds.index(its)] = (hold, first, last, units)

    def release(self, index: int) -> None:
        if not self.model.holds:
            return
        its = self.model.holds.pop(index % len(self.model.holds))
        release_hold(self.session, self.cast.manager, now=NOW, hold=its[0])
        today = NOW.astimezone(SHANGHAI).date()
        # what began before this moment was held until it; a day that has begun counts as held
        self.model.drop(("hold", its[0].id), today + A_DAY if its[1] <= today else today)

    def sign_hold(self, index: int, first: date, length: int | None, units: set[int], price: Decimal) -> None:
        if self.model.holds:
            index %= len(self.model.holds)
            whose = [startup.id for startup in self.startups].index(self.model.holds[index][0].startup_id or 0)
            self.sign(whose, first, length, units, price, None, hold=index)

    def check(self) -> None:
        """The ledger is the model, and so is each day's price."""
        numbers = {unit.id: n for n, unit in enumerate(self.units)}
        found: dict[tuple[int, date], tuple[str, int]] = {}
        rows = self.session.execute(
            select(Allocation.unit_id, func.lower(Allocation.period), func.upper(Allocation.period),
                   Allocation.holder_kind, Allocation.holder_id).where(Allocation.voided_at.is_(None))
        )  # fmt: skip
        for unit_id, start, end, kind, holder in rows:
            last = None if end is None else (end - timedelta(microseconds=1)).astimezone(SHANGHAI).date()
            for day in span(start.astimezone(SHANGHAI).date(), last):
                assert (numbers[unit_id], day) not in found
                found[numbers[unit_id], day] = (kind, holder)
        assert found == self.model.held
        for agreed in self.model.agreements:
            terms = list_terms(self.session, [agreed.residency.id])
            for day in span(agreed.starts_on, agreed.ends_on):
                rents = {numbers[term.unit_id]: term.unit_price for term in terms if term.runs_on(day)}
                assert rents == agreed.rents[day], day
            for term in terms:
                assert agreed.runs(term.starts_on) and (agreed.ends_on is None or (term.ends_on and agreed.runs(term.ends_on)))
        october = {term.price_id for term in list_residency_terms(self.session, self.site.id, Month(2026, 11))}
        assert len(october) == len(list_residency_terms(self.session, self.site.id, Month(2026, 11)))


@pytest.fixture
def ground(session: Session, cast: Cast) -> tuple[Site, list[Unit]]:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, cast.manager, now=NOW, floor=floor, code=f"D{n}", kind="desk", purpose="incubation",
                 area_m2=Decimal("4.50"), in_service_from=date(2026, 1, 1))
        for n in range(UNITS)
    ]  # fmt: skip
    return site, units


@settings(max_examples=examples(15), deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(steps, max_size=9))
def test_any_sequence_leaves_the_ledger_as_the_model_has_it(
    session: Session, cast: Cast, ground: tuple[Site, list[Unit]], walk: list[tuple[object, ...]]
) -> None:
    outer = session.begin_nested()
    try:
        made = Walk(session, cast, *ground)
        for name, *values in walk:
            getattr(made, str(name))(*values)
            session.flush()
            made.check()
    finally:
        outer.rollback()
        set_operator(session, cast.operator_id)
        session.expire_all()


def test_what_was_amended_is_kept_as_it_was(session: Session, cast: Cast, ground: tuple[Site, list[Unit]]) -> None:
    """D0 and D1 at 600.00 until 31 December; from 1 December D1 and D2 until 31 March, D2 at 700.00."""
    site, (d0, d1, d2) = ground
    residency = sign_residency(
        session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
        starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31),
        units=[UnitTerms(unit, "unit_month", Decimal(600)) for unit in (d0, d1)],
    )  # fmt: skip
    amended = amend_residency(
        session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 12, 1), ends_on=date(2027, 3, 31),
        units=[UnitTerms(d2, "unit_month", Decimal(700))], as_before=[d1], note="换工位并续签",
    )  # fmt: skip
    assert (amended.number, amended.kind) == (1, "mixed")
    assert [unit["code"] for unit in amended.before["units"]] == ["D0", "D1"] and amended.before["ends_on"] == "2026-12-31"
    assert [(price["unit_id"], price["first"], price["after"], price["unit_price"]) for price in amended.after["prices"]] == [
        (d0.id, "2026-10-01", "2026-12-01", "600.0000"), (d1.id, "2026-10-01", None, "600.0000"),
        (d2.id, "2026-12-01", None, "700.0000"),
    ]  # fmt: skip
    assert session.execute(select(func.count()).select_from(ResidencyAmendment)).scalar_one() == 1
    assert session.execute(select(func.count()).select_from(ResidencyPrice)).scalar_one() == 3
