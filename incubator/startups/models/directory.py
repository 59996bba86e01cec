"""The directory of startups: what each says of itself to its neighbours, if it wants to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to

CONTACTS = ("none", "founders", "contact")


class DirectoryEntry(Owned, Base):
    """A startup's page in the directory: seen while it is `listed` and has an agreement that runs."""

    __tablename__ = "directory_entries"
    startup_id: Mapped[int]
    listed: Mapped[bool]
    blurb: Mapped[str] = mapped_column(Text, default="", server_default="")
    blurb_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    website: Mapped[str] = mapped_column(Text, default="", server_default="")
    offers: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    seeks: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    contact: Mapped[str] = mapped_column(Text, default="none", server_default="none")
    """Whose name and address are shown: nobody's, its founders', or its contact's."""
    logo_id: Mapped[int | None]
    logo_width: Mapped[int | None] = mapped_column(Integer)
    logo_height: Mapped[int | None] = mapped_column(Integer)
    edited_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("stored_files", "logo_id"),
        UniqueConstraint("operator_id", "startup_id"),
        CheckConstraint(f"contact IN {CONTACTS}", name="contact"),
        CheckConstraint("website = '' OR website ~ '^https?://'", name="website"),
        CheckConstraint("NOT listed OR blurb <> ''", name="listed_says_something"),
        CheckConstraint("num_nonnulls(logo_id, logo_width, logo_height) IN (0, 3)", name="logo"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )
