"""Announcements: what the operator tells its people, to whom, and who has read it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

AUDIENCES = ("all", "sites", "programmes", "staff")


class Announcement(Owned, Base):
    """Words in both languages, shown to an audience from a day to a day."""

    __tablename__ = "announcements"
    audience: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    body: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Plain text; an empty line begins a paragraph."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day, inclusive; None: until it is withdrawn."""
    pinned: Mapped[bool]
    by_mail: Mapped[bool]
    published_at: Mapped[datetime]
    published_by: Mapped[int | None]
    mailed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("people", "published_by"),
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        CheckConstraint("title <> '' AND body <> ''", name="words"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="days"),
        CheckConstraint("by_mail OR mailed_at IS NULL", name="mailed"),
        Index(None, "operator_id", "from_on"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def name(self) -> str:
        return self.title

    @property
    def name_en(self) -> str:
        return self.title_en


class AnnouncementTarget(Owned, Base):
    """One site or one programme whose people an announcement is for."""

    __tablename__ = "announcement_targets"
    announcement_id: Mapped[int]
    site_id: Mapped[int | None]
    programme_id: Mapped[int | None]
    __table_args__ = (
        belongs_to("announcements", "announcement_id"),
        belongs_to("sites", "site_id"),
        belongs_to("programmes", "programme_id"),
        CheckConstraint("num_nonnulls(site_id, programme_id) = 1", name="one"),
        Index(None, "operator_id", "announcement_id"),
        {"info": {"grant": "SELECT, INSERT, DELETE"}},
    )


class AnnouncementReading(Base):
    """That somebody has opened an announcement."""

    __tablename__ = "announcement_readings"
    operator_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("operators.operator_id"), primary_key=True)
    announcement_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    read_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("announcements", "announcement_id"),
        belongs_to("people", "person_id"),
        Index(None, "operator_id", "person_id"),
        {"info": {"grant": "SELECT, INSERT"}},
    )
