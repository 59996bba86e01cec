"""What startups have achieved, each by evidence; what can be counted from these rows is never typed as a number."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from incubator.database import Base, Owned, belongs_to
from incubator.startups.rules.achievements import SORTS

_SORTS = " OR ".join(
    f"(kind = '{kind}' AND sort IN ({', '.join(repr(each) for each in sorts or ('',))}))"
    for kind, sorts in SORTS.items()
)


class Achievement(Owned, Base):
    """A financing round, a right applied for or granted, a qualification, a listing, an acquisition, an award.

    Said by the startup or by staff; it counts once staff have confirmed it. It is never changed, only withdrawn.
    """

    __tablename__ = "achievements"
    startup_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Which round, right, qualification or board."""
    title: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Of the certificate, application or filing."""
    counterparty: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Who invested, issued, granted or bought."""
    happened_on: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day on which it holds, inclusive; None: it does not end."""
    amount_minor: Mapped[int | None]
    """In fen; what was paid in another currency, by the rate of its day."""
    document_id: Mapped[int | None]
    """Its evidence."""
    claimed_at: Mapped[datetime]
    claimed_by: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None]
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("startups", "startup_id"),
        belongs_to("documents", "document_id"),
        belongs_to("people", "claimed_by"),
        belongs_to("people", "confirmed_by"),
        belongs_to("people", "withdrawn_by"),
        CheckConstraint(_SORTS, name="sort"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("valid_until >= happened_on", name="valid_until"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("kind <> 'financing' OR amount_minor > 0", name="financing_amount"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        Index(None, "operator_id", "startup_id", "kind"),
        Index(None, "operator_id", "kind", "happened_on"),
        {"info": {"grant": "SELECT, INSERT, UPDATE"}},
    )

    @property
    def state(self) -> str:
        """`claimed`, `confirmed` or `withdrawn`."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "claimed" if self.confirmed_at is None else "confirmed"
