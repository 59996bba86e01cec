"""Why a startup's people can't book for the time being: words and the sentence that says so. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from msgspec import Struct

from incubator.core.errors import N_, Phrase, Refusal

REASONS = ("payment", "other")
WHY = {"payment": N_("a payment is overdue"), "other": N_("the operator has asked for it")}


class Limit(Struct, frozen=True):
    """That bookings are limited since a day, and why."""

    since: date
    reason: str

    @property
    def refusal(self) -> Refusal:
        """What is said to whoever wants to book."""
        return Refusal(
            N_("Bookings by your startup are limited since %(since)s: %(reason)s. The front desk can book for you."),
            field="startup_id", since=self.since, reason=Phrase(WHY[self.reason]),
        )  # fmt: skip


def limit_of(limits: Mapping[int, Limit], startup_ids: Collection[int]) -> Limit | None:
    """The limit that speaks against a booking for one of these; None where one of them can book."""
    found = [limits.get(startup_id) for startup_id in startup_ids]
    return found[0] if found and all(found) else None
