"""Stories of invoices, credit notes and month runs, told as finance would; every number is worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.corrections import find_corrections
from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, CreditNoteLine, Invoice, InvoiceLine, OpenItem, Payment, Posting
from incubator.billing.operations.approvals import ask_run, decide_approval
from incubator.billing.operations.credit_notes import credit_invoice
from incubator.billing.operations.exclusions import exclude_startup, lift_exclusion
from incubator.billing.operations.one_off import OneOffTerms, add_one_off
from incubator.billing.operations.payments import clear_invoices, receive_payment, refund
from incubator.billing.operations.posting import post_month, rerate_startup
from incubator.billing.operations.settings import set_invoicing
from incubator.bookings.operations import book, cancel
from incubator.core.errors import Conflict
from incubator.core.periods import Month
from incubator.notices.models import Notice
from incubator.pricing.operations import set_tax_status
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_unit
from incubator.startups.models import Residency, Startup
from incubator.startups.operations import UnitTerms, end_residency, sign_residency
from incubator.startups.queries import get_startup
from incubator.subsidies.models import Decision
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.billing.stage import settle
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, at
from tests.subsidies.vouchers.issuing import balance, make_series, make_voucher

JANUARY_5 = datetime(2027, 1, 5, 1, tzinfo=UTC)
NOVEMBER = OCTOBER + 1


def post(session: Session, cast: Cast, site: Site, month: Month = OCTOBER, now: datetime = JANUARY_5) -> dict[int, Invoice]:
    return {each.startup_id: each for each in post_month(session, cast.finance, now=now, site_id=site.id, month=month)}


def rent(session: Session, cast: Cast, yuan: str, starts_on: date, code: str = "FT") -> Site:
    """Startup A rents one unit by the month at a site of its own."""
    return settle(session, cast, code, get_startup(session, cast.manager, cast.startup_a), yuan, starts_on)


def scheme(session: Session, cast: Cast, code: str, rate: str, **rule: object) -> None:
    made = create_scheme(session, cast.finance, now=NOW, code=code, name=f"补贴{code}", issuer="某区")
    add_scheme_version(session, cast.finance, now=NOW, scheme=made, valid_from=date(2026, 1, 1), source="演示",
                       rule={"who": {"all": []}, "covers": ["rent"], "rate": rate} | rule)  # fmt: skip


def pay(session: Session, cast: Cast, invoice: Invoice, minor: int) -> Payment:
    made = receive_payment(session, cast.finance, now=JANUARY_5, startup_id=invoice.startup_id, way="bank",
                           amount_minor=minor, received_on=date(2027, 1, 4))  # fmt: skip
    clear_invoices(session, cast.finance, now=JANUARY_5, payment_id=made.id, parts={invoice.id: minor})
    return made


def credit(session: Session, cast: Cast, invoice: Invoice, amounts: dict[int, int] | None = None, *, anew: bool = False):  # type: ignore[no-untyped-def] # CreditNote
    return credit_invoice(session, cast.finance, now=JANUARY_5, invoice_id=invoice.id, amounts=amounts, is_anew=anew, reason="更正")


def opened(session: Session, invoice: Invoice) -> int:
    return session.execute(select(OpenItem.open_minor).where(OpenItem.invoice_id == invoice.id)).scalar_one()


def account(session: Session, name: str) -> int:
    rows = session.execute(select(Posting.debit, Posting.credit, Posting.amount_minor)).all()
    return sum(amount * ((debit == name) - (credit == name)) for debit, credit, amount in rows)


def given(session: Session, startup_id: int, month: Month) -> int:
    query = select(func.sum(Decision.amount_minor)).where(Decision.startup_id == startup_id, Decision.month == month.first)
    return int(session.execute(query).scalar() or 0)


def test_moved_in_on_the_16th(session: Session, cast: Cast) -> None:
    """3,100.00 a month from 16 October: 16 of 31 days, 1,600.00; all of it is open, and income."""
    site = rent(session, cast, "3100.00", date(2026, 10, 16))
    invoice = post(session, cast, site)[cast.startup_a]
    assert (invoice.net_minor, opened(session, invoice), account(session, "income.rent")) == (160_000, 160_000, -160_000)


def test_upgraded_to_a_larger_unit_on_the_11th(session: Session, cast: Cast) -> None:
    """3,100.00 until the 10th and 6,200.00 from the 11th on: 10/31 of the one, 21/31 of the other: 1,000.00 + 4,200.00.
    The larger one was entered too late: the invoice of 3,100.00 is taken back and billed anew."""
    site = rent(session, cast, "3100.00", date(2026, 10, 1))
    first = post(session, cast, site)[cast.startup_a]
    assert first.net_minor == 310_000
    residency = session.execute(select(Residency).where(Residency.site_id == site.id)).scalar_one()
    end_residency(session, cast.manager, now=JANUARY_5, residency=residency, ends_on=date(2026, 10, 10), reason="换房")
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="2F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="U2", kind="office", purpose="incubation",
                    area_m2=Decimal("40.00"), in_service_from=date(2026, 1, 1))  # fmt: skip
    sign_residency(session, cast.manager, now=JANUARY_5, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
                   starts_on=date(2026, 10, 11), units=[UnitTerms(unit, "unit_month", Decimal("6200.00"))])  # fmt: skip
    credit(session, cast, first, anew=True)
    again = post(session, cast, site)[cast.startup_a]
    assert (opened(session, first), again.net_minor) == (0, 520_000)
    assert account(session, "income.rent") == -520_000
    rounds = session.execute(select(Charge.round, Charge.gross_minor).order_by(Charge.id)).all()
    assert [tuple(each) for each in rounds] == [(0, 310_000), (1, 100_000), (0, 420_000)]


def test_credit_after_payment_and_the_money_goes_back(session: Session, cast: Cast) -> None:
    """3,000.00 paid in full; 600.00 are credited for a broken heating: they are A's own, and go back by bank."""
    invoice = post(session, cast, rent(session, cast, "3000.00", date(2026, 10, 1)))[cast.startup_a]
    pay(session, cast, invoice, 300_000)
    note = credit(session, cast, invoice, {1: 60_000})
    own = session.execute(select(Payment).where(Payment.source_kind == "credit_notes", Payment.source_id == note.id)).scalar_one()
    refund(session, cast.finance, now=JANUARY_5, payment_id=own.id, amount_minor=60_000, way="bank",
           refunded_on=date(2027, 1, 5), reason="退款")  # fmt: skip
    assert (account(session, "advances"), account(session, "receivable"), account(session, "bank")) == (0, 0, 240_000)


def test_credit_before_payment_leaves_less_to_pay(session: Session, cast: Cast) -> None:
    """Of 3,000.00, 1,000.00 are paid; 2,500.00 are credited: 2,000.00 off what is open, 500.00 A's own."""
    invoice = post(session, cast, rent(session, cast, "3000.00", date(2026, 10, 1)))[cast.startup_a]
    pay(session, cast, invoice, 100_000)
    note = credit(session, cast, invoice, {1: 250_000})
    assert (note.settled_minor, opened(session, invoice), account(session, "advances")) == (200_000, 0, -50_000)


def test_part_credit_with_two_schemes(session: Session, cast: Cast) -> None:
    """1,000.00 of rent: Y bears 60 % = 600.00, Z 20 % of the 400.00 left = 80.00; net 320.00. 500.00 credited: 340.00 of
    subsidies go back, 300.00 and 40.00, and 160.00 are A's; then 333.33: 226.66 (200.00 and 26.66) and 106.67; the last
    166.67 take what is left."""
    scheme(session, cast, "Y", "0.60")
    scheme(session, cast, "Z", "0.20")
    invoice = post(session, cast, rent(session, cast, "1000.00", date(2026, 10, 1)))[cast.startup_a]
    assert (invoice.subsidy_minor, invoice.net_minor) == (68_000, 32_000)
    first, second = credit(session, cast, invoice, {1: 50_000}), credit(session, cast, invoice, {1: 33_333})
    last = credit(session, cast, invoice)
    assert [(each.subsidy_minor, each.net_minor) for each in (first, second, last)] == [
        (34_000, 16_000), (22_666, 10_667), (11_334, 5_333)]  # fmt: skip
    rows = session.execute(select(Decision.amount_minor).where(Decision.outcome == "credited").order_by(Decision.id)).scalars().all()
    assert rows[:2] == [-30_000, -4_000] and sum(rows) == -68_000
    assert find_corrections(session, [cast.startup_a]) == {}


def test_what_a_cap_had_left_is_there_again_after_a_credit(session: Session, cast: Cast) -> None:
    """9,000.00 a month, 60 % up to 10,000.00 a quarter: October 5,400.00, November 4,600.00. October is credited whole:
    November's 5,400.00 fit again, so that 800.00 more are given with the next invoice; December has the 4,600.00 left."""
    scheme(session, cast, "Y", "0.60", caps=[{"window": "quarter", "amount_minor": 1_000_000}])
    site = rent(session, cast, "9000.00", date(2026, 10, 1))
    october, november = (post(session, cast, site, month)[cast.startup_a] for month in (OCTOBER, NOVEMBER))
    assert (october.subsidy_minor, november.subsidy_minor) == (540_000, 460_000)
    credit(session, cast, october)
    assert given(session, cast.startup_a, OCTOBER) == 0
    rows = rerate_startup(session, cast.finance, now=JANUARY_5, startup_id=cast.startup_a, reason="十月冲减")
    assert [each.amount_minor for each in rows] == [80_000]
    december = draft_month(session, cast.finance, site.id, OCTOBER + 2).invoices[0]
    assert december.subsidy_minor == 460_000 + 80_000


def test_half_of_it_frees_half_of_the_cap(session: Session, cast: Cast) -> None:
    """The same with half of October credited: 2,700.00 of the cap are free, of which November takes its 800.00."""
    scheme(session, cast, "Y", "0.60", caps=[{"window": "quarter", "amount_minor": 1_000_000}])
    site = rent(session, cast, "9000.00", date(2026, 10, 1))
    october, _ = (post(session, cast, site, month)[cast.startup_a] for month in (OCTOBER, NOVEMBER))
    credit(session, cast, october, {1: 450_000})
    assert given(session, cast.startup_a, OCTOBER) == 270_000
    rows = rerate_startup(session, cast.finance, now=JANUARY_5, startup_id=cast.startup_a, reason="十月冲减")
    assert [(each.month, each.amount_minor) for each in rows] == [(NOVEMBER.first, 80_000)]


def test_moved_out_earlier_than_posted(session: Session, cast: Cast) -> None:
    """October was posted with 3,100.00, and paid. A had left on the 15th: taken back, billed anew with 15/31, 1,500.00;
    3,100.00 are A's own, 1,500.00 of it pay the new invoice."""
    site = rent(session, cast, "3100.00", date(2026, 8, 1))
    first = post(session, cast, site)[cast.startup_a]
    pay(session, cast, first, 310_000)
    residency = session.execute(select(Residency).where(Residency.site_id == site.id)).scalar_one()
    end_residency(session, cast.manager, now=JANUARY_5, residency=residency, ends_on=date(2026, 10, 15), reason="提前退租")
    credit(session, cast, first, anew=True)
    again = post(session, cast, site)[cast.startup_a]
    own = session.execute(select(Payment).where(Payment.way == "credit_note")).scalar_one()
    clear_invoices(session, cast.finance, now=JANUARY_5, payment_id=own.id, parts={again.id: 150_000})
    assert (again.net_minor, opened(session, again), account(session, "advances")) == (150_000, 0, -160_000)


def test_a_leap_day(session: Session, cast: Cast) -> None:
    """2,900.00 a month from 15 February 2028, which has 29 days: 15/29, 1,500.00."""
    site = rent(session, cast, "2900.00", date(2028, 2, 15))
    invoice = post(session, cast, site, Month(2028, 2), datetime(2028, 3, 1, 1, tzinfo=UTC))[cast.startup_a]
    assert (invoice.net_minor, invoice.due_on) == (150_000, date(2028, 3, 16))


def test_a_price_with_tax_included_is_credited_with_its_tax(session: Session, cast: Cast) -> None:
    """1,090.00 with 9 % VAT: 90.00 of it. 545.00 credited: 45.00 of VAT back, the rest takes the other 45.00."""
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    invoice = post(session, cast, rent(session, cast, "1090.00", date(2026, 10, 1)))[cast.startup_a]
    assert account(session, "output_vat") == -9_000
    credit(session, cast, invoice, {1: 54_500})
    assert (account(session, "output_vat"), account(session, "income.rent")) == (-4_500, -50_000)
    credit(session, cast, invoice)
    assert (account(session, "output_vat"), account(session, "income.rent"), account(session, "receivable")) == (0, 0, 0)


def test_a_hundred_lines_of_half_a_fen(session: Session, cast: Cast) -> None:
    """0.50 m² at 0.01 a month is 0.005, which each line rounds to 0.01: 1.00, not 0.50. Credited line by line and then
    whole, 1.00 is taken off."""
    site = rent(session, cast, "100.00", date(2027, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="2F")
    units = [
        add_unit(session, cast.manager, now=NOW, floor=floor, code=f"L{n}", kind="desk", purpose="incubation",
                 area_m2=Decimal("0.50"), in_service_from=date(2026, 1, 1))
        for n in range(100)
    ]  # fmt: skip
    sign_residency(session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=site,
                   starts_on=date(2026, 10, 1), units=[UnitTerms(each, "m2_month", Decimal("0.01")) for each in units])  # fmt: skip
    invoice = post(session, cast, site)[cast.startup_a]
    assert (invoice.net_minor, session.execute(select(func.count()).select_from(InvoiceLine)).scalar_one()) == (100, 100)
    credit(session, cast, invoice, {1: 1, 50: 1})
    credit(session, cast, invoice)
    assert session.execute(select(func.sum(CreditNoteLine.net_minor), func.count())).one() == (100, 100)
    assert opened(session, invoice) == 0


def test_excluded_in_october_and_billed_with_november(session: Session, cast: Cast) -> None:
    """A is left out of October while its discount is discussed. November is posted as ever; October, when it is lifted."""
    site = rent(session, cast, "3000.00", date(2026, 10, 1))
    found = exclude_startup(session, cast.finance, now=AFTER_OCTOBER, site_id=site.id, startup_id=cast.startup_a, month=OCTOBER,
                            reason="减租商谈中")  # fmt: skip
    with pytest.raises(Conflict, match="nothing to post"):
        post(session, cast, site)
    november = post(session, cast, site, NOVEMBER)[cast.startup_a]
    lift_exclusion(session, cast.finance, now=JANUARY_5, exclusion_id=found.id)
    october = post(session, cast, site)[cast.startup_a]
    assert (november.number, october.number, october.month) == (1, 2, OCTOBER.first)


def test_a_cleaning_without_vat_is_charged_once_and_credited(session: Session, cast: Cast, october: October) -> None:
    """200.00 without VAT at 6 %: 212.00, of which 12.00 are VAT; taken back to be billed anew it is charged once more."""
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    terms = OneOffTerms("service_fee", "开荒保洁", date(2026, 10, 20), date(2026, 10, 20), 20_000, is_taxed_in=False)
    add_one_off(session, cast.finance, now=AFTER_OCTOBER, startup_id=october.a.id, site_id=october.site.id, terms=terms)
    first = post(session, cast, october.site)[october.a.id]
    assert first.net_minor == 115_500 + 21_200
    credit(session, cast, first, anew=True)
    assert post(session, cast, october.site)[october.a.id].net_minor == 115_500 + 21_200
    made = session.execute(select(Charge.round, Charge.tax_minor).where(Charge.source_kind == "one_off").order_by(Charge.id)).all()
    assert [tuple(each) for each in made] == [(0, 1_200), (1, 1_200)]


def test_two_people_and_a_draft_that_changes(session: Session, cast: Cast, october: October) -> None:
    """Finance asks, the manager approves the draft as it is; then a booking is cancelled: it has to be asked for again."""
    set_invoicing(session, cast.finance, now=NOW, jump_percent=30, approve_runs=True, approve_credit_minor=None,
                  approve_refunds=False)  # fmt: skip
    asked = ask_run(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    with pytest.raises(Conflict, match="second person"):
        post(session, cast, october.site)
    decide_approval(session, cast.manager, now=AFTER_OCTOBER, approval_id=asked.id, approve=True)
    extra = book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=october.a.id, start=at(22, 9),
                 end=at(22, 10), title="补录")  # fmt: skip
    with pytest.raises(Conflict, match="second person"):
        post(session, cast, october.site)
    cancel(session, cast.founder_a, now=NOW, booking_id=extra.id)
    assert len(post(session, cast, october.site)) == 3


def test_a_voucher_gets_back_what_it_bore(session: Session, cast: Cast, october: October) -> None:
    """Room 1 for 300.00, of which the voucher of 1,000.00 bears 150.00. Taken back to be billed anew it keeps them
    reserved, and the next posting redeems them once more; credited for good, they are free."""
    voucher = make_voucher(session, cast, make_series(session, cast, face_minor=100_000, share_percent=Decimal(50)))
    book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=cast.startup_a, start=at(22, 9), end=at(22, 15),
         voucher_id=voucher.id)  # fmt: skip
    first = post(session, cast, october.site)[october.a.id]
    assert first.net_minor == 115_500 + 15_000 and account(session, "voucher_receivable") == 15_000
    credit(session, cast, first, anew=True)
    assert (balance(session, voucher).reserved, account(session, "voucher_receivable")) == (15_000, 0)
    again = post(session, cast, october.site)[october.a.id]
    assert (again.net_minor, balance(session, voucher).redeemed) == (first.net_minor, 15_000)
    credit(session, cast, again)
    assert (balance(session, voucher).left, account(session, "voucher_receivable")) == (100_000, 0)


def test_a_correction_on_it_waits_for_the_next_invoice(session: Session, cast: Cast, october: October) -> None:
    """B is found to have left the scheme: −1,434.58 of October go with November's invoice. That is taken back: the
    correction waits again, and stands on the invoice that takes its place."""
    post(session, cast, october.site)
    b = get_startup(session, cast.manager, october.b.id)
    _no_company(session, b)
    rerate_startup(session, cast.finance, now=JANUARY_5, startup_id=b.id, reason="资格复核")
    november = post(session, cast, october.site, NOVEMBER)[b.id]
    assert november.subsidy_minor == -143_458
    credit(session, cast, november, anew=True)
    again = post(session, cast, october.site, NOVEMBER)[b.id]
    assert (again.subsidy_minor, again.net_minor) == (november.subsidy_minor, november.net_minor)


def _no_company(session: Session, startup: Startup) -> None:
    """As if it had never been registered: what the scheme asks for is not so."""
    startup.kind, startup.credit_code, startup.registered_on = "team", None, None
    session.flush()


def test_founders_hear_of_each_invoice_once(session: Session, cast: Cast, october: October) -> None:
    """October's three invoices tell the founders of A and B, each of their own; a second posting tells nothing."""
    made = post(session, cast, october.site)
    told = session.execute(select(Notice.subject_id, Notice.person_id).where(Notice.kind == "invoice")).all()
    assert {tuple(each) for each in told} >= {(made[october.a.id].id, cast.founder_a.person_id), (made[october.b.id].id, cast.founder_b.person_id)}
    assert len(told) == len(set(told))
