"""Events and yearly statistics for the walks: what the operator has of them, and who opens which page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from incubator.bookings.operations.events import Came, Plan, add_proof, confirm_event, link_cost, plan_event
from incubator.reports.statistics.operations import state_statistic
from incubator.subsidies.operations.evidence import Proof, record_cost
from tests.cast import NOW, Cast
from tests.documents.test_filetypes import picture
from tests.scenarios.october import AFTER_OCTOBER

MONEY = {"owner", "manager", "finance", "auditor"}
STAFF = {"owner", "manager", "front_desk", "finance", "auditor"}
RUN = {"owner", "manager", "front_desk"}
EVERYBODY = STAFF | {"founder_a", "member_a", "founder_b", "mentor"}
OTHERS = EVERYBODY - STAFF
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/events": (EVERYBODY, set()),
    "/events?month=2026-10&kind=roadshow&state=held": (EVERYBODY, set()),
    "/events/new": (RUN, set()),
    "/events/{event}": (EVERYBODY, set()),
    "/events/{event}/edit": (RUN, set()),
    "/events/{event}/count": (RUN, set()),
    "/events/{event}/photos/{event_photo}": (STAFF, set()),
    "/reports/statistics": (MONEY, set()),
    "/reports/statistics/incubator/{site}/2026": (MONEY, set()),
    "/reports/statistics/space/{site}/2026": (MONEY, set()),
    "/reports/statistics/incubator/{site}/2026/rows/area_total": (MONEY, set()),
    "/reports/frozen/events/{site}/2026-09": (MONEY, set()),
    "/reports/frozen/statistics_space/{site}/2026": (MONEY, set()),
    "/reports/statistics/incubator/{site}/2026/values": ({"owner", "manager"}, set()),
    "/reports/statistics/incubator/all/2026": (MONEY, set()),
    "/reports/statistics/space/all/2026/rows/income": (MONEY, set()),
    "/reports/statistics/incubator/all/2026/values": ({"owner", "manager"}, set()),
    "/reports/frozen/statistics_space_all/all/2026": (MONEY, set()),
    "/reports/statistics/filings/{site}": ({"owner", "manager"}, set()),
    "/reports/statistics/filings/all": ({"owner", "manager"}, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = ("/events/{none}", "/events/{none}/edit", "/events/{none}/count", "/events/{event}/photos/{none}",
           "/reports/statistics/incubator/{none}/2026", "/reports/statistics/kiosk/{site}/2026",
           "/reports/statistics/incubator/{site}/1999", "/reports/statistics/space/{site}/2026/rows/incubated",
           "/reports/statistics/filings/{none}", "/reports/statistics/space/everywhere/2026")  # fmt: skip
STATEMENTS = [("/events", 8), ("/events/{event}", 13), ("/events/{event}/count", 14), ("/events/new", 9),
              ("/reports/statistics", 9), ("/reports/statistics/incubator/{site}/2026", 42),
              ("/reports/statistics/incubator/{site}/2026/rows/served", 41), ("/reports/statistics/incubator/all/2026", 46),
              ("/reports/statistics/filings/{site}", 8),
              ("/reports/frozen/events/{site}/2026-09", 18), ("/reports/frozen/statistics_space/{site}/2026", 43)]  # fmt: skip


def belongings(session: Session, cast: Cast, site_id: int) -> dict[str, object]:
    """A roadshow of September that was held, with a photo and a cost."""
    begins = NOW - timedelta(days=10)
    event = plan_event(session, cast.manager, now=NOW - timedelta(days=20), plan=Plan(
        site_id, "roadshow", "金秋路演", begins, begins + timedelta(hours=3), "public", place="科技园广场"))  # fmt: skip
    confirm_event(session, cast.manager, now=AFTER_OCTOBER, event_id=event.id, came=Came(46, "签到表"))
    (photo,) = add_proof(session, cast.manager, now=AFTER_OCTOBER, event_id=event.id, files=[], photos=[picture("PNG")])
    cost = record_cost(session, cast.finance, now=AFTER_OCTOBER, site_id=site_id, kind="events", title="路演搭建",
                       first=date(2026, 9, 21), last=date(2026, 9, 21), amount_minor=800_000, proof=Proof("发票 0001"))  # fmt: skip
    link_cost(session, cast.manager, now=AFTER_OCTOBER, event_id=event.id, cost_id=cost.id)
    value = state_statistic(session, cast.manager, now=AFTER_OCTOBER, site_id=site_id, year=2026, code="seed_fund",
                            figure=Decimal(5000), evidence="验资报告 0001")  # fmt: skip
    return {"event_id": event.id, "event_photo": photo.id, "value_id": value.id}
