"""Selection: stages and rubrics, reviews, ranking, decisions, offers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person, RoleGrant, SingleUseLink
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import INSTALLATION, as_operator
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Enrolment, PlaceOffer, Review, Startup
from incubator.startups.operations import decisions as deciding
from incubator.startups.operations import reviews as reviewing
from incubator.startups.operations import stages as staging
from incubator.startups.operations.withdrawing import withdraw_application
from incubator.startups.queries.records import get_record, get_told
from incubator.startups.queries.reviews import get_sheet, list_my_reviews
from incubator.startups.queries.stages import list_criteria, list_in_stage, list_progress, list_ranking, list_stages
from tests.cast import NOW, Cast
from tests.startups.choosing import DUE, apply, make_call, make_stage, review

URL = "https://hub.example"


def test_reviews_become_a_ranked_list(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b, c = apply(session, call)
    # 4, 3, 5 → 72.5; 3, 3, 3 → 50; 2, 2, 2 → 25: a mean of 49.17 and a spread of 19.4
    for application, scores in ((a, (4, 3, 5)), (b, (3, 3, 3)), (c, (2, 2, 2))):
        review(session, cast, stage, lines, application, cast.mentor, scores)
    rows = list_ranking(session, cast.manager, stage)
    assert [(row.application.number, row.standing.rank, row.standing.raw) for row in rows] == [
        (a.number, 1, Decimal("72.50")), (b.number, 2, Decimal("50.00")), (c.number, 3, Decimal("25.00"))
    ]  # fmt: skip
    assert a.taken_up_at == NOW
    assert [(each.reviewer.name, each.assigned, each.submitted) for each in list_progress(session, stage.id)] == [("max", 3, 3)]


def test_a_rubric_stands_from_the_first_submitted_review_on(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b, _c = apply(session, call)
    staging.edit_criterion(session, cast.manager, now=NOW, criterion_id=lines[0].id, label="创始团队", weight=40)
    mine = review(session, cast, stage, lines, a, cast.mentor, (4, 3, 5))
    for change in (
        lambda: staging.add_criterion(session, cast.manager, now=NOW, stage_id=stage.id, label="更多"),
        lambda: staging.edit_criterion(session, cast.manager, now=NOW, criterion_id=lines[0].id, label="团队", weight=1),
        lambda: staging.drop_criterion(session, cast.manager, now=NOW, criterion_id=lines[0].id),
        lambda: staging.edit_stage(session, cast.manager, now=NOW, stage_id=stage.id, name="x", is_blind=True),
        lambda: staging.drop_stage(session, cast.manager, now=NOW, stage_id=stage.id),
    ):
        with pytest.raises(Conflict, match="stands"):
            change()
    new = staging.renew_stage(session, cast.manager, now=NOW, stage_id=stage.id)
    assert (new.version, new.position, [each.label for each in list_criteria(session, new.id)]) == (2, 1, ["创始团队", "技术", "市场"])
    assert [each.id for each in list_stages(session, cast.manager, call.id)] == [new.id]
    again = session.execute(select(Review).where(Review.stage_id == new.id)).scalar_one()
    assert (again.person_id, again.application_id, again.submitted_at) == (mine.person_id, a.id, None)
    with pytest.raises(Conflict, match="retired"):
        reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=b.id,
                                  person_id=cast.front_desk.person_id or 0)  # fmt: skip


def test_a_selection_is_copied_without_its_people_and_days(session: Session, cast: Cast) -> None:
    old, new = make_call(session, cast), make_call(session, cast, "spring-2027")
    make_stage(session, cast, old, is_blind=True)
    staging.add_stage(session, cast.manager, now=NOW, call_id=old.id, name="路演")
    assert staging.copy_selection(session, cast.manager, now=NOW, from_call_id=old.id, to_call_id=new.id) == 2
    first, second = list_stages(session, cast.manager, new.id)
    assert (first.name, first.is_blind, first.due_on, second.name) == ("书面评审", True, None, "路演")
    assert [each.weight for each in list_criteria(session, first.id)] == [50, 30, 20]
    assert staging.copy_selection(session, cast.manager, now=NOW, from_call_id=old.id, to_call_id=new.id) == 0


def test_a_declared_conflict_excludes_and_hides(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b = apply(session, call, 2)
    mine = review(session, cast, stage, lines, a, cast.mentor, (5, 5, 5))
    with pytest.raises(Refusal, match="what the conflict is"):
        reviewing.declare_conflict(session, cast.mentor, now=NOW, review_id=mine.id, reason=" ")
    reviewing.declare_conflict(session, cast.mentor, now=NOW, review_id=mine.id, reason="持有其股份")
    assert get_sheet(session, cast.mentor, mine.id).subject is None
    assert [row.standing.rank for row in list_ranking(session, cast.owner, stage)] == [None, None]
    with pytest.raises(Conflict, match="conflict of interest"):
        reviewing.save_review(session, cast.mentor, now=NOW, review_id=mine.id, scores={})
    second = staging.add_stage(session, cast.manager, now=NOW, call_id=call.id, name="路演")
    staging.add_criterion(session, cast.manager, now=NOW, stage_id=second.id, label="表现")
    for each in (a, b):
        deciding.decide(session, cast.manager, now=NOW, application_id=each.id, stage_id=stage.id, outcome="advance", reason="好")
    with pytest.raises(Conflict, match="declared a conflict"):
        reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=second.id, application_id=a.id,
                                  person_id=cast.mentor.person_id or 0)  # fmt: skip
    assert reviewing.assign_all(session, cast.manager, now=NOW, stage_id=second.id, limit=9,
                                person_ids=[cast.mentor.person_id or 0]) == 1  # fmt: skip
    given = session.execute(select(Review.application_id).where(Review.stage_id == second.id)).scalars().all()
    assert given == [b.id]


def test_who_has_a_conflict_does_not_decide(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    a, b = apply(session, call, 2)
    mine = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=a.id,
                                     person_id=cast.manager.person_id or 0)  # fmt: skip
    reviewing.declare_conflict(session, cast.manager, now=NOW, review_id=mine.id, reason="亲属")
    with pytest.raises(Forbidden, match="somebody else decides"):
        deciding.decide_many(session, cast.manager, now=NOW, application_ids=[b.id, a.id], stage_id=stage.id,
                             outcome="decline", reason="不合适")  # fmt: skip
    record = get_record(session, cast.manager, a.id)
    assert (record.hidden, record.stages) == ("conflict", [])


def test_evenly_within_the_limit_and_again_for_what_is_missing(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    apply(session, call, 5)
    people = [each.person_id or 0 for each in (cast.mentor, cast.front_desk, cast.finance)]
    give = lambda limit: reviewing.assign_all(session, cast.manager, now=NOW, stage_id=stage.id, person_ids=people, limit=limit)  # noqa: E731
    assert give(2) == 6
    assert give(2) == 0
    assert give(9) == 4
    # in two rounds: who is left for an application has not reviewed it yet, so it may be one more than in a single round
    assert sorted(each.assigned for each in list_progress(session, stage.id)) in ([3, 3, 4], [2, 4, 4])
    with pytest.raises(Refusal, match="may review"):
        reviewing.assign_all(session, cast.manager, now=NOW, stage_id=stage.id, person_ids=[cast.founder_a.person_id or 0], limit=3)
    with pytest.raises(Refusal, match="may review"):
        reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, person_id=cast.auditor.person_id or 0,
                                  application_id=list_in_stage(session, stage)[0].id)  # fmt: skip


def test_blind_shows_nothing_that_tells(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call, is_blind=True)
    (a,) = apply(session, call, 1)
    mine = reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=a.id,
                                     person_id=cast.mentor.person_id or 0)  # fmt: skip
    sheet = get_sheet(session, cast.mentor, mine.id)
    assert sheet.subject is not None
    assert (sheet.subject.name, sheet.subject.name_en, sheet.subject.founders) == ("", "", ())
    assert sheet.subject.summary == "我们是■■■，由■■■创办，见 ■■■。"
    assert list_my_reviews(session, cast.mentor, done=False, page=1).rows[0].name == ""


def test_nobody_sees_others_before_their_own_is_submitted(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    review(session, cast, stage, lines, a, cast.front_desk, (5, 5, 5), to_panel="很强")
    mine = reviewing.assign_reviewer(session, cast.owner, now=NOW, stage_id=stage.id, application_id=a.id,
                                     person_id=cast.manager.person_id or 0)  # fmt: skip
    assert get_sheet(session, cast.manager, mine.id).others == ()
    assert get_record(session, cast.manager, a.id).stages == []
    assert list_ranking(session, cast.manager, stage)[0].hidden == "own"
    with pytest.raises(NotFound):
        get_sheet(session, cast.mentor, mine.id)
    scores = {line.id: 3 for line in lines}
    reviewing.save_review(session, cast.manager, now=NOW, review_id=mine.id, scores={lines[0].id: 2})
    with pytest.raises(Refusal, match="Choose a score"):
        reviewing.submit_review(session, cast.manager, now=NOW, review_id=mine.id, scores={lines[0].id: 2})
    with pytest.raises(Refusal, match="of the scale"):
        reviewing.save_review(session, cast.manager, now=NOW, review_id=mine.id, scores={lines[0].id: 6})
    reviewing.submit_review(session, cast.manager, now=NOW, review_id=mine.id, scores=scores)
    assert [(each.reviewer, each.total, each.to_panel) for each in get_sheet(session, cast.manager, mine.id).others] == [
        ("fred", Decimal("100.00"), "很强")
    ]  # fmt: skip
    assert list_ranking(session, cast.manager, stage)[0].hidden == ""
    with pytest.raises(Conflict, match="it stands"):
        reviewing.save_review(session, cast.manager, now=NOW, review_id=mine.id, scores=scores)


def test_a_review_is_handed_back_until_it_is_decided(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    mine = review(session, cast, stage, lines, a, cast.mentor, (5, 5, 5))
    with pytest.raises(Conflict, match="stands"):
        reviewing.withdraw_review(session, cast.manager, now=NOW, review_id=mine.id)
    reviewing.hand_back_review(session, cast.manager, now=NOW, review_id=mine.id)
    reviewing.submit_review(session, cast.mentor, now=NOW, review_id=mine.id, scores={line.id: 1 for line in lines})
    deciding.decide(session, cast.manager, now=NOW, application_id=a.id, stage_id=stage.id, outcome="decline", reason="弱")
    with pytest.raises(Conflict, match="is decided"):
        reviewing.hand_back_review(session, cast.manager, now=NOW, review_id=mine.id)


def test_reminders_once_each_and_only_to_who_has_something_left(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b = apply(session, call, 2)
    review(session, cast, stage, lines, a, cast.front_desk, (3, 3, 3))
    for each in (a, b):
        reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=each.id,
                                  person_id=cast.mentor.person_id or 0)  # fmt: skip
    remind = lambda days: reviewing.remind_reviewers(session, cast.system, now=NOW + timedelta(days=days))  # noqa: E731
    # due on 15 October, today the 1st: from the 12th on, and once more from the 16th on
    assert [remind(days) for days in (0, 10, 11, 12, 14, 15, 16, 46)] == [0, 0, 1, 0, 0, 1, 0, 0]
    staging.edit_stage(session, cast.manager, now=NOW, stage_id=stage.id, name=stage.name, due_on=date(2026, 10, 20))
    assert remind(17) == 1, "another day is told anew"
    write_notices(session, now=NOW, base_url=URL, writers=WRITERS)
    mails = session.execute(select(OutboxMail.subject).where(OutboxMail.to_address == "max@example.com")).scalars().all()
    assert len(mails) == 5 and sum("逾期" in each or "Overdue" in each for each in mails) == 1


def test_a_decision_is_append_only_and_the_latest_stands(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    decide = lambda **more: deciding.decide(session, cast.manager, now=NOW, application_id=a.id, stage_id=stage.id, **more)  # noqa: E731
    with pytest.raises(Refusal, match="reason"):
        decide(outcome="decline", reason="  ")
    with pytest.raises(Refusal, match="no stage after"):
        decide(outcome="advance", reason="好")
    with pytest.raises(Refusal, match="what is offered"):
        decide(outcome="offer", reason="好", expires_on=DUE)
    with pytest.raises(Refusal, match="until when"):
        decide(outcome="offer", reason="好", terms="两个工位")
    with pytest.raises(Refusal, match="is over"):
        decide(outcome="offer", reason="好", terms="两个工位", expires_on=date(2026, 9, 30))
    decide(outcome="decline", reason="弱")
    decide(outcome="return", reason="缺少材料", to_applicant="请补充商业计划书。")
    assert a.taken_up_at is None
    decide(outcome="offer", reason="复议通过", terms="两个工位", expires_on=DUE)
    assert a.taken_up_at == NOW
    with pytest.raises(Conflict, match="open offer"):
        decide(outcome="decline", reason="x")
    record = get_record(session, cast.manager, a.id)
    assert [each.decision.outcome for each in record.decisions] == ["offer", "return", "decline"]
    with pytest.raises(Forbidden):
        deciding.decide(session, cast.auditor, now=NOW, application_id=a.id, outcome="decline", reason="x")


def test_many_are_decided_together_or_none(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    staging.add_stage(session, cast.manager, now=NOW, call_id=call.id, name="路演")
    a, b, c = apply(session, call)
    c.withdrawn_at = NOW
    session.flush()
    ids = [a.id, b.id]
    with pytest.raises((Conflict, NotFound)):
        deciding.decide_many(session, cast.manager, now=NOW, application_ids=[*ids, c.id], stage_id=stage.id, outcome="advance", reason="x")
    made = deciding.decide_many(session, cast.manager, now=NOW, application_ids=ids, stage_id=stage.id, outcome="advance", reason="前两名")
    assert len(made) == 2
    second = list_stages(session, cast.manager, call.id)[1]
    assert [each.id for each in list_in_stage(session, second)] == ids
    deciding.decide(session, cast.manager, now=NOW, application_id=b.id, stage_id=stage.id, outcome="decline", reason="撤销晋级")
    assert [each.id for each in list_in_stage(session, second)] == [a.id]


def offered(session: Session, cast: Cast) -> PlaceOffer:
    call = make_call(session, cast)
    stage, _lines = make_stage(session, cast, call)
    (a,) = apply(session, call, 1)
    decision = deciding.decide(session, cast.manager, now=NOW, application_id=a.id, stage_id=stage.id, outcome="offer",
                               reason="第一名", terms="两个工位，首年免租。", expires_on=DUE)  # fmt: skip
    return session.execute(select(PlaceOffer).where(PlaceOffer.decision_id == decision.id)).scalar_one()


def test_accepting_makes_a_startup_and_invites_its_founder(session: Session, cast: Cast) -> None:
    offer = offered(session, cast)
    with pytest.raises(Refusal, match="your name"):
        deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name="", address="203.0.113.9")
    accepted, startup = deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name="张三丰", address="203.0.113.9")
    assert (accepted.accepted_name, accepted.accepted_from) == ("张三丰", "203.0.113.9")
    assert (startup.name, startup.kind) == ("芯翼科技", "team")
    assert session.execute(select(func.count()).select_from(Enrolment).where(Enrolment.startup_id == startup.id)).scalar_one() == 1
    person = session.execute(select(Person).where(Person.email == "applicant1@example.com")).scalar_one()
    grant = session.execute(select(RoleGrant).where(RoleGrant.person_id == person.id)).scalar_one()
    assert (grant.role, grant.startup_id) == ("founder", startup.id)
    with as_operator(session, INSTALLATION):
        assert session.execute(select(SingleUseLink.purpose).where(SingleUseLink.email == person.email)).scalars().all() == ["invitation"]
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "accept_offer")).scalar_one()
    assert (event.person_id, event.person_name) == (None, "张三丰")
    with pytest.raises(Conflict, match="accepted already"):
        deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name="李四", address="")
    with pytest.raises(Conflict, match="accepted already"):
        deciding.withdraw_offer(session, cast.manager, now=NOW, offer_id=offer.id, reason="x")


def test_an_application_withdrawn_takes_its_open_offer_with_it(session: Session, cast: Cast) -> None:
    offer = offered(session, cast)
    withdraw_application(session, cast.system, now=NOW, application_id=offer.application_id)
    assert offer.state(NOW) == "withdrawn" and offer.withdrawn_by is None
    assert offer.withdrawn_reason == "申请方撤回了申请。"
    with pytest.raises(Conflict, match="withdrawn"):
        deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name="张三丰", address="")
    steps = [(step.what, step.detail) for step in get_record(session, cast.manager, offer.application_id).steps]
    assert ("offer_withdrawn", "申请方撤回了申请。") in steps and ("withdrawn", "") in steps
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "withdraw_offer")).scalar_one()
    assert event.after == {"application": "AP-2026-0001", "reason": "申请方撤回了申请。"}
    write_notices(session, now=NOW, base_url=URL, writers=WRITERS)
    mails = session.execute(select(OutboxMail).where(OutboxMail.about_kind == "place_offers")).scalars().all()
    assert [mail.to_address for mail in mails] == [f"{cast.manager.name}@example.com"]  # they know it themselves
    assert "已撤回" in mails[0].text_body


def test_what_is_accepted_or_over_is_not_withdrawn_with_it(session: Session, cast: Cast) -> None:
    offer = offered(session, cast)
    late = NOW + timedelta(days=60)
    withdraw_application(session, cast.system, now=late, application_id=offer.application_id)
    assert offer.state(late) == "lapsed" and offer.withdrawn_at is None
    assert deciding.lapse_place_offers(session, cast.system, now=late) == 0


def test_an_offer_stands_until_the_end_of_its_day_and_then_lapses(session: Session, cast: Cast) -> None:
    offer = offered(session, cast)
    # the end of 15 October in China is 16:00 UTC
    end = NOW.replace(day=15, hour=16, minute=0)
    assert offer.expires_at == end and offer.last_day == DUE
    assert deciding.lapse_place_offers(session, cast.system, now=end - timedelta(seconds=1)) == 0
    with pytest.raises(Conflict, match="15"):
        deciding.accept_offer(session, now=end, decision_id=offer.decision_id, name="张三丰", address="")
    assert deciding.lapse_place_offers(session, cast.system, now=end) == 1
    assert deciding.lapse_place_offers(session, cast.system, now=end) == 0
    assert session.execute(select(func.count()).select_from(Startup).where(Startup.name == "芯翼科技")).scalar_one() == 0
    told = session.execute(select(Notice.facts, Notice.person_id).where(Notice.subject_kind == "place_offers")).all()
    assert sorted((each.facts["what"], each.person_id is None) for each in told) == [("lapsed", False), ("lapsed", True)]


def test_whoever_is_known_already_is_not_invited_twice(session: Session, cast: Cast) -> None:
    offer = offered(session, cast)
    record = get_record(session, cast.manager, offer.application_id)
    record.application.contact_email = "Max@example.com"
    deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name="张三丰", address="")
    roles = session.execute(select(RoleGrant.role).where(RoleGrant.person_id == cast.mentor.person_id)).scalars().all()
    assert sorted(roles) == ["founder", "mentor"]


def test_letters_tell_applicants_in_their_language_and_reviewers_comments(session: Session, cast: Cast) -> None:
    call = make_call(session, cast)
    stage, lines = make_stage(session, cast, call)
    a, b = apply(session, call, 2)
    review(session, cast, stage, lines, a, cast.mentor, (1, 1, 1), to_panel="不行", to_applicant="请先做十次客户访谈。")
    review(session, cast, stage, lines, b, cast.mentor, (1, 1, 1), to_applicant="Talk to customers.")
    made = deciding.decide_many(session, cast.manager, now=NOW, application_ids=[a.id, b.id], stage_id=stage.id,
                                outcome="decline", reason="排名靠后")  # fmt: skip
    assert get_told(session, made[0].id).comments == ("请先做十次客户访谈。",)
    write_notices(session, now=NOW, base_url=URL, writers=WRITERS)
    mails = {each.to_address: each for each in session.execute(select(OutboxMail)).scalars()}
    assert f"{URL}/decision/" in mails["applicant1@example.com"].text_body
    assert "Dear 张三丰" in mails["applicant2@example.com"].text_body
    assert all("排名靠后" not in each.text_body and "不行" not in each.text_body for each in mails.values())
