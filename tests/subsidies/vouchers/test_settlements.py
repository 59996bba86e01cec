"""Settlements with providers: what is in a list, once, with its evidence."""

from __future__ import annotations

import hashlib
from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.canonical import canonical_json
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.models import DocumentVersion, StoredFile
from incubator.documents.operations import content_of
from incubator.documents.queries import get_document
from incubator.subsidies.models import VoucherSettlement
from incubator.subsidies.operations.voucher_orders import return_redemption
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.queries.voucher_ledger import count_payable, list_payable
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import Cast
from tests.subsidies.vouchers.issuing import (
    PDF,
    at,
    balance,
    make_provider,
    make_series,
    make_voucher,
    order,
    settle_in,
    take,
)

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture(autouse=True)
def here(session: Session, cast: Cast) -> None:
    settle_in(session, cast)


def settle(session: Session, cast: Cast, provider_id: int, expected: int, last: date = LAST) -> VoucherSettlement:
    return make_settlement(session, cast.finance, now=at(11, 2), provider_id=provider_id, first=FIRST, last=last,
                           expected_minor=expected)  # fmt: skip


def test_a_month_of_a_provider(session: Session, cast: Cast) -> None:
    # A: 8,000.00 → 4,800.00; B: 1,000.00 → 600.00, of which 100.00 come back; another provider's 300.00 are not in it
    series, provider, other = make_series(session, cast), make_provider(session, cast), make_provider(session, cast, name="另一家")
    a, b = make_voucher(session, cast, series), make_voucher(session, cast, series, startup_id=cast.startup_b)
    take(session, cast, order(session, cast, a, provider, 800_000).id, 800_000)
    of_b = order(session, cast, b, provider, 100_000)
    entry = take(session, cast, of_b.id, 100_000)
    return_redemption(session, cast.finance, now=at(10, 5), order_id=of_b.id, entry_id=entry.id, amount_minor=10_000, reason="部分退款")
    take(session, cast, order(session, cast, b, other, 50_000).id, 50_000)
    november = order(session, cast, a, provider, 20_000)
    take(session, cast, november.id, 20_000, now=at(11, 1))
    assert count_payable(session, cast.finance) == {provider.id: 480_000 + 50_000 + 12_000, other.id: 30_000}

    with pytest.raises(Conflict, match="another sum"):
        settle(session, cast, provider.id, 540_000)
    made = settle(session, cast, provider.id, 530_000)

    assert (made.label, made.total_minor) == ("VS-2026-0001", 530_000)
    assert [(line["amount_minor"], line["gross_minor"]) for line in made.content["lines"]] == [(480_000, 800_000), (50_000, 100_000)]
    assert made.content["lines"][0]["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert made.sha256 == hashlib.sha256(canonical_json(made.content)).digest()
    assert balance(session, a) == Balance(left=508_000, redeemed=12_000, settled=480_000)
    assert balance(session, b) == Balance(left=920_000, redeemed=30_000, settled=50_000)
    assert count_payable(session, cast.finance) == {provider.id: 12_000, other.id: 30_000}
    with pytest.raises(Conflict, match="Nothing is to be settled"):
        settle(session, cast, provider.id, 0)
    assert [each.net_minor for each in list_payable(session, provider.id, FIRST, date(2026, 11, 30))] == [12_000]
    with pytest.raises(Refusal, match="at most what was redeemed"):
        return_redemption(session, cast.finance, now=at(11, 3), order_id=of_b.id, entry_id=entry.id, amount_minor=50_001, reason="x")


def test_its_papers(session: Session, cast: Cast) -> None:
    provider = make_provider(session, cast)
    voucher = make_voucher(session, cast, make_series(session, cast))
    take(session, cast, order(session, cast, voucher, provider, 800_000, title="=样机检测").id, 800_000)
    made = settle(session, cast, provider.id, 480_000)

    def content(document_id: int) -> bytes:
        file = session.execute(
            select(StoredFile).join(DocumentVersion, DocumentVersion.file_id == StoredFile.id)
            .where(DocumentVersion.document_id == document_id)
        ).scalar_one()  # fmt: skip
        return content_of(session, file)

    assert content(made.pdf_id).startswith(b"%PDF")
    (sheet,) = load_workbook(BytesIO(content(made.workbook_id))).worksheets
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert any("肆仟捌佰元整" in str(row[0]) for row in cells)
    (line,) = [row for row in cells if row[1] == "VO-2026-0001"]
    assert line[4:8] == ["甲科技有限公司", "=样机检测", 8000, 4800]
    assert get_document(session, cast.auditor, made.pdf_id).title.startswith("创新券结算清单 VS-2026-0001")
    for actor in (cast.front_desk, cast.founder_a, cast.founder_b):
        with pytest.raises(NotFound):
            get_document(session, actor, made.pdf_id)


def test_who_settles_and_which_days(session: Session, cast: Cast) -> None:
    provider = make_provider(session, cast)
    for actor in (cast.manager, cast.auditor, cast.front_desk, cast.founder_a):
        with pytest.raises(Forbidden):
            make_settlement(session, actor, now=at(11, 2), provider_id=provider.id, first=FIRST, last=LAST, expected_minor=1)
    with pytest.raises(Refusal, match="not over"):
        settle(session, cast, provider.id, 1, last=date(2026, 11, 3))
    with pytest.raises(Refusal, match="before the first"):
        settle(session, cast, provider.id, 1, last=date(2026, 9, 1))
    with pytest.raises(NotFound):
        settle(session, cast, 2**40, 1)
