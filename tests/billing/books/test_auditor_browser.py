"""In a browser: an auditor goes wherever the pages of billing lead, reads all of it, and nothing can be changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from incubator.accounts.access import PUBLIC
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.operations.posting import post_month
from incubator.database import Base
from tests.browser import Live, Surfer
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october

BEGIN = ("/billing/desk", "/billing", "/billing/books", "/invoices", "/payments", "/credit-notes", "/billing/dunning",
         "/billing/bank", "/billing/fapiaos", "/card-payments", "/billing/one-off", "/billing/approvals")  # fmt: skip
OURS = re.compile(r"/(billing|invoices|payments|credit-notes|card-payments|fapiao)\b")
FILES = re.compile(r"\.(pdf|xlsx|csv|txt)(\?|$)|/pdf$")
MINE = re.compile(r"/(sign-out|locale|theme|profile|switch)")
"""What each person may post of their own: language, leaving."""
PAGES = 60


def tell(session: Session, cast: Cast) -> None:
    """October posted; of the first invoice a payment, of the second a credit note."""
    october = tell_october(session, cast)
    first, second, *_ = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    paid = receive_payment(session, cast.finance, now=AFTER_OCTOBER, startup_id=first.startup_id, way="bank",
                           amount_minor=50_000, received_on=AFTER_OCTOBER.date())  # fmt: skip
    clear_invoices(session, cast.finance, now=AFTER_OCTOBER, payment_id=paid.id, parts={first.id: 10_000})
    credit_invoice(session, cast.finance, now=AFTER_OCTOBER, invoice_id=second.id, reason="面积有误")


def rows(live: Live) -> dict[str, int]:
    """How many rows each table of the operator has; sessions are the installation's."""
    with live.session() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def posts(live: Live) -> Iterator[str]:
    """The address of everything of billing that is changed by a post."""
    for rule in live.app.url_map.iter_rules():
        view = live.app.view_functions.get(rule.endpoint)
        if "POST" in (rule.methods or ()) and OURS.match(rule.rule) and getattr(view, "permission", PUBLIC) != PUBLIC:
            yield re.sub(r"<(?:any\(([^,)]+)[^>]*|int:[^>]+|[^>]+)>", lambda found: found[1] or "1", rule.rule)


def test_an_auditor_reads_all_and_can_change_nothing(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        tell(session, live.cast)
    page = surf.sign_in(live.cast.auditor)
    before = rows(live)
    seen, queue = set[str](), list(BEGIN)
    while queue and len(seen) < PAGES:
        address = queue.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = page.goto(live.url + address)
        assert answer is not None and answer.status == 200, f"{address}: {answer and answer.status}"
        forms = page.eval_on_selector_all("form[method=post]", "all => all.map(form => form.getAttribute('action'))")
        assert [form for form in forms if not MINE.search(form or address)] == [], address
        links = page.eval_on_selector_all("main a[href^='/']", "all => all.map(link => link.getAttribute('href'))")
        queue += [link.partition("#")[0] for link in links if OURS.match(link) and not FILES.search(link)]
    assert len(seen) >= 30, "it leads on from page to page"
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    answers = page.evaluate(
        """async ([addresses, token]) => Promise.all(addresses.map(async address => {
            const sent = await fetch(address, {method: "POST", redirect: "manual", headers: {"X-CSRFToken": token},
                body: new URLSearchParams({csrf_token: token, confirm_password: "x", reason: "x"})});
            return [address, sent.status];
        }))""",
        [sorted(set(posts(live))), token],
    )  # fmt: skip
    assert len(answers) > 40
    assert {address: status for address, status in answers if status not in (403, 404)} == {}
    assert rows(live) == before
    with live.session() as session:
        assert session.execute(text("SELECT count(*) FROM invoices")).scalar_one() == 3
