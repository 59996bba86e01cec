"""Pages of `reports/presence`."""

from incubator.reports.presence import api
from incubator.reports.presence.views import report, sources
from incubator.reports.presence.views.blueprint import blueprint

__all__ = ["api", "blueprint", "report", "sources"]
