"""An application is closed to who has declared a conflict of interest with it, and to who reviews it blind: on every page,
in every file and list; they see that it exists, and why they may not open it."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.core.errors import Forbidden
from incubator.documents.operations.files import store_file
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Application, ApplicationAnswer, Call, CallQuestion, PlaceOffer
from incubator.startups.models import SelectionStage as Stage
from incubator.startups.operations import decisions as deciding
from incubator.startups.operations import reviews as reviewing
from incubator.startups.queries.duplicates import list_duplicates
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.startups.choosing import DUE, apply, make_call, make_stage
from tests.startups.test_applications import PDF

SECRETS = ("芯翼", "Applicant 1", "张三丰", "applicant1@example.com", "13800138000", "xinyi", "绝密答案", "商业计划")


@pytest.fixture
def chosen(session: Session, cast: Cast) -> tuple[Call, Stage, Application]:
    """One application with an answer, a file with a telling name and a waiting decision; a second one beside it."""
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    a, _b = apply(session, call, 2)
    questions = [CallQuestion(call_id=call.id, position=place, kind=kind, label=kind, is_required=False, created_at=NOW)
                 for place, kind in enumerate(("long_text", "file", "web_address"))]  # fmt: skip
    session.add_all(questions)
    session.flush()
    stored = store_file(session, cast.system, now=NOW, name="application.pdf", media_type="application/pdf", content=PDF,
                        may_be_erased=True)  # fmt: skip
    session.add_all([
        ApplicationAnswer(application_id=a.id, question_id=questions[0].id, value="绝密答案：张三丰，芯翼科技"),
        ApplicationAnswer(application_id=a.id, question_id=questions[1].id, value="芯翼商业计划.pdf", file_id=stored.id),
        ApplicationAnswer(application_id=a.id, question_id=questions[2].id, value="https://xinyi.example"),
    ])  # fmt: skip
    session.flush()
    return call, stage, a


def declare(session: Session, cast: Cast, stage: Stage, application: Application, *people: Actor) -> None:
    for actor in people:
        given = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=application.id,
                                          person_id=actor.person_id or 0)  # fmt: skip
        reviewing.declare_conflict(session, actor, now=NOW, review_id=given.id, reason="亲属")


def told(client: Browser, *paths: str, secrets: tuple[str, ...] = SECRETS) -> None:
    """The pages are there and tell nothing; a workbook is read cell by cell."""
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.text if not path.endswith(".xlsx") else "".join(
            str(cell) for sheet in load_workbook(BytesIO(answer.data)) for row in sheet.iter_rows(values_only=True) for cell in row)
        text += str(answer.headers)
        assert not [each for each in secrets if each in text.partition("<main")[2] or each in text.partition("</title>")[0]], path


def places(call: Call, stage: Stage, application: Application) -> tuple[str, ...]:
    return (f"/applications/{application.id}", f"/calls/{call.id}/applications", f"/calls/{call.id}/applications.csv",
            f"/calls/{call.id}/applications.xlsx", f"/selection/applications/{application.id}",
            f"/selection/stages/{stage.id}", f"/selection/stages/{stage.id}/ranking", f"/calls/{call.id}/selection",
            f"/calls/{call.id}/applications?q=AP-2026-0001")  # fmt: skip


def file_of(session: Session, application: Application) -> str:
    which = select(ApplicationAnswer.question_id).where(ApplicationAnswer.file_id.is_not(None))
    return f"/applications/{application.id}/files/{session.execute(which).scalar_one()}"


def test_who_declared_a_conflict_sees_that_it_is_there_and_why_it_is_closed(
    client: Browser, session: Session, cast: Cast, chosen: tuple[Call, Stage, Application]
) -> None:
    call, stage, a = chosen
    there = file_of(session, a)
    client.sign_in(cast.manager)
    assert "绝密答案" in client.get(f"/applications/{a.id}").text and client.get(there).status_code == 200
    decision = deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=stage.id, outcome="offer",
                               reason="绝密答案最好", terms="两个工位", expires_on=DUE)  # fmt: skip
    declare(session, cast, stage, a, cast.manager)
    # the second applicant has the same telephone and founder: what it shares with the first is not told either
    shared = ("芯翼", "Applicant 1", "applicant1@example.com", "绝密答案", "商业计划", "绝密")
    told(client, *places(call, stage, a), secrets=shared)
    page = client.get(f"/applications/{a.id}").text
    assert "AP-2026-0001" in page and "利益冲突" in page
    assert client.get(there).status_code == 403
    assert client.get(f"/selection/applications/{a.id}/decisions/{decision.id}/letter.pdf").status_code == 403
    for words in ("芯翼", "applicant1@", "Applicant 1"):
        assert "row-name" not in client.get(f"/calls/{call.id}/applications?q={words}").text
    assert "row-name" not in client.get(f"/calls/{call.id}/applications?q=芯翼&kind=team").text
    rows = session.execute(select(Application).where(Application.id != a.id)).scalars().all()
    found = list_duplicates(session, cast.manager, [a.id, rows[0].id])
    assert a.id not in found and not any(each.application for each in found.get(rows[0].id, []))
    assert list_duplicates(session, cast.auditor, [a.id])[a.id][0].application is not None


def test_who_declared_a_conflict_has_no_part_in_it(
    client: Browser, session: Session, cast: Cast, chosen: tuple[Call, Stage, Application]
) -> None:
    _call, stage, a = chosen
    deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=stage.id, outcome="offer", reason="最好",
                    terms="两个工位", expires_on=DUE)  # fmt: skip
    given = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=a.id,
                                      person_id=cast.mentor.person_id or 0)  # fmt: skip
    declare(session, cast, stage, a, cast.manager)
    offer = session.execute(select(PlaceOffer)).scalar_one()
    for attempt in (
        lambda: deciding.withdraw_offer(session, cast.manager, now=NOW, offer_id=offer.id, reason="x"),
        lambda: reviewing.withdraw_review(session, cast.manager, now=NOW, review_id=given.id),
        lambda: reviewing.hand_back_review(session, cast.manager, now=NOW, review_id=given.id),
        lambda: reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=a.id,
                                          person_id=cast.finance.person_id or 0),
    ):  # fmt: skip
        with pytest.raises(Forbidden, match="somebody else decides"):
            attempt()


def test_a_conflict_is_for_good_even_where_the_review_was_taken_away(
    session: Session, cast: Cast, client: Browser, chosen: tuple[Call, Stage, Application]
) -> None:
    _call, stage, a = chosen
    given = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=a.id,
                                      person_id=cast.manager.person_id or 0)  # fmt: skip
    reviewing.declare_conflict(session, cast.manager, now=NOW, review_id=given.id, reason="亲属")
    reviewing.withdraw_review(session, cast.owner, now=NOW, review_id=given.id)
    client.sign_in(cast.manager)
    told(client, f"/applications/{a.id}", f"/selection/stages/{stage.id}/ranking", secrets=("芯翼",))


def test_the_owner_decides_where_nobody_else_can_and_the_trail_says_so(
    client: Browser, session: Session, cast: Cast, chosen: tuple[Call, Stage, Application]
) -> None:
    _call, stage, a = chosen
    declare(session, cast, stage, a, cast.owner)
    client.sign_in(cast.owner)
    assert client.get(file_of(session, a)).status_code == 403  # the manager can
    with pytest.raises(Forbidden):
        deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=stage.id, outcome="decline", reason="x")
    given = reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=a.id,
                                      person_id=cast.manager.person_id or 0)  # fmt: skip
    reviewing.declare_conflict(session, cast.manager, now=NOW, review_id=given.id, reason="也是亲属")
    assert "绝密答案" in client.get(f"/applications/{a.id}").text
    assert client.get(file_of(session, a)).status_code == 200
    assert "由您决定" in client.get(f"/selection/applications/{a.id}").text
    deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=stage.id, outcome="decline", reason="规模不符")
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "decide_application")).scalar_one()
    assert event.after["in_conflict"] is True
    with pytest.raises(Forbidden):  # a manager never does
        deciding.decide(session, cast.manager, now=NOW, application_id=a.id, stage_id=stage.id, outcome="decline", reason="x")


def test_a_blind_reviewer_of_the_house_sees_no_name_until_the_review_is_given(
    client: Browser, session: Session, cast: Cast
) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call, is_blind=True)
    (a,) = apply(session, call, 1)
    deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=stage.id, outcome="waitlist", reason="张三丰不错")
    mine = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=a.id,
                                     person_id=cast.manager.person_id or 0)  # fmt: skip
    client.sign_in(cast.manager)
    told(client, *places(call, stage, a), "/reviews", f"/reviews/{mine.id}")
    assert "盲审" in client.get(f"/applications/{a.id}").text
    reviewing.submit_review(session, cast.manager, now=NOW, review_id=mine.id, scores={line.id: 3 for line in lines})
    assert "芯翼" in client.get(f"/applications/{a.id}").text


def test_a_blind_stage_tells_a_mentor_nothing_in_page_title_file_name_or_mail(
    client: Browser, session: Session, cast: Cast, chosen: tuple[Call, Stage, Application]
) -> None:
    call, first, a = chosen
    blind, _lines = make_stage(session, cast, call, name="盲审", is_blind=True)
    deciding.decide(session, cast.owner, now=NOW, application_id=a.id, stage_id=first.id, outcome="advance", reason="张三丰")
    mine = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=blind.id, application_id=a.id,
                                     person_id=cast.mentor.person_id or 0)  # fmt: skip
    client.sign_in(cast.mentor)
    leaks = tuple(each for each in SECRETS if each != "绝密答案")
    told(client, "/", "/reviews", f"/reviews/{mine.id}", "/reviews?show=done", secrets=leaks)
    assert "绝密答案：■■■，■■■" in client.get(f"/reviews/{mine.id}").text
    got = client.get(file_of(session, a).replace(f"/applications/{a.id}", f"/reviews/{mine.id}"))
    assert got.status_code == 200 and "AP-2026-0001-1.pdf" in got.headers["Content-Disposition"]
    write_notices(session, now=NOW, base_url="https://x", writers=WRITERS)
    mails = session.execute(select(OutboxMail).where(OutboxMail.to_address == "max@example.com")).scalars().all()
    assert mails and not [each for mail in mails for each in leaks if each in mail.subject + mail.text_body + mail.html_body]
    trail = session.execute(select(AuditEvent.after, AuditEvent.before)).all()
    assert not [each for row in trail for each in ("张三丰", "芯翼", "13800138000") if each in str(row)]
