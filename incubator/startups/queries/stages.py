"""Reads of a call's stages: their rubrics, who is to review what, and how far they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.permissions import PERMISSIONS, Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import (
    Application,
    PlaceOffer,
    Review,
    ReviewScore,
    RubricLine,
    SelectionDecision,
    SelectionStage,
)
from incubator.startups.queries.closed import hidden_from
from incubator.startups.rules.selection import Mark, Scale, Standing, rank, rubric_total

REVIEWERS = tuple(role.value for role, actions in PERMISSIONS.items() if Action.REVIEW in actions)

SENT = and_(Application.sent_at.is_not(None), Application.withdrawn_at.is_(None))
COUNTS = and_(Review.submitted_at.is_not(None), Review.conflict_at.is_(None))


def list_stages(session: Session, actor: Actor, call_id: int) -> Sequence[SelectionStage]:
    """The live stages of a call, in their order."""
    actor.require(Action.SEE_SELECTION)
    return session.execute(
        select(SelectionStage)
        .where(SelectionStage.call_id == call_id, SelectionStage.retired_at.is_(None))
        .order_by(SelectionStage.position)
    ).scalars().all()  # fmt: skip


def list_versions(session: Session, stage: SelectionStage) -> Sequence[SelectionStage]:
    """All versions of a stage, the newest first."""
    return session.execute(
        select(SelectionStage)
        .where(SelectionStage.call_id == stage.call_id, SelectionStage.position == stage.position)
        .order_by(SelectionStage.version.desc())
    ).scalars().all()  # fmt: skip


def get_stage(session: Session, actor: Actor, stage_id: int) -> SelectionStage:
    """A stage, retired or not; NotFound."""
    actor.require(Action.SEE_SELECTION)
    stage = session.execute(select(SelectionStage).where(SelectionStage.id == stage_id)).scalar_one_or_none()
    if stage is None:
        raise NotFound(N_("There is no such stage."))
    return stage


def get_criterion(session: Session, actor: Actor, criterion_id: int) -> RubricLine:
    """A line of a rubric; NotFound."""
    actor.require(Action.SEE_SELECTION)
    criterion = session.execute(select(RubricLine).where(RubricLine.id == criterion_id)).scalar_one_or_none()
    if criterion is None:
        raise NotFound(N_("There is no such criterion."))
    return criterion


def list_criteria(session: Session, stage_id: int) -> list[RubricLine]:
    """A stage's rubric, in its order."""
    rows = session.execute(
        select(RubricLine).where(RubricLine.stage_id == stage_id).order_by(RubricLine.position, RubricLine.id)
    ).scalars()
    return list(rows)


def scales_of(criteria: Collection[RubricLine]) -> dict[int, Scale]:
    """A rubric as the rules take it."""
    return {each.id: Scale(each.weight, each.lowest, each.highest) for each in criteria}


def in_stage(stage: SelectionStage) -> ColumnElement[bool]:
    """Which applications are in a stage: those that were sent; from the second on, those that were advanced from the
    one before, by what was decided there last."""
    of_call = and_(Application.call_id == stage.call_id, SENT)
    if stage.position == 1:
        return of_call
    decided = (
        select(SelectionDecision.outcome)
        .join(SelectionStage, SelectionStage.id == SelectionDecision.stage_id)
        .where(SelectionDecision.application_id == Application.id, SelectionStage.position == stage.position - 1)
        .order_by(SelectionDecision.id.desc())
        .limit(1)
        .correlate(Application)
        .scalar_subquery()
    )
    return and_(of_call, decided == "advance")


def list_latest(session: Session, application_ids: Collection[int]) -> dict[int, SelectionDecision]:
    """What was decided last about each of these applications."""
    rows = session.execute(
        select(SelectionDecision)
        .where(SelectionDecision.application_id.in_(application_ids))
        .ext(distinct_on(SelectionDecision.application_id))
        .order_by(SelectionDecision.application_id, SelectionDecision.id.desc())
    ).scalars()
    return {each.application_id: each for each in rows}


def list_in_stage(session: Session, stage: SelectionStage) -> Sequence[Application]:
    """The applications of a stage, by number."""
    return session.execute(select(Application).where(in_stage(stage)).order_by(Application.number)).scalars().all()


class Reviewer(Struct, frozen=True):
    """Somebody who may review, or does."""

    id: int
    name: str


def list_reviewers(session: Session, actor: Actor) -> list[Reviewer]:
    """Everybody of the operator who may review, by name."""
    actor.require(Action.SEE_SELECTION)
    rows = session.execute(
        select(Person.id, Person.name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role.in_(REVIEWERS), Person.left_at.is_(None))
        .distinct()
        .order_by(Person.name, Person.id)
    )
    return [Reviewer(*row) for row in rows]


class Progress(Struct, frozen=True):
    """How far one reviewer is in a stage."""

    reviewer: Reviewer
    assigned: int
    """Without those that they have a conflict with."""
    submitted: int
    conflicts: int
    last_at: datetime | None

    @property
    def hundredths(self) -> int:
        return 100 * self.submitted // self.assigned if self.assigned else 0


def list_progress(session: Session, stage_id: int) -> list[Progress]:
    """Each reviewer of a stage: how many they have, and have submitted; who has most left first."""
    free = Review.conflict_at.is_(None)
    rows = session.execute(
        select(
            Person.id, Person.name, func.count().filter(free), func.count().filter(COUNTS),
            func.count().filter(Review.conflict_at.is_not(None)), func.max(Review.submitted_at),
        )
        .join(Person, Person.id == Review.person_id)
        .where(Review.stage_id == stage_id, Review.withdrawn_at.is_(None))
        .group_by(Person.id, Person.name)
        .order_by((func.count().filter(free) - func.count().filter(COUNTS)).desc(), Person.name)
    )  # fmt: skip
    return [Progress(Reviewer(row[0], row[1]), *row[2:]) for row in rows]


class Seat(Struct, frozen=True):
    """A review as the stage's list shows it."""

    review: Review
    reviewer: str


def list_seats(session: Session, stage_id: int, application_ids: Collection[int]) -> dict[int, list[Seat]]:
    """Who reviews which of these applications in a stage."""
    rows = session.execute(
        select(Review, Person.name)
        .join(Person, Person.id == Review.person_id)
        .where(Review.stage_id == stage_id, Review.application_id.in_(application_ids), Review.withdrawn_at.is_(None))
        .order_by(Person.name, Review.id)
    )
    found: dict[int, list[Seat]] = {each: [] for each in application_ids}
    for review, name in rows:
        found[review.application_id].append(Seat(review, name))
    return found


class RankRow(Struct, frozen=True):
    """One line of the ranked list."""

    application: Application
    standing: Standing
    decision: SelectionDecision | None
    hidden: str
    """`conflict`, `blind` or `own`: why this reader may not see its figures; empty: they may."""


def list_ranking(session: Session, actor: Actor, stage: SelectionStage) -> list[RankRow]:
    """The applications of a stage, ranked by their submitted reviews; five statements, however many there are.

    Figures that the actor may not see yet are left out of their row; the others' ranks count them, since a rank without
    them would be another one for each reader.
    """
    actor.require(Action.SEE_SELECTION)
    applications = {each.id: each for each in list_in_stage(session, stage)}
    standings = rank(applications, list_marks(session, stage))
    decisions, hidden = list_latest(session, applications), hidden_from(session, actor, applications)
    return [
        RankRow(applications[each.application], each, decisions.get(each.application), hidden.get(each.application, ""))
        for each in standings
    ]


def list_marks(session: Session, stage: SelectionStage) -> list[Mark]:
    """What every counting review of a stage gave in all."""
    scales = scales_of(list_criteria(session, stage.id))
    scores: dict[tuple[int, int], dict[int, int]] = {}
    rows = session.execute(
        select(Review.person_id, Review.application_id, ReviewScore.criterion_id, ReviewScore.score)
        .join(ReviewScore, ReviewScore.review_id == Review.id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.stage_id == stage.id, COUNTS, SENT)
    )
    for person_id, application_id, criterion_id, score in rows:
        scores.setdefault((person_id, application_id), {})[criterion_id] = score
    return [Mark(person, application, rubric_total(scales, given)) for (person, application), given in scores.items()]


def list_stage_page(session: Session, stage: SelectionStage, number: int) -> Page[Application]:
    """A page of a stage's applications, by number."""
    total = session.execute(select(func.count()).select_from(Application).where(in_stage(stage))).scalar_one()
    rows = session.execute(
        select(Application).where(in_stage(stage)).order_by(Application.number).limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).scalars().all()  # fmt: skip
    return Page(rows, number, total)


def stage_of_review(session: Session, actor: Actor, review_id: int) -> int:
    """The stage that a review belongs to; NotFound."""
    actor.require(Action.SEE_SELECTION)
    found = session.execute(select(Review.stage_id).where(Review.id == review_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such review."))
    return found


class Overview(Struct, frozen=True):
    """A stage with how far it is."""

    stage: SelectionStage
    applications: int
    decided: int
    assigned: int
    submitted: int
    reviewers: int
    criteria: int

    @property
    def wanted(self) -> int:
        """How many reviews its applications want in all."""
        return self.applications * self.stage.reviews_wanted

    @property
    def hundredths(self) -> int:
        return min(100, 100 * self.submitted // self.wanted) if self.wanted else 0


def list_overview(session: Session, actor: Actor, call_id: int) -> list[Overview]:
    """The stages of a call with their counts; four statements for each, of which there are few."""
    found = []
    for stage in list_stages(session, actor, call_id):
        applications = session.execute(select(Application.id).where(in_stage(stage))).scalars().all()
        decided = session.execute(
            select(func.count(SelectionDecision.application_id.distinct()))
            .join(Application, Application.id == SelectionDecision.application_id)
            .where(SelectionDecision.stage_id == stage.id, in_stage(stage))
        ).scalar_one()
        counts = session.execute(
            select(func.count().filter(Review.conflict_at.is_(None)), func.count().filter(COUNTS),
                   func.count(Review.person_id.distinct()))
            .join(Application, Application.id == Review.application_id)
            .where(Review.stage_id == stage.id, Review.withdrawn_at.is_(None), SENT)
        ).one()  # fmt: skip
        criteria = len(list_criteria(session, stage.id))
        found.append(Overview(stage, len(applications), decided, *counts, criteria))
    return found


def application_of_offer(session: Session, actor: Actor, offer_id: int) -> int:
    """The application that an offer was made to; NotFound."""
    actor.require(Action.SEE_SELECTION)
    found = session.execute(select(PlaceOffer.application_id).where(PlaceOffer.id == offer_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such offer."))
    return found
