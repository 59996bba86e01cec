"""How one applies, for tests: an open call, a draft."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.startups.models import Call, CallQuestion
from incubator.startups.operations import add_programme
from incubator.startups.operations.calls import Asked, CallFacts, add_call, add_question, publish_call
from tests.cast import Cast

A_DAY = timedelta(days=1)


def open_call(session: Session, cast: Cast) -> Call:
    """Open now, for a week; with questions that need not be answered."""
    now = utc_now()
    programme = add_programme(session, cast.manager, now=now, kind="programme", name="加速营", name_en="Accelerator")
    made = add_call(session, cast.manager, now=now, programme_id=programme.id,
                    facts=CallFacts("2027 春季", "spring-2027", now - A_DAY, now + 7 * A_DAY, name_en="Spring 2027"))  # fmt: skip
    for kind in ("long_text", "file", "several_choices", "yes_no"):
        options = [("展位", "Stand"), ("导师", "Mentors")] if kind == "several_choices" else []
        add_question(session, cast.manager, now=now, call_id=made.id, kind=kind,
                     asked=Asked(f"问题{kind}", f"Question {kind}", options=options))  # fmt: skip
    publish_call(session, cast.manager, now=now, call_id=made.id)
    return made


def address(call: Call) -> str:
    return f"/apply/{call.operator_id:x}/{call.slug}"


def begin(client: FlaskClient, call: Call) -> str:
    """The secret address of a new draft."""
    made = client.post(address(call), data={"email": "lin@example.com"})
    assert made.status_code == 303 and made.location.startswith("/application/")
    return str(made.location)


def ids(session: Session, call: Call) -> dict[str, int]:
    rows = session.execute(select(CallQuestion.kind, CallQuestion.id).where(CallQuestion.call_id == call.id))
    return {row.kind: row.id for row in rows}
