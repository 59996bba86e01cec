"""All pages of `bookings` on one blueprint: bookings and their rules."""

from incubator.bookings import rule_views
from incubator.bookings.views import blueprint

__all__ = ["blueprint", "rule_views"]
