"""How startups left: graduated, gone, removed, dissolved; and what was to be returned and settled then."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.exits import EXIT_KINDS, OUTCOMES, TASKS


class Exit(Owned, Base):
    """The end of a startup's incubation on a day; a startup that comes back and leaves again has another one."""

    __tablename__ = "exits"
    startup_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    happened_on: Mapped[date]
    """The last day on which it was here."""
    reason: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where it went: a park, an address, a new start."""
    rule_id: Mapped[int | None]
    """Of a graduation: the rule that it was measured by."""
    findings: Mapped[Any] = mapped_column(JSONB, default=list, server_default="[]")
    """Each criterion as it stood on that day: what was decided stays visible when the figures are corrected."""
    override_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it graduated though the rule was not met, or there was none."""
    notice_days: Mapped[int | None]
    """Of a removal: how many days before it was told."""
    licence_cancelled_on: Mapped[date | None]
    keeps_access: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether a graduate's founders go on signing in, as alumni."""
    decided_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    access_ended_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """When all that was to be settled was done or waived."""
    closed_by: Mapped[int | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None]
    revoked_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("graduation_rules", "rule_id"),
        belongs_to("people", "decided_by"),
        belongs_to("people", "closed_by"),
        belongs_to("people", "revoked_by"),
        CheckConstraint(f"kind IN {EXIT_KINDS}", name="kind"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name="revoked"),
        CheckConstraint(
            "kind = 'graduated' OR (rule_id IS NULL AND override_reason = '' AND NOT keeps_access)", name="graduation"
        ),
        CheckConstraint("kind = 'removed' OR notice_days IS NULL", name="notice"),
        CheckConstraint("notice_days >= 0", name="notice_days"),
        CheckConstraint("kind = 'dissolved' OR licence_cancelled_on IS NULL", name="licence"),
        Index(None, "operator_id", "startup_id"),
        Index(None, "operator_id", "kind", "happened_on"),
        Index("exits_one_a_day_key", "operator_id", "startup_id", "happened_on", unique=True,
              postgresql_where="revoked_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class ExitItem(Owned, Base):
    """Something to be settled when a startup leaves: done on a day, or waived with a reason."""

    __tablename__ = "exit_items"
    exit_id: Mapped[int]
    position: Mapped[int]
    task: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of another task than the usual: its words."""
    due_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    done_on: Mapped[date | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    """Of the deposit: what was returned, in fen, as its movements say."""
    withheld_minor: Mapped[int | None] = mapped_column(BigInteger)
    """What of it was withheld; the remark says why."""
    way: Mapped[str] = mapped_column(Text, default="", server_default="")
    """How it was returned, where that was typed here; the movements of the deposit say it themselves."""
    remark: Mapped[str] = mapped_column(Text, default="", server_default="")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None]
    told_at: Mapped[datetime | None]
    """When the startup was reminded of it."""
    __table_args__ = (
        belongs_to("exits", "exit_id"),
        belongs_to("people", "settled_by"),
        UniqueConstraint("operator_id", "exit_id", "position"),
        CheckConstraint(f"task IN {TASKS}", name="task"),
        CheckConstraint("(task = 'other') = (title <> '')", name="title"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
        CheckConstraint("(done_on IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'done')", name="done_on"),
        CheckConstraint("outcome IS DISTINCT FROM 'waived' OR remark <> ''", name="waived"),
        CheckConstraint("task = 'deposit' OR num_nonnulls(amount_minor, withheld_minor) = 0", name="deposit"),
        CheckConstraint("amount_minor >= 0 AND withheld_minor >= 0", name="amounts"),
        CheckConstraint("coalesce(withheld_minor, 0) = 0 OR remark <> ''", name="withheld"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
