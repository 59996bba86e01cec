"""State changes of bookings, and of the rules they are made under."""

from incubator.bookings.operations.allowances import end_allowance, grant_allowance, settle_due
from incubator.bookings.operations.approve import approve, decline, expire_holds
from incubator.bookings.operations.book import book
from incubator.bookings.operations.book_many import BookingRequest, ManyRefusals, book_many
from incubator.bookings.operations.cancel import cancel, cancellation_fee
from incubator.bookings.operations.change import Change, change
from incubator.bookings.operations.rules import add_rule, edit_rule, retire_rule
from incubator.bookings.operations.series import (
    Scope,
    SeriesRefused,
    SeriesTerms,
    book_series,
    cancel_series,
    extend_series,
)

__all__ = [
    "BookingRequest", "Change", "ManyRefusals", "Scope", "SeriesRefused", "SeriesTerms", "add_rule", "approve", "book",
    "book_many", "book_series", "cancel", "cancel_series", "cancellation_fee", "change", "decline", "edit_rule",
    "end_allowance", "expire_holds", "extend_series", "grant_allowance", "retire_rule", "settle_due",
]  # fmt: skip
