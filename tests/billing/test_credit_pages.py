"""Pages of credit notes, runs and write-offs: looked at, asked for, approved, written."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Approval, CreditNote, Exclusion, Instalment, Invoice, OneOffCharge, WriteOff
from incubator.billing.queries.runs import get_settings
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, October


@pytest.fixture(autouse=True)
def november() -> object:
    with time_machine.travel(AFTER_OCTOBER, tick=True):
        yield


def shown(page: str) -> str:
    """The fingerprint that a page shows."""
    return page.split('name="shown" value="')[1].split('"')[0]


def test_a_note_is_looked_at_and_written(client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    client.sign_in(cast.finance)
    asked = {"how": "part", "line_1": "1,000.00", "reason": "空调停用"}
    page = client.get(f"/invoices/{invoice.id}/credit", query_string=asked)
    assert page.status_code == 200 and "¥600.00" in page.text and "¥400.00" in page.text
    assert client.get(f"/invoices/{invoice.id}/credit", query_string=asked | {"line_1": "x"}).status_code == 422
    assert client.get(f"/invoices/{invoice.id}/credit", query_string=asked | {"reason": ""}).status_code == 422
    data = asked | {"shown": shown(page.text)}
    assert client.post(f"/invoices/{invoice.id}/credit/write", data=data | {"line_1": "900"}).status_code == 409
    assert client.post(f"/invoices/{invoice.id}/credit/write", data=data).status_code == 303
    note = session.execute(select(CreditNote)).scalar_one()
    assert (note.gross_minor, note.net_minor) == (100_000, 40_000)
    for path in (f"/credit-notes/{note.id}", "/credit-notes", f"/invoices/{invoice.id}"):
        assert "CN-2026-000001" in client.get(path).text
    pdf = client.get(f"/credit-notes/{note.id}/pdf")
    assert pdf.status_code == 200 and pdf.data.startswith(b"%PDF")
    assert "CN-2026-000001" in client.sign_in(cast.founder_a).get("/credit-notes").text
    assert client.get(f"/invoices/{invoice.id}/credit").status_code == 403


def test_above_an_amount_somebody_else_approves(client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    client.sign_in(cast.finance)
    settings = {"jump_percent": "20", "approve_credits": "y", "approve_credit": "100"}
    assert client.post("/billing/settings", data=settings).status_code == 303
    assert (get_settings(session).jump_percent, get_settings(session).approve_credit_minor) == (20, 10_000)
    assert client.post("/billing/settings", data=settings | {"jump_percent": "0"}).status_code == 422
    asked = {"how": "whole", "reason": "重复出账"}
    page = client.get(f"/invoices/{invoice.id}/credit", query_string=asked).text
    data = asked | {"shown": shown(page)}
    assert client.post(f"/invoices/{invoice.id}/credit/write", data=data).status_code == 409
    assert client.post(f"/invoices/{invoice.id}/credit/ask", data=data).status_code == 303
    request = session.execute(select(Approval)).scalar_one()
    decide = f"/billing/approvals/{request.id}/decide"
    assert client.post(decide, data={"decision": "approve"}).status_code == 403
    client.sign_in(cast.manager)
    assert client.get(f"/billing/approvals/{request.id}").status_code == 200
    assert client.post(decide, data={"decision": "refuse"}).status_code == 422
    assert client.post(decide, data={"decision": "approve"}).status_code == 303
    client.sign_in(cast.finance)
    assert client.post(f"/invoices/{invoice.id}/credit/write", data=data).status_code == 303


def test_a_month_is_posted_by_two(client: Browser, session: Session, cast: Cast, october: October) -> None:
    client.sign_in(cast.finance)
    client.post("/billing/settings", data={"jump_percent": "30", "approve_runs": "y"})
    path = f"/billing/{october.site.id}/2026-10"
    data = {"shown": shown(client.get(path).text)}
    assert client.post(f"{path}/post", data=data).status_code == 409
    assert client.post(f"{path}/ask", data=data).status_code == 303
    request = session.execute(select(Approval)).scalar_one()
    client.sign_in(cast.manager).post(f"/billing/approvals/{request.id}/decide", data={"decision": "approve"})
    client.sign_in(cast.finance)
    assert client.post(f"{path}/post", data=data).status_code == 303
    assert len(session.execute(select(Invoice)).scalars().all()) == 3


def test_charged_once_and_left_out(client: Browser, session: Session, cast: Cast, october: October) -> None:
    client.sign_in(cast.finance)
    data = {"startup_id": october.a.id, "site_id": october.site.id, "kind": "other", "description": "门禁卡",
            "starts_on": "2026-10-31", "amount": "120", "is_taxed_in": "y"}  # fmt: skip
    assert client.get("/billing/one-off/new").status_code == 200
    assert client.post("/billing/one-off/new", data=data | {"amount": "0"}).status_code == 422
    assert client.post("/billing/one-off/new", data=data | {"month": "soon"}).status_code == 422
    assert client.post("/billing/one-off/new", data=data).status_code == 303
    charge = session.execute(select(OneOffCharge)).scalar_one()
    assert "门禁卡" in client.get("/billing/one-off").text
    path = f"/billing/{october.site.id}/2026-10"
    assert "门禁卡" in client.get(path).text
    assert client.post(f"{path}/exclude", data={"startup_id": october.a.id, "reason": "商谈中"}).status_code == 303
    exclusion = session.execute(select(Exclusion)).scalar_one()
    page = client.get(path).text
    assert "商谈中" in page and "门禁卡" not in page
    assert client.post(f"{path}/exclusions/{exclusion.id}/lift").status_code == 303
    assert client.post(f"/billing/one-off/{charge.id}/withdraw", data={"reason": ""}).status_code == 422
    assert client.post(f"/billing/one-off/{charge.id}/withdraw", data={"reason": "免收"}).status_code == 303
    assert "门禁卡" not in client.get(path).text


def test_written_off_and_in_parts(client: Browser, session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:
    invoice = posted["A"]
    path = f"/invoices/{invoice.id}"
    client.sign_in(cast.finance)
    assert client.post(f"{path}/instalments", data={"count": "1", "first_on": "2026-11-30"}).status_code == 422
    assert client.post(f"{path}/instalments", data={"count": "3", "first_on": "2026-11-30"}).status_code == 303
    assert len(session.execute(select(Instalment)).scalars().all()) == 3
    assert client.post(f"{path}/write-off/ask", data={"reason": "已注销"}).status_code == 303
    request = session.execute(select(Approval)).scalar_one()
    assert client.get(f"{path}/write-off").status_code == 200
    client.sign_in(cast.manager).post(f"/billing/approvals/{request.id}/decide", data={"decision": "approve"})
    client.sign_in(cast.finance)
    assert client.post(f"{path}/write-off/write", data={"reason": "已注销"}).status_code == 303
    made = session.execute(select(WriteOff)).scalar_one()
    assert "已注销" in client.get(path).text
    assert client.post(f"{path}/write-off/{made.id}/undo", data={"reason": "又付款了"}).status_code == 303
