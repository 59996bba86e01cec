"""The run book: what is to be done once and what became of it; and how the sweeps are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

UNFINISHED = ("waiting", "running")


class JobRun(Owned, Base):
    """One job for one site and period. Unique: however many workers wake, it runs once."""

    __tablename__ = "job_runs"
    job: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int | None]
    period: Mapped[str] = mapped_column(Text)
    """The period's own name: `2026-10` for a month, an upload's id for an import."""
    state: Mapped[str] = mapped_column(Text, default="waiting")
    arguments: Mapped[Any] = mapped_column(JSONB, default=dict)
    due_at: Mapped[datetime]
    """When the period's run was first due; runs of one job and site go in this order, whatever is retried."""
    retry_at: Mapped[datetime | None]
    """Not before, after a failed attempt or when run again by hand."""
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    claimed_by: Mapped[str | None] = mapped_column(Text)
    """A new name for each claim: a worker that lost a claim can't finish under a later one of its own."""
    lease_until: Mapped[datetime | None]
    """A worker that dies lets its lease run out; the run is then taken again."""
    progress_done: Mapped[int] = mapped_column(default=0, server_default="0")
    progress_total: Mapped[int] = mapped_column(default=0, server_default="0")
    requested_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[Any | None] = mapped_column(JSONB)
    """What the job returned. A failed run may have one too: the faults of an import."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed: a translatable sentence, its values beside it."""
    error_values: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    __table_args__ = (
        belongs_to("sites", "site_id"),
        belongs_to("people", "requested_by"),
        UniqueConstraint("operator_id", "job", "site_id", "period", postgresql_nulls_not_distinct=True),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("state <> 'running' OR claimed_by IS NOT NULL", name="claimed_by"),
        CheckConstraint("state <> 'failed' OR error IS NOT NULL", name="failed_says_why"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
        Index("job_runs_due_idx", "operator_id", "due_at", postgresql_where="state IN ('waiting', 'running')"),
    )

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNFINISHED


class SweepState(Owned, Base):
    """When a sweep last looked and what it found; written when there is news, and once a minute as a sign of life."""

    __tablename__ = "job_sweeps"
    sweep: Mapped[str] = mapped_column(Text)
    looked_at: Mapped[datetime]
    took_ms: Mapped[int] = mapped_column(Integer)
    found: Mapped[int] = mapped_column(default=0, server_default="0")
    """How much the last look that found something did."""
    found_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How many looks have failed since the last that did not."""
    failed_at: Mapped[datetime | None]
    reference: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Under which the log has the last failure."""
    __table_args__ = (
        UniqueConstraint("operator_id", "sweep"),
        CheckConstraint("took_ms >= 0 AND found >= 0 AND failures >= 0", name="counts"),
        CheckConstraint("(found_at IS NULL) = (found = 0)", name="found"),
        CheckConstraint("failures = 0 OR failed_at IS NOT NULL", name="failed"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
