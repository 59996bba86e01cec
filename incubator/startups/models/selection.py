"""How a call's applications are chosen: stages with a rubric, reviews, decisions, offers of a place."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core.clock import CHINA
from incubator.database import APPEND_ONLY, Base, Owned, belongs_to
from incubator.startups.rules.selection import OUTCOMES


class SelectionStage(Owned, Base):
    """A round of reviews of a call's applications, by one rubric.

    Its rubric stands from the first submitted review on. Another rubric is another version: this row is retired with
    its reviews, and a new one takes its place.
    """

    __tablename__ = "selection_stages"
    call_id: Mapped[int]
    position: Mapped[int]
    """1 for all that were sent; the next for those that were advanced from the one before."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_blind: Mapped[bool]
    """Whether reviewers see neither names nor what else tells who applies."""
    reviews_wanted: Mapped[int]
    """For each application."""
    due_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("calls", "call_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("position BETWEEN 1 AND 20", name="position"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("reviews_wanted BETWEEN 1 AND 20", name="reviews_wanted"),
        UniqueConstraint("operator_id", "call_id", "position", "version"),
        Index("selection_stages_live_key", "operator_id", "call_id", "position", unique=True,
              postgresql_where="retired_at IS NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip


class RubricLine(Owned, Base):
    """One line of a stage's rubric: what is scored, what it weighs, and what the scores mean in words."""

    __tablename__ = "rubric_lines"
    stage_id: Mapped[int]
    position: Mapped[int]
    label: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    weight: Mapped[int]
    lowest: Mapped[int]
    highest: Mapped[int]
    lowest_means: Mapped[str] = mapped_column(Text, default="", server_default="")
    lowest_means_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    middle_means: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of (lowest + highest) / 2, rounded down: 3 of 1 to 5."""
    middle_means_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    highest_means: Mapped[str] = mapped_column(Text, default="", server_default="")
    highest_means_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("selection_stages", "stage_id"),
        CheckConstraint("label <> ''", name="label"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),
        CheckConstraint("lowest >= 0 AND highest > lowest AND highest - lowest <= 10", name="scale"),
        Index(None, "operator_id", "stage_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )


class Review(Owned, Base):
    """One person's part of a stage for one application: assigned, then submitted, or excluded by a conflict.

    It counts once it is submitted, as long as no conflict of interest is declared.
    """

    __tablename__ = "reviews"
    stage_id: Mapped[int]
    application_id: Mapped[int]
    person_id: Mapped[int]
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[int | None]
    conflict_at: Mapped[datetime | None]
    conflict_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    to_panel: Mapped[str] = mapped_column(Text, default="", server_default="")
    to_applicant: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the applicant may read of it, without the reviewer's name."""
    saved_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    """When it was taken from the reviewer, before they submitted it."""
    __table_args__ = (
        belongs_to("selection_stages", "stage_id"),
        belongs_to("applications", "application_id"),
        belongs_to("people", "person_id"),
        belongs_to("people", "assigned_by"),
        UniqueConstraint("operator_id", "stage_id", "application_id", "person_id"),
        CheckConstraint("(conflict_at IS NULL) = (conflict_reason = '')", name="conflict_says_why"),
        CheckConstraint("submitted_at IS NULL OR withdrawn_at IS NULL", name="submitted_stays"),
        Index(None, "operator_id", "application_id"),
        Index(None, "operator_id", "person_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )


class ReviewScore(Owned, Base):
    """A review's score for one criterion."""

    __tablename__ = "review_scores"
    review_id: Mapped[int]
    criterion_id: Mapped[int]
    score: Mapped[int]
    __table_args__ = (
        belongs_to("reviews", "review_id"),
        belongs_to("rubric_lines", "criterion_id"),
        UniqueConstraint("operator_id", "review_id", "criterion_id"),
        CheckConstraint("score >= 0", name="score"),
        Index(None, "operator_id", "criterion_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE, DELETE"}},
    )


class SelectionDecision(Owned, Base):
    """What was decided about an application, and why. Never changed: the latest one stands.

    Its words are erased with an application that led nowhere; the trail keeps their hash.
    """

    __tablename__ = "selection_decisions"
    application_id: Mapped[int]
    stage_id: Mapped[int | None]
    """After which stage; None: beside all of them."""
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    """For the record, not for the applicant."""
    to_applicant: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What the letter says to them of it."""
    decided_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    erased_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("applications", "application_id"),
        belongs_to("selection_stages", "stage_id"),
        belongs_to("people", "decided_by"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(reason <> '') = (erased_at IS NULL)", name="reason"),
        CheckConstraint("erased_at IS NULL OR to_applicant = ''", name="erased"),
        Index(None, "operator_id", "application_id"),
        Index(None, "operator_id", "stage_id"),
        {"info": APPEND_ONLY | {"changes": ("reason", "to_applicant", "erased_at")}},
    )


class PlaceOffer(Owned, Base):
    """A place offered to an applicant until an instant: open, or ended in one of four ways, once."""

    __tablename__ = "place_offers"
    application_id: Mapped[int]
    decision_id: Mapped[int]
    terms: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None]
    accepted_at: Mapped[datetime | None]
    accepted_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    """As typed by whoever accepted it."""
    accepted_from: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The network address that it came from."""
    declined_at: Mapped[datetime | None]
    declined_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    lapsed_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("applications", "application_id"),
        belongs_to("selection_decisions", "decision_id"),
        belongs_to("people", "made_by"),
        belongs_to("people", "withdrawn_by"),
        UniqueConstraint("operator_id", "decision_id"),
        CheckConstraint("num_nonnulls(accepted_at, declined_at, withdrawn_at, lapsed_at) <= 1", name="one_end"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_name = '')", name="accepted_by_name"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn_says_why"),
        CheckConstraint("expires_at > made_at", name="some_time"),
        CheckConstraint("accepted_at < expires_at", name="accepted_in_time"),
        Index("place_offers_open_key", "operator_id", "application_id", unique=True,
              postgresql_where="accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL "
                               "AND lapsed_at IS NULL"),
        Index("place_offers_accepted_key", "operator_id", "application_id", unique=True,
              postgresql_where="accepted_at IS NOT NULL"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether nobody and no time has ended it yet; whether it lapses at this moment, `expires_at` says."""
        return not any((self.accepted_at, self.declined_at, self.withdrawn_at, self.lapsed_at))

    @property
    def last_day(self) -> date:
        """The last day on which it can be accepted, in China."""
        return (self.expires_at - timedelta(microseconds=1)).astimezone(CHINA).date()

    def state(self, now: datetime) -> str:
        """`open`, `accepted`, `declined`, `withdrawn` or `lapsed`."""
        if self.accepted_at:
            return "accepted"
        if self.declined_at:
            return "declined"
        if self.withdrawn_at:
            return "withdrawn"
        return "lapsed" if self.lapsed_at or self.expires_at <= now else "open"
