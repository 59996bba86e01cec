"""The events of a month and the statistics of a year as frozen reports."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.bookings.event_rules import EVENT_KINDS
from incubator.bookings.operations.events import Came, Plan, add_proof, confirm_event, link_cost, plan_event
from incubator.core.errors import Conflict, Refusal
from incubator.reports.content import Content
from incubator.reports.frozen import views as frozen_views
from incubator.reports.frozen.events import EVENTS, figures_of
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.registry import KINDS
from incubator.reports.models import FrozenReport
from incubator.reports.statistics import operations, queries, views
from incubator.reports.statistics.kind import STATISTICS, adds_up, content_of
from incubator.reports.statistics.queries import Sheet
from incubator.reports.statistics.rules import check
from incubator.startups.models import Figure, FigureSheet, FigureVersion, Indicator, Individual, Post
from incubator.startups.rules.periods import Period
from incubator.subsidies.operations.evidence import Proof, record_cost
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.documents.test_filetypes import picture
from tests.effort import examples
from tests.reports.statistics.test_by_hand import BY_HAND, FACTS, rows
from tests.reports.world import World

OCTOBER = Period("month", date(2026, 10, 1))
YEAR = Period("year", date(2026, 1, 1))
AFTER = datetime(2027, 1, 2, tzinfo=UTC)


def hold(session: Session, cast: Cast, world: World, day: int, kind: str, people: int) -> int:
    begins = datetime(2026, 10, day, 6, tzinfo=UTC)
    plan = Plan(world.site_id, kind, f"活动 {day}", begins, begins + timedelta(hours=2), "public", place="大厅", title_en=f"Event {day}")
    event = plan_event(session, cast.manager, now=NOW, plan=plan)
    confirm_event(session, cast.manager, now=AFTER, event_id=event.id, came=Came(people, "签到表", [world.startups["A"]]))
    return event.id


def freeze_events(session: Session, cast: Cast, world: World, reason: str = "") -> FrozenReport:
    return freeze(session, cast.manager, now=AFTER, kind=EVENTS, question=Question(OCTOBER, world.site_id), reason=reason)


def test_a_month_of_events_by_hand(app: Flask, session: Session, cast: Cast, world: World) -> None:
    """A roadshow of 46 with a photo, for 8,000.00, and a training of 30 without: 2 events, 76 people, one unproved."""
    first = hold(session, cast, world, 8, "roadshow", 46)
    hold(session, cast, world, 31, "training", 30)
    add_proof(session, cast.manager, now=AFTER, event_id=first, files=[], photos=[picture("PNG")])
    cost = record_cost(session, cast.finance, now=NOW, site_id=world.site_id, kind="events", title="搭建", first=date(2026, 10, 8),
                       last=date(2026, 10, 8), amount_minor=800_000, proof=Proof("发票 1"))  # fmt: skip
    link_cost(session, cast.manager, now=AFTER, event_id=first, cost_id=cost.id)
    frozen = freeze_events(session, cast, world)
    content = json.loads(frozen.content)
    assert content["figures"] == [
        {"key": "all", "events": 2, "participants": 76, "startups": 2, "spent_minor": 800_000, "unproved": 1},
        {"key": "roadshow", "events": 1, "participants": 46, "startups": 1, "spent_minor": 800_000, "unproved": 0},
        {"key": "training", "events": 1, "participants": 30, "startups": 1, "spent_minor": 0, "unproved": 1},
    ]
    assert EVENTS.adds_up(content)
    content["rows"][0]["participants"] += 1
    assert not EVENTS.adds_up(content)
    with app.test_request_context():
        shown = EVENTS.present(json.loads(frozen.content), "en")
    assert [figure.value for figure in shown.figures] == [2, 76, 800_000]
    assert [row[1] for row in shown.tables[1].rows] == ["Event 8", "Event 31"]


def test_a_corrected_count_makes_a_second_version(session: Session, cast: Cast, world: World) -> None:
    event_id = hold(session, cast, world, 8, "roadshow", 46)
    freeze_events(session, cast, world)
    with pytest.raises(Conflict, match="Nothing has changed"):
        freeze_events(session, cast, world, "再来一次")
    confirm_event(session, cast.manager, now=AFTER, event_id=event_id, came=Came(48, "签到表", [world.startups["A"]]), reason="漏计两人")
    second = freeze_events(session, cast, world, "更正人数")
    assert second.version == 2 and json.loads(second.content)["figures"][0]["participants"] == 48


def test_a_month_without_events_is_not_frozen(session: Session, cast: Cast, world: World) -> None:
    with pytest.raises(Refusal, match="No event of this month"):
        freeze_events(session, cast, world)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVENT_KINDS), st.integers(1, 500), st.integers(0, 10**7)), max_size=20))
def test_kinds_add_up_to_the_whole(held: list[tuple[str, int, int]]) -> None:
    whole, *parts = figures_of([{"kind": kind, "participants": people, "startups": 1, "spent_minor": fen, "photos": 0, "papers": 0}
                                for kind, people, fen in held])  # fmt: skip
    for name in ("events", "participants", "startups", "spent_minor", "unproved"):
        assert whole[name] == sum(part[name] for part in parts)


def sound(form: str = "incubator") -> Content:
    """The year by hand as content, without its heading."""
    made = rows(form)
    sheet = Sheet(None, form, 2026, FACTS, made, check(made))  # type: ignore[arg-type]  # its site says nothing here
    found: Content = json.loads(json.dumps(content_of(sheet), default=str))
    return found


def test_the_content_of_a_year_adds_up_and_a_changed_line_is_noticed() -> None:
    content = sound()
    assert {each["code"]: each["value"] for each in content["figures"]} == {
        code: format(Decimal(value).normalize(), "f") for code, value in BY_HAND.items()}  # fmt: skip
    assert adds_up(content) and adds_up(sound("space"))
    for code in ("area_used", "served", "income_rent", "participants", "founders"):
        changed = sound()
        row = next(row for row in changed["rows"] if row["code"] == code)
        row["lines"][0]["amount"] = str(Decimal(row["lines"][0]["amount"]) + 1)
        assert not adds_up(changed), code
        changed = sound()
        figure = next(each for each in changed["figures"] if each["code"] == code)
        figure["value"] = str(Decimal(figure["value"]) + 1)
        assert not adds_up(changed), code


def test_no_name_of_staff_is_frozen() -> None:
    assert [line["label"] for row in sound()["rows"] if row["code"] == "staff" for line in row["lines"]] == [""]


def fill(session: Session, cast: Cast, world: World) -> None:
    """All that stands open at the October site's year: four stated values, and notes where something is unusual."""
    for code, figure in (("seed_fund", 0), ("income_investment", 0), ("income_subsidies", 0), ("subsidies_received", 0)):
        operations.state_statistic(session, cast.manager, now=AFTER, site_id=world.site_id, year=2026, code=code,
                                   figure=Decimal(figure), evidence="审计报告")  # fmt: skip


def people(session: Session, world: World) -> None:
    """Two people in the team, and 12 and 7 that the companies have confirmed for the fourth quarter."""
    for number, role in ((1, "founder"), (2, "employee")):
        individual = Individual(name=f"成员{number}", created_at=NOW)
        session.add(individual)
        session.flush()
        session.add(Post(startup_id=world.startups["C"], individual_id=individual.id, role=role, created_at=NOW,
                         days=Range(date(2026, 10, 1), None)))  # fmt: skip
    indicators = [Indicator(code=code, name=code, kind="count", rhythm="quarter", position=1, created_at=NOW)
                  for code in ("employees", "fresh_graduates")]  # fmt: skip
    session.add_all(indicators)
    for startup, values in (("A", (12, 2)), ("B", (7, 1))):
        sheet = FigureSheet(startup_id=world.startups[startup], rhythm="quarter", starts_on=date(2026, 10, 1),
                            ends_on=date(2026, 12, 31), due_on=date(2027, 1, 15), asked_at=AFTER)  # fmt: skip
        session.add(sheet)
        session.flush()
        version = FigureVersion(sheet_id=sheet.id, number=1, created_at=AFTER, submitted_at=AFTER, confirmed_at=AFTER)
        session.add(version)
        session.flush()
        session.add_all(Figure(version_id=version.id, indicator_id=each.id, value=Decimal(value))
                        for each, value in zip(indicators, values, strict=True))  # fmt: skip
    session.flush()


def test_a_year_is_frozen_once_nothing_is_open(app: Flask, session: Session, cast: Cast, world: World) -> None:
    kind, question = STATISTICS["space"], Question(YEAR, world.site_id)
    with pytest.raises(Refusal, match="not over yet"):
        freeze(session, cast.manager, now=NOW, kind=kind, question=question)
    with pytest.raises(Refusal, match="Something is open"):
        freeze(session, cast.manager, now=AFTER, kind=kind, question=question)
    fill(session, cast, world)
    people(session, world)
    found = queries.make_sheet(session, cast.auditor, world.site_id, "space", 2026)
    assert {row.indicator.code: row.value for row in found.rows if row.indicator.section == "people"} == {
        "team_people": 2, "company_people": 19, "fresh_graduates": 3}  # fmt: skip
    assert {each.codes for each in found.open if each.level == "error"} == set()
    for each in found.open:
        operations.explain_statistic(session, cast.manager, now=AFTER, site_id=world.site_id, year=2026, code=each.codes[0], note="已核实")
    frozen = freeze(session, cast.manager, now=AFTER, kind=kind, question=question)
    content = json.loads(frozen.content)
    assert kind.adds_up(content) and content["form"] == "space" and content["definition"] == "statistics/2"
    with app.test_request_context():
        shown = kind.present(content, "zh_Hans")
    space = shown.tables[0]
    assert next(row[1:3] for row in space.rows) == ["平方米", Decimal("128.5")]
    assert KINDS["statistics_space"] is kind
    last = queries.last_values(session, cast.auditor, [], "space", 2026, world.site_id)
    assert last["area_total"] == Decimal("128.5")
    operations.state_statistic(session, cast.manager, now=datetime(2027, 3, 1, tzinfo=UTC), site_id=world.site_id, year=2026,
                               code="area_total", figure=Decimal(999), evidence="x")  # fmt: skip
    assert queries.last_values(session, cast.auditor, [], "space", 2026, world.site_id)["area_total"] == Decimal("128.5")


def test_freezing_and_its_files_on_the_page(
    client: Browser, session: Session, cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pages in (views, frozen_views):
        monkeypatch.setattr(pages, "utc_now", lambda: AFTER)
    year = f"/reports/statistics/space/{world.site_id}/2026"
    report = f"/reports/frozen/statistics_space/{world.site_id}/2026"
    client.sign_in(cast.manager)
    assert report in client.get(year).text
    refused = client.post(f"{report}/freeze")
    assert refused.status_code == 422 and "尚有未处理事项" in refused.text
    assert client.get(f"{report}/export.xlsx").status_code == 404
    fill(session, cast, world)
    people(session, world)
    found = queries.make_sheet(session, cast.auditor, world.site_id, "space", 2026)
    for each in found.open:
        client.post(f"{year}/notes/{each.codes[0]}", data={"note": "已核实"})
    assert client.post(f"{report}/freeze").status_code == 303
    assert "冻结" in client.get(year).text
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{report}/export.xlsx").data))
    cells: dict[object, object] = {}
    for each in book.worksheets:
        for line in each.iter_rows(values_only=True):
            cells.setdefault(line[0], line[1:3])  # the fields stand before the rows behind them
    assert cells["使用总面积"] == ("平方米", 128.5) and cells["年末在驻团队和企业"] == ("个", 2)
    assert client.get(f"{report}/export.pdf").data.startswith(b"%PDF")
    assert "O1" in client.get(f"{report}/export.csv?table=lines").get_data(as_text=True)
    assert json.loads(client.get(f"{report}/export.json").data)["definition"] == "statistics/2"
    assert client.get(f"{report}/export.exe").status_code == 404
    assert client.get(f"{report}/export.xlsx?version=2").status_code == 404
    again = client.post(f"{report}/freeze", data={"reason": "再来一次"})
    assert again.status_code == 409
    client.sign_in(cast.auditor)
    assert client.post(f"{report}/freeze").status_code == 403
