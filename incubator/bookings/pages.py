"""All pages of `bookings` on one blueprint: bookings, series, rules, resources, the desk and the doors, the waitlist,
closures, allowances, floor plans."""

from incubator.bookings import (
    allowance_views,
    close_views,
    desk_views,
    floor_views,
    resource_views,
    rule_views,
    series_views,
    wait_views,
)
from incubator.bookings.views import blueprint

__all__ = [
    "allowance_views",
    "blueprint",
    "close_views",
    "desk_views",
    "floor_views",
    "resource_views",
    "rule_views",
    "series_views",
    "wait_views",
]
