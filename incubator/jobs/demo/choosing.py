"""The demo's selection: the last cohort's is finished, the next one's is half way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.queries import get_actor
from incubator.core.clock import CHINA
from incubator.startups.models import Application, Call, Review, SelectionStage
from incubator.startups.operations.decisions import accept_offer, decide, decide_many, lapse_place_offers
from incubator.startups.operations.reviews import assign_all, declare_conflict, save_review, submit_review
from incubator.startups.operations.stages import add_criterion, add_stage, copy_selection, edit_stage
from incubator.startups.queries.stages import list_criteria, list_ranking, list_stages

A_DAY = timedelta(days=1)
REVIEWERS = ("manager", "front-desk", "finance", "mentor")
RUBRIC = (
    ("团队", "Team", 30, ("只有一名创始人，尚未全职", "One founder, not full-time"),
     ("核心成员全职，缺少关键岗位", "Core members full-time, a key post is missing"),
     ("成员互补，做过同类产品", "Members complement each other, and have built such a product")),
    ("技术", "Technology", 40, ("没有自己的技术", "No technology of their own"),
     ("有样机，优势尚待验证", "A prototype, its advantage still to be proven"),
     ("有专利或数据证明明显领先", "Clearly ahead, by patents or data")),
    ("市场", "Market", 30, ("说不清谁会付费", "Nobody known who would pay"),
     ("有意向客户", "Interested customers"), ("已有付费客户", "Paying customers")),
)  # fmt: skip
TO_PANEL = (
    "技术路线清楚，量产成本还要追问。", "团队很强，市场部分写得笼统。", "样机数据可信。", "竞品很多，差异不明显。", "",
)  # fmt: skip
TO_APPLICANT = ("建议先访谈十家目标客户，再谈定价。", "请补充成本测算和量产时间表。", "")


def choose(session: Session, actor: Actor, *, now: datetime) -> None:
    """What became of the applications to the calls of last autumn and next spring."""
    calls = {each.slug.partition("-")[0]: each for each in session.execute(select(Call)).scalars()}
    people = [_of(session, f"{name}@demo.example") for name in REVIEWERS]
    random = Random(2028)  # noqa: S311  a demo's dice
    _finish(session, actor, people, calls["autumn"], random, now)
    _begin(session, actor, people, calls["autumn"], calls["spring"], random, now)


def _finish(
    session: Session, actor: Actor, people: Sequence[Actor], call: Call, random: Random, now: datetime
) -> None:
    before = now - 56 * A_DAY
    paper = add_stage(session, actor, now=before, call_id=call.id, name="书面评审", name_en="Review on paper",
                      is_blind=True, reviews_wanted=3, due_on=_day(now - 45 * A_DAY))  # fmt: skip
    pitch = add_stage(session, actor, now=before, call_id=call.id, name="路演答辩", name_en="Pitch before the panel",
                      reviews_wanted=2, due_on=_day(now - 37 * A_DAY))  # fmt: skip
    for stage in (paper, pitch):
        _describe(session, actor, stage, before)
    _share(session, actor, paper, people, now - 50 * A_DAY)
    _review(session, paper, people, random, now - 47 * A_DAY, share=1.0)
    order = [row.application for row in list_ranking(session, actor, paper)]
    for chosen, outcome, reason in (
        (order[:3], "advance", "书面评审前三名。"), (order[3:], "decline", "排名靠后，本期名额有限。")
    ):  # fmt: skip
        decide_many(session, actor, now=now - 44 * A_DAY, application_ids=[each.id for each in chosen],
                    stage_id=paper.id, outcome=outcome, reason=reason)  # fmt: skip
    _share(session, actor, pitch, [people[0], people[3]], now - 42 * A_DAY)
    _review(session, pitch, people, random, now - 38 * A_DAY, share=1.0)
    first, second, third = (row.application for row in list_ranking(session, actor, pitch))
    best = _offer(session, actor, pitch, first, "两个独立办公位，首年免租；每周一次导师辅导。", now)
    accept_offer(session, now=now - 33 * A_DAY, decision_id=best, name=first.contact_name, address="203.0.113.24")
    _offer(session, actor, pitch, second, "三个共享工位，前六个月免租。", now)
    decide(session, actor, now=now - 36 * A_DAY, application_id=third.id, stage_id=pitch.id, outcome="waitlist",
           reason="名额已满，第三名列入候补。")  # fmt: skip
    lapse_place_offers(session, actor, now=now - 25 * A_DAY)


def _begin(
    session: Session, actor: Actor, people: Sequence[Actor], last: Call, call: Call, random: Random, now: datetime
) -> None:
    copy_selection(session, actor, now=now - 15 * A_DAY, from_call_id=last.id, to_call_id=call.id)
    stage = list_stages(session, actor, call.id)[0]
    edit_stage(session, actor, now=now - 15 * A_DAY, stage_id=stage.id, name=stage.name, name_en=stage.name_en,
               is_blind=True, reviews_wanted=2, due_on=_day(now + 6 * A_DAY))  # fmt: skip
    _share(session, actor, stage, people, now - 5 * A_DAY)
    _review(session, stage, people, random, now - 2 * A_DAY, share=0.5)
    waiting = session.execute(
        select(Review).where(Review.stage_id == stage.id, Review.submitted_at.is_(None)).order_by(Review.id)
    ).scalars().all()  # fmt: skip
    who = {each.person_id: each for each in people}
    if len(waiting) > 1:
        declare_conflict(session, who[waiting[0].person_id], now=now - A_DAY, review_id=waiting[0].id,
                         reason="两年前曾在该团队创始人的公司任职。")  # fmt: skip
        line = list_criteria(session, stage.id)[0]
        save_review(session, who[waiting[1].person_id], now=now - A_DAY, review_id=waiting[1].id, scores={line.id: 4},
                    to_panel="团队部分看完了，技术部分明天再看。")  # fmt: skip


def _describe(session: Session, actor: Actor, stage: SelectionStage, now: datetime) -> None:
    for label, label_en, weight, low, middle, high in RUBRIC:
        add_criterion(
            session, actor, now=now, stage_id=stage.id, label=label, label_en=label_en, weight=weight,
            lowest_means=low[0], lowest_means_en=low[1], middle_means=middle[0], middle_means_en=middle[1],
            highest_means=high[0], highest_means_en=high[1],
        )  # fmt: skip


def _share(session: Session, actor: Actor, stage: SelectionStage, people: Sequence[Actor], now: datetime) -> None:
    ids = [each.person_id for each in people if each.person_id is not None]
    assign_all(session, actor, now=now, stage_id=stage.id, person_ids=ids, limit=8)


def _review(
    session: Session, stage: SelectionStage, people: Sequence[Actor], random: Random, now: datetime, *, share: float
) -> None:
    """Reviewers differ: one is mild, one strict; an application is as good to each of them, more or less."""
    lines = list_criteria(session, stage.id)
    reviews = session.execute(select(Review).where(Review.stage_id == stage.id).order_by(Review.id)).scalars().all()
    worth = {each: random.uniform(1.8, 4.6) for each in sorted({review.application_id for review in reviews})}
    mild = {each.person_id: lean for each, lean in zip(people, (0.0, 0.7, -0.8, 0.2), strict=True)}
    who = {each.person_id: each for each in people}
    for review in reviews[: round(len(reviews) * share)]:
        middle = worth[review.application_id] + mild[review.person_id]
        scores = {line.id: min(5, max(1, round(middle + random.uniform(-0.7, 0.7)))) for line in lines}
        submit_review(session, who[review.person_id], now=now, review_id=review.id, scores=scores,
                      to_panel=random.choice(TO_PANEL), to_applicant=random.choice(TO_APPLICANT))  # fmt: skip


def _offer(
    session: Session, actor: Actor, stage: SelectionStage, application: Application, terms: str, now: datetime
) -> int:
    """An offer until ten days later."""
    made = decide(session, actor, now=now - 36 * A_DAY, application_id=application.id, stage_id=stage.id,
                  outcome="offer", reason="路演排名靠前，方向与产业匹配。", terms=terms,
                  expires_on=_day(now - 26 * A_DAY))  # fmt: skip
    return made.id


def _of(session: Session, email: str) -> Actor:
    person_id = session.execute(select(Person.id).where(Person.email == email)).scalar_one()
    found = get_actor(session, person_id)
    assert found is not None
    return found


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
