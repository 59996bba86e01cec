"""Reads of applications: an applicant's own, and all that were sent, for staff."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct, field
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.startups.models import (
    Application,
    ApplicationAnswer,
    ApplicationFounder,
    Call,
    CallQuestion,
    DraftFile,
    QuestionOption,
    Startup,
)
from incubator.startups.queries.calls import list_options
from incubator.startups.queries.closed import closed_to, require_open

APPLICATION_STATES = ("sent", "in_review", "admitted", "withdrawn")
MOST_EXPORTED = 5000


def state_of_application(application: Application) -> str:
    """`draft`, `sent`, `in_review`, `admitted` or `withdrawn`."""
    if application.sent_at is None:
        return "draft"
    if application.withdrawn_at is not None:
        return "withdrawn"
    if application.admitted_at is not None:
        return "admitted"
    return "sent" if application.taken_up_at is None else "in_review"


def get_own_application(
    session: Session, actor: Actor, application_id: int, *, for_update: bool = False
) -> tuple[Application, Call]:
    """An application and its call, for its applicant: who came by its secret address (then the system acts), or a
    founder of the startup that it was begun for; NotFound for others, staff among them."""
    found = select(Application).where(Application.id == application_id)
    if not actor.is_system:
        actor.require(Action.EDIT_OWN_STARTUP)
        found = found.where(Application.from_startup_id.in_(actor.startups_for(Action.EDIT_OWN_STARTUP)))
    if for_update:
        found = found.with_for_update().execution_options(populate_existing=True)
    application = session.execute(found).scalar_one_or_none()
    if application is None:
        raise NotFound(N_("There is no such application."))
    return application, session.execute(select(Call).where(Call.id == application.call_id)).scalar_one()


def list_own_applications(session: Session, actor: Actor) -> list[tuple[Application, Call, Startup]]:
    """What was begun for the actor's startups, the latest first."""
    actor.require(Action.EDIT_OWN_STARTUP)
    rows = session.execute(
        select(Application, Call, Startup)
        .join(Call, Call.id == Application.call_id)
        .join(Startup, Startup.id == Application.from_startup_id)
        .where(Application.from_startup_id.in_(actor.startups_for(Action.EDIT_OWN_STARTUP)))
        .order_by(Application.id.desc())
        .limit(PAGE_SIZE)
    )
    return [(application, call, startup) for application, call, startup in rows]


def list_draft_files(session: Session, application_id: int) -> dict[int, DraftFile]:
    """The files of a draft by their question."""
    rows = session.execute(select(DraftFile).where(DraftFile.application_id == application_id)).scalars()
    return {file.question_id: file for file in rows}


class AnswerRow(Struct, frozen=True):
    """A question, and what was answered to it; None: nothing."""

    question: CallQuestion
    answer: ApplicationAnswer | None
    options: tuple[QuestionOption, ...] = ()
    """Those chosen."""


class ApplicationRow(Struct, frozen=True):
    """An application with its call and founders."""

    application: Application
    call: Call
    founders: tuple[ApplicationFounder, ...] = field(default=())
    closed: str = ""
    """`conflict` or `blind`: why this reader may see no more of it than that it exists; empty: they may."""

    @property
    def state(self) -> str:
        return state_of_application(self.application)


def get_application(session: Session, actor: Actor, application_id: int) -> ApplicationRow:
    """One that was sent, for staff; NotFound: what was not sent is its applicant's alone.

    Where it is closed to the reader the row says why, and nothing of it but its number, call and state is theirs.
    """
    actor.require(Action.SEE_APPLICATIONS)
    found = session.execute(
        select(Application, Call)
        .join(Call, Call.id == Application.call_id)
        .where(Application.id == application_id, Application.sent_at.is_not(None))
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such application."))
    application, call = found
    closed = closed_to(session, actor, [application.id]).get(application.id, "")
    founders = () if closed else tuple(founders_of(session, [application.id]).get(application.id, ()))
    return ApplicationRow(application, call, founders, closed)


def list_applications(
    session: Session, actor: Actor, call_id: int, *, search: str = "", state: str = "", kind: str = "", page: int = 1,
    size: int = PAGE_SIZE,
) -> Page[ApplicationRow]:  # fmt: skip
    """A page of what was sent to a call, the latest first; found by number, name, code, contact or founder."""
    actor.require(Action.SEE_APPLICATIONS)
    closed = closed_to(session, actor)
    wanted = [Application.call_id == call_id, Application.sent_at.is_not(None), *_found_by(search, closed),
              *_of_state(state)]  # fmt: skip
    if kind in ("team", "company"):
        wanted += [Application.kind == kind, Application.id.not_in(list(closed))]
    total = session.execute(select(func.count()).select_from(Application).where(*wanted)).scalar_one()
    rows = session.execute(
        select(Application, Call)
        .join(Call, Call.id == Application.call_id)
        .where(*wanted)
        .order_by(Application.sent_at.desc(), Application.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    founders = founders_of(session, [each.id for each, _call in rows if each.id not in closed])
    found = [
        ApplicationRow(each, call, tuple(founders.get(each.id, ())), closed.get(each.id, "")) for each, call in rows
    ]
    return Page(found, page, total, size)


def founders_of(session: Session, application_ids: Sequence[int]) -> dict[int, list[ApplicationFounder]]:
    """The founders of some applications, in one statement."""
    rows = session.execute(
        select(ApplicationFounder)
        .where(ApplicationFounder.application_id.in_(application_ids))
        .order_by(ApplicationFounder.position, ApplicationFounder.id)
    ).scalars()
    found: dict[int, list[ApplicationFounder]] = {}
    for founder in rows:
        found.setdefault(founder.application_id, []).append(founder)
    return found


def list_answers(session: Session, call_id: int, application_ids: Sequence[int]) -> dict[int, list[AnswerRow]]:
    """What each of some applications of one call answered, question by question; one that is retired only where it
    was answered. Three statements."""
    questions = session.execute(
        select(CallQuestion)
        .where(CallQuestion.call_id == call_id)
        .order_by(CallQuestion.retired_at.is_not(None), CallQuestion.position, CallQuestion.id)
    ).scalars().all()  # fmt: skip
    options = {
        each.id: each for group in list_options(session, [each.id for each in questions]).values() for each in group
    }
    answers = {
        (each.application_id, each.question_id): each
        for each in session.execute(
            select(ApplicationAnswer).where(ApplicationAnswer.application_id.in_(application_ids))
        ).scalars()
    }
    found: dict[int, list[AnswerRow]] = {}
    for application_id in application_ids:
        rows = []
        for question in questions:
            answer = answers.get((application_id, question.id))
            if question.retired_at is None or answer is not None:
                chosen = tuple(options[each] for each in answer.option_ids) if answer else ()
                rows.append(AnswerRow(question, answer, chosen))
        found[application_id] = rows
    return found


def get_answer_file(session: Session, actor: Actor, application_id: int, question_id: int) -> tuple[int, str]:
    """The stored file that was sent as an answer, and its own name; for staff."""
    require_open(session, actor, get_application(session, actor, application_id).application)
    found = session.execute(
        select(ApplicationAnswer.file_id, ApplicationAnswer.value).where(
            ApplicationAnswer.application_id == application_id, ApplicationAnswer.question_id == question_id,
            ApplicationAnswer.file_id.is_not(None),
        )
    ).one_or_none()  # fmt: skip
    if found is None or found.file_id is None:
        raise NotFound(N_("There is no such file."))
    return found.file_id, found.value


def _found_by(search: str, closed: Collection[int]) -> list[ColumnElement[bool]]:
    """What is closed to the reader is found by its number only."""
    words = search.strip()
    if not words:
        return []
    columns = (Application.name, Application.name_en, Application.credit_code,
               Application.contact_name, Application.contact_email, Application.contact_phone)  # fmt: skip
    founder = select(ApplicationFounder.id).where(
        ApplicationFounder.application_id == Application.id, ApplicationFounder.name.icontains(words, autoescape=True)
    )
    told = or_(*(column.icontains(words, autoescape=True) for column in columns), founder.exists())
    return [or_(Application.number.icontains(words, autoescape=True), and_(told, Application.id.not_in(list(closed))))]


def _of_state(state: str) -> list[ColumnElement[bool]]:
    gone, admitted, taken = Application.withdrawn_at, Application.admitted_at, Application.taken_up_at
    wanted: dict[str, list[ColumnElement[bool]]] = {
        "sent": [gone.is_(None), admitted.is_(None), taken.is_(None)],
        "in_review": [gone.is_(None), admitted.is_(None), taken.is_not(None)],
        "admitted": [admitted.is_not(None)],
        "withdrawn": [gone.is_not(None)],
    }
    return wanted.get(state, [])
