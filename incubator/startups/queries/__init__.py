"""Reads of startups and of their agreements."""

from incubator.startups.queries.addresses import AddressRow, get_consent, list_addresses
from incubator.startups.queries.applications import list_applications
from incubator.startups.queries.limits import LimitRow, list_limits
from incubator.startups.queries.people import (
    HumanRow,
    TeamMember,
    count_categories,
    get_member,
    list_humans,
    list_team,
)
from incubator.startups.queries.programmes import (
    ProgrammeRow,
    Stay,
    get_programme,
    list_programme_rows,
    list_programmes,
    list_stays,
    list_stays_of,
)
from incubator.startups.queries.residencies import (
    RESIDENCY_STATES,
    HeldBy,
    HeldPeriod,
    count_residencies,
    get_residency,
    list_conflicts,
    list_held_periods,
    list_residencies,
    list_residency_terms,
    list_startups_residencies,
    list_terms,
    own_site_id,
)
from incubator.startups.queries.startups import (
    STARTUP_STATES,
    StartupRow,
    get_startup,
    list_own_startups,
    list_people,
    list_startups,
)

__all__ = [
    "RESIDENCY_STATES",
    "STARTUP_STATES",
    "AddressRow",
    "HeldBy",
    "HeldPeriod",
    "HumanRow",
    "LimitRow",
    "ProgrammeRow",
    "StartupRow",
    "Stay",
    "TeamMember",
    "count_categories",
    "count_residencies",
    "get_consent",
    "get_member",
    "get_programme",
    "get_residency",
    "get_startup",
    "list_addresses",
    "list_applications",
    "list_conflicts",
    "list_held_periods",
    "list_humans",
    "list_limits",
    "list_own_startups",
    "list_people",
    "list_programme_rows",
    "list_programmes",
    "list_residencies",
    "list_residency_terms",
    "list_startups",
    "list_startups_residencies",
    "list_stays",
    "list_stays_of",
    "list_team",
    "list_terms",
    "own_site_id",
]  # fmt: skip
