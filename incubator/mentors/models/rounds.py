"""Rounds: who is to mentor whom, to the best total; and the mentorships that come of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.mentors.rules.vocabulary import WISHES

_CHANGED = {"grant": "SELECT, INSERT, UPDATE"}


class MentoringRound(Owned, Base):
    """One matching of a cohort: its startups and mentors, the frozen scores, a proposal, and what is published."""

    __tablename__ = "mentoring_rounds"
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    """For how long its mentorships are meant."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    proposed_at: Mapped[datetime | None]
    figures: Mapped[Any] = mapped_column(JSONB, default=dict, server_default="{}")
    """Of the proposal: total, bound, greedy's total, and which wishes could not be."""
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None]
    discarded_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("people", "created_by"),
        belongs_to("people", "published_by"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name="days"),
        CheckConstraint("published_at IS NULL OR proposed_at IS NOT NULL", name="published_was_proposed"),
        CheckConstraint("num_nonnulls(published_at, discarded_at) <= 1", name="one_end"),
        {"info": _CHANGED},
    )


class RoundStartup(Base):
    """A startup of a round, and how many mentors it is to have."""

    __tablename__ = "round_startups"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    startup_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    least: Mapped[int] = mapped_column(Integer)
    most: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        belongs_to("mentoring_rounds", "round_id"),
        belongs_to("startups", "startup_id"),
        CheckConstraint("0 <= least AND least <= most AND most <= 1000", name="counts"),
        Index(None, "operator_id", "startup_id"),
    )


class RoundMentor(Base):
    """A mentor of a round, and how many startups they are to have."""

    __tablename__ = "round_mentors"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mentor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    least: Mapped[int] = mapped_column(Integer)
    most: Mapped[int] = mapped_column(Integer)
    __table_args__ = (
        belongs_to("mentoring_rounds", "round_id"),
        belongs_to("mentors", "mentor_id"),
        CheckConstraint("0 <= least AND least <= most AND most <= 1000", name="counts"),
        Index(None, "operator_id", "mentor_id"),
    )


class RoundWish(Base):
    """A pair that is to be in any case (`pin`), or not to be (`exclude`)."""

    __tablename__ = "round_wishes"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    startup_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mentor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    wish: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("mentoring_rounds", "round_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("mentors", "mentor_id"),
        CheckConstraint(f"wish IN {WISHES}", name="wish"),
    )


class RoundPair(Base):
    """A pair that may be, with its score as it was when the round was proposed; and whether it is."""

    __tablename__ = "round_pairs"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    startup_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mentor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    score: Mapped[int] = mapped_column(Integer)
    parts: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Of the score, in the order of `vocabulary.SCORE_PARTS`: each 0…1000, before its weight."""
    in_proposal: Mapped[bool] = mapped_column(default=False, server_default="false")
    in_greedy: Mapped[bool] = mapped_column(default=False, server_default="false")
    chosen: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Now, after changes by hand."""
    __table_args__ = (
        belongs_to("mentoring_rounds", "round_id"),
        belongs_to("startups", "startup_id"),
        belongs_to("mentors", "mentor_id"),
        CheckConstraint("score BETWEEN 0 AND 1000", name="score"),
        CheckConstraint("cardinality(parts) = 9", name="parts"),
    )


class Mentorship(Owned, Base):
    """A mentor mentors a startup, on some days; of one pair one at a time (`mentorships_no_overlap`)."""

    __tablename__ = "mentorships"
    startup_id: Mapped[int]
    mentor_id: Mapped[int]
    round_id: Mapped[int | None]
    """The round that made it; None: by hand."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    """When it was cut short."""
    end_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("mentors", "mentor_id"),
        belongs_to("mentoring_rounds", "round_id"),
        belongs_to("people", "made_by"),
        CheckConstraint("NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name="days"),
        CheckConstraint("(ended_at IS NULL) = (end_reason = '')", name="end_reason"),
        Index(None, "operator_id", "mentor_id"),
        {"info": _CHANGED | {"no_overlap": ("startup_id, mentor_id", "days", "true")}},
    )

    @property
    def first(self) -> date:
        """Its first day."""
        assert self.days.lower is not None  # a named CHECK of the table
        return self.days.lower

    @property
    def last(self) -> date:
        """Its last day, inclusive."""
        assert self.days.upper is not None  # a named CHECK of the table
        return self.days.upper - timedelta(days=1)
