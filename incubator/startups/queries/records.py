"""The record of an application's selection: reviews, decisions, offers, and all of it in the order in which it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.startups.models import (
    Application,
    Call,
    PlaceOffer,
    Review,
    RubricLine,
    SelectionDecision,
    SelectionStage,
)
from incubator.startups.queries.applications import get_application
from incubator.startups.queries.closed import CLOSED, hidden_from, must_decide
from incubator.startups.queries.reviews import scores_of
from incubator.startups.queries.stages import COUNTS, in_stage, list_criteria, list_marks
from incubator.startups.rules.selection import Marked, Standing, rank


class ReviewLine(Struct, frozen=True):
    """One review in the record: by whom, what it gave, and how that stands among the reviewer's others."""

    review: Review
    reviewer: str
    scores: dict[int, int]
    marked: Marked | None
    """None: it does not count (yet)."""


class StageRecord(Struct, frozen=True):
    """What a stage says of one application."""

    stage: SelectionStage
    criteria: list[RubricLine]
    standing: Standing | None
    lines: list[ReviewLine]
    of: int
    """How many applications are ranked in it."""


class DecisionLine(Struct, frozen=True):
    """A decision, by whom, after which stage, and the offer that it made."""

    decision: SelectionDecision
    decider: str
    stage: SelectionStage | None
    offer: PlaceOffer | None


class Step(Struct, frozen=True):
    """One thing that happened: when, by whom (empty: the applicant or the system), what; with a word and a name."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""


class Record(Struct, frozen=True):
    """All of it."""

    application: Application
    call: Call
    stages: list[StageRecord]
    decisions: list[DecisionLine]
    steps: list[Step]
    hidden: str
    """`conflict`, `blind` or `own`: why this reader does not see the reviews; empty: they do."""
    must_decide: bool = False
    """Whether this reader decides in spite of a conflict of interest, since nobody else can."""

    @property
    def is_closed(self) -> bool:
        """Whether this reader may not know who applies."""
        return self.hidden in CLOSED

    @property
    def open_offer(self) -> PlaceOffer | None:
        """The offer that waits for an answer."""
        return next((each.offer for each in self.decisions if each.offer and each.offer.is_open), None)


def get_record(session: Session, actor: Actor, application_id: int) -> Record:
    """The record of an application that was sent; the reviews only for a reader who may see them (`hidden_from`)."""
    actor.require(Action.SEE_SELECTION)
    row = get_application(session, actor, application_id)
    hidden = hidden_from(session, actor, [application_id]).get(application_id, "")
    decisions = list_decisions(session, application_id)
    reviews = _list_reviews(session, application_id)
    stages = [] if hidden else _stages(session, row.application, reviews)
    steps = _steps(row.application, reviews, decisions, hidden)
    left = not hidden and application_id in must_decide(session, actor, [application_id])
    return Record(row.application, row.call, stages, [] if hidden in CLOSED else decisions, steps, hidden, left)


def list_decisions(session: Session, application_id: int) -> list[DecisionLine]:
    """What was decided about an application, the latest first."""
    rows = session.execute(
        select(SelectionDecision, Person.name, SelectionStage, PlaceOffer)
        .outerjoin(Person, Person.id == SelectionDecision.decided_by)
        .outerjoin(SelectionStage, SelectionStage.id == SelectionDecision.stage_id)
        .outerjoin(PlaceOffer, PlaceOffer.decision_id == SelectionDecision.id)
        .where(SelectionDecision.application_id == application_id)
        .order_by(SelectionDecision.id.desc())
    )
    return [DecisionLine(decision, name or "", stage, offer) for decision, name, stage, offer in rows]


class Told(Struct, frozen=True):
    """A decision as its applicant reads it."""

    application: Application
    call: Call
    decision: SelectionDecision
    offer: PlaceOffer | None
    comments: tuple[str, ...]
    """What reviewers meant for them, without names; only of a decline, or of what is given back."""
    latest: bool
    """Whether nothing was decided since."""


def get_told(session: Session, decision_id: int) -> Told:
    """A decision for who came by its secret address; whoever calls has opened that."""
    found = session.execute(
        select(SelectionDecision, Application, Call, PlaceOffer)
        .join(Application, Application.id == SelectionDecision.application_id)
        .join(Call, Call.id == Application.call_id)
        .outerjoin(PlaceOffer, PlaceOffer.decision_id == SelectionDecision.id)
        .where(SelectionDecision.id == decision_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such decision."))
    decision, application, call, offer = found
    comments: Sequence[str] = ()
    if decision.outcome in ("decline", "return"):
        comments = session.execute(
            select(Review.to_applicant)
            .where(Review.application_id == application.id, COUNTS, Review.to_applicant != "",
                   Review.submitted_at <= decision.decided_at)
            .order_by(Review.stage_id, Review.id)
        ).scalars().all()  # fmt: skip
    later = select(SelectionDecision.id).where(
        SelectionDecision.application_id == application.id, SelectionDecision.id > decision.id
    )
    latest = session.execute(later.limit(1)).first() is None
    return Told(application, call, decision, offer, tuple(comments), latest)


class _Reviewed(Struct, frozen=True):
    review: Review
    stage: SelectionStage
    reviewer: str
    by: str


def _list_reviews(session: Session, application_id: int) -> list[_Reviewed]:
    assigner = aliased(Person)
    rows = session.execute(
        select(Review, SelectionStage, Person.name, assigner.name)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .join(Person, Person.id == Review.person_id)
        .outerjoin(assigner, assigner.id == Review.assigned_by)
        .where(Review.application_id == application_id)
        .order_by(SelectionStage.position, SelectionStage.version, Person.name, Review.id)
    )
    return [_Reviewed(review, stage, name, by or "") for review, stage, name, by in rows]


def _stages(session: Session, application: Application, reviews: list[_Reviewed]) -> list[StageRecord]:
    """Each stage, all of whose marks are needed: what one review is worth, its reviewer's others say."""
    stages = session.execute(
        select(SelectionStage)
        .where(SelectionStage.call_id == application.call_id)
        .order_by(SelectionStage.position, SelectionStage.version)
    ).scalars().all()  # fmt: skip
    found = []
    for stage in stages:
        own = [each for each in reviews if each.stage.id == stage.id and each.review.withdrawn_at is None]
        if stage.retired_at is not None and not own:
            continue
        ids = session.execute(select(Application.id).where(in_stage(stage))).scalars().all()
        if application.id not in ids and not own:
            continue
        standings = {each.application: each for each in rank([*ids, application.id], list_marks(session, stage))}
        standing = standings[application.id]
        scores = scores_of(session, [each.review.id for each in own])
        marked = {each.reviewer: each for each in standing.reviews}
        lines = [
            ReviewLine(each.review, each.reviewer, scores.get(each.review.id, {}) if each.review.submitted_at else {},
                       marked.get(each.review.person_id))
            for each in own
        ]  # fmt: skip
        ranked = sum(each.rank is not None for each in standings.values())
        found.append(StageRecord(stage, list_criteria(session, stage.id), standing, lines, ranked))
    return found


def _steps(
    application: Application, reviews: list[_Reviewed], decisions: list[DecisionLine], hidden: str
) -> list[Step]:
    """What happened, in its order. Who has reviewed is no secret; what they gave stands elsewhere."""
    steps = [Step(application.sent_at, "sent", detail=application.number or "")] if application.sent_at else []
    for each in reviews if hidden != "conflict" else ():
        review = each.review
        steps.append(Step(review.assigned_at, "assigned", each.by, each.reviewer))
        for at, what in ((review.conflict_at, "conflict"), (review.submitted_at, "submitted"),
                         (review.withdrawn_at, "taken")):  # fmt: skip
            if at is not None:
                steps.append(Step(at, what, each.reviewer))
    for line in decisions if hidden not in CLOSED else ():
        steps.append(Step(line.decision.decided_at, line.decision.outcome, line.decider, line.decision.reason))
        if line.offer:
            steps += _ends(line.offer)
    for at, what in ((application.withdrawn_at, "withdrawn"), (application.admitted_at, "admitted")):
        if at is not None:
            steps.append(Step(at, what))
    return sorted(steps, key=lambda step: step.at)


def _ends(offer: PlaceOffer) -> list[Step]:
    ends = (
        (offer.accepted_at, "offer_accepted", offer.accepted_name),
        (offer.declined_at, "offer_declined", offer.declined_reason),
        (offer.withdrawn_at, "offer_withdrawn", offer.withdrawn_reason),
        (offer.lapsed_at, "offer_lapsed", ""),
    )
    return [Step(at, what, detail=detail) for at, what, detail in ends if at is not None]
