"""Applications: from a draft by a secret address to a startup of the house."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.operations.keys import open_key
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.identifiers import complete_credit_code
from incubator.documents.models import StoredFile
from incubator.notices.models import OutboxMail
from incubator.startups.models import Application, ApplicationAnswer, Call, CallQuestion, Programme, Startup
from incubator.startups.operations import add_programme
from incubator.startups.operations.applications import (
    Faulty,
    admit_application,
    save_draft,
    send_application,
    start_application,
    start_for_startup,
)
from incubator.startups.operations.calls import (
    Asked,
    CallFacts,
    add_call,
    add_question,
    close_call,
    copy_call,
    edit_question,
    move_question,
    publish_call,
    reopen_call,
    retire_question,
)
from incubator.startups.operations.draft_files import attach_file, detach_file, erase_stale_drafts
from incubator.startups.operations.withdrawing import withdraw_application
from incubator.startups.queries.applications import get_application, list_answers, list_applications
from incubator.startups.queries.calls import list_questions
from incubator.startups.queries.people import list_founders
from tests.cast import NOW, Cast

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
CODE = complete_credit_code("91440300MA5XYYWE1")
A_DAY = timedelta(days=1)
BASE = "http://127.0.0.1:5000"


@pytest.fixture
def programme(session: Session, cast: Cast) -> Programme:
    return add_programme(session, cast.manager, now=NOW, kind="programme", name="加速营", name_en="Accelerator")


@pytest.fixture
def call(session: Session, cast: Cast, programme: Programme) -> Call:
    """Open from 1 to 31 October 2026, for a cohort from 1 January to 30 June 2027."""
    facts = CallFacts("2027 春季加速营", "spring-2027", NOW, NOW + 30 * A_DAY, name_en="Spring 2027",
                      starts_on=date(2027, 1, 1), ends_on=date(2027, 6, 30))  # fmt: skip
    made = add_call(session, cast.manager, now=NOW, programme_id=programme.id, facts=facts)
    publish_call(session, cast.manager, now=NOW, call_id=made.id)
    return made


@pytest.fixture
def questions(session: Session, cast: Cast, call: Call) -> dict[str, CallQuestion]:
    """One of each kind, all wanted."""
    asked = {}
    for kind in ("short_text", "money", "one_choice", "file"):
        options = [("种子轮", "Seed"), ("A轮", "Series A")] if kind == "one_choice" else []
        asked[kind] = add_question(session, cast.manager, now=NOW, call_id=call.id, kind=kind,
                                   asked=Asked(f"问题 {kind}", kind, is_required=True, options=options))  # fmt: skip
    return asked


GOOD = {
    "name": "芯翼科技有限公司", "kind": "company", "credit_code": CODE, "registered_on": "2026-03-01",
    "industry_code": "6513", "summary": "做低功耗芯片。", "contact_name": "林晓", "contact_email": "lin@example.com",
    "contact_phone": "138 0013 8000", "founders-0-name": "林晓", "founders-0-title": "CEO", "founders-2-name": "周 敏",
}  # fmt: skip


def begin(session: Session, cast: Cast, call: Call, email: str = "lin@example.com", now: datetime = NOW) -> Application:
    return start_application(session, cast.system, now=now, call=call, email=email, locale="zh_Hans", base_url=BASE)[0]


def sent(
    session: Session, cast: Cast, call: Call, now: datetime = NOW, **typed: str
) -> Application:
    """Sent to a call without questions."""
    application = begin(session, cast, call, now=now)
    save_draft(session, cast.system, now=now, application_id=application.id, typed=GOOD | typed)
    return send_application(session, cast.system, now=now, application_id=application.id, link=BASE)


def test_a_draft_is_found_by_its_secret_address_alone(session: Session, cast: Cast, call: Call) -> None:
    application, token = start_application(session, cast.system, now=NOW, call=call, email=" Lin@Example.com ",
                                           locale="en", base_url=BASE)  # fmt: skip
    assert open_key(session, token, kind="application").opens_id == application.id
    mail = session.execute(select(OutboxMail).where(OutboxMail.about_kind == "applications")).scalar_one()
    assert f"{BASE}/application/{token}" in mail.text_body and "erased 90 days" in mail.text_body
    with pytest.raises(NotFound):  # what was not sent is its applicant's alone
        get_application(session, cast.manager, application.id)
    with pytest.raises(Forbidden):
        save_draft(session, cast.manager, now=NOW, application_id=application.id, typed=GOOD)
    with pytest.raises(NotFound):
        save_draft(session, cast.founder_a, now=NOW, application_id=application.id, typed=GOOD)
    with pytest.raises(Refusal, match="e-mail"):
        begin(session, cast, call, "nobody")


def test_all_faults_at_once_each_at_its_field_and_nothing_lost(
    session: Session, cast: Cast, call: Call, questions: dict[str, CallQuestion]
) -> None:
    application = begin(session, cast, call)
    money = f"q{questions['money'].id}"
    typed = GOOD | {"credit_code": "91440300MA5XYYWE1X", "registered_on": "2026-02-30", money: "about five",
                    "founders-0-name": "", "contact_phone": "12"}  # fmt: skip
    save_draft(session, cast.system, now=NOW, application_id=application.id, typed=typed)
    with pytest.raises(Faulty) as refused:
        send_application(session, cast.system, now=NOW, application_id=application.id, link=BASE)
    asked = {f"q{questions[kind].id}" for kind in ("short_text", "one_choice", "file")}
    assert set(refused.value.faults) == asked | {
        money, "credit_code", "registered_on", "founders-0-name", "contact_phone"
    }
    session.expire_all()
    assert application.draft == typed and application.number is None and application.sent_at is None


def test_what_is_sent_is_checked_counted_and_readable(
    session: Session, cast: Cast, call: Call, questions: dict[str, CallQuestion]
) -> None:
    application = begin(session, cast, call)
    options = {each.label: each.id for row in list_questions(session, call.id) for each in row.options}
    answers = {f"q{questions['short_text'].id}": " 两 年 ", f"q{questions['money'].id}": "１,280.50",
               f"q{questions['one_choice'].id}": str(options["A轮"])}  # fmt: skip
    save_draft(session, cast.system, now=NOW, application_id=application.id, typed=GOOD | answers)
    attach_file(session, cast.system, now=NOW, application_id=application.id, question_id=questions["file"].id,
                name="商业计划书.pdf", content=PDF)  # fmt: skip
    send_application(session, cast.system, now=NOW, application_id=application.id, link=BASE)
    row = get_application(session, cast.auditor, application.id)
    assert row.application.number == "AP-2026-0001" and row.state == "sent"
    assert [(each.name, each.title) for each in row.founders] == [("林晓", "CEO"), ("周 敏", "")]
    said = [(each.answer.value, [option.label_en for option in each.options])
            for each in list_answers(session, call.id, [application.id])[application.id] if each.answer]  # fmt: skip
    assert said == [("两 年", []), ("128050", []), ("", ["Series A"]), ("商业计划书.pdf", [])]
    mails = session.execute(select(OutboxMail.subject).order_by(OutboxMail.id)).scalars().all()
    assert mails[-1] == "AP-2026-0001：您的申请已收到"


def test_numbers_have_no_gaps_and_begin_anew_each_year_of_china(session: Session, cast: Cast, call: Call) -> None:
    call.closes_at = None
    codes = [complete_credit_code(f"91440300MA5XYYW{each}1") for each in "ABCD"]
    new_year = datetime.fromisoformat("2026-12-31T16:00:00+00:00")
    numbers = [sent(session, cast, call, now, credit_code=code).number
               for now, code in zip((NOW, NOW, new_year - A_DAY / 86400, new_year), codes, strict=True)]  # fmt: skip
    assert numbers == ["AP-2026-0001", "AP-2026-0002", "AP-2026-0003", "AP-2027-0001"]


def test_the_same_credit_code_can_not_be_sent_twice_to_a_call(session: Session, cast: Cast, call: Call) -> None:
    first = sent(session, cast, call)
    with pytest.raises(Faulty) as refused:
        sent(session, cast, call, name="另一个名字")
    assert list(refused.value.faults) == ["credit_code"]
    assert "芯翼" not in str(refused.value.faults["credit_code"])
    withdraw_application(session, cast.system, now=NOW, application_id=first.id)
    assert sent(session, cast, call).number == "AP-2026-0002"


def test_it_can_be_changed_until_the_call_closes_or_review_begins(session: Session, cast: Cast, call: Call) -> None:
    application = sent(session, cast, call)
    save_draft(session, cast.system, now=NOW, application_id=application.id, typed=GOOD | {"name": "芯翼半导体有限公司"})
    assert application.name == "芯翼科技有限公司"  # what was sent stands
    send_application(session, cast.system, now=NOW, application_id=application.id, link=BASE)
    assert (application.name, application.number) == ("芯翼半导体有限公司", "AP-2026-0001")
    application.taken_up_at = NOW
    with pytest.raises(Conflict, match="review has begun"):
        save_draft(session, cast.system, now=NOW, application_id=application.id, typed=GOOD)
    application.taken_up_at = None
    with pytest.raises(Conflict, match="closed"):
        send_application(session, cast.system, now=NOW + 30 * A_DAY, application_id=application.id, link=BASE)
    with pytest.raises(Conflict, match="no applications"):
        begin(session, cast, call, now=NOW + 30 * A_DAY)
    withdraw_application(session, cast.system, now=NOW + 40 * A_DAY, application_id=application.id)
    assert get_application(session, cast.manager, application.id).state == "withdrawn"


def test_files_are_what_they_say_are_replaced_and_are_few(
    session: Session, cast: Cast, call: Call, questions: dict[str, CallQuestion]
) -> None:
    application, question = begin(session, cast, call), questions["file"].id

    def attach(name: str, content: bytes) -> None:
        attach_file(session, cast.system, now=NOW, application_id=application.id, question_id=question, name=name,
                    content=content)  # fmt: skip

    def kept() -> list[str]:
        return list(session.execute(select(StoredFile.name)).scalars())

    with pytest.raises(Refusal, match="by its content"):
        attach("plan.docx", PDF)
    with pytest.raises(Refusal, match="20 MB"):
        attach("plan.pdf", PDF + bytes(20 * 1024 * 1024))
    with pytest.raises(NotFound):
        attach_file(session, cast.system, now=NOW, application_id=application.id, name="a.pdf", content=PDF,
                    question_id=questions["money"].id)  # fmt: skip
    attach("张三的计划.pdf", PDF)
    attach("../../新的计划.pdf", PDF + b"%new")
    assert kept() == ["application.pdf"]  # the first is erased, and the trail keeps nobody's name
    detach_file(session, cast.system, now=NOW, application_id=application.id, question_id=question)
    assert kept() == []


def test_what_was_sent_keeps_its_file_until_it_is_sent_again(
    session: Session, cast: Cast, call: Call, programme: Programme
) -> None:
    question = add_question(session, cast.manager, now=NOW, call_id=call.id, kind="file", asked=Asked("计划书")).id
    application = begin(session, cast, call)
    save_draft(session, cast.system, now=NOW, application_id=application.id, typed=GOOD)

    def attach(name: str) -> None:
        attach_file(session, cast.system, now=NOW, application_id=application.id, question_id=question, name=name,
                    content=PDF)  # fmt: skip

    def answered() -> list[str]:
        return list(session.execute(select(ApplicationAnswer.value)).scalars())

    attach("一.pdf")
    send_application(session, cast.system, now=NOW, application_id=application.id, link=BASE)
    attach("二.pdf")
    assert answered() == ["一.pdf"]
    assert session.execute(select(func.count(StoredFile.id))).scalar_one() == 2
    send_application(session, cast.system, now=NOW, application_id=application.id, link=BASE)
    assert answered() == ["二.pdf"]
    assert session.execute(select(func.count(StoredFile.id))).scalar_one() == 1


def test_drafts_never_sent_are_erased_with_their_files_after_ninety_days(
    session: Session, cast: Cast, call: Call, questions: dict[str, CallQuestion]
) -> None:
    call.closes_at = None
    application, token = start_application(session, cast.system, now=NOW, call=call, email="a@example.com",
                                           locale="en", base_url=BASE)  # fmt: skip
    attach_file(session, cast.system, now=NOW, application_id=application.id, question_id=questions["file"].id,
                name="a.pdf", content=PDF)  # fmt: skip
    for kind in ("short_text", "money", "one_choice", "file"):
        retire_question(session, cast.manager, now=NOW, call_id=call.id, question_id=questions[kind].id)
    kept = sent(session, cast, call)
    assert erase_stale_drafts(session, cast.system, now=NOW + 90 * A_DAY) == 0
    assert erase_stale_drafts(session, cast.system, now=NOW + 90 * A_DAY + A_DAY / 86400) == 1
    assert session.execute(select(Application.id)).scalars().all() == [kept.id]
    assert session.execute(select(StoredFile.id)).all() == []
    mails = session.execute(select(OutboxMail.to_address, OutboxMail.text_body)).all()
    assert ("", "") in mails and not any("a@example.com" in mail.to_address for mail in mails)
    with pytest.raises(NotFound):
        open_key(session, token, kind="application")


def test_a_form_keeps_what_was_answered(
    session: Session, cast: Cast, call: Call, questions: dict[str, CallQuestion]
) -> None:
    choice, short = questions["one_choice"], questions["short_text"]
    edit_question(session, cast.manager, now=NOW, call_id=call.id, question_id=choice.id,
                  asked=Asked("轮次", "Round", options=[("A轮", "Series A"), ("天使轮", "Angel")]))  # fmt: skip
    move_question(session, cast.manager, now=NOW, call_id=call.id, question_id=choice.id, step=-1)
    retire_question(session, cast.manager, now=NOW, call_id=call.id, question_id=short.id)
    rows = list_questions(session, call.id)
    assert [row.question.kind for row in rows] == ["one_choice", "money", "file"]
    assert [each.label for each in rows[0].options] == ["A轮", "天使轮"]
    with pytest.raises(Refusal, match="to choose from"):
        edit_question(session, cast.manager, now=NOW, call_id=call.id, question_id=choice.id,
                      asked=Asked("轮次", options=[("A轮", "")]))  # fmt: skip
    facts = CallFacts("2027 秋季加速营", "autumn-2027", NOW)
    copied = copy_call(session, cast.manager, now=NOW, call_id=call.id, facts=facts)
    assert [row.question.label for row in list_questions(session, copied.id)] == ["轮次", "问题 money", "问题 file"]
    with pytest.raises(Conflict, match="address"):
        copy_call(session, cast.manager, now=NOW, call_id=call.id, facts=facts)


def test_a_call_closes_and_opens_again(session: Session, cast: Cast, call: Call) -> None:
    with pytest.raises(Conflict, match="not closed"):
        reopen_call(session, cast.manager, now=NOW, call_id=call.id)
    close_call(session, cast.manager, now=NOW, call_id=call.id)
    with pytest.raises(Conflict, match="no applications"):
        begin(session, cast, call)
    with pytest.raises(Refusal, match="over already"):
        reopen_call(session, cast.manager, now=NOW, call_id=call.id, closes_at=NOW)
    reopen_call(session, cast.manager, now=NOW, call_id=call.id, closes_at=NOW + A_DAY)
    begin(session, cast, call)
    for actor in (cast.front_desk, cast.finance, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            list_applications(session, actor, call.id)
    with pytest.raises(Forbidden):
        close_call(session, cast.auditor, now=NOW, call_id=call.id)


def test_an_admitted_one_becomes_a_startup_in_the_programme(session: Session, cast: Cast, call: Call) -> None:
    application = sent(session, cast, call)
    startup = admit_application(session, cast.manager, now=NOW, application=application)
    assert (startup.name, startup.credit_code, startup.industry_code) == ("芯翼科技有限公司", CODE, "6513")
    names = [individual.name for _post, individual in list_founders(session, startup.id, date(2026, 10, 1))]
    assert names == ["林晓", "周 敏"]
    days = session.execute(select(Programme.name).where(Programme.id == call.programme_id)).scalar_one()
    assert days == "加速营" and application.startup_id == startup.id
    with pytest.raises(Conflict, match="admitted already"):
        admit_application(session, cast.manager, now=NOW, application=application)
    with pytest.raises(Conflict, match="talk to the operator"):
        withdraw_application(session, cast.system, now=NOW, application_id=application.id)


def test_one_that_the_house_knows_is_taken_and_not_made_anew(session: Session, cast: Cast, call: Call) -> None:
    known = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
    application = sent(session, cast, call, credit_code=known.credit_code or "", name="甲科技（深圳）")
    assert admit_application(session, cast.manager, now=NOW, application=application) is known
    assert (known.name, known.industry_code, known.registered_on) == ("甲科技有限公司", "6513", date(2026, 1, 5))


def test_a_founder_applies_with_what_the_house_knows(session: Session, cast: Cast, call: Call) -> None:
    startup = session.execute(select(Startup).where(Startup.id == cast.startup_a)).scalar_one()
    begun = start_for_startup(session, cast.founder_a, now=NOW, call=call, startup=startup)
    assert begun.draft["credit_code"] == startup.credit_code and begun.draft["registered_on"] == "2026-01-05"
    assert start_for_startup(session, cast.founder_a, now=NOW, call=call, startup=startup) is begun
    save_draft(session, cast.founder_a, now=NOW, application_id=begun.id,
               typed=begun.draft | {name: GOOD[name] for name in ("summary", "contact_email", "contact_phone", "founders-0-name")})  # fmt: skip
    send_application(session, cast.founder_a, now=NOW, application_id=begun.id, link=BASE)
    with pytest.raises(NotFound):
        withdraw_application(session, cast.founder_b, now=NOW, application_id=begun.id)
    with pytest.raises(NotFound):
        start_for_startup(session, cast.founder_b, now=NOW, call=call, startup=startup)
    with pytest.raises(Forbidden):
        withdraw_application(session, cast.member_a, now=NOW, application_id=begun.id)
    assert admit_application(session, cast.manager, now=NOW, application=begun) is startup
