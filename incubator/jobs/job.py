"""What a job is: a named function that the worker calls once for each run in the run book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct, field
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.core.errors import Refusal
from incubator.jobs.groups import ON_REQUEST
from incubator.jobs.timetable import Daily, Monthly


class Progress(Protocol):
    """Say how far the job is: written at once, in a short transaction of its own.

    Raises where the run is no longer this worker's, so that a job which calls it now and then stops early
    instead of at its end. Calling it often is cheap: it writes at most twice a second.
    """

    def __call__(self, done: int, total: int) -> None: ...


class Run(Struct, frozen=True):
    """A run as the worker took it from the run book."""

    id: int
    operator_id: int
    job: str
    site_id: int | None
    period: str
    arguments: Mapping[str, Any]
    attempts: int
    """Which attempt this is, from 1."""
    requested_by: int | None
    claimed_by: str
    now: datetime
    """When it was taken: the `now` of the operations that the job calls."""


class JobFailed(Refusal):
    """Raised by a job to end as failed, for good, with a sentence and a result; all its writes are undone.

    An import with faults raises it: `JobFailed(N_("%(count)s faults; nothing was imported."), {"faults": […]},
    count=3)`. A plain `Refusal` from an operation ends the run in the same way, without a result. Any other
    exception is a fault of ours or of the moment: it is logged, and the run is tried again after a while.
    """

    def __init__(self, message: str, result: dict[str, Any], /, **values: object) -> None:
        super().__init__(message, field=None, **values)
        self.result = result


Work = Callable[[Session, Actor, Run, Progress], dict[str, Any]]
"""Does the work in the session's transaction and returns the run's result as plain data; never commits.

It must not think for longer than a minute between two statements: a transaction silent for two leases is taken
for a frozen worker's and ended by the server.
"""


class Job(Struct, frozen=True):
    """A kind of work. `title` and `about` are translatable."""

    name: str
    title: str
    run: Work
    about: str = ""
    group: str = ON_REQUEST
    """Where the run book shows it (`groups`)."""
    schedule: Monthly | Daily | None = None
    """None: runs only when somebody asks for it."""
    once: bool = False
    """Scheduled for the first site alone: its work is the whole operator's."""
    attempts: int = 4
    """How often it is tried before it fails for good."""
    results: Mapping[str, str] = field(default_factory=dict)
    """Translatable sentences for the `outcome` in a result, e.g. {"frozen": "Version %(version)s frozen"}."""
