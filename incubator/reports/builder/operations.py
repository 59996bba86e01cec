"""Reports saved, put on a timetable, removed, and made when they are due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Forbidden, Refusal
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.reports.builder.kind import SAVED
from incubator.reports.builder.models import SavedReport, SavedReportReader, SavedReportRun
from incubator.reports.builder.queries import get_report, list_readers, readers_of
from incubator.reports.builder.rules import RHYTHMS, Definition, check_definition, is_due, read_definition
from incubator.reports.frozen.freezing import append
from incubator.reports.frozen.kind import Question
from incubator.reports.measuring.question import check
from incubator.spaces.operations.words import LONGEST_NAME, unique
from incubator.startups.rules.periods import DAY, Period

MOST_READERS = 20


def save_report(
    session: Session, actor: Actor, *, now: datetime, today: date, name: str, definition: Definition,
    is_shared: bool,
) -> SavedReport:  # fmt: skip
    """Keep a question under a name of its person's own."""
    actor.require(Action.SEE_REPORTS)
    assert actor.person_id is not None  # the system saves none
    name = one_line(name, "name", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Give it a name."), field="name")
    check_definition(definition)
    check(definition.question(today))
    report = SavedReport(name=name, definition=definition.data(), is_shared=is_shared, created_at=now,
                         created_by=actor.person_id)  # fmt: skip
    with unique(session, "saved_reports_name_key", Conflict(N_("You have a report of this name."), field="name")):
        session.add(report)
    record(session, actor, "save_report", ("saved_reports", report.id), now=now,
           after={"name": name, "shared": is_shared})  # fmt: skip
    return report


def schedule_report(
    session: Session, actor: Actor, *, now: datetime, report_id: int, rhythm: str, person_ids: Collection[int]
) -> SavedReport:  # fmt: skip
    """Have it made daily, weekly on Mondays, monthly on the first, or never, and who is told; its own person alone."""
    report = _own(session, actor, report_id)
    if rhythm not in ("", *RHYTHMS):
        raise Refusal(N_("Choose how often."), field="rhythm")
    wanted = set(person_ids)
    if len(wanted) > MOST_READERS:
        raise Refusal(N_("At most %(most)s people."), field="people", most=MOST_READERS)
    if not wanted <= {person_id for person_id, _name in list_readers(session)}:
        raise Refusal(N_("Only people of the staff who see reports can be told."), field="people")
    before = report.rhythm
    report.rhythm = rhythm
    session.execute(delete(SavedReportReader).where(SavedReportReader.report_id == report.id))
    session.add_all(SavedReportReader(operator_id=actor.operator_id, report_id=report.id, person_id=each)
                    for each in sorted(wanted))  # fmt: skip
    session.flush()
    record(session, actor, "schedule_report", ("saved_reports", report.id), now=now, before={"report_rhythm": before},
           after={"name": report.name, "report_rhythm": rhythm, "readers": len(wanted)})  # fmt: skip
    return report


def remove_report(session: Session, actor: Actor, *, now: datetime, report_id: int) -> SavedReport:
    """Shown and made no more; what it said stays."""
    report = _own(session, actor, report_id)
    report.removed_at = now
    session.flush()
    record(session, actor, "remove_report", ("saved_reports", report.id), now=now, after={"name": report.name})
    return report


def _own(session: Session, actor: Actor, report_id: int) -> SavedReport:
    report = get_report(session, actor, report_id, for_update=True)
    if report.created_by != actor.person_id:
        raise Forbidden(N_("Only whoever saved it can change it."))
    return report


class Made(Struct, frozen=True):
    """What the day's work came to."""

    made: int
    told: int
    passed_over: int
    """Whose person sees no reports any more, or whose question can't be asked any more."""


def make_due(session: Session, actor: Actor, *, now: datetime, today: date) -> Made:
    """Make what is due today, once, as its person sees it, freeze it in the chain, and tell its readers; each by their
    own rights then."""
    made = told = passed_over = 0
    reports = session.execute(
        select(SavedReport).where(SavedReport.removed_at.is_(None), SavedReport.rhythm != "")
        .order_by(SavedReport.id).with_for_update()
    ).scalars().all()  # fmt: skip
    done = set(session.execute(select(SavedReportRun.report_id).where(SavedReportRun.on == today)).scalars())
    for report in reports:
        if report.id in done or not is_due(report.rhythm, today):
            continue
        run = _make(session, actor, report, now, today)
        if run is None:
            passed_over += 1
            continue
        made += 1
        people = readers_of(session, report.id)
        notify(session, now=now, kind="report", about=("saved_report_runs", run.id), people=people)
        told += len(people)
    return Made(made, told, passed_over)


def _make(session: Session, actor: Actor, report: SavedReport, now: datetime, today: date) -> SavedReportRun | None:
    question = Question(Period(DAY, today), subject=str(report.id))
    try:
        made = SAVED.make(session, actor, question)
    except Refusal:  # a measure, a site or a right that there was
        return None
    frozen = append(session, actor, now=now, kind=SAVED, question=question, report=made)
    asked = read_definition(report.definition).question(today)
    run = SavedReportRun(report_id=report.id, on=today, first_on=asked.first, last_on=asked.last, frozen_id=frozen.id)
    session.add(run)
    session.flush()
    return run
