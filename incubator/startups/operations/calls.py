"""Calls for applications, and the questions of their forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT, one_line, unique
from incubator.startups.models import ApplicationAnswer, Call, CallQuestion, QuestionOption
from incubator.startups.operations.stages import copy_selection
from incubator.startups.queries.calls import get_call, get_question, list_questions
from incubator.startups.queries.programmes import get_programme
from incubator.startups.rules.applications import CHOICES, MOST_FILES, QUESTION_KINDS

SLUG_KEY = "calls_operator_id_slug_key"
LONGEST_SLUG, LONGEST_DESCRIPTION = 60, 5000
MOST_QUESTIONS, MOST_OPTIONS = 60, 30
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class CallFacts(Struct, frozen=True):
    """What staff say of a call."""

    name: str
    slug: str
    opens_at: datetime
    closes_at: datetime | None = None
    name_en: str = ""
    description: str = ""
    description_en: str = ""
    cohort: str = ""
    cohort_en: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


class Asked(Struct, frozen=True):
    """What staff say of a question; options as pairs of Chinese and English."""

    label: str
    label_en: str = ""
    help: str = ""
    help_en: str = ""
    is_required: bool = False
    options: Sequence[tuple[str, str]] = ()


def add_call(session: Session, actor: Actor, *, now: datetime, programme_id: int, facts: CallFacts) -> Call:
    """A call for a programme that takes newcomers; nobody outside sees it before it is published."""
    actor.require(Action.MANAGE_APPLICATIONS)
    programme = get_programme(session, actor, programme_id)
    if programme.closed_at is not None:
        raise Conflict(N_("“%(programme)s” takes nobody new."), field="programme_id", programme=programme)
    call = Call(programme_id=programme.id, created_at=now, created_by=actor.person_id)
    _put(call, facts)
    with unique(session, SLUG_KEY, _slug_taken(call.slug)):
        session.add(call)
    record(session, actor, "add_call", ("calls", call.id), now=now, after=_facts(call))
    return call


def edit_call(session: Session, actor: Actor, *, now: datetime, call_id: int, facts: CallFacts) -> Call:
    """Say a call otherwise. Once published its address stays: it has been passed on."""
    actor.require(Action.MANAGE_APPLICATIONS)
    call = get_call(session, actor, call_id, for_update=True)
    if call.published_at is not None and facts.slug.strip() != call.slug:
        raise Conflict(N_("The call is published; its address stays as it is."), field="slug")
    before = _facts(call)
    with unique(session, SLUG_KEY, _slug_taken(facts.slug)):
        _put(call, facts)
    if _facts(call) != before:
        record(session, actor, "edit_call", ("calls", call.id), now=now, before=before, after=_facts(call))
    return call


def publish_call(session: Session, actor: Actor, *, now: datetime, call_id: int) -> Call:
    """Let everybody see it; who opens its page before it opens reads when it will."""
    actor.require(Action.MANAGE_APPLICATIONS)
    call = get_call(session, actor, call_id, for_update=True)
    if call.published_at is not None:
        raise Conflict(N_("It is published already."))
    call.published_at = now
    record(session, actor, "publish_call", ("calls", call.id), now=now, after=_facts(call))
    return call


def close_call(session: Session, actor: Actor, *, now: datetime, call_id: int) -> Call:
    """Take no more applications from now on; those that are there stay."""
    actor.require(Action.MANAGE_APPLICATIONS)
    call = get_call(session, actor, call_id, for_update=True)
    if call.published_at is None:
        raise Conflict(N_("It is not published yet."))
    if call.closed_at is not None:
        raise Conflict(N_("It is closed already."))
    call.closed_at = now
    record(session, actor, "close_call", ("calls", call.id), now=now, after=_facts(call))
    return call


def reopen_call(
    session: Session, actor: Actor, *, now: datetime, call_id: int, closes_at: datetime | None = None
) -> Call:
    """Take applications again, until a new end; without one until it is closed."""
    actor.require(Action.MANAGE_APPLICATIONS)
    call = get_call(session, actor, call_id, for_update=True)
    if call.published_at is None:
        raise Conflict(N_("It is not published yet."))
    if call.closed_at is None and (call.closes_at is None or call.closes_at > now):
        raise Conflict(N_("It is not closed."))
    if closes_at is not None and closes_at <= max(now, call.opens_at):
        raise Refusal(N_("This end is over already; choose a later one."), field="closes_at")
    before = _facts(call)
    call.closed_at, call.closes_at = None, closes_at
    record(session, actor, "reopen_call", ("calls", call.id), now=now, before=before, after=_facts(call))
    return call


def copy_call(session: Session, actor: Actor, *, now: datetime, call_id: int, facts: CallFacts) -> Call:
    """A call for the next cohort with the same form and selection; without the questions and options that are retired,
    and without the days and people of the selection."""
    source = get_call(session, actor, call_id)
    call = add_call(session, actor, now=now, programme_id=source.programme_id, facts=facts)
    for position, each in enumerate(list_questions(session, source.id), start=1):
        asked = each.question
        question = CallQuestion(
            call_id=call.id, position=position, kind=asked.kind, label=asked.label, label_en=asked.label_en,
            help=asked.help, help_en=asked.help_en, is_required=asked.is_required, created_at=now,
        )  # fmt: skip
        session.add(question)
        session.flush()
        _add_options(session, question, [(option.label, option.label_en) for option in each.options])
    copy_selection(session, actor, now=now, from_call_id=source.id, to_call_id=call.id)
    return call


def add_question(
    session: Session, actor: Actor, *, now: datetime, call_id: int, kind: str, asked: Asked
) -> CallQuestion:
    """One more question, the last of the form."""
    actor.require(Action.MANAGE_APPLICATIONS)
    call = get_call(session, actor, call_id, for_update=True)
    if kind not in QUESTION_KINDS:
        raise Refusal(N_("Choose what is asked for."), field="kind")
    present = [each.question for each in list_questions(session, call.id)]
    if len(present) >= MOST_QUESTIONS:
        raise Conflict(N_("A form has %(most)s questions at most."), most=MOST_QUESTIONS)
    if kind == "file" and sum(each.kind == "file" for each in present) >= MOST_FILES:
        raise Conflict(N_("A form asks for %(most)s files at most."), field="kind", most=MOST_FILES)
    last = max((each.position for each in present), default=0)
    question = CallQuestion(call_id=call.id, position=last + 1, kind=kind, created_at=now)
    options = _ask(question, asked)
    session.add(question)
    session.flush()
    _add_options(session, question, options)
    record(session, actor, "add_question", ("calls", call.id), now=now, after=_say(question, options))
    return question


def edit_question(
    session: Session, actor: Actor, *, now: datetime, call_id: int, question_id: int, asked: Asked
) -> CallQuestion:
    """Say a question otherwise; its kind stays. An option that is taken away stays with whoever chose it."""
    actor.require(Action.MANAGE_APPLICATIONS)
    get_call(session, actor, call_id, for_update=True)
    row = get_question(session, call_id, question_id)
    question = row.question
    before = _say(question, [(each.label, each.label_en) for each in row.options])
    options = _ask(question, asked)
    kept = {each.label: each for each in row.options}
    for position, (label, label_en) in enumerate(options, start=1):
        if (old := kept.pop(label, None)) is not None:
            old.position, old.label_en = position, label_en
        else:
            session.add(QuestionOption(question_id=question.id, position=position, label=label, label_en=label_en))
    for gone in kept.values():
        gone.retired_at = now
    session.flush()
    if _say(question, options) != before:
        record(session, actor, "edit_question", ("calls", call_id), now=now, before=before,
               after=_say(question, options))  # fmt: skip
    return question


def move_question(
    session: Session, actor: Actor, *, now: datetime, call_id: int, question_id: int, step: int
) -> CallQuestion:
    """Ask it one place earlier (-1) or later (1); at either end it stays where it is."""
    actor.require(Action.MANAGE_APPLICATIONS)
    get_call(session, actor, call_id, for_update=True)
    question = get_question(session, call_id, question_id).question
    order = [each.question for each in list_questions(session, call_id)]
    if question not in order:
        raise Conflict(N_("This question is retired."))
    before = order.index(question)
    order.insert(min(max(0, before + step), len(order) - 1), order.pop(before))
    for position, each in enumerate(order, start=1):
        each.position = position
    session.flush()
    if order.index(question) != before:
        record(session, actor, "move_question", ("calls", call_id), now=now,
               before={"question": question.label, "place": before + 1},
               after={"question": question.label, "place": order.index(question) + 1})  # fmt: skip
    return question


def retire_question(session: Session, actor: Actor, *, now: datetime, call_id: int, question_id: int) -> CallQuestion:
    """Ask it no longer; whoever has answered it keeps their answer."""
    actor.require(Action.MANAGE_APPLICATIONS)
    get_call(session, actor, call_id, for_update=True)
    question = get_question(session, call_id, question_id).question
    if question.retired_at is not None:
        raise Conflict(N_("This question is retired."))
    question.retired_at = now
    answers = session.execute(
        select(func.count()).select_from(ApplicationAnswer).where(ApplicationAnswer.question_id == question.id)
    ).scalar_one()
    record(session, actor, "retire_question", ("calls", call_id), now=now,
           after={"question": question.label, "answers": answers})  # fmt: skip
    return question


def restore_question(session: Session, actor: Actor, *, now: datetime, call_id: int, question_id: int) -> CallQuestion:
    """Ask it again, as the last one."""
    actor.require(Action.MANAGE_APPLICATIONS)
    get_call(session, actor, call_id, for_update=True)
    question = get_question(session, call_id, question_id).question
    if question.retired_at is None:
        raise Conflict(N_("It is asked already."))
    present = [each.question for each in list_questions(session, call_id)]
    if len(present) >= MOST_QUESTIONS:
        raise Conflict(N_("A form has %(most)s questions at most."), most=MOST_QUESTIONS)
    if question.kind == "file" and sum(each.kind == "file" for each in present) >= MOST_FILES:
        raise Conflict(N_("A form asks for %(most)s files at most."), most=MOST_FILES)
    question.retired_at, question.position = None, max((each.position for each in present), default=0) + 1
    record(session, actor, "restore_question", ("calls", call_id), now=now, after={"question": question.label})
    return question


def _put(call: Call, facts: CallFacts) -> None:
    name = one_line(facts.name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    slug = facts.slug.strip()
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Refusal(N_("The address is of small letters, digits and single dashes, such as spring-2027."),
                      field="slug")  # fmt: skip
    for day, where in ((facts.starts_on, "starts_on"), (facts.ends_on, "ends_on")):
        check_day(day, where)
    if facts.closes_at is not None and facts.closes_at <= facts.opens_at:
        raise Refusal(N_("It closes before it opens."), field="closes_on")
    if facts.ends_on is not None and (facts.starts_on is None or facts.ends_on < facts.starts_on):
        raise Refusal(N_("The last day comes before the first."), field="ends_on")
    call.name, call.name_en = name, one_line(facts.name_en, "name_en", LONGEST_NAME)
    call.slug, call.opens_at, call.closes_at = slug, facts.opens_at, facts.closes_at
    call.description = _long(facts.description, "description")
    call.description_en = _long(facts.description_en, "description_en")
    call.cohort = one_line(facts.cohort, "cohort", LONGEST_NAME)
    call.cohort_en = one_line(facts.cohort_en, "cohort_en", LONGEST_NAME)
    call.starts_on, call.ends_on = facts.starts_on, facts.ends_on


def _long(text: str, field: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=LONGEST_DESCRIPTION)
    return text


def _slug_taken(slug: str) -> Conflict:
    return Conflict(N_("Another call has the address “%(slug)s” already."), field="slug", slug=slug)


def _ask(question: CallQuestion, asked: Asked) -> list[tuple[str, str]]:
    """Put what is said into the question; its options, cleaned."""
    question.label = one_line(asked.label, "label", LONGEST_TEXT)
    if not question.label:
        raise Refusal(N_("Say what is asked."), field="label")
    question.label_en = one_line(asked.label_en, "label_en", LONGEST_TEXT)
    question.help, question.help_en = one_line(asked.help, "help", 500), one_line(asked.help_en, "help_en", 500)
    question.is_required = asked.is_required
    if question.kind not in CHOICES:
        return []
    options = [(one_line(label, "options", LONGEST_TEXT), one_line(label_en, "options_en", LONGEST_TEXT))
               for label, label_en in asked.options]  # fmt: skip
    if not 2 <= len(options) <= MOST_OPTIONS:
        raise Refusal(N_("Give from 2 to %(most)s answers to choose from, one on a line."), field="options",
                      most=MOST_OPTIONS)  # fmt: skip
    if len({label for label, _ in options}) < len(options):
        raise Refusal(N_("Two of these answers are the same."), field="options")
    return options


def _add_options(session: Session, question: CallQuestion, options: Sequence[tuple[str, str]]) -> None:
    for position, (label, label_en) in enumerate(options, start=1):
        session.add(QuestionOption(question_id=question.id, position=position, label=label, label_en=label_en))
    session.flush()


def _facts(call: Call) -> dict[str, object]:
    return {
        "name": call.name, "name_en": call.name_en, "slug": call.slug, "cohort": call.cohort,
        "starts_on": call.starts_on, "ends_on": call.ends_on, "opens_at": call.opens_at, "closes_at": call.closes_at,
        "published": call.published_at is not None, "is_closed": call.closed_at is not None,
    }  # fmt: skip


def _say(question: CallQuestion, options: Sequence[tuple[str, str]]) -> dict[str, object]:
    said: dict[str, object] = {"question": question.label, "kind": question.kind, "required": question.is_required}
    return said | ({"options": [label for label, _ in options]} if options else {})
