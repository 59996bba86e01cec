"""All pages of `bookings` on one blueprint: bookings, series, rules."""

from incubator.bookings import rule_views, series_views
from incubator.bookings.views import blueprint

__all__ = ["blueprint", "rule_views", "series_views"]
