"""Reads of startups and of their agreements."""

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
    "RESIDENCY_STATES", "STARTUP_STATES", "HeldBy", "HeldPeriod", "ProgrammeRow", "StartupRow", "Stay",
    "count_residencies", "get_programme", "get_residency", "get_startup", "list_conflicts", "list_held_periods",
    "list_own_startups", "list_people", "list_programme_rows", "list_programmes", "list_residencies",
    "list_residency_terms", "list_startups", "list_startups_residencies", "list_stays", "list_stays_of", "list_terms",
    "own_site_id",
]  # fmt: skip
