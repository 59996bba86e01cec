"""Claims: which subsidised lines one asks an authority for, and what became of them, step by step."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.claims.rules.states import SEEN, STATES
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to


class Claim(Owned, Base):
    """What is asked for under one scheme for some months, of one site or of all; its number has no gaps in its year.

    `state` only repeats its last step, for lists.
    """

    __tablename__ = "claims"
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    """Printed as `CLM-2026-000003`."""
    scheme_id: Mapped[int]
    site_id: Mapped[int | None]
    """None: of all sites."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    """Whole months. What was left of earlier months and is not claimed yet is in it, too."""
    state: Mapped[str] = mapped_column(Text, default="draft", server_default="draft")
    currency: Mapped[str] = mapped_column(Text, default="CNY", server_default="CNY")
    due_on: Mapped[date | None]
    """The last day on which the authority takes it."""
    authority_number: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the authority calls it."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("schemes", "scheme_id"),
        belongs_to("sites", "site_id"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "year", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(
            "first_on <= last_on AND extract(day FROM first_on) = 1 AND extract(day FROM last_on + 1) = 1",
            name="whole_months",
        ),
        Index(None, "operator_id", "scheme_id", "last_on"),
        Index(None, "operator_id", "state"),
        {"info": {"grant": "SELECT, INSERT", "changes": ("state", "due_on", "authority_number")}},
    )


class ClaimLine(Owned, Base):
    """One decision, one instalment of a grant to the operator, or a whole grant that has none: in one living claim at
    most.

    Its amount is that row's, and nothing of it is copied.
    """

    __tablename__ = "claim_lines"
    claim_id: Mapped[int]
    decision_id: Mapped[int | None]
    instalment_id: Mapped[int | None]
    grant_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    released_at: Mapped[datetime | None]
    """From then on another claim may have it."""
    released_by: Mapped[int | None]
    released_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("subsidy_decisions", "decision_id"),
        belongs_to("grant_instalments", "instalment_id"),
        belongs_to("operator_grants", "grant_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "released_by"),
        CheckConstraint("num_nonnulls(decision_id, instalment_id, grant_id) = 1", name="one_source"),
        CheckConstraint("(released_at IS NULL) = (released_reason = '')", name="released_says_why"),
        UniqueConstraint("operator_id", "claim_id", "id"),
        Index("claim_lines_decision_once", "operator_id", "decision_id", unique=True,
              postgresql_where=text("released_at IS NULL AND decision_id IS NOT NULL")),
        Index("claim_lines_instalment_once", "operator_id", "instalment_id", unique=True,
              postgresql_where=text("released_at IS NULL AND instalment_id IS NOT NULL")),
        Index("claim_lines_grant_once", "operator_id", "grant_id", unique=True,
              postgresql_where=text("released_at IS NULL AND grant_id IS NOT NULL")),
        {"info": {"grant": "SELECT, INSERT", "changes": ("released_at", "released_by", "released_reason")}},
    )  # fmt: skip


class ClaimStep(Owned, Base):
    """That a claim came into a state: on which day, by whom, and for what the person saw."""

    __tablename__ = "claim_steps"
    claim_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    """From 1, without gaps."""
    state: Mapped[str] = mapped_column(Text)
    on: Mapped[date]
    """When it happened: handed in, publicised, granted."""
    fingerprint: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of lines and evidence, as its person saw them."""
    checked_by: Mapped[int | None]
    """Of an approval: who had checked just that. A second person, by a CHECK."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("people", "checked_by"),
        belongs_to("people", "created_by"),
        UniqueConstraint("operator_id", "claim_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"state NOT IN {SEEN} OR (fingerprint <> '' AND created_by IS NOT NULL)", name="seen"),
        CheckConstraint("(state = 'approved') = (checked_by IS NOT NULL)", name="checked"),
        CheckConstraint("checked_by <> created_by", name="two_people"),
        CheckConstraint("state NOT IN ('rejected', 'withdrawn') OR note <> ''", name="ended_says_why"),
        {"info": APPEND_ONLY},
    )
