"""Built, saved, put on a timetable, made once a day, mailed to whoever may see it then."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import RoleGrant
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.jobs.letters import WRITERS
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.reports.builder.kind import SAVED
from incubator.reports.builder.models import SavedReport, SavedReportRun
from incubator.reports.builder.operations import make_due, remove_report, save_report, schedule_report
from incubator.reports.builder.queries import find_run, list_readers
from incubator.reports.builder.rules import Definition
from incubator.reports.frozen.proving import check_all, verify_content
from incubator.reports.frozen.queries import get_stamp
from incubator.reports.models import FrozenReport
from tests.cast import Cast
from tests.conftest import Browser
from tests.reports.world import World

NOW = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
FIRST = date(2026, 11, 1)
DESKS = Definition(("desks", "area"), "startup")


def save(session: Session, cast: Cast, name: str = "工位", *, is_shared: bool = False) -> SavedReport:
    return save_report(session, cast.manager, now=NOW, today=FIRST, name=name, definition=DESKS, is_shared=is_shared)


def test_what_the_builder_shows(client: Browser, cast: Cast, world: World) -> None:
    client.sign_in(cast.auditor)
    assert client.get("/reports/builder").status_code == 200
    shown = client.get("/reports/builder?m=desks&m=area&rows=startup&columns=month&period=last_12_months")
    assert shown.status_code == 200
    for wrong in ("m=x", "m=desks&rows=x", "m=desks&rows=site&columns=site", "m=desks&period=x", "m=desks&rows=hour",
                  "m=desks&site=x", "m=desks&f.startup=x"):  # fmt: skip
        assert client.get(f"/reports/builder?{wrong}").status_code == 422, wrong
    assert client.get(f"/reports/builder?m=desks&rows=unit&f.startup={world.startups['C']}").status_code == 200
    assert client.sign_in(cast.founder_a).get("/reports/builder").status_code == 403


def test_files_of_what_is_asked(client: Browser, cast: Cast, world: World) -> None:
    client.sign_in(cast.auditor)
    query = "m=desks&rows=kind&period=last_year"
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/reports/builder/export.xlsx?{query}").data))
    assert len(book.sheetnames) == 2
    assert client.get(f"/reports/builder/export.csv?{query}").status_code == 200
    assert client.get(f"/reports/builder/export.pdf?{query}").status_code == 404
    assert client.get("/reports/builder/export.csv?m=x").status_code == 422


def test_a_report_is_saved_and_shown_to_whom_it_is_meant_for(
    client: Browser, session: Session, cast: Cast, world: World
) -> None:
    client.sign_in(cast.manager)
    assert client.post("/reports/builder/save?m=desks&rows=site", data={"name": ""}).status_code == 422
    assert client.post("/reports/builder/save?m=x", data={"name": "工位"}).status_code == 422
    saved = client.post("/reports/builder/save?m=desks&rows=site", data={"name": "工位"})
    assert saved.status_code == 303
    assert client.post("/reports/builder/save?m=desks&rows=site", data={"name": "工位"}).status_code == 409
    assert client.get(saved.location).status_code == 200
    assert client.sign_in(cast.auditor).get(saved.location).status_code == 404
    shared = save(session, cast, "面积", is_shared=True)
    session.commit()
    assert client.get(f"/reports/builder/saved/{shared.id}").status_code == 200
    assert client.post(f"/reports/builder/saved/{shared.id}", data={"rhythm": "daily"}).status_code == 403
    with pytest.raises(Forbidden):
        remove_report(session, cast.auditor, now=NOW, report_id=shared.id)
    with pytest.raises(NotFound):
        remove_report(session, cast.other_owner, now=NOW, report_id=10**9)
    with pytest.raises(Conflict):
        save(session, cast)
    client.sign_in(cast.manager)
    assert client.post(f"/reports/builder/saved/{shared.id}/remove").status_code == 303
    assert client.get(f"/reports/builder/saved/{shared.id}").status_code == 404
    assert save(session, cast, "面积").id != shared.id, "the name is free again"


def test_it_is_made_once_a_day_and_mailed(client: Browser, session: Session, cast: Cast, world: World) -> None:
    """Monthly, on 1 November of October: C held two of four desks on 31 days, 62 of 124 desk-days."""
    report = save(session, cast)
    people = [cast.manager.person_id or 0, cast.auditor.person_id or 0]
    with pytest.raises(Refusal):
        schedule_report(session, cast.manager, now=NOW, report_id=report.id, rhythm="monthly",
                        person_ids=[cast.founder_a.person_id or 0])  # fmt: skip
    schedule_report(session, cast.manager, now=NOW, report_id=report.id, rhythm="monthly", person_ids=people)
    assert make_due(session, cast.system, now=NOW, today=date(2026, 10, 31)).made == 0
    done = make_due(session, cast.system, now=NOW, today=FIRST)
    assert (done.made, done.told, done.passed_over) == (1, 2, 0)
    assert make_due(session, cast.system, now=NOW, today=FIRST).made == 0, "once for each day"
    run = find_run(session, session.execute(select(SavedReportRun.id)).scalar_one())
    assert run is not None and hashlib.sha256(run.content.encode()).digest() == run.sha256
    definition, answer = run.read()
    stamp = get_stamp(session, cast.manager, run.frozen_id)
    assert check_all(session, cast.manager) == (1, []) and stamp.key, "in the chain, signed"
    frozen = session.execute(select(FrozenReport)).scalar_one()
    checked = verify_content(session, cast.manager, SAVED, frozen)
    assert checked.intact and checked.current
    assert (answer.totals["desks"].numerator, answer.totals["desks"].denominator) == (62, 124)
    assert definition == DESKS and answer.question.last == date(2026, 10, 31)
    session.commit()
    client.sign_in(cast.manager)
    page = client.get(f"/reports/builder/saved/{report.id}/runs/{run.id}")
    assert page.status_code == 200 and run.sha256.hex() in page.get_data(as_text=True)
    kept = client.get(f"/reports/builder/saved/{report.id}/runs/{run.id}/export.json").data
    assert hashlib.sha256(kept).digest() == run.sha256
    for extension, status in (("xlsx", 200), ("csv", 200), ("pdf", 200), ("exe", 404)):
        assert client.get(f"/reports/builder/saved/{report.id}/runs/{run.id}/export.{extension}").status_code == status
    assert client.get(f"/reports/builder/saved/{report.id}/runs/{10**9}").status_code == 404
    public = client.get(f"/verify/{stamp.code}").get_data(as_text=True)
    assert run.sha256.hex()[:8] in public and "工位" not in public, "never its content"
    assert client.get(f"/reports/builder/saved/{report.id}").status_code == 200
    assert write_notices(session, now=NOW, base_url="https://example.com", writers=WRITERS) == 2
    mails = session.execute(select(OutboxMail).where(OutboxMail.about_kind == "saved_report_runs")).scalars().all()
    assert len(mails) == 2 and all((mail.pdf_body or b"").startswith(b"%PDF") for mail in mails)
    assert all(f"/reports/builder/saved/{report.id}/runs/{run.id}" in mail.text_body for mail in mails)


def test_who_sees_no_reports_any_more_gets_none(session: Session, cast: Cast, world: World) -> None:
    report = save(session, cast)
    schedule_report(session, cast.manager, now=NOW, report_id=report.id, rhythm="daily",
                    person_ids=[cast.auditor.person_id or 0])  # fmt: skip
    make_due(session, cast.system, now=NOW, today=FIRST)
    for grant in session.execute(select(RoleGrant).where(RoleGrant.person_id == cast.auditor.person_id)).scalars():
        grant.role = "mentor"
    session.flush()
    assert cast.auditor.person_id not in {person_id for person_id, _name in list_readers(session)}
    write_notices(session, now=NOW, base_url="https://example.com", writers=WRITERS)
    assert session.execute(select(OutboxMail).where(OutboxMail.about_kind == "saved_report_runs")).first() is None
