"""Applications that led nowhere are emptied when their time is over: all that tells who applied, and no count."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import AccessKey, Operator
from incubator.audit.models import AuditEvent
from incubator.core.clock import CHINA
from incubator.core.errors import Forbidden, Refusal
from incubator.database import as_operator
from incubator.documents.models import StoredFile
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import (
    Application,
    ApplicationAnswer,
    ApplicationFounder,
    Call,
    DraftFile,
    PlaceOffer,
    Review,
    SelectionDecision,
)
from incubator.startups.operations import decisions as deciding
from incubator.startups.operations.application_retention import erase_ended_applications, set_application_months
from incubator.startups.operations.withdrawing import withdraw_application
from incubator.startups.queries.calls import list_calls
from incubator.startups.queries.records import get_record
from incubator.startups.queries.stages import list_ranking
from incubator.startups.rules.applications import kept_from
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.startups.applying import address, begin, ids
from tests.startups.choosing import DUE, apply, make_call, make_stage, review
from tests.startups.test_applications import GOOD, PDF

URL = "https://hub.example"


def years(number: int, days: int = 0) -> datetime:
    return NOW.replace(year=NOW.year + number) + timedelta(days=days)


@pytest.mark.parametrize(("now", "months", "first"), [
    (datetime(2026, 11, 26, 15, 59, tzinfo=CHINA), 24, datetime(2024, 11, 26, tzinfo=CHINA)),
    (datetime(2026, 11, 26, 0, 0, tzinfo=CHINA), 1, datetime(2026, 10, 26, tzinfo=CHINA)),
    (datetime(2027, 3, 31, 9, 0, tzinfo=CHINA), 1, datetime(2027, 3, 1, tzinfo=CHINA)),  # February has no 31st
])  # fmt: skip
def test_from_when_an_ended_application_is_kept(now: datetime, months: int, first: datetime) -> None:
    assert kept_from(now, months) == first


def test_what_led_nowhere_is_emptied_and_the_counts_stay(session: Session, cast: Cast) -> None:
    """Of six one is withdrawn, declined, offered until the offer lapses, offered still, undecided, and admitted."""
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    withdrawn, declined, lapsed, open_one, undecided, admitted = made = apply(session, call, 6)
    said = review(session, cast, stage, lines, declined, cast.mentor, (1, 2, 3), to_panel="张三丰不行", to_applicant="再来")

    def decide(application: Application, **more: object) -> None:
        deciding.decide(session, cast.manager, now=NOW, application_id=application.id, stage_id=stage.id,
                        reason="张三丰的团队", **more)  # type: ignore[arg-type]  # fmt: skip

    withdraw_application(session, cast.system, now=NOW, application_id=withdrawn.id)
    decide(declined, outcome="decline", to_applicant="谢谢张三丰")
    for each in (lapsed, admitted):
        decide(each, outcome="offer", terms="两个工位", expires_on=DUE)
    offers = {each.application_id: each for each in session.execute(select(PlaceOffer)).scalars()}
    deciding.accept_offer(session, now=NOW, decision_id=offers[admitted.id].decision_id, name="张三丰", address="")
    write_notices(session, now=NOW, base_url=URL, writers=WRITERS)
    deciding.lapse_place_offers(session, cast.system, now=NOW + timedelta(days=40))
    later = NOW.replace(year=NOW.year + 2)
    deciding.decide(session, cast.manager, now=later - timedelta(days=3), application_id=open_one.id, outcome="offer",
                    reason="第二批", terms="一个工位", expires_on=(later + timedelta(days=30)).date())  # fmt: skip
    before = {row.application.id: row.standing.raw for row in list_ranking(session, cast.manager, stage)}
    sent = list_calls(session, cast.manager).rows[0].sent

    assert erase_ended_applications(session, cast.system, now=later) == 0  # two years and not a day more
    assert erase_ended_applications(session, cast.system, now=later + timedelta(days=1)) == 3  # undecided: with its call
    assert erase_ended_applications(session, cast.system, now=later + timedelta(days=39)) == 0
    assert erase_ended_applications(session, cast.system, now=later + timedelta(days=41)) == 1
    session.expire_all()
    assert {each.id for each in made if each.erased_at} == {withdrawn.id, declined.id, lapsed.id, undecided.id}
    for each in (withdrawn, declined, lapsed, undecided):
        assert (each.name, each.contact_name, each.contact_email, each.summary) == (each.number, "", "", "")
        assert each.kind == "team" and each.sent_at == NOW
    assert open_one.contact_name == admitted.contact_name == "张三丰"
    assert {each.application_id for each in session.execute(select(ApplicationFounder)).scalars()} == {open_one.id, admitted.id}
    assert (said.to_panel, said.to_applicant) == ("", "") and said.submitted_at
    words = {each.application_id: (each.reason, each.to_applicant) for each in session.execute(select(SelectionDecision)).scalars()}
    assert words[declined.id] == ("", "") and words[open_one.id][0] == "第二批"
    assert {row.application.id: row.standing.raw for row in list_ranking(session, cast.manager, stage)} == before
    assert list_calls(session, cast.manager).rows[0].sent == sent
    assert [line.decision.outcome for line in get_record(session, cast.manager, declined.id).decisions] == ["decline"]
    mails = [each for each in session.execute(select(OutboxMail)).scalars() if "张三丰" in each.text_body + each.html_body]
    assert {each.to_address for each in mails} <= {admitted.contact_email, open_one.contact_email, "maya@example.com"}
    trail = session.execute(select(AuditEvent).order_by(AuditEvent.number)).scalars().all()
    assert [each.after for each in trail if each.action == "erase_applications"] == [
        {"count": 3, "months": 24}, {"count": 1, "months": 24}
    ]  # fmt: skip
    told = [str(each.after) for each in trail if each.action in ("decide_application", "send_application", "submit_review")]
    assert told and not any("张三丰" in each for each in told)  # what is for ever has never said it


def test_files_answers_and_secret_addresses_go(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    asked = ids(session, call)["file"]
    here = begin(client, call)
    upload = GOOD | {"do": "send", f"q{asked}": (BytesIO(PDF), "林晓的计划.pdf")}
    assert client.post(here, data=upload, content_type="multipart/form-data").status_code == 303
    application = session.execute(select(Application)).scalar_one()
    client.post(address(call) + "/link", data={"email": "lin@example.com"})
    session.flush()
    withdraw_application(session, cast.system, now=NOW, application_id=application.id)
    files = set(session.execute(select(StoredFile.id)).scalars())
    assert session.execute(select(ApplicationAnswer.file_id)).scalar_one() in files
    application.sent_at = NOW
    session.flush()
    assert erase_ended_applications(session, cast.system, now=years(2, 1)) == 1
    for table in (ApplicationAnswer, DraftFile, ApplicationFounder):
        assert session.execute(select(table)).first() is None
    assert session.execute(select(StoredFile.id)).first() is None
    assert client.get(here).status_code == 404
    assert not session.execute(select(AccessKey).where(AccessKey.revoked_at.is_(None))).scalars().all()
    client.sign_in(cast.manager)
    page = client.get(f"/applications/{application.id}").text
    assert "清除" in page and "林晓" not in page and "芯翼" not in page
    assert client.get(f"/applications/{application.id}/files/{asked}").status_code == 404
    listed = client.get(f"/calls/{call.id}/applications").text
    assert str(application.number) in listed and "芯翼" not in listed
    for search in ("芯翼", "林晓", "lin@example.com"):
        assert "row-name" not in client.get(f"/calls/{call.id}/applications?q={search}").text
    assert client.get(f"/calls/{call.id}/applications.csv").status_code == 200
    assert client.get(f"/selection/applications/{application.id}").status_code == 200


def test_how_long_is_the_operators_choice_and_the_public_page_says_it(client: Browser, session: Session, cast: Cast, call: Call) -> None:
    assert "24 个月" in client.get(address(call)).text
    with pytest.raises(Forbidden):
        set_application_months(session, cast.auditor, now=NOW, months=12)
    for months in (0, 121):
        with pytest.raises(Refusal, match="From 1 to 120"):
            set_application_months(session, cast.owner, now=NOW, months=months)
    client.sign_in(cast.manager)
    assert 'value="24"' in client.get("/calls/retention").text
    for typed in ("", "0", "121", "x"):
        assert client.post("/calls/retention", data={"months": typed}).status_code == 422, typed
    assert client.post("/calls/retention", data={"months": "12"}).status_code == 303
    assert "12 个月" in client.get(address(call)).text
    with as_operator(session, cast.other_operator_id):
        assert session.execute(select(Operator.application_months)).scalar_one() == 24
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "set_application_months")).scalar_one()
    assert (event.before, event.after) == ({"months": 24}, {"months": 12})


def test_a_shorter_time_holds_for_earlier_ones_and_what_is_decided_anew_ends_anew(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    deciding.decide(session, cast.manager, now=NOW, application_id=a.id, stage_id=stage.id, outcome="waitlist", reason="候补")
    set_application_months(session, cast.owner, now=NOW, months=12)
    deciding.decide(session, cast.manager, now=years(1), application_id=a.id, stage_id=stage.id, outcome="decline", reason="满员")
    assert erase_ended_applications(session, cast.system, now=years(1, 30)) == 0
    assert erase_ended_applications(session, cast.system, now=years(2, 1)) == 1


def test_a_call_that_is_open_keeps_what_is_undecided(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    call.closes_at = None
    (a,) = apply(session, call, 1)
    assert erase_ended_applications(session, cast.system, now=years(9)) == 0
    call.closes_at = NOW + timedelta(days=5)
    session.flush()
    assert erase_ended_applications(session, cast.system, now=years(2, 4)) == 0
    assert erase_ended_applications(session, cast.system, now=years(2, 7)) == 1
    assert session.execute(select(Review)).first() is None and a.erased_at


def test_another_operators_are_not_touched(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    apply(session, call, 1)
    with as_operator(session, cast.other_operator_id):
        assert erase_ended_applications(session, cast.other_owner, now=years(9)) == 0
