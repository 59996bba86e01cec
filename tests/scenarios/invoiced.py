"""A credit note, a one-off charge, an exclusion and what a second person is asked for, for `belongings.py` and
`test_access.py`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from incubator.billing.models import Invoice
from incubator.billing.operations.approvals import ask_approval, decide_approval
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.exclusions import exclude_startup
from incubator.billing.operations.one_off import propose_one_off
from incubator.billing.operations.write_offs import ask_write_off, undo_write_off, write_off
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER

MARKS = {"credit note": "甲十月租金多计", "one-off": "甲补办门禁卡"}
"""What only A's own rows say."""

STAFF = {"owner", "manager", "front_desk", "finance", "auditor"}
MONEY, BILL = STAFF - {"front_desk"}, {"owner", "finance"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/credit-notes": (MONEY | {"founder_a", "founder_b"}, set()),
    "/credit-notes/{note_a}": (MONEY | {"founder_a"}, {"founder_b"}),
    "/credit-notes/{note_a}/pdf": (MONEY | {"founder_a"}, {"founder_b"}),
    "/invoices/{invoice_a}/credit": (BILL, set()),
    "/invoices/{invoice_a}/write-off": (BILL, set()),
    "/invoices/{invoice_a}/instalments": (BILL, set()),
    "/billing/one-off": (MONEY, set()),
    "/billing/one-off/new": (BILL, set()),
    "/billing/one-off/{one_off_a}/withdraw": (BILL, set()),
    "/billing/approvals": (MONEY, set()),
    "/billing/approvals/{approval}": (MONEY, set()),
    "/billing/settings": (BILL, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = ("/credit-notes/{none}", "/credit-notes/{none}/pdf", "/invoices/{none}/credit", "/invoices/{none}/write-off", "/invoices/{none}/instalments", "/billing/approvals/{none}",
           "/billing/one-off/{none}/withdraw")  # fmt: skip
STATEMENTS = [
    ("/credit-notes", 7), ("/credit-notes/{note_a}", 7), ("/billing/one-off", 7), ("/billing/approvals", 7),
    ("/invoices/{invoice_a}/credit", 18), ("/billing/one-off/new", 8),
]  # fmt: skip


def invoice(session: Session, cast: Cast, of_a: Invoice) -> tuple[dict[str, int], dict[str, int]]:
    """What is the house's, and what is A's."""
    note = credit_invoice(session, cast.finance, now=AFTER_OCTOBER, invoice_id=of_a.id, amounts={1: 100}, reason=MARKS["credit note"])
    one_off = propose_one_off(
        session, cast.finance, now=AFTER_OCTOBER, startup_id=cast.startup_a, site_id=of_a.site_id, kind="other",
        description=MARKS["one-off"], amount_minor=5_000, on=OCTOBER.last, source=None,
    )  # fmt: skip
    exclusion = exclude_startup(session, cast.finance, now=AFTER_OCTOBER, site_id=of_a.site_id, startup_id=cast.startup_a,
                                month=OCTOBER + 2, reason="商谈中")  # fmt: skip
    asked = ask_approval(
        session, cast.finance, now=AFTER_OCTOBER, what="month_run", subject=("sites", of_a.site_id), month=OCTOBER.first,
        fingerprint="x", says={"site": "NS", "month": str(OCTOBER), "invoices": 1, "net_minor": 100, "gross_minor": 100},
    )  # fmt: skip
    lost = ask_write_off(session, cast.finance, now=AFTER_OCTOBER, invoice_id=of_a.id, reason="试")
    decide_approval(session, cast.owner, now=AFTER_OCTOBER, approval_id=lost.id, approve=True)
    written = write_off(session, cast.finance, now=AFTER_OCTOBER, invoice_id=of_a.id, reason="试")
    undo_write_off(session, cast.finance, now=AFTER_OCTOBER, write_off_id=written.id, reason="试")
    return {"approval_id": asked.id, "exclusion_id": exclusion.id, "write_off_id": written.id}, {"note_id": note.id, "one_off_id": one_off.id}
