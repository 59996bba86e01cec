"""State changes of bookings."""

from incubator.bookings.operations.book import book
from incubator.bookings.operations.book_many import BookingRequest, ManyRefusals, book_many
from incubator.bookings.operations.cancel import cancel

__all__ = ["BookingRequest", "ManyRefusals", "book", "book_many", "cancel"]
