"""Reads of calls and their questions, for staff and for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import Application, Call, CallQuestion, Programme, QuestionOption
from incubator.startups.rules.applications import Question, call_state


class QuestionRow(Struct, frozen=True):
    """A question with the options that it offers."""

    question: CallQuestion
    options: tuple[QuestionOption, ...]

    @property
    def rule(self) -> Question:
        """As an answer is checked against it."""
        asked = self.question
        return Question(asked.id, asked.kind, asked.is_required, tuple(option.id for option in self.options))


class CallRow(Struct, frozen=True):
    """A call with its programme, and how many sent an application and did not withdraw it."""

    call: Call
    programme: Programme
    sent: int = 0
    drafts: int = 0

    def state(self, now: datetime) -> str:
        return state_of(self.call, now)


def state_of(call: Call, now: datetime) -> str:
    """`unpublished`, `coming`, `open` or `closed`."""
    return call_state(call.opens_at, call.closes_at, call.published_at, call.closed_at, now)


def get_call(session: Session, actor: Actor, call_id: int, *, for_update: bool = False) -> Call:
    """A call, for staff; NotFound."""
    actor.require(Action.SEE_APPLICATIONS)
    found = select(Call).where(Call.id == call_id)
    call = session.execute(found.with_for_update() if for_update else found).scalar_one_or_none()
    if call is None:
        raise NotFound(N_("There is no such call."))
    return call


def list_calls(session: Session, actor: Actor, page: int = 1, programme_id: int | None = None) -> Page[CallRow]:
    """A page of calls, the latest first, in two statements."""
    actor.require(Action.SEE_APPLICATIONS)
    wanted = [] if programme_id is None else [Call.programme_id == programme_id]
    total = session.execute(select(func.count()).select_from(Call).where(*wanted)).scalar_one()
    counts = (
        select(
            func.count().filter(Application.sent_at.is_not(None), Application.withdrawn_at.is_(None)).label("sent"),
            func.count().filter(Application.sent_at.is_(None)).label("drafts"),
        )
        .where(Application.call_id == Call.id)
        .lateral()
    )
    rows = session.execute(
        select(Call, Programme, counts.c.sent, counts.c.drafts)
        .join(Programme, Programme.id == Call.programme_id)
        .join(counts, counts.c.sent.is_not(None))
        .where(*wanted)
        .order_by(Call.opens_at.desc(), Call.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Page([CallRow(*row) for row in rows], page, total)


def list_questions(session: Session, call_id: int, *, retired: bool = False) -> list[QuestionRow]:
    """The questions of a form in their order, or those that are retired; with what they offer now. Two statements."""
    asked = CallQuestion.retired_at.is_not(None) if retired else CallQuestion.retired_at.is_(None)
    questions = session.execute(
        select(CallQuestion)
        .where(CallQuestion.call_id == call_id, asked)
        .order_by(CallQuestion.position, CallQuestion.id)
    ).scalars().all()  # fmt: skip
    options = list_options(session, [each.id for each in questions])
    return [
        QuestionRow(each, tuple(option for option in options.get(each.id, ()) if option.retired_at is None))
        for each in questions
    ]


def list_options(session: Session, question_ids: Sequence[int]) -> dict[int, list[QuestionOption]]:
    """All options of some questions in their order, the retired too."""
    rows = session.execute(
        select(QuestionOption)
        .where(QuestionOption.question_id.in_(question_ids))
        .order_by(QuestionOption.position, QuestionOption.id)
    ).scalars()
    found: dict[int, list[QuestionOption]] = {}
    for option in rows:
        found.setdefault(option.question_id, []).append(option)
    return found


def get_question(session: Session, call_id: int, question_id: int) -> QuestionRow:
    """A question of a call; NotFound."""
    question = session.execute(
        select(CallQuestion).where(CallQuestion.id == question_id, CallQuestion.call_id == call_id)
    ).scalar_one_or_none()
    if question is None:
        raise NotFound(N_("There is no such question."))
    options = list_options(session, [question.id]).get(question.id, [])
    return QuestionRow(question, tuple(option for option in options if option.retired_at is None))


def list_public_calls(session: Session, now: datetime) -> tuple[Operator, list[CallRow]]:
    """The operator of this transaction and its calls that are open or to come, the first to close first; NotFound
    where it never published any, so that nobody learns which operators there are."""
    operator = session.execute(
        select(Operator).where(select(Call.id).where(Call.published_at.is_not(None)).exists())
    ).scalar_one_or_none()
    if operator is None:
        raise NotFound(N_("There is no such call."))
    rows = session.execute(
        select(Call, Programme)
        .join(Programme, Programme.id == Call.programme_id)
        .where(Call.published_at.is_not(None), Call.closed_at.is_(None),
               or_(Call.closes_at.is_(None), Call.closes_at > now))
        .order_by(Call.closes_at.asc().nulls_last(), Call.id)
        .limit(PAGE_SIZE)
    )  # fmt: skip
    return operator, [CallRow(*row) for row in rows]


def get_public_call(session: Session, slug: str) -> tuple[Operator, CallRow]:
    """A published call by its address; NotFound for any other."""
    found = session.execute(
        select(Operator, Call, Programme)
        .join(Call, Call.operator_id == Operator.operator_id)
        .join(Programme, Programme.id == Call.programme_id)
        .where(Call.slug == slug, Call.published_at.is_not(None))
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such call."))
    operator, call, programme = found
    return operator, CallRow(call, programme)


def list_open_calls(session: Session, now: datetime) -> list[Call]:
    """What can be applied for at this moment, the first to close first."""
    rows = session.execute(
        select(Call)
        .where(Call.published_at.is_not(None), Call.closed_at.is_(None), Call.opens_at <= now,
               or_(Call.closes_at.is_(None), Call.closes_at > now))
        .order_by(Call.closes_at.asc().nulls_last(), Call.id)
        .limit(PAGE_SIZE)
    ).scalars()  # fmt: skip
    return list(rows)


def get_published(session: Session, call_id: int) -> Call:
    """A call that everybody may see; NotFound."""
    call = session.execute(
        select(Call).where(Call.id == call_id, Call.published_at.is_not(None))
    ).scalar_one_or_none()
    if call is None:
        raise NotFound(N_("There is no such call."))
    return call
