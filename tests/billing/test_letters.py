"""The mails of invoices and credit notes: in their readers' languages, with the paper, and only while it is so."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.billing.exports import export_invoice
from incubator.billing.letters import WRITERS
from incubator.billing.models import Invoice
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.payments import clear_invoices, receive_payment
from incubator.billing.queries.invoices import get_invoice
from incubator.notices.languages import speaking
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from tests.billing.conftest import posted  # noqa: F401  fixture
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER


def write(session: Session, now: datetime = AFTER_OCTOBER, about: str = "invoices") -> list[OutboxMail]:
    """The mails that are written now about invoices, or about credit notes."""
    before = set(session.execute(select(OutboxMail.id)).scalars())
    session.execute(update(Notice).where(Notice.subject_kind != about, Notice.settled_at.is_(None))
                    .values(settled_at=now, outcome="stale"))  # fmt: skip
    write_notices(session, now=now, base_url="https://space.example.com", writers=WRITERS)
    return list(session.execute(
        select(OutboxMail).where(OutboxMail.id.not_in(before)).order_by(OutboxMail.id)
    ).scalars())  # fmt: skip


def text_of(mail: OutboxMail) -> str:
    """What the paper says, without blanks: typst sets each sign by itself."""
    assert mail.pdf_body is not None
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(mail.pdf_body)).pages).split())


def test_an_invoice_is_mailed_with_its_paper(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:  # noqa: F811
    mails = {mail.to_address.split("@")[0]: mail for mail in write(session)}
    mail, invoice = mails["anna"], posted["A"]
    number = get_invoice(session, cast.finance, invoice.id).number
    assert number in mail.subject and f"https://space.example.com/invoices/{invoice.id}" in mail.text_body
    assert mail.pdf_name == f"{number}.pdf"
    said = text_of(mail)
    assert number in said and "甲科技有限公司" in said and "账单" in said and "元" in said
    with speaking("zh_Hans"):
        assert mail.pdf_body == export_invoice(get_invoice(session, cast.finance, invoice.id), "zh_Hans").content
    assert write(session) == []


def test_who_reads_english_gets_it_in_english(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:  # noqa: F811
    session.execute(update(Person).where(Person.id == cast.founder_a.person_id).values(locale="en"))
    [mail] = [mail for mail in write(session) if mail.to_address.startswith("anna")]
    assert mail.subject.startswith("Invoice INV-2026-") and "Open the invoice and pay" in mail.text_body
    assert "Invoice" in text_of(mail) and "账单" not in text_of(mail)


def test_what_is_paid_by_then_is_not_asked_for(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:  # noqa: F811
    invoice = posted["A"]
    paid = receive_payment(session, cast.finance, now=AFTER_OCTOBER, startup_id=invoice.startup_id, way="bank",
                           amount_minor=invoice.net_minor, received_on=date(2026, 11, 1))  # fmt: skip
    clear_invoices(session, cast.finance, now=AFTER_OCTOBER, payment_id=paid.id, parts={invoice.id: invoice.net_minor})
    assert not [mail for mail in write(session) if mail.to_address.startswith("anna")]


@pytest.mark.parametrize(("days", "count"), [(14, 2), (15, 0)])
def test_two_weeks_later_it_is_no_news(
    session: Session, posted: dict[str, Invoice], days: int, count: int  # noqa: F811
) -> None:
    assert len(write(session, AFTER_OCTOBER + timedelta(days=days))) == count


def test_a_credit_note_is_mailed_with_its_paper(session: Session, cast: Cast, posted: dict[str, Invoice]) -> None:  # noqa: F811
    credit_invoice(session, cast.finance, now=AFTER_OCTOBER, invoice_id=posted["A"].id, reason="面积有误")
    [mail] = write(session, about="credit_notes")
    assert mail.to_address.startswith("anna") and "面积有误" in mail.text_body
    assert mail.pdf_name == "CN-2026-000001.pdf" and "CN-2026-000001" in text_of(mail)
