"""The jobs that freeze each kind of report when its period is over, and the night's check of the whole chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import N_
from incubator.core.periods import Month
from incubator.jobs.groups import RECONCILIATION, REPORTS
from incubator.jobs.job import Job, JobFailed, Progress, Run
from incubator.jobs.timetable import Daily, Due, Monthly
from incubator.reports.frozen.freezing import NothingToFreeze, freeze_once, sign_waiting
from incubator.reports.frozen.kind import Kind, Question
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.proving import check_all
from incubator.reports.frozen.registry import ALL
from incubator.startups.rules.periods import RHYTHMS, period_of

MINUTE = 10
"""After midnight of the day on which a period is ripe."""
FAULTS_KEPT = 20


class PeriodEnd(Monthly, frozen=True):
    """Once for each period of so many months that has ended, by its last month: `2026-09` is the third quarter.

    With months 3 and minute 30 × 1440 + 10: the third quarter of a site in Asia/Shanghai is due on 31 October at 00:10.
    """

    says: ClassVar[str] = N_("When the figures of a period are in, at %(time)s, in each site's own time.")
    months: int = 1

    @property
    def time(self) -> str:
        """Of the day, as a clock shows it."""
        return f"{self.minute % 1440 // 60:02}:{self.minute % 60:02}"

    def due(self, zone: ZoneInfo, since: datetime, now: datetime) -> list[Due]:
        """Those of `Monthly` with which a period ends."""
        return [each for each in Monthly.due(self, zone, since, now) if self._ends(each.period)]

    def next(self, zone: ZoneInfo, now: datetime) -> Due:
        """The first period's end that is not due yet."""
        found = Monthly.next(self, zone, now)
        assert isinstance(found.period, Month)
        month = found.period
        while not self._ends(month):
            month = month + 1
        return Due(month, self.due_at(month, zone))

    def _ends(self, month: object) -> bool:
        return isinstance(month, Month) and month.month % self.months == 0


def freezing_job(kind: Kind) -> Job:
    """Freezes version 1 of the run's period, once: where there is a version already, that one stands."""

    def freeze(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
        progress(0, 1)
        period = period_of(kind.rhythm, Month.parse(run.period).first)
        question = Question(period, run.site_id if kind.of_site else None)
        try:
            frozen, made = freeze_once(session, actor, now=run.now, kind=kind, question=question)
        except NothingToFreeze:
            return {"outcome": "nothing"}
        return {"outcome": "frozen" if made else "stands", "version": frozen.version, "sha256": frozen.sha256.hex(),
                "number": frozen.number}  # fmt: skip

    return Job(
        name=f"freeze_{kind.name}",
        title=kind.job,
        about=kind.about,
        run=freeze,
        group=REPORTS,
        schedule=_schedule(kind),
        once=not kind.of_site,
        results={
            "frozen": N_("Version %(version)s was frozen."),
            "stands": N_("Version %(version)s stood already; nothing was changed."),
            "nothing": N_("There was nothing to freeze."),
        },
    )


def _schedule(kind: Kind) -> Monthly:
    minute = kind.ripe_days * 1440 + MINUTE
    months = RHYTHMS[kind.rhythm]
    return Monthly(minute) if months == 1 and not kind.ripe_days else PeriodEnd(minute, months)


def _check(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Sign what waits for its signature, and look through the whole chain with every content."""
    signed = sign_waiting(session, actor, now=run.now)
    progress(0, 1)
    count, faults = check_all(session, actor)
    if faults:
        first = faults[0]
        raise JobFailed(
            N_("%(count)s faults in the chain of reports; the first at number %(number)s."),
            {"faults": [{"what": each.what, "number": each.number, "part": each.part}
                        for each in faults[:FAULTS_KEPT]]},
            count=len(faults), number=first.number,
        )  # fmt: skip
    return {"outcome": "signed" if signed else "holds", "count": count, "signed": signed}


CHECK_REPORTS = Job(
    name="check_reports",
    title=N_("Check the frozen reports"),
    about=N_("Computes each hash and link anew, checks each signature and that no number is missing."),
    run=_check,
    group=RECONCILIATION,
    schedule=Daily(minute=180),
    once=True,
    results={
        "holds": N_("The chain of %(count)s reports holds."),
        "signed": N_("The chain of %(count)s reports holds; %(signed)s were signed."),
    },
)


def freezing_jobs(kinds: Iterable[Kind]) -> tuple[Job, ...]:
    """A job for each kind that the timetable freezes."""
    return tuple(freezing_job(kind) for kind in kinds if kind.is_scheduled)


FREEZING_JOBS = freezing_jobs(ALL)
FREEZE_OCCUPANCY = next(job for job in FREEZING_JOBS if job.name == f"freeze_{OCCUPANCY.name}")
