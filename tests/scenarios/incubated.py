"""What startup A has of its way through the house: its application and what was decided of it, its figures, what it
achieved, asked and wrote of itself, and its first leaving; and the operator's own forms and rules behind them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.documents.operations.files import store_file
from incubator.reports.gauge.operations import adopt_standard, set_goal, state_figure
from incubator.startups.models import (
    Application,
    ApplicationAnswer,
    Call,
    CallQuestion,
    DraftFile,
    Exit,
    ExitItem,
    FigureSheet,
    Indicator,
    PlaceOffer,
    RequestPhoto,
    RubricLine,
    SelectionStage,
)
from incubator.startups.operations.achievements import claim_achievement
from incubator.startups.operations.announcements import Words, publish_announcement
from incubator.startups.operations.decisions import decide
from incubator.startups.operations.directory import edit_entry
from incubator.startups.operations.figure_sheets import open_due_sheets
from incubator.startups.operations.figures import Said, save_figures
from incubator.startups.operations.graduation import adopt_rule
from incubator.startups.operations.indicators import add_check, adopt_defaults
from incubator.startups.operations.request_settings import add_category
from incubator.startups.operations.requests import open_request
from tests.cast import NOW, Cast
from tests.documents.test_filetypes import picture
from tests.scenarios.october import AFTER_OCTOBER
from tests.startups.choosing import make_call, make_stage, review

MARKS = {
    "application": "甲的申请摘要", "application file": "甲的申请附件", "decision": "甲的录取理由", "terms": "甲的录取条件",
    "review": "甲的评审意见", "figure": "甲的数据说明", "achievement": "甲的发明专利", "request": "甲的空调报修",
    "entry": "甲的名录简介", "exit": "甲曾经搬走",
}  # fmt: skip
"""What only these rows of A's say."""


def incubate(session: Session, cast: Cast, site_id: int, of_the_house: dict[str, object]) -> dict[str, object]:
    """A's rows, by the names of their places."""
    return {
        **_applied(session, cast, int(str(of_the_house["call_id"])), int(str(of_the_house["stage_id"]))),
        **_reported(session, cast), **_asked(session, cast, site_id), **_left(session, cast),
    }  # fmt: skip


def furnish(session: Session, cast: Cast, site_id: int) -> dict[str, object]:
    """What the operator has for everybody: a call with a question, a stage with its rubric, indicators, a standard …"""
    manager, now = cast.manager, AFTER_OCTOBER
    call = make_call(session, cast)
    question = CallQuestion(call_id=call.id, position=1, kind="file", label="商业计划书", is_required=False, created_at=NOW)
    session.add(question)
    stage, lines = make_stage(session, cast, call)
    rule = adopt_rule(session, manager, now=now, programme_id=call.programme_id, starts_on=date(2026, 1, 1))
    adopt_defaults(session, manager, now=NOW, today=date(2026, 9, 1))
    check = add_check(session, manager, now=NOW, rhythm="quarter", level="soft", left=["tax"], comparison="at_most",
                      right=["revenue"], sentence="税收高于收入。")  # fmt: skip
    notice = publish_announcement(session, cast.front_desk, now=now, words=Words("停水通知", "周六停水。", date(2026, 11, 1)))
    category = add_category(session, manager, now=now, name="空调")
    standard = adopt_standard(session, manager, now=now, code="CN-SPACE")
    goal = set_goal(session, manager, now=now, standard_id=standard.id, site_ids=[site_id])
    statement = state_figure(session, manager, now=now, goal_id=goal.id, measure="events_year", figure=Decimal(12),
                             evidence="活动台账", starts_on=date(2026, 1, 1))  # fmt: skip
    return {
        "call_id": call.id, "question_id": question.id, "stage_id": stage.id, "criterion_id": lines[0].id,
        "graduation_rule": rule.id, "check_id": check.id, "announcement_id": notice.id, "category_id": category.id,
        "indicator_id": session.execute(select(Indicator.id).where(Indicator.code == "revenue")).scalar_one(),
        "standard_id": standard.id, "goal_id": goal.id, "statement_id": statement.id,
    }  # fmt: skip


def _applied(session: Session, cast: Cast, call_id: int, stage_id: int) -> dict[str, object]:
    """A applied with its founder and a file, was reviewed by the front desk, and has a place offered and taken."""
    call = session.get_one(Call, (cast.operator_id, call_id))
    stage = session.get_one(SelectionStage, (cast.operator_id, stage_id))
    lines = session.execute(
        select(RubricLine).where(RubricLine.stage_id == stage_id).order_by(RubricLine.id)
    ).scalars().all()  # fmt: skip
    question = session.execute(select(CallQuestion).where(CallQuestion.call_id == call_id)).scalar_one()
    application = Application(
        call_id=call.id, number="AP-2026-0001", locale="zh_Hans", name="甲科技有限公司", kind="team", contact_name="安娜",
        contact_email="anna@example.com", summary=MARKS["application"], created_at=NOW, changed_at=NOW, sent_at=NOW,
        from_startup_id=cast.startup_a,
    )  # fmt: skip
    session.add(application)
    session.flush()
    file = store_file(session, cast.founder_a, now=NOW, name="application", media_type="text/plain",
                      content=MARKS["application file"].encode())  # fmt: skip
    for kept in (ApplicationAnswer(value="a.txt"), DraftFile(name="a.txt")):
        kept.application_id, kept.question_id, kept.file_id = application.id, question.id, file.id
        session.add(kept)
    session.flush()
    reviewed = review(session, cast, stage, lines, application, cast.front_desk, (4, 3, 5), to_panel=MARKS["review"])
    decision = decide(session, cast.manager, now=AFTER_OCTOBER, application_id=application.id, outcome="offer",
                      reason=MARKS["decision"], terms=MARKS["terms"], expires_on=date(2027, 3, 1))  # fmt: skip
    application.startup_id, application.admitted_at = cast.startup_a, AFTER_OCTOBER
    session.flush()
    offer_id = session.execute(select(PlaceOffer.id).where(PlaceOffer.decision_id == decision.id)).scalar_one()
    return {"application_id": application.id, "ref": application.id, "review_id": reviewed.id,
            "decision_id": decision.id, "offer_id": offer_id}  # fmt: skip


def _reported(session: Session, cast: Cast) -> dict[str, object]:
    """A's sheet of the third quarter with a remark, and a patent that it claims."""
    open_due_sheets(session, cast.system, now=AFTER_OCTOBER)
    sheet = session.execute(
        select(FigureSheet).where(FigureSheet.startup_id == cast.startup_a, FigureSheet.rhythm == "quarter")
        .order_by(FigureSheet.starts_on.desc()).limit(1)
    ).scalar_one()  # fmt: skip
    revenue = session.execute(select(Indicator.id).where(Indicator.code == "revenue")).scalar_one()
    save_figures(session, cast.founder_a, now=AFTER_OCTOBER, sheet_id=sheet.id,
                 said={revenue: Said(Decimal(100_000), MARKS["figure"])})  # fmt: skip
    achievement = claim_achievement(session, cast.founder_a, now=AFTER_OCTOBER, today=date(2026, 11, 1), startup_id=cast.startup_a,
                                    kind="right_applied", sort="invention", title=MARKS["achievement"],
                                    happened_on=date(2026, 8, 1))  # fmt: skip
    return {"sheet_id": sheet.id, "achievement_id": achievement.id}


def _asked(session: Session, cast: Cast, site_id: int) -> dict[str, object]:
    """A request with a photo; and what A says of itself, kept but not listed."""
    request = open_request(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=cast.startup_a, site_id=site_id,
                           title=MARKS["request"], text="不制冷。", photos=[picture("PNG")])  # fmt: skip
    photo_id = session.execute(select(RequestPhoto.id)).scalar_one()
    edit_entry(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=cast.startup_a, listed=False, blurb=MARKS["entry"],
               logo=picture("PNG"))  # fmt: skip
    return {"request_id": request.id, "request_photo": photo_id}


def _left(session: Session, cast: Cast) -> dict[str, object]:
    """A was here before, left in June, and came back in August."""
    exit_ = Exit(startup_id=cast.startup_a, kind="left", happened_on=date(2026, 6, 30), reason=MARKS["exit"],
                 decided_at=NOW - timedelta(days=100))  # fmt: skip
    session.add(exit_)
    session.flush()
    item = ExitItem(exit_id=exit_.id, position=1, task="other", title=MARKS["exit"])
    session.add(item)
    session.flush()
    return {"exit_id": exit_.id, "exit_item": item.id}
