"""Who was there, and a saved report, for `belongings.py` and `test_access.py`: a source, an event of A's, a finding."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.reports.builder.models import SavedReportRun
from incubator.reports.builder.operations import make_due, save_report, schedule_report
from incubator.reports.builder.rules import Definition
from incubator.reports.presence.models import PresenceBatch, PresenceEvent
from incubator.reports.presence.operations import add_source
from tests.cast import Cast

MONEY, MANAGE = {"owner", "manager", "finance", "auditor"}, {"owner", "manager"}
AT = datetime(2026, 10, 20, 19, 0, tzinfo=UTC)
"""03:00 on the 21st in Shanghai."""

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/reports/presence": (MONEY, set()),
    "/reports/presence?site={site}&month=2026-10": (MONEY, set()),
    "/reports/presence/findings?site={site}&month=2026-10": (MONEY, set()),
    "/reports/presence/{site}/2026-10/findings/out_of_hours/s{startup_a}": (MONEY, set()),
    "/reports/presence/{site}/2026-10/startups/{startup_a}": (MONEY, set()),
    "/reports/presence/{site}/2026-10/unknown": (MONEY, set()),
    "/reports/presence/{site}/2026-10/export.csv": (MONEY, set()),
    "/reports/presence/sources": (MONEY, set()),
    "/reports/presence/sources/{presence_source}": (MONEY, set()),
    "/reports/presence/sources/new": (MANAGE, set()),
    "/reports/presence/upload": (MANAGE, set()),
    "/reports/presence/templates/door.csv": (MONEY, set()),
    "/reports/presence/settings": (MANAGE, set()),
    "/reports/builder": (MONEY, set()),
    "/reports/builder?m=desks&rows=startup&columns=month&period=last_12_months": (MONEY, set()),
    "/reports/builder/export.csv?m=desks": (MONEY, set()),
    "/reports/builder/saved": (MONEY, set()),
    "/reports/builder/saved/{saved_report}": (MONEY, set()),
    "/reports/builder/saved/{saved_report}/runs/{saved_run}": (MONEY, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/reports/presence?site={none}", "/reports/presence?month=2026-13", "/reports/presence/findings?site={none}",
    "/reports/presence/{none}/2026-10/unknown", "/reports/presence/{none}/2026-10/export.csv",
    "/reports/presence/{site}/2026-10/export.exe", "/reports/presence/{site}/2026-10/startups/{none}",
    "/reports/presence/{site}/2026-10/findings/out_of_hours/s0", "/reports/presence/sources/{none}",
    "/reports/presence/templates/x.csv", "/reports/builder/export.exe?m=desks", "/reports/builder/saved/{none}",
    "/reports/builder/saved/{saved_report}/runs/{none}", "/reports/builder/saved/{none}/runs/{saved_run}",
)  # fmt: skip
STATEMENTS = [
    ("/reports/presence?site={site}&month=2026-10", 24), ("/reports/presence/findings?site={site}&month=2026-10", 24),
    ("/reports/presence/{site}/2026-10/findings/out_of_hours/s{startup_a}", 26),
    ("/reports/presence/{site}/2026-10/startups/{startup_a}", 26), ("/reports/presence/{site}/2026-10/unknown", 10),
    ("/reports/builder?m=desks&rows=startup&columns=month&period=last_12_months", 24),
    ("/reports/builder/saved", 9), ("/reports/builder/saved/{saved_report}", 28),
    ("/reports/builder/saved/{saved_report}/runs/{saved_run}", 10),
    ("/reports/presence/sources", 9), ("/reports/presence/sources/{presence_source}", 10),
]  # fmt: skip


def be_seen(session: Session, cast: Cast, site_id: int) -> dict[str, int]:
    """A's people come at three in the night; a report of desks is saved, and was made once."""
    source, _secret = add_source(session, cast.manager, now=AT, sealing_keys=["of the tests"], site_id=site_id,
                                 kind="door", name="东门")  # fmt: skip
    batch = PresenceBatch(source_id=source.id, sha256=bytes(32), way="api", accepted=1, known=0, refused=0,
                          received_at=AT)  # fmt: skip
    session.add(batch)
    session.flush()
    session.add(PresenceEvent(
        source_id=source.id, batch_id=batch.id, site_id=site_id, external_id="1", kind="door", starts_at=AT,
        ends_at=AT + timedelta(hours=1), on=date(2026, 10, 21), person_hash=bytes(32), startup_id=cast.startup_a,
    ))  # fmt: skip
    session.flush()
    report = save_report(session, cast.manager, now=AT, today=AT.date(), name="各企业工位", is_shared=True,
                         definition=Definition(("desks",), "startup"))  # fmt: skip
    schedule_report(session, cast.manager, now=AT, report_id=report.id, rhythm="daily", person_ids=())
    make_due(session, cast.system, now=AT, today=AT.date())
    run = session.execute(select(SavedReportRun.id).where(SavedReportRun.report_id == report.id)).scalar_one()
    return {"presence_source": source.id, "saved_report": report.id, "saved_run": run}
