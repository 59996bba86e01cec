"""Stories of fapiaos: October's invoice of startup A comes to 1,155.00, which are rent 960.00 at 9 % (79.27 of VAT), a
fee of 120.00 at 6 % (6.79) and a booking of 75.00 at 9 % (6.19)."""

from __future__ import annotations

import io

import openpyxl
import pytest
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.billing.fapiao_uploads import import_upload
from incubator.billing.models import Fapiao, FapiaoEvent, FapiaoFile, Invoice
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_reds import ask_red_letter, give_up_red_letter
from incubator.billing.operations.fapiao_requests import (
    ask_fapiao,
    release_fapiao,
    return_fapiao,
    withdraw_fapiao,
)
from incubator.billing.operations.fapiao_results import enter_result
from incubator.billing.operations.fapiao_titles import save_title
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.queries.fapiao_work import count_fapiao_to_do, needs_red_letter
from incubator.core.errors import Conflict, Refusal
from incubator.documents.operations import content_of, get_file
from incubator.notices.models import Notice
from tests.billing.fapiao.desk import (
    LATER,
    PDF,
    SPECIAL,
    TITLE,
    TODAY,
    ask,
    issue_all,
    listed,
    number,
    papers_of,
    post_taxed,
    row_of,
    set_up,
    zipped,
)
from tests.cast import Cast
from tests.scenarios.october import October


@pytest.fixture
def invoice(session: Session, cast: Cast, october: October) -> Invoice:
    """A's, of a general taxpayer's October."""
    made = post_taxed(session, cast, october)["A"]
    set_up(session, cast, october.site.id)
    return made


def happened(session: Session, request_id: int) -> list[str]:
    found = select(FapiaoEvent.what).where(FapiaoEvent.request_id == request_id).order_by(FapiaoEvent.id)
    return list(session.execute(found).scalars())


def told(session: Session) -> list[tuple[int | None, str | None, str]]:
    rows = session.execute(select(Notice).where(Notice.kind == "fapiao").order_by(Notice.id)).scalars()
    return [(each.person_id, each.to_address, each.facts["what"]) for each in rows]


def test_asked_on_a_phone_exported_imported_and_downloaded(session: Session, cast: Cast, invoice: Invoice) -> None:
    """Rent is a lease of real estate and stands on a paper of its own: 960.00, and 195.00 for the rest."""
    request = ask(session, cast, invoice)
    lease, rest = papers_of(session, request.id)
    assert [(each.business, each.kind, each.net_minor, each.tax_minor) for each in (lease, rest)] == [
        ("lease", "ordinary", 96_000, 7_927), ("general", "ordinary", 19_500, 679 + 619)]  # fmt: skip
    assert (request.net_minor, request.tax_minor, count_fapiao_to_do(session)) == (115_500, 9_225, 1)

    batch = make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    assert (batch.label, batch.papers, batch.net_minor) == ("FPB-2026-0001", 2, 115_500)
    assert batch.file_id is not None
    book = openpyxl.load_workbook(io.BytesIO(content_of(session, get_file(session, batch.file_id))))
    assert [book["1-发票基本信息"].cell(row, 1).value for row in (4, 5)] == [lease.serial, rest.serial]

    count = import_upload(session, cast.finance, now=LATER, name="开票结果.xlsx", content=listed([row_of(lease, 1), row_of(rest, 2)]))
    assert (count, request.state, count_fapiao_to_do(session)) == (2, "issued", 0)
    files = zipped({f"dzfp_{number(1)}_甲.pdf": PDF, f"sub/{number(2)}.pdf": PDF, f"{number(2)}.ofd": zipped({"OFD.xml": b"<ofd/>"})})
    assert import_upload(session, cast.finance, now=LATER, name="files.zip", content=files) == 3
    assert happened(session, request.id) == ["asked", "batched", "issued", "issued", "filed", "filed", "filed"]
    assert told(session) == [(cast.founder_a.person_id, None, "issued"), (None, "finance@jia.example", "issued")]


def test_a_special_one_leaves_out_what_is_exempt(session: Session, cast: Cast, october: October) -> None:
    """The fee is exempt from VAT as a service of incubation (rate 0): it comes on an ordinary paper beside."""
    invoice = post_taxed(session, cast, october, exempt="property_fee")["A"]
    request = ask(session, cast, invoice, "special", SPECIAL)
    assert [(each.business, each.kind, each.net_minor, each.tax_minor) for each in papers_of(session, request.id)] == [
        ("lease", "special", 96_000, 7_927), ("general", "special", 7_500, 619), ("general", "ordinary", 12_000, 0)]  # fmt: skip


def test_returned_mended_and_asked_again(session: Session, cast: Cast, invoice: Invoice) -> None:
    """What was asked for with the old title keeps it; the second request has the new one."""
    first = ask(session, cast, invoice, title=replace(TITLE, name="甲科技有限责任公司"))
    return_fapiao(session, cast.finance, now=LATER, request_id=first.id, reason="名称与营业执照不一致")
    assert (first.state, first.reason, told(session)[0]) == ("returned", "名称与营业执照不一致", (cast.founder_a.person_id, None, "returned"))
    second = ask(session, cast, invoice)
    assert (first.title["name"], second.title["name"]) == ("甲科技有限责任公司", "甲科技有限公司")
    withdraw_fapiao(session, cast.founder_a, now=LATER, request_id=second.id)
    third = ask_fapiao(session, cast.finance, now=LATER, invoice_id=invoice.id, kind="ordinary")
    with pytest.raises(Conflict, match="asked for already"):
        ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoice.id, kind="ordinary")
    make_batch(session, cast.finance, now=LATER, request_ids=[third.id])
    with pytest.raises(Conflict, match="can't be withdrawn"):
        withdraw_fapiao(session, cast.founder_a, now=LATER, request_id=third.id)


def test_a_wrong_title_is_taken_back_whole_and_issued_anew(session: Session, cast: Cast, invoice: Invoice) -> None:
    """960.00 and 195.00 are taken back; only then 1,155.00 can be asked for once more."""
    request = ask(session, cast, invoice)
    lease, rest = issue_all(session, cast, request)
    with pytest.raises(Refusal, match="taken back whole"):
        ask_red_letter(session, cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=50_000, reason="mistake")
    reds = [ask_red_letter(session, cast.finance, now=LATER, fapiao_id=each.id, amount_minor=each.net_minor, reason="mistake")
            for each in (lease, rest)]  # fmt: skip
    assert [(red.net_minor, red.tax_minor) for red in reds] == [(96_000, 7_927), (19_500, 1_298)]
    for n, red in enumerate(reds, start=3):
        with pytest.raises(Refusal, match="confirmation form"):
            enter_result(session, cast.finance, now=LATER, fapiao_id=red.id, number=number(n), issued_on=TODAY)
        assert request.state == "issued"
        enter_result(session, cast.finance, now=LATER, fapiao_id=red.id, number=number(n), issued_on=TODAY, confirmation="4403012611000001")
    assert request.state == "reversed"
    again = ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoice.id, kind="ordinary")
    assert (again.net_minor, again.id != request.id) == (115_500, True)


def test_a_credit_after_the_fapiao_needs_a_red_letter(session: Session, cast: Cast, invoice: Invoice) -> None:
    """500.00 of the rent's gross are credited, of which 60 % were subsidised, so 200.00: 1,155.00 stand, 955.00 are owed, so 200.00 are to be taken back; of 960.00 at 9 %
    that takes 200.00 × 9/109 = 16.51 of VAT."""
    request = ask(session, cast, invoice)
    lease, _rest = issue_all(session, cast, request)
    assert needs_red_letter(session) == []
    credit_invoice(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="空调停用", amounts={1: 50_000})
    (needed,) = needs_red_letter(session)
    assert (needed.request_id, needed.amount_minor, count_fapiao_to_do(session)) == (request.id, 20_000, 1)
    red = ask_red_letter(session, cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=20_000, reason="allowance")
    assert (red.tax_minor, needs_red_letter(session), count_fapiao_to_do(session)) == (1_651, [], 1)
    with pytest.raises(Conflict, match="waits already"):
        ask_red_letter(session, cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=100, reason="allowance")
    give_up_red_letter(session, cast.finance, now=LATER, fapiao_id=red.id)
    assert [each.amount_minor for each in needs_red_letter(session)] == [20_000]
    red = ask_red_letter(session, cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=20_000, reason="allowance")
    enter_result(session, cast.finance, now=LATER, fapiao_id=red.id, number=number(9), issued_on=TODAY, confirmation="44030126")
    with pytest.raises(Refusal, match="more than what is left"):
        ask_red_letter(session, cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=76_001, reason="stopped")
    assert (request.state, needs_red_letter(session)) == ("issued", [])


def test_what_is_credited_before_is_not_asked_for(session: Session, cast: Cast, invoice: Invoice) -> None:
    """200.00 of the rent and the whole booking are credited before anybody asks: 760.00 and 120.00."""
    credit_invoice(session, cast.finance, now=LATER, invoice_id=invoice.id, reason="会议取消", amounts={1: 50_000, 3: 7_500})
    request = ask(session, cast, invoice)
    assert [(each.net_minor, each.tax_minor) for each in papers_of(session, request.id)] == [(76_000, 6_276), (12_000, 679)]


def test_the_platform_did_not_take_it(session: Session, cast: Cast, invoice: Invoice) -> None:
    """Out of the first batch, which stays as it was made, and into a second; never in two."""
    request = ask(session, cast, invoice)
    first = make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    with pytest.raises(Conflict, match="in a batch"):
        make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    release_fapiao(session, cast.finance, now=LATER, request_id=request.id, reason="税局提示编码有误")
    second = make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    assert (first.label, second.label, request.batch_id) == ("FPB-2026-0001", "FPB-2026-0002", second.id)
    enter_result(session, cast.finance, now=LATER, fapiao_id=papers_of(session, request.id)[0].id, number=number(1), issued_on=TODAY)
    with pytest.raises(Conflict, match="A part of this request is issued"):
        release_fapiao(session, cast.finance, now=LATER, request_id=request.id, reason="x")


def test_only_once_it_is_paid(session: Session, cast: Cast, october: October, invoice: Invoice) -> None:
    """The operator issues after payment: with 1,000.00 of 1,155.00 paid not yet, with all of it at once."""
    set_up(session, cast, october.site.id, timing="payment")
    save_title(session, cast.founder_a, now=LATER, startup_id=invoice.startup_id, title=TITLE)
    for amount in (100_000, 15_500):
        with pytest.raises(Refusal, match="once the invoice is paid"):
            ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoice.id, kind="ordinary")
        payment = receive_payment(session, cast.finance, now=LATER, startup_id=invoice.startup_id, way="bank", amount_minor=amount,
                                  received_on=TODAY)  # fmt: skip
        clear_oldest(session, cast.finance, now=LATER, payment_id=payment.id)
    assert ask_fapiao(session, cast.founder_a, now=LATER, invoice_id=invoice.id, kind="ordinary").state == "asked"


def test_the_same_results_twice_change_nothing(session: Session, cast: Cast, invoice: Invoice) -> None:
    """The list and the files come once more; and a row with another day for a number that is known is a fault."""
    request = ask(session, cast, invoice)
    make_batch(session, cast.finance, now=LATER, request_ids=[request.id])
    papers = papers_of(session, request.id)
    content = listed([row_of(each, n) for n, each in enumerate(papers, start=1)])
    files = zipped({f"{number(1)}.pdf": PDF})
    for brought in (2, 0):
        assert import_upload(session, cast.finance, now=LATER, name="a.xlsx", content=content) == brought
    for brought in (1, 0):
        assert import_upload(session, cast.finance, now=LATER, name="a.zip", content=files) == brought
    with pytest.raises(Refusal, match="Nothing was imported"):
        import_upload(session, cast.finance, now=LATER, name="a.xlsx", content=listed([row_of(papers[0], 1, 开票日期="2026-11-04")]))
    with pytest.raises(Conflict, match="files don't change"):
        import_upload(session, cast.finance, now=LATER, name="a.zip", content=zipped({f"{number(1)}.pdf": PDF + b"!"}))
    assert len(session.execute(select(FapiaoFile)).all()) == 1
    assert sorted(each.number or "" for each in session.execute(select(Fapiao)).scalars()) == [number(1), number(2)]


@pytest.mark.parametrize("email", ["founder", "FOUNDER"])
def test_a_founder_who_is_the_address_gets_one_mail(session: Session, cast: Cast, invoice: Invoice, email: str) -> None:
    """The title’s address for delivery is the founder’s own, however it is written: the founder is told, once."""
    own = session.execute(select(Person.email).where(Person.id == cast.founder_a.person_id)).scalar_one()
    request = ask(session, cast, invoice, title=replace(TITLE, email=own if email == "founder" else own.upper()))
    return_fapiao(session, cast.finance, now=LATER, request_id=request.id, reason="税号不对")
    assert [address for _person, address, _what in told(session)] == [None]
