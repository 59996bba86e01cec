"""All pages of `bookings` on one blueprint: bookings, series, rules, allowances."""

from incubator.bookings import allowance_views, rule_views, series_views
from incubator.bookings.views import blueprint

__all__ = ["allowance_views", "blueprint", "rule_views", "series_views"]
