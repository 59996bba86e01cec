"""Every kind of report. The list of reports, the jobs that freeze them and the public page go by it.

A kind is added by a line here: nothing else knows its name.
"""

from __future__ import annotations

from incubator.reports.builder.kind import SAVED
from incubator.reports.frozen.events import EVENTS
from incubator.reports.frozen.figures import FIGURES
from incubator.reports.frozen.kind import Kind
from incubator.reports.frozen.mentoring import MENTORING
from incubator.reports.frozen.occupancy import OCCUPANCY
from incubator.reports.frozen.qualification import QUALIFICATION
from incubator.reports.frozen.subsidies import SUBSIDIES
from incubator.reports.statistics.kind import OF_ALL_SITES, STATISTICS

ALL: tuple[Kind, ...] = (
    OCCUPANCY, SUBSIDIES, MENTORING, EVENTS, QUALIFICATION, *FIGURES.values(), *STATISTICS.values(),
    *OF_ALL_SITES.values(),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*ALL, SAVED)}
"""By name, with what is made from questions of one's own, which has pages and a job of its own."""
