"""One line for several startups, amounts typed by hand, and payouts of Stripe."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from incubator.billing.forms.bank import typed_amounts
from incubator.billing.models import BankShare, CardPayout, Clearing, JournalEntry, OpenItem, Payment, Posting
from incubator.billing.operations.bank_matching import confirm_lines, match_payout, share_line, undo_line
from incubator.billing.operations.bank_taking import Chosen
from incubator.billing.operations.card_disputes import apply_payout
from incubator.billing.queries.bank import get_line
from incubator.billing.queries.bank_matches import find_suggestions
from incubator.billing.queries.payments import choose_parts
from incubator.billing.rules.cards import PayoutSeen
from incubator.billing.rules.matching import Incoming, Payers, Payout, suggest_all
from incubator.core.errors import Conflict, NotFound, Refusal
from tests.billing.bank.making import LATER, Bank
from tests.browser import Browser
from tests.cast import Cast

DAY = date(2026, 11, 10)


def test_a_parent_company_pays_for_two(bank: Bank, cast: Cast) -> None:
    """1,500.00 as 1,000.00 of A, whose invoice of 900.00 it pays, and 500.00 of B, of whose 800.00 it is a part."""
    of_a, of_b = bank.invoices([(cast.startup_a, 90_000), (cast.startup_b, 80_000)])
    line = bank.line("2026-11-10", 150_000, "某控股集团")
    shares = [Chosen(cast.startup_a, {of_a.id: 90_000}, 100_000), Chosen(cast.startup_b, {of_b.id: 50_000}, 50_000)]
    payments = share_line(bank.session, cast.finance, now=LATER, line_id=line.id, shares=shares)
    assert [(each.startup_id, each.amount_minor) for each in payments] == [
        (cast.startup_a, 100_000), (cast.startup_b, 50_000),
    ]  # fmt: skip
    assert (bank.open_of(of_a), bank.open_of(of_b), bank.left_of(payments[0]), bank.left_of(payments[1])) == (0, 30_000, 10_000, 0)
    row = get_line(bank.session, cast.auditor, line.id).row
    assert row.line.state == "paid" and sum(each.share.amount_minor for each in row.shares) == line.amount_minor
    in_bank = select(func.sum(Posting.amount_minor)).where(Posting.debit == "bank")
    assert bank.session.execute(in_bank).scalar_one() == 150_000


@pytest.mark.parametrize(("of_a", "of_b"), [(100_000, 49_999), (100_000, 50_001), (150_000, 0), (0, 150_000), (-1, 150_001)])
def test_shares_come_to_exactly_what_came_in(bank: Bank, cast: Cast, of_a: int, of_b: int) -> None:
    line = bank.line("2026-11-10", 150_000, "某控股集团")
    with pytest.raises(Refusal):
        share_line(bank.session, cast.finance, now=LATER, line_id=line.id,
                   shares=[Chosen(cast.startup_a, {}, of_a), Chosen(cast.startup_b, {}, of_b)])  # fmt: skip
    assert bank.session.execute(select(func.count()).select_from(Payment)).scalar_one() == 0


def test_a_share_pays_its_own_startup_alone(bank: Bank, cast: Cast) -> None:
    of_b = bank.invoice(cast.startup_b, 80_000)
    line = bank.line("2026-11-10", 150_000, "某控股集团")
    with pytest.raises(NotFound), bank.session.begin_nested():
        share_line(bank.session, cast.finance, now=LATER, line_id=line.id,
                   shares=[Chosen(cast.startup_a, {of_b.id: 80_000}, 100_000), Chosen(cast.startup_b, {}, 50_000)])  # fmt: skip
    with pytest.raises(Refusal, match="once"):
        share_line(bank.session, cast.finance, now=LATER, line_id=line.id,
                   shares=[Chosen(cast.startup_a, {}, 100_000), Chosen(cast.startup_a, {}, 50_000)])  # fmt: skip


def test_shared_wrongly_and_shared_again(bank: Bank, cast: Cast) -> None:
    """1,000.00 and 500.00, opened again, then 500.00 and 1,000.00; then as at first: those payments stand once more."""
    line = bank.line("2026-11-10", 150_000, "某控股集团")

    def share(of_a: int) -> list[int]:
        shares = [Chosen(cast.startup_a, {}, of_a), Chosen(cast.startup_b, {}, 150_000 - of_a)]
        made = share_line(bank.session, cast.finance, now=LATER, line_id=line.id, shares=shares)
        return [each.id for each in made]

    def left() -> list[int]:
        bank.session.expire_all()
        rows = bank.session.execute(
            select(OpenItem.startup_id, func.sum(OpenItem.open_minor)).group_by(OpenItem.startup_id).order_by(OpenItem.startup_id)
        )
        return [int(each[1]) for each in rows]

    first = share(100_000)
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason="分错了")
    assert line.state == "open" and left() == [0, 0]
    assert bank.session.execute(select(func.count()).select_from(BankShare)).scalar_one() == 0
    second = share(50_000)
    assert not set(first) & set(second) and left() == [50_000, 100_000]
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason="又改回")
    assert share(100_000) == first and left() == [100_000, 50_000]


def test_a_transfer_that_names_invoices_of_two_is_suggested_for_both(bank: Bank, cast: Cast) -> None:
    of_a, of_b = bank.invoices([(cast.startup_a, 90_000), (cast.startup_b, 80_000)])
    line = bank.line("2026-11-10", 170_000, "某控股集团", f"代付 INV-2026-{of_a.number:06}、{of_b.number:06}")
    found = find_suggestions(bank.session, cast.finance)[line.id]
    assert {each.startup_id: each.amount_minor for each in found.shares} == {cast.startup_a: 90_000, cast.startup_b: 80_000}
    assert found.confidence == 88
    made = confirm_lines(bank.session, cast.finance, now=LATER, shown={line.id: found.fingerprint})
    assert len(made) == 2 and (bank.open_of(of_a), bank.open_of(of_b)) == (0, 0)
    again = bank.invoices([(cast.startup_a, 10_000), (cast.startup_b, 20_000)])
    next_line = bank.line("2026-12-10", 30_000, "某控股集团", " ".join(f"INV-2026-{each.number:06}" for each in again))
    assert find_suggestions(bank.session, cast.finance)[next_line.id].confidence == 97


def test_amounts_are_typed_and_the_rest_goes_over_the_others(bank: Bank, cast: Cast) -> None:
    """Of 1,000.00, 300.00 by hand for the second: the first gets the 700.00, and no more than is typed goes to it."""
    first, second = bank.invoice(cast.startup_a, 90_000), bank.invoice(cast.startup_a, 80_000, date(2026, 12, 15))

    def parts(*chosen: int, how: str = "chosen", **typed: int) -> dict[int, int]:
        by_id = {{"first": first.id, "second": second.id}[name]: minor for name, minor in typed.items()}
        return choose_parts(bank.session, cast.finance, cast.startup_a, 100_000, how=how, invoice_ids=chosen, typed=by_id)

    assert parts(first.id, second=30_000) == {second.id: 30_000, first.id: 70_000}
    assert parts(second=30_000) == {second.id: 30_000}
    assert parts(how="oldest", second=30_000) == {second.id: 30_000}, "who types an amount has chosen"
    with pytest.raises(Refusal, match="more than came in"):
        parts(first=60_000, second=40_001)


def test_the_form_shares_a_line(client: Browser, bank: Bank, cast: Cast) -> None:
    of_a, of_b = bank.invoices([(cast.startup_a, 90_000), (cast.startup_b, 80_000)])
    line = bank.line("2026-11-10", 150_000, "某控股集团")
    client.sign_in(cast.finance)
    path = f"/billing/bank/lines/{line.id}"
    page = client.get(f"{path}?startup={cast.startup_a}&startup={cast.startup_b}").text
    assert f'name="share-{cast.startup_a}"' in page and f'name="pays-{of_b.id}"' in page
    typed = {"startup": [str(cast.startup_a), str(cast.startup_b)], "how": "chosen", f"share-{cast.startup_a}": "1000",
             f"share-{cast.startup_b}": "500.01", f"pays-{of_a.id}": "900.00", f"pays-{of_b.id}": "200"}  # fmt: skip
    wrong = client.post(f"{path}/assign", data=typed)
    assert wrong.status_code == 422 and 'value="500.01"' in wrong.text
    for bad in ("x", "-1", "1.001", "0"):
        assert client.post(f"{path}/assign", data=typed | {f"pays-{of_a.id}": bad}).status_code == 422
    assert client.post(f"{path}/assign", data=typed | {f"share-{cast.startup_b}": "500"}).status_code == 303
    assert (bank.open_of(of_a), bank.open_of(of_b)) == (0, 60_000)
    assert "RCT-2026-000002" in client.get(path).text
    paid = bank.session.execute(select(Clearing.amount_minor).order_by(Clearing.amount_minor)).scalars().all()
    assert paid == [20_000, 90_000]


# payouts of Stripe


def report(bank: Bank, name: str, minor: int, on: date, status: str = "paid") -> None:
    """Stripe says that it has paid it."""
    seen = PayoutSeen(name, status, minor, "CNY", on)
    apply_payout(bank.session, bank.cast.system, now=LATER, seen=seen, currency="CNY")


def booked(bank: Bank) -> tuple[int, int]:
    """What was debited to the bank, and how many entries there are."""
    debited = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(Posting.debit == "bank")
    return bank.session.execute(debited).scalar_one(), bank.session.execute(select(func.count(JournalEntry.id))).scalar_one()


def test_a_payout_is_matched_and_not_booked_twice(bank: Bank, cast: Cast) -> None:
    """9,876.54 reported for the 9th, on the statement on the 10th; an invoice of that amount is not paid by it."""
    bank.invoice(cast.startup_a, 987_654)
    report(bank, "po_1A", 987_654, date(2026, 11, 9))
    before = booked(bank)
    line = bank.line("2026-11-10", 987_654, "STRIPE PAYMENTS HK LTD", "PAYOUT")
    found = find_suggestions(bank.session, cast.finance)[line.id]
    assert (found.shares, found.confidence, found.payout_id is not None) == ((), 95, True)
    assert confirm_lines(bank.session, cast.finance, now=LATER, shown={line.id: found.fingerprint}) == []
    assert line.state == "payout" and booked(bank) == before
    second = bank.line("2026-11-11", 987_654, "STRIPE PAYMENTS HK LTD", "PAYOUT 2")
    assert second.id not in find_suggestions(bank.session, cast.finance), "the payout is taken, and Stripe pays no invoice"
    payout_id = bank.session.execute(select(CardPayout.id)).scalar_one()
    with pytest.raises(Conflict, match="another line"):
        match_payout(bank.session, cast.finance, now=LATER, line_id=second.id, payout_id=payout_id)
    undo_line(bank.session, cast.finance, now=LATER, line_id=line.id, reason="看错了")
    match_payout(bank.session, cast.finance, now=LATER, line_id=second.id, payout_id=payout_id)
    assert booked(bank) == before


def test_a_line_before_stripes_report_waits(client: Browser, bank: Bank, cast: Cast) -> None:
    bank.invoice(cast.startup_a, 500_000)
    line = bank.line("2026-11-10", 500_000, "Stripe", "payout")
    assert find_suggestions(bank.session, cast.finance) == {}
    client.sign_in(cast.finance)
    assert "Stripe 尚未通知" in client.get(f"/billing/bank/lines/{line.id}").text
    assert "收到 Stripe 通知后会自动提示" in client.get("/billing/bank").text
    report(bank, "po_2", 500_000, date(2026, 11, 12))
    assert find_suggestions(bank.session, cast.finance)[line.id].confidence == 95
    payout_id = bank.session.execute(select(CardPayout.id)).scalar_one()
    assert client.post(f"/billing/bank/lines/{line.id}/payout", data={"payout": payout_id}).status_code == 303
    assert line.state == "payout" and "po_2" in client.get(f"/billing/bank/lines/{line.id}").text
    assert client.get("/billing/bank?state=done").status_code == 200


@pytest.mark.parametrize(
    ("text", "payouts", "confidence", "chosen"),
    [
        ("PAYOUT po_7 STRIPE", [(7, 0), (8, 0)], 99, 7),  # named by Stripe's own number
        ("STRIPE", [(7, 3), (8, 1)], 90, 8),  # two of that amount: the nearer day
        ("STRIPE", [(7, 5)], 95, 7),
        ("STRIPE", [(7, 6)], None, None),  # too far away
        ("货款", [(7, 0)], 60, 7),  # the payer is not Stripe: for a person to say
    ],
)
def test_what_makes_a_payout_sure(
    text: str, payouts: list[tuple[int, int]], confidence: int | None, chosen: int | None
) -> None:
    known = [Payout(id_, f"po_{id_}", 1_000, date(2026, 11, 10 + days)) for id_, days in payouts]
    found = suggest_all([Incoming(1, DAY, 1_000, text=text)], [], Payers(), known).get(1)
    assert (found.confidence if found else None, found.payout_id if found else None) == (confidence, chosen)


def test_two_payouts_of_one_amount_are_two_lines() -> None:
    known = [Payout(7, "po_7", 1_000, DAY), Payout(8, "po_8", 1_000, DAY)]
    found = suggest_all([Incoming(n, DAY, 1_000, text="STRIPE") for n in (1, 2, 3)], [], Payers(), known)
    assert {line_id: each.payout_id for line_id, each in found.items()} == {1: 7, 2: 8}


def test_what_is_typed_beside_no_row_is_passed_over() -> None:
    assert typed_amounts({"pays-4": "1,200.00", "pays-x": "1.00", f"pays-{10**30}": "1.00", "pays-5": " "}) == {4: 120000}
