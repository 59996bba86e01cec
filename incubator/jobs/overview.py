"""How every job and sweep stands, in a line each: pure, from what was read and a `now`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from incubator.jobs.groups import GROUPS
from incubator.jobs.job import Job
from incubator.jobs.models import SweepState
from incubator.jobs.queries import LATE, RunLine
from incubator.jobs.sweep import Sweep
from incubator.jobs.timetable import Due
from incubator.spaces.models import Site

FAILED, LATE_STATE, RETRYING, RUNNING, WAITING, DONE, NONE = (
    "failed", "late", "retrying", "running", "waiting", "done", "none",
)  # fmt: skip
WORST_FIRST = (FAILED, LATE_STATE, RETRYING, RUNNING, WAITING, DONE, NONE)
"""Of several sites the worst is what one must know."""
TROUBLE = frozenset({FAILED, LATE_STATE})


class SiteLine(Struct, frozen=True):
    """A scheduled job at one site."""

    site: Site
    last: RunLine | None
    next: Due
    state: str


class JobLine(Struct, frozen=True):
    """A scheduled job with all its sites, or one that runs when it is asked for (no sites)."""

    job: Job
    sites: tuple[SiteLine, ...]
    state: str
    last: RunLine | None
    """The newest run of all sites."""

    @property
    def next(self) -> SiteLine | None:
        """The site whose next run comes first."""
        return min(self.sites, key=lambda line: line.next.due_at, default=None)


class SweepLine(Struct, frozen=True):
    """A sweep and how it is; `state` None: no worker has done it yet."""

    sweep: Sweep
    kept: SweepState | None
    state: str


class Group(Struct, frozen=True):
    """What is shown together."""

    name: str
    title: str
    jobs: tuple[JobLine, ...]
    sweeps: tuple[SweepLine, ...]


def run_state(line: RunLine, now: datetime) -> str:
    """A run's state as a word of this page: a waiting one is late after some minutes, or will be tried again."""
    if line.run.state in (FAILED, RUNNING, DONE):
        return line.run.state
    if line.is_late(now):
        return LATE_STATE
    return RETRYING if line.run.error else WAITING


def job_line(
    job: Job, sites: Sequence[Site], last: Mapping[tuple[str, int | None], RunLine], now: datetime
) -> JobLine:  # fmt: skip
    """A job's line. A period that is due and does not stand in the run book after some minutes is late, too: then
    nobody keeps the timetable."""
    if job.schedule is None:
        runs = [line for (name, _site), line in last.items() if name == job.name]
        newest = max(runs, key=lambda line: line.run.created_at, default=None)
        return JobLine(job, (), run_state(newest, now) if newest else NONE, newest)
    lines = tuple(_site_line(job, site, last.get((job.name, site.id)), now) for site in _of(job, sites))
    runs = [line.last for line in lines if line.last]
    state = min((line.state for line in lines), key=WORST_FIRST.index, default=NONE)
    return JobLine(job, lines, state, max(runs, key=lambda line: line.run.due_at, default=None))


def _of(job: Job, sites: Sequence[Site]) -> Sequence[Site]:
    """What is done once is done for the oldest site, as the timetable does it."""
    return sorted(sites, key=lambda site: site.id)[:1] if job.once else sites


def _site_line(job: Job, site: Site, last: RunLine | None, now: datetime) -> SiteLine:
    assert job.schedule is not None
    zone = ZoneInfo(site.zone)
    due = job.schedule.due(zone, site.created_at, now)
    state = run_state(last, now) if last else NONE
    missing = bool(due) and (last is None or last.run.due_at < due[-1].due_at)
    if missing and max(due[-1].due_at, site.created_at) < now - LATE and state != FAILED:
        state = LATE_STATE
    return SiteLine(site, last, job.schedule.next(zone, now), state)


def sweep_line(sweep: Sweep, kept: SweepState | None, now: datetime) -> SweepLine:
    """A sweep's line: failed where the last look did, late where it should have looked long ago."""
    if kept is None:
        return SweepLine(sweep, None, NONE)
    if sweep.is_late(kept.looked_at, now):
        return SweepLine(sweep, kept, LATE_STATE)
    return SweepLine(sweep, kept, FAILED if kept.failures else DONE)


def group_lines(jobs: Sequence[JobLine], sweeps: Sequence[SweepLine]) -> tuple[Group, ...]:
    """By group, in the order of `GROUPS`; those without anything are left out."""
    made = (
        Group(
            name, title, tuple(line for line in jobs if line.job.group == name),
            tuple(line for line in sweeps if line.sweep.group == name),
        )
        for name, title in GROUPS.items()
    )  # fmt: skip
    return tuple(group for group in made if group.jobs or group.sweeps)


def count_trouble(groups: Sequence[Group]) -> tuple[int, int]:
    """How many jobs and sweeps have failed, and how many are late."""
    states = [line.state for group in groups for line in group.jobs]
    states += [line.state for group in groups for line in group.sweeps]
    return states.count(FAILED), states.count(LATE_STATE)
