"""Whatever measures a site and a time has its statements planned for them: see `database.plan_by_values`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.periods import Month
from incubator.reports.frozen import kind
from incubator.reports.frozen.mentoring import MENTORING
from incubator.reports.frozen.queries import measure
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.question import Question
from incubator.reports.overview import see_live
from incubator.reports.statistics.queries import make_sheet
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.reports.world import World

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
READS: dict[str, Callable[[Session, Actor, int], object]] = {
    "question": lambda session, actor, _site: ask(session, actor, Question(("area",), FIRST, LAST)),
    "month": lambda session, actor, site: see_live(session, actor, site, Month(2026, 10)),
    "kind": lambda session, actor, site: measure(session, actor, MENTORING, kind.Question(Period("month", FIRST), site)),
    "year": lambda session, actor, site: make_sheet(session, actor, site, "space", 2026),
}


@pytest.mark.parametrize("read", READS)
def test_it_is_planned_for_what_it_is_asked(session: Session, cast: Cast, world: World, read: str) -> None:
    mode = text("SHOW plan_cache_mode")
    assert session.execute(mode).scalar() == "auto"
    READS[read](session, cast.auditor, world.site_id)
    assert session.execute(mode).scalar() == "force_custom_plan"
