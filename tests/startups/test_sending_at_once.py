"""Applications sent at the same moment: real connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.core.identifiers import complete_credit_code
from incubator.database import set_operator
from incubator.startups.models import Application
from incubator.startups.operations import add_programme
from incubator.startups.operations.applications import Faulty, save_draft, send_application, start_application
from incubator.startups.operations.calls import CallFacts, add_call, publish_call
from tests.cast import NOW, Cast, assemble_cast
from tests.database import TestDatabase
from tests.startups.test_applications import GOOD

CODES = [complete_credit_code(f"91440300MA5XYYW{each}1") for each in "ABCABC"]
"""Each twice: of two with one code, one arrives."""


def begin(session: Session, cast: Cast) -> list[int]:
    """A draft for each code, all of one call."""
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营")
    call = add_call(session, cast.manager, now=NOW, programme_id=programme.id, facts=CallFacts("招募", "call", NOW))
    publish_call(session, cast.manager, now=NOW, call_id=call.id)
    found = []
    for code in CODES:
        made, _token = start_application(session, cast.system, now=NOW, call=call, email="a@example.com", locale="en",
                                         base_url="")  # fmt: skip
        save_draft(session, cast.system, now=NOW, application_id=made.id, typed=GOOD | {"credit_code": code})
        found.append(made.id)
    return found


@pytest.mark.parametrize("round_", range(3))
def test_each_code_arrives_once_and_the_numbers_have_no_gap(own_database: TestDatabase, round_: int) -> None:
    engine = create_engine(own_database.settings().database_url, pool_size=len(CODES))
    with Session(engine) as session:
        cast = assemble_cast(session)
        ids = begin(session, cast)
        session.commit()
    start = Barrier(len(ids))

    def send(application_id: int) -> bool:
        with Session(engine) as session:
            set_operator(session, cast.operator_id)
            start.wait()
            try:
                send_application(session, cast.system, now=NOW, application_id=application_id, link="")
                session.commit()
            except Faulty:
                return False
            return True

    with ThreadPoolExecutor(len(ids)) as pool:
        arrived = list(pool.map(send, ids))
    assert sum(arrived) == 3
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        numbers = session.execute(select(Application.number).where(Application.sent_at.is_not(None))).scalars()
        assert sorted(map(str, numbers)) == ["AP-2026-0001", "AP-2026-0002", "AP-2026-0003"]
    engine.dispose()
