"""A year of the operator as a whole, and what the books say of subsidies, by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event as listening
from sqlalchemy.orm import Session

from incubator.billing.operations.journal import post_entries
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.journal import Entry, both_ways
from incubator.core.errors import NotFound
from incubator.reports.statistics import operations, queries, views
from incubator.reports.statistics.indicators import BY_CODE, SUMS
from incubator.reports.statistics.kind import adds_up, content_of, kind_of
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.reports.world import World, make_october

A = Account
SUBSIDIES = ("subsidies_received", "income_subsidies")


@pytest.fixture
def second(session: Session, cast: Cast, world: World) -> World:
    """The same again at another site: A, B and C sit at both."""
    return make_october(session, cast, code="BA")


def sheet(session: Session, cast: Cast, site_id: int | None, year: int = 2026) -> queries.Sheet:
    return queries.make_sheet(session, cast.auditor, site_id, "incubator", year)


def value(found: queries.Sheet, code: str) -> Decimal | None:
    row = found.row(code)
    assert row is not None
    return row.value


def state(session: Session, cast: Cast, site_id: int | None, code: str, figure: int, year: int = 2026) -> None:
    operations.state_statistic(session, cast.manager, now=datetime(2027, 1, 2, tzinfo=UTC), site_id=site_id, year=year, code=code,
                               figure=Decimal(figure), evidence=f"审计报告 {figure}")  # fmt: skip


def book(session: Session, cast: Cast, source: int, debit: Account, credit: Account, fen: int, site_id: int | None, kind: str) -> None:
    """An entry as claims post them."""
    post_entries(session, cast.finance, [Entry(kind, date(2026, 5, 20 + source), ("claim_payments", source),
                                               tuple(both_ways(debit, credit, fen)), {"claim": f"SL-2026-{source}"}, site_id)], now=NOW)  # fmt: skip


def test_areas_add_up_and_whoever_sits_at_two_sites_is_one(session: Session, cast: Cast, world: World, second: World) -> None:
    """128.50 m² twice are 257.00; A, B and C, each at both sites, are three; the share of 84.50 of 128.50 is that of the double."""
    whole, parts = sheet(session, cast, None), [sheet(session, cast, each.site_id) for each in (world, second)]
    by_hand = {"area_total": "257.00", "area_used": "169.00", "area_public": "40.00", "area_share": "65.76", "desks": "8", "served": "3",
               "served_teams": "1", "served_companies": "2", "served_new": "3", "resident": "2", "staff": "4"}  # fmt: skip
    assert {code: str(value(whole, code)) for code in by_hand} == by_hand
    for code in SUMS:
        values = [value(each, code) for each in parts]
        assert value(whole, code) == (None if None in values else sum(each for each in values if each is not None)), code
    for code in set(BY_CODE) - SUMS - {"area_share", "seed_fund"}:
        values = [value(each, code) or 0 for each in parts]
        assert max(values) <= (value(whole, code) or 0) <= sum(values), code
    content = content_of(whole)
    assert adds_up(json.loads(json.dumps(content, default=str)))
    used = next(row for row in whole.rows if row.indicator.code == "area_used")
    assert [line.label for line in used.figure.lines] == ["BA O1", "BA O2", "NS O1", "NS O2"]


def test_what_sites_state_adds_up_where_it_can_and_each_has_said_it(session: Session, cast: Cast, world: World, second: World) -> None:
    """300 and 500 thousand yuan of subsidies are 800, with a line for each; a fund is stated of the whole; of one site: not known."""
    state(session, cast, world.site_id, "subsidies_received", 300)
    assert value(sheet(session, cast, None), "subsidies_received") is None
    state(session, cast, second.site_id, "subsidies_received", 500)
    for each in (world, second):
        state(session, cast, each.site_id, "seed_fund", 1000)
    whole = sheet(session, cast, None)
    row = whole.row("subsidies_received")
    assert row is not None and row.value == 800
    assert [(line.label, line.amount) for line in row.figure.lines] == [("BA: 审计报告 500", 50_000_000), ("NS: 审计报告 300", 30_000_000)]
    assert value(whole, "seed_fund") is None
    state(session, cast, None, "seed_fund", 1000)
    state(session, cast, None, "subsidies_received", 900)
    whole = sheet(session, cast, None)
    assert (value(whole, "seed_fund"), value(whole, "subsidies_received")) == (1000, 900)
    assert value(sheet(session, cast, world.site_id), "subsidies_received") == 300


def test_last_year_of_the_whole_is_what_was_filed_of_it(session: Session, cast: Cast, world: World) -> None:
    state(session, cast, world.site_id, "served", 2, year=2025)
    assert sheet(session, cast, None).row("served").last is None  # type: ignore[union-attr]
    state(session, cast, None, "served", 2, year=2025)
    assert sheet(session, cast, None).row("served").last == 2  # type: ignore[union-attr]


def test_what_the_books_say_of_subsidies_stands(session: Session, cast: Cast, world: World, second: World) -> None:
    """Paid 500,000.00 and 312,000.00, paid back 12,000.00: 800 thousand yuan; 90,000.00 of it are the operator's own. Staff say 860."""
    here = world.site_id
    book(session, cast, 1, A.BANK, A.SUBSIDY_RECEIVABLE, 50_000_000, here, "subsidy_paid")
    book(session, cast, 2, A.BANK, A.SUBSIDY_RECEIVABLE, 31_200_000, here, "subsidy_paid")
    book(session, cast, 3, A.SUBSIDY_PAYABLE, A.BANK, 1_200_000, here, "subsidy_returned")
    book(session, cast, 4, A.SUBSIDY_RECEIVABLE, A.GRANTS, 9_000_000, here, "subsidy_ruled")
    book(session, cast, 5, A.SUBSIDY_LOSSES, A.SUBSIDY_RECEIVABLE, 700_000, here, "subsidy_demanded")
    state(session, cast, here, "subsidies_received", 860)
    state(session, cast, here, "income_subsidies", 90)
    found = sheet(session, cast, here)
    row, own = (found.row(code) for code in SUBSIDIES)
    assert row is not None and own is not None
    assert (row.value, row.told, own.value, own.told) == (800, 860, 90, None)
    assert [(line.label, line.amount) for line in row.figure.lines] == [
        ("2026-00001", 50_000_000), ("2026-00002", 31_200_000), ("2026-00003", -1_200_000)]  # fmt: skip
    assert all(line.entry_id for line in row.figure.lines)
    said = [each for each in found.findings if each.codes == ("subsidies_received",)]
    assert [(each.level, str(each.says), each.is_open) for each in said] == [
        ("warning", "The books say 800, and staff state 860: say why.", True)]  # fmt: skip
    assert value(sheet(session, cast, second.site_id), "subsidies_received") is None
    content = json.loads(json.dumps(content_of(found), default=str))
    assert adds_up(content) and next(each["told"] for each in content["rows"] if each["code"] == "subsidies_received") == "860"


def test_a_payment_over_all_sites_counts_for_the_whole_only(session: Session, cast: Cast, world: World) -> None:
    book(session, cast, 1, A.BANK, A.SUBSIDY_RECEIVABLE, 50_000_000, None, "subsidy_paid")
    here, whole = sheet(session, cast, world.site_id).row("subsidies_received"), sheet(session, cast, None).row("subsidies_received")
    assert here is not None and whole is not None
    assert (here.value, [line.counts for line in here.figure.lines]) == (None, [False])
    assert (whole.value, [line.counts for line in whole.figure.lines]) == (500, [True])
    state(session, cast, world.site_id, "subsidies_received", 20)
    stated = sheet(session, cast, world.site_id).row("subsidies_received")
    assert stated is not None and (stated.value, stated.told) == (20, None)


def test_what_was_undone_is_nothing(session: Session, cast: Cast, world: World) -> None:
    """A payment and its reversal leave 0.00, by the books, with both lines."""
    book(session, cast, 1, A.BANK, A.SUBSIDY_RECEIVABLE, 50_000_000, world.site_id, "subsidy_paid")
    book(session, cast, 2, A.SUBSIDY_RECEIVABLE, A.BANK, 50_000_000, world.site_id, "subsidy_paid")
    assert value(sheet(session, cast, world.site_id), "subsidies_received") == 0


def test_all_sites_take_no_more_statements_than_one(session: Session, cast: Cast, world: World, second: World) -> None:
    def count(site_id: int | None) -> int:
        seen: list[object] = []
        connection = session.connection()
        listen = lambda *given: seen.append(given[2])  # noqa: E731
        listening.listen(connection, "before_cursor_execute", listen)
        sheet(session, cast, site_id)
        listening.remove(connection, "before_cursor_execute", listen)
        return len(seen)

    session.flush()
    assert count(None) <= count(world.site_id) + 4


def test_an_operator_without_sites_has_an_empty_form(session: Session, cast: Cast) -> None:
    found = sheet(session, cast, None)
    assert value(found, "served") == 0 and found.open


def test_frozen_by_either_definition(app: Flask, session: Session, cast: Cast, world: World) -> None:
    """What `statistics/1` froze is still shown and verified: it stated what the books tell now."""
    state(session, cast, world.site_id, "subsidies_received", 20)
    content = json.loads(json.dumps(content_of(sheet(session, cast, world.site_id)), default=str))
    for row in content["rows"]:
        del row["told"]
    assert adds_up(content)
    with app.test_request_context():
        shown = kind_of("incubator", world.site_id).present(content | {"period": {"key": "2026"}}, "en")
    assert shown.tables


def test_the_pages_of_the_whole(client: Browser, session: Session, cast: Cast, world: World, second: World,
                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(views, "utc_now", lambda: datetime(2026, 11, 1, 1, tzinfo=UTC))
    client.sign_in(cast.manager)
    year = "/reports/statistics/incubator/all/2026"
    assert year in client.get("/reports/statistics").text
    page = client.get(year)
    assert page.status_code == 200 and "运营方整体" in page.text and "257.00" in page.text
    assert client.get(f"{year}/rows/area_used").status_code == 200
    sent = {"code": "seed_fund", "figure": "5000", "evidence": "验资报告 0001"}
    assert client.post(f"{year}/values", data=sent).status_code == 303
    assert "验资报告 0001" in client.get(f"{year}/values").text
    assert client.post(f"{year}/notes/served", data={"note": "新场地启用"}).status_code == 303
    assert "新场地启用" in client.get(year).text
    assert "新场地启用" not in client.get(f"/reports/statistics/incubator/{world.site_id}/2026").text
    assert client.get("/reports/frozen/statistics_incubator_all/all/2026").status_code == 200
    for wrong in (f"/reports/frozen/statistics_incubator_all/{world.site_id}/2026", "/reports/frozen/statistics_incubator/all/2026",
                  "/reports/statistics/incubator/everywhere/2026", "/reports/statistics/incubator/99999999999999999999/2026"):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong


def test_who_may_not(session: Session, cast: Cast, world: World) -> None:
    with pytest.raises(NotFound):
        sheet(session, cast, 999_999)
