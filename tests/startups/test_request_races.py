"""Two at once: one takes a request, a number is given once, a form sent twice opens one request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.spaces.operations import create_site
from incubator.startups.models import Request
from incubator.startups.operations.requests import open_request, take_request
from tests.cast import Cast, assemble_cast
from tests.database import TestDatabase

NOW = datetime(2026, 11, 10, 2, tzinfo=UTC)


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """What each returned or raised, all started together."""
    found: list[object] = [None] * len(jobs)
    gate = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        gate.wait()
        try:
            found[place] = jobs[place]()
        except Conflict as refusal:
            found[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.fixture
def world(own_database: TestDatabase):  # type: ignore[no-untyped-def]
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        cast = assemble_cast(session)
        site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                           open_from=date(2026, 1, 1))  # fmt: skip
        first = ask(session, cast, site.id)
        ids = site.id, first
        session.commit()

    def inside(do: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> object:
            with Session(engine) as session:
                set_operator(session, cast.operator_id)
                done = do(session)
                session.commit()
                return done

        return run

    yield cast, *ids, inside
    engine.dispose()


def ask(session: Session, cast: Cast, site_id: int, key: str | None = None) -> int:
    return open_request(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, site_id=site_id, title="漏水",
                        text="在滴水。", form_key=key).id  # fmt: skip


def test_one_of_two_takes_it(world) -> None:  # type: ignore[no-untyped-def]
    cast, _site, request_id, inside = world
    people = (cast.front_desk, cast.manager)
    found = at_once([
        inside(lambda session, who=who: take_request(session, who, now=NOW, request_id=request_id).assigned_to) for who in people
    ])  # fmt: skip
    won = [each for each in found if isinstance(each, int)]
    assert len(won) == 1 and sum(isinstance(each, Conflict) for each in found) == 1
    assert inside(lambda session: session.execute(select(Request.assigned_to)).scalar_one())() == won[0]


def test_a_form_sent_twice_opens_one_request_and_numbers_have_no_gaps(world) -> None:  # type: ignore[no-untyped-def]
    cast, site_id, first, inside = world
    found = at_once([inside(lambda session, key=key: ask(session, cast, site_id, key)) for key in ("a", "a", "b", None)])
    assert found[0] == found[1] and len({first, *found}) == 4
    numbers = inside(lambda session: sorted(session.execute(select(Request.number)).scalars()))()
    assert numbers == [1, 2, 3, 4]
