"""All pages of `bookings` on one blueprint: bookings, series, rules, resources."""

from incubator.bookings import resource_views, rule_views, series_views
from incubator.bookings.views import blueprint

__all__ = ["blueprint", "resource_views", "rule_views", "series_views"]
