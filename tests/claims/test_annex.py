"""The annex to a claim: October 2026 as finance hands it in, and who may see it."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.billing.queries.invoices import list_posted
from incubator.claims.annexes import assemble_annex
from incubator.claims.queries.annexes import get_annex
from incubator.core.errors import Forbidden
from incubator.database import as_operator
from incubator.reports.operations import freeze_occupancy
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture
def october(session: Session, cast: Cast, october: October) -> October:
    """As posted."""
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return october


def freeze(session: Session, cast: Cast, october: October) -> str:
    frozen = freeze_occupancy(session, cast.system, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return frozen.sha256.hex()


def test_what_scheme_y_bore_in_october(session: Session, cast: Cast, october: October) -> None:
    annex = assemble_annex(list_posted(session, cast.finance, october.site.id, OCTOBER))
    (scheme,) = annex.schemes
    a, b = scheme.given
    assert [(line.base_minor, str(line.rate), line.amount_minor) for line in a.lines] == [
        (240_000, "0.60", 144_000), (30_000, "0.60", 18_000),
    ]  # fmt: skip
    assert (a.amount_minor, b.amount_minor) == (162_000, 143_458)
    assert (scheme.base_minor, scheme.amount_minor) == (270_000 + 239_097, 305_458)
    assert annex.amount_minor == annex.subsidy_minor == 305_458 and annex.adds_up
    (c,) = scheme.refused
    assert (c.kind, c.credit_code, c.base_minor, c.amount_minor) == ("team", None, 120_000, 0)
    assert {line.outcome for line in c.lines} == {"refused"}
    assert scheme.not_covered == 2  # the bookings of A and B


def test_the_page_says_every_amount_and_why(session: Session, cast: Cast, client: Browser, october: October) -> None:
    digest = freeze(session, cast, october)
    page = client.sign_in(cast.finance).get(f"/claims/months/{october.site.id}/2026-10").text
    for text in ("¥3,054.58", "¥1,620.00", "¥1,434.58", "¥1,265.81", "¥168.77", "60.00%", "64.64%", "50.00%", "3.40%",
                 "INV-2026-000002", digest[:8], digest[-8:], "丙创业团队"):  # fmt: skip
        assert text in page, text
    assert "export.pdf" in page


def test_without_a_frozen_report_there_is_no_file(
    session: Session, cast: Cast, client: Browser, october: October
) -> None:
    page = client.sign_in(cast.finance).get(f"/claims/months/{october.site.id}/2026-10")
    assert page.status_code == 200 and "export.pdf" not in page.text
    assert client.get(f"/claims/months/{october.site.id}/2026-10/export.pdf").status_code == 409


def test_without_invoices_it_says_what_to_do(session: Session, cast: Cast, client: Browser, october: October) -> None:
    page = client.sign_in(cast.finance).get(f"/claims/months/{october.site.id}/2026-03")
    assert page.status_code == 200 and f"/billing/{october.site.id}/2026-03" in page.text
    assert client.get(f"/claims/months/{october.site.id}/2026-03/export.xlsx").status_code == 409


def test_the_workbook_carries_the_hash_and_numbers(
    session: Session, cast: Cast, client: Browser, october: October
) -> None:
    digest = freeze(session, cast, october)
    answer = client.sign_in(cast.finance).get(f"/claims/months/{october.site.id}/2026-10/export.xlsx")
    assert f"claim-NS-2026-10-report-v1-{digest[:8]}.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cover, granted, refused, totals = (book.worksheets[number] for number in range(4))
    assert any(digest in str(cell.value) for row in cover.iter_rows() for cell in row)
    subsidy = [row[8] for row in granted.iter_rows(min_row=2, values_only=True)]
    assert subsidy == [1440, 180, 1265.81, 168.77]
    assert [row[6] for row in refused.iter_rows(min_row=2, values_only=True)] == [600, 600]
    assert totals.cell(2, 5).value == 3054.58


def test_the_pdf_is_the_same_bytes_every_time(session: Session, cast: Cast, client: Browser, october: October) -> None:
    freeze(session, cast, october)
    client.sign_in(cast.auditor)
    first, second = (client.get(f"/claims/months/{october.site.id}/2026-10/export.pdf") for _ in range(2))
    assert first.status_code == 200 and first.data.startswith(b"%PDF") and first.data == second.data
    assert b"NotoSansSC" in first.data
    assert not zipfile.is_zipfile(io.BytesIO(first.data))


@pytest.mark.parametrize("who", ["owner", "manager", "finance", "auditor"])
def test_seen_by(session: Session, cast: Cast, client: Browser, october: October, who: str) -> None:
    client.sign_in(getattr(cast, who))
    for path in ("/claims/months", f"/claims/months/{october.site.id}/2026-10"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("who", ["front_desk", "founder_a", "member_a", "founder_b", "mentor"])
def test_not_seen_by(session: Session, cast: Cast, client: Browser, october: October, who: str) -> None:
    client.sign_in(getattr(cast, who))
    for path in ("/claims/months", f"/claims/months/{october.site.id}/2026-10", f"/claims/months/{october.site.id}/2026-10/export.pdf"):
        assert client.get(path).status_code == 403
    with pytest.raises(Forbidden):
        get_annex(session, getattr(cast, who), october.site.id, OCTOBER)


def test_another_operators_claim_is_not_there(session: Session, cast: Cast, client: Browser, october: October) -> None:
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    assert client.get(f"/claims/months/{october.site.id}/2026-10").status_code == 404
    assert "2026-10" not in client.get("/claims/months").text


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "october", "9998-12", "0001-01"])
def test_a_month_that_is_none(cast: Cast, client: Browser, october: October, month: str) -> None:
    assert client.sign_in(cast.finance).get(f"/claims/months/{october.site.id}/{month}").status_code == 404


def test_seven_statements_however_many_startups_there_are(session: Session, cast: Cast, october: October) -> None:
    freeze(session, cast, october)
    site_id = october.site.id
    session.expunge_all()
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    get_annex(session, cast.auditor, site_id, OCTOBER)
    event.remove(session.connection(), "before_cursor_execute", note)
    assert len(seen) == 7, "\n".join(seen)
