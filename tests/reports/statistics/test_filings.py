"""What is filed for which site; and the job, which freezes what is complete and tells of what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden, Refusal
from incubator.jobs.job import Run
from incubator.jobs.registry import JOBS
from incubator.jobs.reporting import FREEZE_STATISTICS
from incubator.notices.models import Notice
from incubator.notices.writing import Reader
from incubator.reports.models import FrozenReport
from incubator.reports.statistics import filings, operations, queries
from incubator.reports.statistics.filings import Filed, due_on, freeze_due, list_filings, set_filing
from incubator.reports.statistics.letters import write_open
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.reports.statistics.test_kinds import fill, people
from tests.reports.world import World

AHEAD = datetime(2027, 2, 1, tzinfo=UTC)
DUE = datetime(2027, 3, 1, tzinfo=UTC)


def file(session: Session, cast: Cast, site_id: int | None, form: str = "space", days: int = 60) -> None:
    set_filing(session, cast.manager, now=NOW, site_id=site_id, form=form, ripe_days=days)


def look(session: Session, cast: Cast, at: datetime) -> Filed:
    return freeze_due(session, cast.system, now=at)


def settle(session: Session, cast: Cast, world: World) -> None:
    """All of the October site's year that is open."""
    fill(session, cast, world)
    people(session, world)
    for each in queries.make_sheet(session, cast.auditor, world.site_id, "space", 2026).open:
        operations.explain_statistic(session, cast.manager, now=DUE, site_id=world.site_id, year=2026, code=each.codes[0], note="已核实")


def told(session: Session) -> list[str]:
    return sorted({key.rsplit(":", 1)[0] for key in session.execute(select(Notice.key).where(Notice.subject_kind == "statistic_filings")).scalars() if key})


def frozen(session: Session) -> list[tuple[str, int | None, date]]:
    return [tuple(row) for row in session.execute(select(FrozenReport.kind, FrozenReport.site_id, FrozenReport.month))]  # type: ignore[misc]


def test_the_day() -> None:
    assert due_on(2026, 60) == date(2027, 3, 1) and due_on(2027, 60) == date(2028, 2, 29) and due_on(2026, 1) == date(2027, 1, 1)


def test_what_was_due_before_a_form_was_first_chosen_is_promised_to_nobody(session: Session, cast: Cast, world: World) -> None:
    """Chosen on 1 October 2026: the year 2025 was filed elsewhere; a later choice of other days changes nothing of that."""
    file(session, cast, world.site_id)
    set_filing(session, cast.manager, now=datetime(2027, 4, 1, tzinfo=UTC), site_id=world.site_id, form="space", ripe_days=75)
    filing = list_filings(session, cast.auditor)[world.site_id]
    assert [filing.due_of(year) for year in (2025, 2026, 2027)] == [None, date(2027, 3, 16), date(2028, 3, 15)]


def test_the_newest_filing_holds(session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    file(session, cast, None, "incubator", 90)
    file(session, cast, world.site_id, "incubator", 75)
    assert {site_id: (each.form, each.ripe_days) for site_id, each in list_filings(session, cast.auditor).items()} == {
        world.site_id: ("incubator", 75), None: ("incubator", 90)}  # fmt: skip
    file(session, cast, None, "")
    assert set(list_filings(session, cast.auditor)) == {world.site_id}


@pytest.mark.parametrize(("form", "days", "field"), [("kiosk", 60, "form"), ("space", 0, "ripe_days"), ("space", 181, "ripe_days")])
def test_what_is_refused(session: Session, cast: Cast, world: World, form: str, days: int, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        file(session, cast, world.site_id, form, days)
    assert refused.value.field == field
    with pytest.raises(Forbidden):
        set_filing(session, cast.finance, now=NOW, site_id=None, form="space", ripe_days=60)


def test_half_a_form_is_never_frozen_and_those_who_can_settle_it_are_told(session: Session, cast: Cast, world: World) -> None:
    """Nothing before 30 days ahead; a letter ahead; from the day on one in each week; frozen by the first look after it is complete."""
    assert look(session, cast, DUE) == Filed(0, [])
    file(session, cast, world.site_id)
    assert look(session, cast, datetime(2027, 1, 29, tzinfo=UTC)) == Filed(0, []) and told(session) == []
    assert look(session, cast, AHEAD) == Filed(0, []) and told(session) == [f"statistics:{world.site_id}:2026:ahead"]
    done = look(session, cast, DUE)
    assert (done.frozen, [(each.site and each.site.id, each.form, each.year) for each in done.waiting]) == (0, [(world.site_id, "space", 2026)])
    assert done.waiting[0].open > 4 and frozen(session) == []
    look(session, cast, datetime(2027, 3, 3, tzinfo=UTC))
    look(session, cast, datetime(2027, 3, 8, tzinfo=UTC))
    assert told(session) == [f"statistics:{world.site_id}:2026:{when}" for when in ("2027-W09", "2027-W10", "ahead")]
    settle(session, cast, world)
    assert look(session, cast, datetime(2027, 3, 9, tzinfo=UTC)) == Filed(1, [])
    assert frozen(session) == [("statistics_space", world.site_id, date(2026, 1, 1))]
    assert look(session, cast, datetime(2027, 3, 10, tzinfo=UTC)) == Filed(0, []) and len(frozen(session)) == 1


def test_what_is_complete_before_its_day_waits_for_it(session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    settle(session, cast, world)
    assert look(session, cast, AHEAD) == Filed(0, []) and told(session) == []
    assert look(session, cast, datetime(2027, 2, 28, 15, 59, tzinfo=UTC)) == Filed(0, [])
    assert look(session, cast, datetime(2027, 2, 28, 16, 0, tzinfo=UTC)) == Filed(1, [])  # 1 March 00:00 in Shanghai


def test_the_whole_is_frozen_beside_its_sites(session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    file(session, cast, None)
    settle(session, cast, world)
    done = look(session, cast, DUE)
    assert done.frozen == 1 and [(each.site, each.year) for each in done.waiting] == [(None, 2026)]


def test_a_site_that_began_later_files_nothing_of_the_year_before(session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    assert look(session, cast, datetime(2026, 3, 5, tzinfo=UTC)) == Filed(0, []) and told(session) == []


def test_what_was_due_before_anything_was_chosen_was_filed_elsewhere(session: Session, cast: Cast, world: World) -> None:
    """Chosen on 5 March, the year before was due on the 1st; a later change of the day takes nothing back."""
    late = datetime(2027, 3, 5, tzinfo=UTC)
    set_filing(session, cast.manager, now=late, site_id=world.site_id, form="space", ripe_days=60)
    assert look(session, cast, late) == Filed(0, []) and told(session) == []
    set_filing(session, cast.manager, now=late, site_id=world.site_id, form="space", ripe_days=90)
    assert look(session, cast, datetime(2027, 4, 1, tzinfo=UTC)).waiting


def test_an_earlier_day_chosen_late_is_due_at_once(session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    set_filing(session, cast.manager, now=DUE, site_id=world.site_id, form="space", ripe_days=30)
    assert look(session, cast, DUE).waiting


def test_the_job_says_what_waits(session: Session, cast: Cast, world: World) -> None:
    def run(at: datetime) -> dict[str, object]:
        row = Run(1, cast.operator_id, FREEZE_STATISTICS.name, None, "2027-03-01", {}, 1, None, "w", at)
        return FREEZE_STATISTICS.run(session, cast.system, row, lambda done, total: None)

    assert JOBS["freeze_statistics"] is FREEZE_STATISTICS and run(DUE) == {"outcome": "nothing"}
    file(session, cast, world.site_id)
    said = run(DUE)
    assert said["outcome"] == "waiting" and str(said["names"]).startswith("NS 2026 (")
    settle(session, cast, world)
    assert run(DUE) == {"outcome": "frozen", "frozen": 1, "names": ""}
    assert set(FREEZE_STATISTICS.results) >= {"waiting", "frozen", "nothing"}


def test_the_letter_names_what_is_open_and_is_not_written_once_nothing_is(app: Flask, session: Session, cast: Cast, world: World) -> None:
    file(session, cast, world.site_id)
    look(session, cast, DUE)
    notice = session.execute(select(Notice).where(Notice.subject_kind == "statistic_filings")).scalars().first()
    assert notice is not None
    reader = Reader("a@x.example", "en", "https://x.example", cast.manager)
    with app.test_request_context():
        letter = write_open(session, notice, reader, DUE)
        assert letter is not None and "Nanshan Park" in letter.subject and "2026" in letter.subject
        assert any("Seed fund: Not known" in line for line in letter.paragraphs)
        assert write_open(session, notice, Reader("a@x.example", "en", "https://x.example", cast.finance), DUE) is None
        settle(session, cast, world)
        assert write_open(session, notice, reader, DUE) is None


def test_choosing_on_the_page(client: Browser, session: Session, cast: Cast, world: World) -> None:
    client.sign_in(cast.manager)
    page = f"/reports/statistics/filings/{world.site_id}"
    assert page in client.get("/reports/statistics").text and client.get(page).status_code == 200
    for wrong in ({"form": "kiosk", "ripe_days": "60"}, {"form": "space", "ripe_days": "0"}, {"form": "space", "ripe_days": "x"}, {}):
        assert client.post(page, data=wrong).status_code == 422, wrong
    assert client.post(page, data={"form": "space", "ripe_days": "75"}).status_code == 303
    assert "3月16日" in client.get("/reports/statistics").text or "75" in client.get("/reports/statistics").text
    assert client.post("/reports/statistics/filings/all", data={"form": "incubator", "ripe_days": "60"}).status_code == 303
    assert session.execute(select(func.count()).select_from(filings.StatisticFiling)).scalar_one() == 2
    for scope in ("999999", "x"):
        assert client.get(f"/reports/statistics/filings/{scope}").status_code == 404
    client.sign_in(cast.auditor)
    assert client.get(page).status_code == 403 and page not in client.get("/reports/statistics").text
