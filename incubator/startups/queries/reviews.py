"""Reads for reviewers: what they have to review, and one application at a time as they may see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.documents.models import StoredFile
from incubator.documents.operations import get_file
from incubator.startups.models import Application, Call, Review, ReviewScore, RubricLine, SelectionStage
from incubator.startups.queries.applications import AnswerRow, founders_of, list_answers
from incubator.startups.queries.closed import OPEN
from incubator.startups.queries.stages import COUNTS, list_criteria, scales_of
from incubator.startups.rules.blinding import blinded
from incubator.startups.rules.selection import cents, rubric_total

TELLING_KINDS = ("web_address",)
"""Answers that a blind reviewer does not get at all."""


class Task(Struct, frozen=True):
    """One application that somebody reviews, as their list shows it."""

    review: Review
    stage: SelectionStage
    call: Call
    number: str
    name: str
    """Empty where the stage is blind, or a conflict is declared."""

    def state(self, today: date) -> str:
        """`conflict`, `submitted`, `overdue`, `begun` or `waiting`."""
        if self.review.conflict_at is not None:
            return "conflict"
        if self.review.submitted_at is not None:
            return "submitted"
        if self.stage.due_on is not None and self.stage.due_on < today:
            return "overdue"
        return "begun" if self.review.saved_at is not None else "waiting"


MINE_NOW = (Review.withdrawn_at.is_(None), SelectionStage.retired_at.is_(None), Application.withdrawn_at.is_(None))


def list_my_reviews(session: Session, actor: Actor, *, done: bool, page: int) -> Page[Task]:
    """A page of what the actor has still to review, by the day it is due; or of what is done, the latest first."""
    actor.require(Action.REVIEW)
    which = [Review.person_id == actor.person_id, *MINE_NOW, ~OPEN if done else OPEN]
    joined = (
        select(Review, SelectionStage, Call, Application.number, Application.name)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .join(Application, Application.id == Review.application_id)
        .join(Call, Call.id == SelectionStage.call_id)
        .where(*which)
    )
    total = session.execute(select(func.count()).select_from(joined.subquery())).scalar_one()
    order = (
        [func.greatest(Review.submitted_at, Review.conflict_at).desc(), Review.id]
        if done
        else [SelectionStage.due_on.asc().nulls_last(), SelectionStage.id, Application.number]
    )
    rows = session.execute(joined.order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    tasks = [
        Task(review, stage, call, number or "", "" if stage.is_blind or review.conflict_at is not None else name)
        for review, stage, call, number, name in rows
    ]
    return Page(tasks, page, total)


def count_my_reviews(session: Session, actor: Actor) -> int:
    """How many the actor has still to review."""
    actor.require(Action.REVIEW)
    return session.execute(
        select(func.count())
        .select_from(Review)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.person_id == actor.person_id, *MINE_NOW, OPEN)
    ).scalar_one()


class Said(Struct, frozen=True):
    """A question and its answer, as a reviewer may read it."""

    row: AnswerRow
    text: str
    """Of a text; empty for what is no text."""
    file_name: str


class Subject(Struct, frozen=True):
    """An application as a reviewer may see it; who it is stays empty where the stage is blind. Never a way to reach
    its people: a reviewer asks the operator."""

    number: str
    name: str
    name_en: str
    kind: str
    industry_code: str
    founders: tuple[tuple[str, str], ...]
    summary: str
    answers: tuple[Said, ...]


class Other(Struct, frozen=True):
    """Somebody else's submitted review, for whoever has submitted theirs."""

    reviewer: str
    total: Decimal
    to_panel: str


class Sheet(Struct, frozen=True):
    """A reviewer's page: the application, the rubric, and what they have said so far."""

    review: Review
    stage: SelectionStage
    call: Call
    criteria: list[RubricLine]
    scores: dict[int, int]
    subject: Subject | None
    """None where a conflict is declared."""
    others: tuple[Other, ...]
    closed: str
    """Why it can't be changed: `submitted`, `conflict`, `retired`, `gone`; empty: it can."""
    next_id: int | None
    """The next one that they have still to review."""


def get_sheet(session: Session, actor: Actor, review_id: int) -> Sheet:
    """The actor's own review; NotFound for another's, or one that was taken from them."""
    actor.require(Action.REVIEW)
    found = session.execute(
        select(Review, SelectionStage, Call, Application)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .join(Call, Call.id == SelectionStage.call_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id == review_id, Review.person_id == actor.person_id, Review.withdrawn_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such review."))
    review, stage, call, application = found
    criteria = list_criteria(session, stage.id)
    subject = None if review.conflict_at is not None else _subject(session, application, stage.is_blind)
    return Sheet(
        review, stage, call, criteria, scores_of(session, [review.id]).get(review.id, {}), subject,
        _others(session, review, criteria), _closed(review, stage, application), _next(session, actor, review),
    )  # fmt: skip


def get_review_file(session: Session, actor: Actor, review_id: int, question_id: int) -> tuple[StoredFile, str]:
    """A file of the application that the actor reviews, and the name that they get it under."""
    sheet = get_sheet(session, actor, review_id)
    for said in sheet.subject.answers if sheet.subject else ():
        if said.row.question.id == question_id and said.row.answer is not None and said.row.answer.file_id is not None:
            return get_file(session, said.row.answer.file_id), said.file_name
    raise NotFound(N_("There is no such file."))


def scores_of(session: Session, review_ids: list[int]) -> dict[int, dict[int, int]]:
    """The scores of some reviews, by criterion."""
    rows = session.execute(
        select(ReviewScore.review_id, ReviewScore.criterion_id, ReviewScore.score)
        .where(ReviewScore.review_id.in_(review_ids))
    )  # fmt: skip
    found: dict[int, dict[int, int]] = {}
    for review_id, criterion_id, score in rows:
        found.setdefault(review_id, {})[criterion_id] = score
    return found


def _subject(session: Session, application: Application, blind: bool) -> Subject:
    founders = founders_of(session, [application.id]).get(application.id, [])
    names = [application.name, application.name_en, application.contact_name, *(each.name for each in founders)]

    def shown(text: str) -> str:
        return blinded(text, names) if blind else text

    rows = list_answers(session, application.call_id, [application.id])[application.id]
    rows = [row for row in rows if row.answer is not None and not (blind and row.question.kind in TELLING_KINDS)]
    files = [row.question.id for row in rows if row.question.kind == "file"]
    answers = []
    for row in rows:
        assert row.answer is not None  # the others are left out above
        value, file_name = row.answer.value, ""
        if row.answer.file_id is not None:
            suffix = value.rpartition(".")[2] if "." in value else ""
            file_name = f"{application.number}-{files.index(row.question.id) + 1}.{suffix}" if blind else value
            value = ""
        answers.append(Said(row, shown(value), file_name))
    return Subject(
        application.number or "", "" if blind else application.name, "" if blind else application.name_en,
        application.kind or "", application.industry_code,
        () if blind else tuple((each.name, each.title) for each in founders), shown(application.summary),
        tuple(answers),
    )  # fmt: skip


def _others(session: Session, review: Review, criteria: list[RubricLine]) -> tuple[Other, ...]:
    """Nothing before one's own is submitted."""
    if review.submitted_at is None or review.conflict_at is not None:
        return ()
    rows = session.execute(
        select(Review, Person.name)
        .join(Person, Person.id == Review.person_id)
        .where(Review.stage_id == review.stage_id, Review.application_id == review.application_id, COUNTS,
               Review.id != review.id)
        .order_by(Person.name, Review.id)
    ).all()  # fmt: skip
    scales, scores = scales_of(criteria), scores_of(session, [each.id for each, _name in rows])
    return tuple(Other(name, cents(rubric_total(scales, scores[each.id])), each.to_panel) for each, name in rows)


def _closed(review: Review, stage: SelectionStage, application: Application) -> str:
    if review.conflict_at is not None:
        return "conflict"
    if review.submitted_at is not None:
        return "submitted"
    if stage.retired_at is not None:
        return "retired"
    return "gone" if application.withdrawn_at is not None else ""


def _next(session: Session, actor: Actor, review: Review) -> int | None:
    return session.execute(
        select(Review.id)
        .join(SelectionStage, SelectionStage.id == Review.stage_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.person_id == actor.person_id, *MINE_NOW, OPEN, Review.id != review.id)
        .order_by(SelectionStage.due_on.asc().nulls_last(), SelectionStage.id, Application.number)
        .limit(1)
    ).scalar_one_or_none()
