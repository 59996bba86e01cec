"""What a voucher bears of a booking, from the booking to the invoice and the voucher's ledger; numbers worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.exports import export_month
from incubator.billing.models import Charge, Invoice
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.invoices import list_posted
from incubator.billing.waiting import list_waiting
from incubator.bookings.models import Booking
from incubator.bookings.operations import book, cancel, grant_allowance
from incubator.core.errors import Conflict
from incubator.startups.models import Residency
from incubator.startups.operations import register_startup
from incubator.subsidies.models import Voucher, VoucherEntry
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.operations.voucher_orders import return_redemption
from incubator.subsidies.operations.voucher_sources import release_sources
from incubator.subsidies.queries.voucher_ledger import count_payable, list_orders
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at
from tests.subsidies.vouchers.issuing import balance, make_series, make_voucher

HALF = Decimal(50)
BOOKED_FOR_LESS = {"who": {"all": []}, "covers": ["booking"], "rate": "0.20"}


@pytest.fixture
def voucher(session: Session, cast: Cast, october: October) -> Voucher:
    """A's, of 1,000.00, which bears 50 %."""
    return make_voucher(session, cast, make_series(session, cast, face_minor=100_000, share_percent=HALF))


def book_by(session: Session, cast: Cast, october: October, voucher: Voucher, day: int = 22, hours: int = 6) -> Booking:
    """Room 1 for 6 hours at 50.00: 300.00."""
    return book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=cast.startup_a, start=at(day, 9),
                end=at(day, 9 + hours), voucher_id=voucher.id)  # fmt: skip


def post(session: Session, cast: Cast, october: October) -> dict[int, Invoice]:
    made = post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return {each.startup_id: each for each in made}


def test_from_the_booking_to_the_ledger(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    # A owes 2,700.00 (rent and fee) + 75.00 (Room 1 on the 10th), and of 300.00 the 150.00 that the voucher leaves
    booking = book_by(session, cast, october, voucher)
    waiting = list_waiting(session, cast.finance, OCTOBER, OCTOBER)
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    assert sum(each.gross_minor for each in waiting.values()) == draft.gross_minor
    (of_a,) = [each for each in draft.invoices if each.startup_id == cast.startup_a]
    assert of_a.gross_minor == 270_000 + 7_500 + 15_000

    invoice = post(session, cast, october)[cast.startup_a]
    assert (invoice.gross_minor, invoice.gross_minor - invoice.subsidy_minor) == (292_500, invoice.net_minor)
    charge = session.execute(select(Charge).where(Charge.source_kind == "booking", Charge.source_id == booking.id)).scalar_one()
    (order,) = list_orders(session, [voucher.id])
    assert charge.gross_minor == 15_000
    assert charge.derivation["paid"] == [
        {"voucher": "V-2026-0001", "order": "VO-2026-0001", "order_id": order.order.id, "value_minor": 15_000}
    ]
    # redeemed by the invoice, and nobody is paid for it: the operator is the provider
    assert balance(session, voucher) == Balance(left=85_000, redeemed=15_000)
    entry = session.execute(select(VoucherEntry).where(VoucherEntry.kind == "redeem")).scalar_one()
    number = f"INV-2026-{invoice.number:06}"
    assert (entry.invoice, entry.charge_id, entry.gross_minor, entry.happened_on) == (number, charge.id, 30_000, date(2026, 10, 22))
    assert (order.state, count_payable(session, cast.finance)) == ("done", {})
    assert draft_month(session, cast.finance, october.site.id, OCTOBER).anomalies == []
    with pytest.raises(Conflict, match="stands on an invoice"):
        return_redemption(session, cast.finance, now=AFTER_OCTOBER, order_id=order.order.id, entry_id=entry.id, amount_minor=1, reason="x")


def test_a_scheme_subsidises_what_is_left(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    # 20 % of bookings: of 75.00 15.00, of the 150.00 that the voucher leaves 30.00
    scheme = create_scheme(session, cast.finance, now=NOW, code="B", name="会议室补贴", issuer="某区")
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="演示", rule=BOOKED_FOR_LESS)
    book_by(session, cast, october, voucher)
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    (of_a,) = [each for each in draft.invoices if each.startup_id == cast.startup_a]
    lines = [(each.charge.gross_minor, each.subsidy_minor, each.net_minor) for each in of_a.lines if each.charge.kind == "booking"]
    assert lines == [(7_500, 1_500, 6_000), (15_000, 3_000, 12_000)]


def test_allowance_voucher_and_what_is_left(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    # 300.00; 60 minutes are used up by the booking of the 10th, 60 more pay 50.00; of 250.00 the voucher bears 125.00
    grant_allowance(session, cast.finance, now=NOW, startup_id=cast.startup_a, name="每月两小时", minutes=150, repeats="month",
                    valid_from=date(2026, 10, 1), resource_kind="meeting_room")  # fmt: skip
    booking = book_by(session, cast, october, voucher)
    post(session, cast, october)
    charge = session.execute(select(Charge).where(Charge.source_kind == "booking", Charge.source_id == booking.id)).scalar_one()
    assert charge.gross_minor == 12_500
    assert [each["value_minor"] for each in charge.derivation["paid"]] == [5_000, 12_500]
    entry = session.execute(select(VoucherEntry).where(VoucherEntry.kind == "redeem")).scalar_one()
    assert (entry.amount_minor, entry.gross_minor) == (12_500, 25_000)


def test_pages_and_files_say_it(session: Session, cast: Cast, october: October, voucher: Voucher, client: Browser) -> None:
    book_by(session, cast, october, voucher)
    said = "360 分钟 × 50.00 元/小时 = ¥300.00，其中创新券 V-2026-0001 承担 ¥150.00，应付 ¥150.00"
    assert said in client.sign_in(cast.finance).get(f"/billing/{october.site.id}/2026-10").text
    invoice = post(session, cast, october)[cast.startup_a]
    assert said in client.get(f"/invoices/{invoice.id}").text
    assert said in client.sign_in(cast.founder_a).get(f"/invoices/{invoice.id}").text
    posted = list_posted(session, cast.finance, october.site.id, OCTOBER)
    with client.application.test_request_context():
        assert said in export_month(october.site, OCTOBER, posted, "csv", "zh_Hans", "南山创客空间").content.decode("utf-8-sig")
        book_ = load_workbook(BytesIO(export_month(october.site, OCTOBER, posted, "xlsx", "zh_Hans", "南山创客空间").content))
        assert any(said == cell.value for row in book_["明细"].iter_rows() for cell in row)


def test_one_that_it_bears_in_full_is_a_line_of_nothing(session: Session, cast: Cast, october: October) -> None:
    """Team D has nothing else: its invoice of 0.00 is what proves that the voucher was used."""
    team = register_startup(session, cast.manager, now=NOW, name="丁创业团队", name_en="Team D", kind="team")
    from_series = make_series(session, cast, who="all", issued_by="rule", share_percent=Decimal(100))
    session.add(Residency(number="D", site_id=october.site.id, startup_id=team.id, starts_on=date(2026, 10, 1)))
    session.flush()
    whole = make_voucher(session, cast, from_series, startup_id=team.id)
    booking = book(session, cast.owner, now=NOW, resource_id=october.room.id, startup_id=team.id, start=at(22, 10),
                   end=at(22, 11), voucher_id=whole.id)  # fmt: skip
    invoice = post(session, cast, october)[team.id]
    assert (invoice.gross_minor, invoice.net_minor) == (0, 0)
    assert balance(session, whole).redeemed == 5_000
    assert booking.price_minor == 5_000


def test_what_is_cancelled_is_redeemed_by_nothing(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    booking = book_by(session, cast, october, voucher)
    cancel(session, cast.founder_a, now=NOW + timedelta(days=1), booking_id=booking.id)
    post(session, cast, october)
    assert balance(session, voucher) == Balance(left=100_000)


def test_a_change_between_draft_and_posting_posts_nothing(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    booking = book_by(session, cast, october, voucher)
    shown = draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint
    release_sources(session, cast.finance, now=AFTER_OCTOBER, kind="booking", source_ids=[booking.id], reason="x")
    with pytest.raises(Conflict, match="changed"):
        post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown=shown)


def test_a_later_allowance_takes_nothing_from_what_is_redeemed(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    book_by(session, cast, october, voucher)
    post(session, cast, october)
    grant_allowance(session, cast.finance, now=AFTER_OCTOBER, startup_id=cast.startup_a, name="补", minutes=600, repeats="month",
                    valid_from=date(2026, 10, 1), resource_kind="meeting_room")  # fmt: skip
    draft = draft_month(session, cast.finance, october.site.id, OCTOBER)
    changed = [each.values["now_minor"] for each in draft.anomalies if each.kind == "changed"]
    assert changed == [0, 0] and balance(session, voucher).redeemed == 15_000


def test_a_draft_with_vouchers_asks_as_much_as_one_without(session: Session, cast: Cast, october: October, voucher: Voucher) -> None:
    def statements() -> int:
        asked: list[str] = []
        bind = session.get_bind()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        event.listen(bind, "before_cursor_execute", note)
        try:
            draft_month(session, cast.finance, october.site.id, OCTOBER)
        finally:
            event.remove(bind, "before_cursor_execute", note)
        return len(asked)

    before = statements()
    for day in (22, 23, 26):
        book_by(session, cast, october, voucher, day=day, hours=2)
    assert statements() <= before + 1
