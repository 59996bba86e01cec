"""What the house has of prices and meters, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.pricing.operations import add_meter, attach_photo
from incubator.pricing.queries.meters import last_of_day
from incubator.spaces.models import Site, Unit
from tests.cast import NOW, Cast
from tests.documents.test_pictures import picture

STAFF = {"owner", "manager", "front_desk", "finance", "auditor"}
READ = STAFF - {"auditor"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/tariffs": (STAFF, set()),
    "/tariffs/{tariff}": (STAFF, set()),
    "/tariffs/new": ({"owner", "manager", "finance"}, set()),
    "/tariffs/taxes": (STAFF, set()),
    "/tariffs/taxes/status": ({"owner", "manager", "finance"}, set()),
    "/tariffs/taxes/rate": ({"owner", "manager", "finance"}, set()),
    "/meters": (STAFF, set()),
    "/meters/{meter}": (STAFF, set()),
    "/meters/new": (READ, set()),
    "/meters/read": (READ, set()),
    "/meters/import?site={site}": (READ, set()),
    "/meters/import/template.csv?site={site}": (READ, set()),
    "/meters/{meter}/exchange": (READ, set()),
    "/readings/{reading}/correct": (READ, set()),
    "/readings/{reading}/photo": (STAFF, set()),
}
"""As in `test_access.py`: address → who opens it, who must not know of it."""


def furnish_meters(session: Session, cast: Cast, site: Site, unit: Unit) -> dict[str, int]:
    """A meter of an office, with a photo of its first reading."""
    meter = add_meter(session, cast.manager, now=NOW, site=site, medium="electricity", number="E-1",
                      installed_on=date(2026, 9, 30), reading=Decimal(1200), unit=unit)  # fmt: skip
    first = last_of_day(session, meter.id, date(2026, 9, 30))
    assert first is not None
    row = attach_photo(session, cast.manager, now=NOW, reading_id=first.id, content=picture("PNG"))
    return {"meter_id": meter.id, "reading_id": row.id}
