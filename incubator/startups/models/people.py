"""The people of startups: each human once, their posts, their categories by evidence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, validates

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.duplicates import person_key
from incubator.startups.rules.people import CATEGORIES


class Individual(Owned, Base):
    """A human who founds or works in startups: one row, in however many they stand."""

    __tablename__ = "individuals"
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The name as somebody is found by it (`rules.duplicates.person_key`); others may have the same."""
    name_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    id_kind: Mapped[str | None] = mapped_column(Text)
    id_hash: Mapped[bytes | None]
    """Keyed hash of their document's number, which is not kept: it tells who is the same."""
    id_tail: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The number's last four characters, to be recognised by."""
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("id_kind IN ('resident', 'passport', 'permit')", name="id_kind"),
        CheckConstraint("(id_kind IS NULL) = (id_hash IS NULL)", name="identity"),
        UniqueConstraint("operator_id", "id_hash"),
        Index(None, "operator_id", "name"),
        Index(None, "operator_id", "name_key"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @validates("name")
    def _key(self, _key: str, name: str) -> str:
        self.name_key = person_key(name)
        return name


class Post(Owned, Base):
    """Somebody's part in a startup, on some days; of one startup one at a time (`posts_no_overlap`)."""

    __tablename__ = "posts"
    startup_id: Mapped[int]
    individual_id: Mapped[int]
    role: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    share_bp: Mapped[int | None]
    """A founder's share of the company, in hundredths of a percent."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("individuals", "individual_id"),
        belongs_to("people", "created_by"),
        CheckConstraint("role IN ('founder', 'employee')", name="role"),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share_bp"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "individual_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE", "no_overlap": ("startup_id, individual_id", "days", "true")}},
    )


class Standing(Owned, Base):
    """That somebody is of a category that policies ask for, on some days, with its evidence.

    Said by the startup or by staff; it counts once staff have confirmed it. It is never changed, only withdrawn.
    """

    __tablename__ = "standings"
    individual_id: Mapped[int]
    category: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    """Which document proves it: its kind, number and issuer."""
    document_id: Mapped[int | None]
    """The document itself, where it is kept here."""
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("individuals", "individual_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "created_by"),
        belongs_to("people", "confirmed_by"),
        CheckConstraint(f"category IN {tuple(CATEGORIES)}", name="category"),
        CheckConstraint("evidence <> ''", name="evidence"),
        CheckConstraint("NOT isempty(days) AND lower_inc(days)", name="days"),
        Index(None, "operator_id", "individual_id"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def first(self) -> date:
        """The first day on which it holds."""
        assert self.days.lower is not None  # a named CHECK of the table
        return self.days.lower

    @property
    def last(self) -> date | None:
        """The last one, inclusive; None: until further notice."""
        return None if self.days.upper is None else self.days.upper - timedelta(days=1)
