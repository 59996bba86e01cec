"""What a day's picture has, and what an open one asks again: the same as the list's, whoever reads it."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incubator.bookings.operations.rules import add_rule
from incubator.bookings.timeline import day_as_data, draw_day, events_as_data, list_events, see_day
from incubator.core.errors import Refusal
from incubator.spaces.operations import close_units
from tests.bookings.conftest import Place
from tests.bookings.filling import SHANGHAI, at, book_for
from tests.cast import NOW, Cast

WORDS = {kind: kind for kind in ("own", "booking", "taken", "residency", "closure", "awaiting")}
MONDAY = date(2026, 10, 12)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_the_page_has(session: Session, cast: Cast, place: Place, seed: int) -> None:
    """Rooms, a hall made of two, pools, closures, buffers, own use; over midnight, on three days, for four readers."""
    dice = random.Random(seed)
    add_rule(session, cast.manager, now=NOW, name="空档", buffer_before_minutes=15,
             buffer_after_minutes=15, resource_id=place.half.id)  # fmt: skip
    resources = [place.room, place.half, place.hall]
    for _ in range(24):
        start = at(12, 0) + timedelta(minutes=30 * dice.randrange(-8, 96))
        holder = dice.choice([cast.startup_a, cast.startup_b, None])
        with suppress(Refusal):
            book_for(session, cast.manager, place, start, start + timedelta(minutes=30 * dice.randrange(1, 8)),
                     resource_id=dice.choice(resources).id, startup_id=holder, title="会" * dice.randrange(3))  # fmt: skip
    with suppress(Refusal):
        close_units(session, cast.manager, now=NOW, site=place.site, units=[place.units["R1"]], start=at(13, 2),
                    end=at(14, 3), reason="检修")  # fmt: skip
    for actor in (cast.manager, cast.founder_a, cast.founder_b, cast.auditor):
        for on in (MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)):
            listed, drawn = see_day(session, actor, place.site, on, NOW), draw_day(session, actor, place.site, on)
            again = events_as_data(list_events(session, actor, place.site, on), SHANGHAI, WORDS)
            picture, page = day_as_data(drawn, WORDS), day_as_data(listed, WORDS)
            assert in_order(again) == in_order(picture["events"]) == in_order(page["events"])
            assert picture["openings"] == page["openings"] and drawn.shown_hours == listed.shown_hours
            assert (drawn.kinds, [row.resource.id for row in drawn.rows]) == (
                listed.kinds, [row.resource.id for row in listed.rows])  # fmt: skip
            assert again or on != MONDAY, "an empty day shows nothing"


def in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda each: str(each["id"]))
