"""All pages of `bookings` on one blueprint: bookings, series, rules, resources, the desk and the doors, the waitlist,
closures, allowances, visitors, events, floor plans."""

from incubator.bookings import (
    allowance_views,
    calendar_views,
    close_views,
    desk_views,
    event_views,
    exit_views,
    find_views,
    floor_views,
    import_views,
    included_views,
    reception_views,
    resource_views,
    rule_views,
    series_views,
    visitor_views,
    wait_views,
)
from incubator.bookings.views import blueprint

__all__ = [
    "allowance_views",
    "blueprint",
    "calendar_views",
    "close_views",
    "desk_views",
    "event_views",
    "exit_views",
    "find_views",
    "floor_views",
    "import_views",
    "included_views",
    "reception_views",
    "resource_views",
    "rule_views",
    "series_views",
    "visitor_views",
    "wait_views",
]
