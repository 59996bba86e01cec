"""All pages of `bookings` on one blueprint: bookings, series, rules, the desk and the doors, the waitlist."""

from incubator.bookings import desk_views, rule_views, series_views, wait_views
from incubator.bookings.views import blueprint

__all__ = ["blueprint", "desk_views", "rule_views", "series_views", "wait_views"]
