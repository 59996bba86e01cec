"""Every table of the product, imported so that the metadata is whole (migrations, tests, the app)."""

from incubator.accounts import models as accounts
from incubator.audit import models as audit
from incubator.billing import models as billing
from incubator.bookings import event_models as events
from incubator.bookings import models as bookings
from incubator.bookings import visitor_models as visitors
from incubator.claims import models as claims
from incubator.documents import models as documents
from incubator.jobs import models as jobs
from incubator.mentors import models as mentors
from incubator.notices import models as notices
from incubator.pricing import models as pricing
from incubator.reports import models as reports
from incubator.reports.gauge import models as gauge
from incubator.reports.presence import models as presence
from incubator.reports.statistics import models as statistics
from incubator.spaces import models as spaces
from incubator.startups import models as startups
from incubator.subsidies import models as subsidies

__all__ = [
    "accounts", "audit", "billing", "bookings", "claims", "documents", "events", "gauge", "jobs", "mentors", "notices",
    "presence", "pricing", "reports", "spaces", "startups", "statistics", "subsidies", "visitors",
]  # fmt: skip
