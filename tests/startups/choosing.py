"""What tests of the selection share: a call with applications that were sent, a stage with a rubric."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.startups.models import (
    Application,
    ApplicationFounder,
    Call,
    Review,
    RubricLine,
    SelectionStage,
)
from incubator.startups.operations import add_programme
from incubator.startups.operations.reviews import assign_reviewer, submit_review
from incubator.startups.operations.stages import add_criterion, add_stage
from tests.cast import NOW, Cast

DUE = date(2026, 10, 15)
COMPANIES = ("芯翼科技", "蓝湾生物", "南头机器人", "海月软件", "前海新材")


def make_call(session: Session, cast: Cast, slug: str = "autumn-2026") -> Call:
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name=f"加速计划 {slug}",
                              name_en=f"Acceleration {slug}")  # fmt: skip
    call = Call(
        programme_id=programme.id, name=f"秋季招募 {slug}", name_en=f"Autumn call {slug}", slug=slug,
        opens_at=NOW - timedelta(days=30), closes_at=NOW - timedelta(days=1), created_at=NOW, published_at=NOW,
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call


def apply(session: Session, call: Call, count: int = 3, first: int = 1) -> list[Application]:
    """Applications AP-2026-0001 … that were sent."""
    made = []
    for number in range(first, first + count):
        application = Application(
            call_id=call.id, number=f"AP-2026-{number:04}", locale="zh_Hans" if number % 2 else "en",
            name=COMPANIES[(number - 1) % len(COMPANIES)], name_en=f"Applicant {number}", kind="team", contact_name="张三丰",
            contact_email=f"applicant{number}@example.com", contact_phone="13800138000",
            summary=f"我们是{COMPANIES[(number - 1) % len(COMPANIES)]}，由张三丰创办，见 www.xinyi.example。", created_at=NOW, changed_at=NOW, sent_at=NOW,
        )  # fmt: skip
        session.add(application)
        session.flush()
        session.add(ApplicationFounder(application_id=application.id, position=1, name="张三丰", title="首席执行官"))
        made.append(application)
    session.flush()
    return made


def make_stage(session: Session, cast: Cast, call: Call, **more: Any) -> tuple[SelectionStage, list[RubricLine]]:
    """A stage with the weights 50, 30 and 20 on a scale from 1 to 5."""
    values: dict[str, Any] = {"name": "书面评审", "name_en": "On paper", "due_on": DUE, "reviews_wanted": 2} | more
    stage = add_stage(session, cast.manager, now=NOW, call_id=call.id, **values)
    lines = [
        add_criterion(session, cast.manager, now=NOW, stage_id=stage.id, label=label, label_en=label_en, weight=weight,
                      lowest_means="没有", lowest_means_en="None", middle_means="一般", middle_means_en="Fair",
                      highest_means="突出", highest_means_en="Outstanding")
        for label, label_en, weight in (("团队", "Team", 50), ("技术", "Technology", 30), ("市场", "Market", 20))
    ]  # fmt: skip
    return stage, lines


def review(
    session: Session, cast: Cast, stage: SelectionStage, lines: Sequence[RubricLine], application: Application,
    reviewer: Actor, scores: Sequence[int], **more: Any,
) -> Review:  # fmt: skip
    """Assigned and submitted."""
    assert reviewer.person_id is not None
    made = assign_reviewer(session, cast.manager, now=NOW, stage_id=stage.id, application_id=application.id,
                           person_id=reviewer.person_id)  # fmt: skip
    given = {line.id: score for line, score in zip(lines, scores, strict=True)}
    return submit_review(session, reviewer, now=NOW, review_id=made.id, scores=given, **more)
