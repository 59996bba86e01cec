"""Reads for the builder: saved reports, their readers, what they said, and answers anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.accounts.queries import people_with
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.reports.builder.models import SavedReport, SavedReportReader, SavedReportRun
from incubator.reports.builder.rules import Definition, check_definition, read_content
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.question import Answer
from incubator.reports.models import FrozenReport


def answer_definition(session: Session, actor: Actor, definition: Definition, today: date) -> Answer:
    """What it says today; Refusal where it makes no sense."""
    check_definition(definition)
    return ask(session, actor, definition.question(today))


def get_report(session: Session, actor: Actor, report_id: int, *, for_update: bool = False) -> SavedReport:
    """One's own saved report, or one that is shared; NotFound otherwise."""
    actor.require(Action.SEE_REPORTS)
    asked = select(SavedReport).where(SavedReport.id == report_id, SavedReport.removed_at.is_(None), _seen_by(actor))
    found = session.execute(asked.with_for_update() if for_update else asked).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such report."))
    return found


def _seen_by(actor: Actor) -> Any:
    return True if actor.is_system else or_(SavedReport.created_by == actor.person_id, SavedReport.is_shared)


class ReportRow(Struct, frozen=True):
    """A saved report, whose it is, and when it was last made."""

    report: SavedReport
    by: str
    last: date | None


def list_reports(session: Session, actor: Actor, page: int) -> Page[ReportRow]:
    """One's own and those that are shared, by name."""
    actor.require(Action.SEE_REPORTS)
    last = (
        select(func.max(SavedReportRun.on)).where(SavedReportRun.report_id == SavedReport.id)
        .correlate(SavedReport).scalar_subquery()
    )  # fmt: skip
    where = (SavedReport.removed_at.is_(None), _seen_by(actor))
    rows = session.execute(
        select(SavedReport, Person.name, last).join(Person, Person.id == SavedReport.created_by).where(*where)
        .order_by(SavedReport.name, SavedReport.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()  # fmt: skip
    total = session.execute(select(func.count()).select_from(SavedReport).where(*where)).scalar_one()
    return Page([ReportRow(*row) for row in rows], page, total, PAGE_SIZE)


def list_readers(session: Session) -> Sequence[tuple[int, str]]:
    """People of the staff who may see reports now."""
    rows = session.execute(
        select(Person.id, Person.name).where(Person.id.in_(people_with(Action.SEE_REPORTS)))
        .order_by(Person.name, Person.id)
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]


def readers_of(session: Session, report_id: int) -> set[int]:
    """Whom the report's person chose."""
    return set(session.execute(
        select(SavedReportReader.person_id).where(SavedReportReader.report_id == report_id)
    ).scalars())  # fmt: skip


class Said(Struct, frozen=True):
    """What a saved report said once, as it was frozen."""

    id: int
    report_id: int
    on: date
    first_on: date
    last_on: date
    frozen_id: int
    sha256: bytes
    content: str
    """Empty in lists."""

    def read(self) -> tuple[Definition, Answer]:
        """The answer as it was: from the frozen content and nothing else."""
        return read_content(json.loads(self.content), self.on)


def list_runs(session: Session, report_id: int, most: int = 12) -> Sequence[Said]:
    """What it said the last times, the latest first; without content."""
    rows = session.execute(
        _said(literal("")).where(SavedReportRun.report_id == report_id).order_by(SavedReportRun.on.desc()).limit(most)
    )
    return [Said(*row) for row in rows]


def get_run(session: Session, actor: Actor, report_id: int, run_id: int) -> tuple[SavedReport, Said]:
    """What a saved report said once; NotFound for who may not see it."""
    report = get_report(session, actor, report_id)
    said = find_run(session, run_id)
    if said is None or said.report_id != report.id:
        raise NotFound(N_("There is no such report."))
    return report, said


def find_run(session: Session, run_id: int) -> Said | None:
    """What was said once, whoever asks; None where there is no such run."""
    row = session.execute(_said(FrozenReport.content).where(SavedReportRun.id == run_id)).one_or_none()
    return None if row is None else Said(*row)


def _said(content: Any) -> Select[Any]:
    run = SavedReportRun
    return select(
        run.id, run.report_id, run.on, run.first_on, run.last_on, run.frozen_id, FrozenReport.sha256, content
    ).join(FrozenReport, FrozenReport.id == run.frozen_id)
