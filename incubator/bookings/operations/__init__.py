"""State changes of bookings, and of the rules they are made under."""

from incubator.bookings.operations.allowances import end_allowance, grant_allowance, settle_due
from incubator.bookings.operations.approve import approve, decline, expire_holds
from incubator.bookings.operations.attend import check_in, excuse, leave, release_missed
from incubator.bookings.operations.book import book
from incubator.bookings.operations.book_many import BookingRequest, ManyRefusals, book_many
from incubator.bookings.operations.cancel import cancel, cancellation_fee
from incubator.bookings.operations.change import Change, change
from incubator.bookings.operations.close import close_over, list_affected
from incubator.bookings.operations.host import (
    cancel_visit,
    erase_visitors,
    invite_visitors,
    let_in,
    let_out,
    receive_walk_in,
    send_pass_again,
    set_visitor_days,
)
from incubator.bookings.operations.import_calendar import import_bookings, import_closures
from incubator.bookings.operations.included import end_included, give_included, include_allowance
from incubator.bookings.operations.remind import remind
from incubator.bookings.operations.rules import add_rule, edit_rule, retire_rule
from incubator.bookings.operations.series import (
    Scope,
    SeriesRefused,
    SeriesTerms,
    book_series,
    cancel_series,
    extend_series,
)
from incubator.bookings.operations.wait import (
    join_waitlist,
    lapse_offers,
    leave_waitlist,
    offer_all,
    offer_freed,
    take_offer,
)

__all__ = [
    "BookingRequest",
    "Change",
    "ManyRefusals",
    "Scope",
    "SeriesRefused",
    "SeriesTerms",
    "add_rule",
    "approve",
    "book",
    "book_many",
    "book_series",
    "cancel",
    "cancel_series",
    "cancel_visit",
    "cancellation_fee",
    "change",
    "check_in",
    "close_over",
    "decline",
    "edit_rule",
    "end_allowance",
    "end_included",
    "erase_visitors",
    "excuse",
    "expire_holds",
    "extend_series",
    "give_included",
    "grant_allowance",
    "import_bookings",
    "import_closures",
    "include_allowance",
    "invite_visitors",
    "join_waitlist",
    "lapse_offers",
    "leave",
    "leave_waitlist",
    "let_in",
    "let_out",
    "list_affected",
    "offer_all",
    "offer_freed",
    "receive_walk_in",
    "release_missed",
    "remind",
    "retire_rule",
    "send_pass_again",
    "set_visitor_days",
    "settle_due",
    "take_offer",
]  # fmt: skip
