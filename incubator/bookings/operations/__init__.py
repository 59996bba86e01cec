"""State changes of bookings, and of the rules they are made under."""

from incubator.bookings.operations.approve import approve, decline, expire_holds
from incubator.bookings.operations.book import book
from incubator.bookings.operations.book_many import BookingRequest, ManyRefusals, book_many
from incubator.bookings.operations.cancel import cancel, cancellation_fee
from incubator.bookings.operations.rules import add_rule, edit_rule, retire_rule

__all__ = [
    "BookingRequest", "ManyRefusals", "add_rule", "approve", "book", "book_many", "cancel", "cancellation_fee",
    "decline", "edit_rule", "expire_holds", "retire_rule",
]  # fmt: skip
