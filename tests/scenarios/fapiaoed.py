"""Fapiaos of startup A, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from unittest.mock import patch

from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations import fapiao_requests
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_results import PaperFile, enter_result
from incubator.billing.operations.fapiao_titles import save_title
from incubator.billing.rules.fapiao import Item, Title
from tests.billing.fapiao.desk import PDF, number, papers_of, set_up
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER

MARKS = {"title": "甲的开票抬头"}
"""What only A's own rows say."""

MONEY, BILL = {"owner", "manager", "finance", "auditor"}, {"owner", "finance"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/my/fapiaos": ({"founder_a", "founder_b"}, set()),
    "/invoices/{invoice_a}/fapiao": (BILL | {"founder_a"}, {"founder_b"}),
    "/startups/{startup_a}/fapiao-title": (BILL | {"founder_a"}, {"founder_b"}),
    "/fapiao/{fapiao_a}": (MONEY | {"founder_a"}, {"founder_b"}),
    "/fapiao/papers/{paper_a}/file.pdf": (MONEY | {"founder_a"}, {"founder_b"}),
    "/fapiao/papers/{paper_a}/result": (BILL, set()),
    "/fapiao/papers/{paper_a}/red": (BILL, set()),
    "/billing/fapiaos": (MONEY, set()),
    "/billing/fapiaos/batches": (MONEY, set()),
    "/billing/fapiaos/batches/{fapiao_batch}": (MONEY, set()),
    "/billing/fapiaos/batches/{fapiao_batch}/file.xlsx": (MONEY, set()),
    "/billing/fapiaos/results": (BILL, set()),
    "/billing/fapiaos/settings": (BILL, set()),
    "/billing/fapiaos/places/{site}": (BILL, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/invoices/{none}/fapiao", "/startups/{none}/fapiao-title", "/fapiao/{none}", "/fapiao/papers/{none}/file.pdf",
    "/fapiao/papers/{paper_a}/file.ofd", "/fapiao/papers/{paper_a}/file.exe", "/fapiao/papers/{none}/result",
    "/fapiao/papers/{none}/red", "/billing/fapiaos/batches/{none}", "/billing/fapiaos/batches/{none}/file.xlsx",
    "/billing/fapiaos/places/{none}",
)  # fmt: skip
STATEMENTS = [
    ("/billing/fapiaos", 12), ("/billing/fapiaos?state=issued", 12), ("/fapiao/{fapiao_a}", 16),
    ("/billing/fapiaos/batches", 7), ("/billing/fapiaos/batches/{fapiao_batch}", 8), ("/billing/fapiaos/settings", 10),
]  # fmt: skip


def give_fapiaos(session: Session, cast: Cast, site_id: int, invoice_id: int) -> tuple[dict[str, object], dict[str, object]]:
    """A batch, which is the operator's; and A's title, request and paper with its file. October is without VAT, so what
    is asked for is said here."""
    set_up(session, cast, site_id)
    invoice = session.get_one(Invoice, (cast.operator_id, invoice_id))
    save_title(session, cast.founder_a, now=AFTER_OCTOBER, startup_id=invoice.startup_id, title=Title("individual", "ordinary", MARKS["title"]))
    items = [Item("booking", Decimal("0.06"), 7_500, 425, date(2026, 10, 1), date(2026, 10, 31))]
    with patch.object(fapiao_requests, "items_of", return_value=items):
        request = fapiao_requests.ask_fapiao(session, cast.founder_a, now=AFTER_OCTOBER, invoice_id=invoice_id, kind="ordinary")
    batch = make_batch(session, cast.finance, now=AFTER_OCTOBER, request_ids=[request.id])
    (paper,) = papers_of(session, request.id)
    enter_result(session, cast.finance, now=AFTER_OCTOBER, fapiao_id=paper.id, number=number(1), issued_on=date(2026, 11, 1),
                 files=[PaperFile("pdf", "a.pdf", PDF)])  # fmt: skip
    return {"batch_id": batch.id}, {"request_id_of_fapiao": request.id, "fapiao_id": paper.id}
