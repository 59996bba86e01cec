"""What a month's pages read is what is frozen: on random ledgers the same lines, sums and rows, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden
from incubator.core.periods import Month
from incubator.reports import overview
from incubator.reports.occupancy import MEASURES
from incubator.reports.operations import freeze_occupancy
from incubator.reports.overview import list_frozen_rows, list_live_rows, see_frozen, see_live
from incubator.reports.presenting import RowShown, Shown
from incubator.reports.queries import measure_occupancy
from tests.cast import Cast
from tests.reports.measuring.test_brute_force import tell
from tests.reports.test_measure_occupancy import count_statements
from tests.reports.world import OCTOBER, book, make_october

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def lines(shown: Shown) -> object:
    return [(shown.figure(name), shown.units(name)) for name in MEASURES], shown.unmeasured, shown.measures


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "PAGE_SIZE", 3)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_its_pages_are_the_report(session: Session, cast: Cast, small_pages: None, random: Random) -> None:
    nested = session.begin_nested()
    try:
        story = tell(session, cast, random)
        site_id, month = story.site.id, Month.of(random.choice([story.first, story.last]))
        whole = Shown(measure_occupancy(session, cast.finance, site_id, month).content)
        frozen = freeze_occupancy(session, cast.finance, now=LATER, site_id=site_id, month=month)
        for shown in (see_live(session, cast.auditor, site_id, month), see_frozen(session, cast.auditor, frozen)):
            assert {**shown.content, "rows": whole.content["rows"]} == whole.content
            assert lines(shown) == lines(whole)
        unit = random.choice(story.units).id
        for name, only, of in [*((name, only, None) for name in MEASURES for only in (False, True)), ("time", False, unit)]:
            wanted = whole.rows(name, of, left_out_only=only)
            for live in (True, False):
                found: list[RowShown] = []
                for number in range(1, 1 + max(1, -(-len(wanted) // 3))):
                    asked = {"unit": of, "left_out": only, "page": number}
                    shown, listed = (
                        list_live_rows(session, cast.auditor, site_id, month, name, **asked)  # type: ignore[arg-type]  # by name
                        if live
                        else list_frozen_rows(session, cast.auditor, frozen, name, **asked)  # type: ignore[arg-type]  # by name
                    )
                    assert listed.page.total == len(wanted) and shown.figure(name).numerator == whole.figure(name).numerator
                    assert listed.counted == sum(row.counted for row in wanted)
                    assert listed.contribution == sum(row.contribution for row in wanted)
                    found += listed.page.rows
                assert found == wanted
    finally:
        nested.rollback()
        session.expire_all()


def test_a_page_past_the_last_is_the_last(session: Session, cast: Cast, small_pages: None) -> None:
    world = make_october(session, cast)
    _, listed = list_live_rows(session, cast.finance, world.site_id, OCTOBER, "area", unit=None, left_out=False, page=9)
    assert (listed.page.number, listed.page.total, [row.unit for row in listed.page.rows]) == (2, 4, ["O2"])


def test_as_many_statements_for_many_rows_as_for_few(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    with count_statements(session) as few:
        see_live(session, cast.finance, world.site_id, OCTOBER)
    for day in range(12, 16):
        book(session, world, "A", f"2026-10-{day} 09:00", f"2026-10-{day} 10:00")
    with count_statements(session) as many:
        see_live(session, cast.finance, world.site_id, OCTOBER)
    assert len(few) == len(many) <= 24


def test_only_who_may_see_reports(session: Session, cast: Cast) -> None:
    world = make_october(session, cast)
    frozen = freeze_occupancy(session, cast.system, now=LATER, site_id=world.site_id, month=OCTOBER)
    with pytest.raises(Forbidden):
        see_live(session, cast.front_desk, world.site_id, OCTOBER)
    with pytest.raises(Forbidden):
        see_frozen(session, cast.founder_a, frozen)
    with pytest.raises(Forbidden):
        list_frozen_rows(session, cast.mentor, frozen, "area", unit=None, left_out=False, page=1)
