"""Orders, redemptions, returns and the end of a voucher, with numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.subsidies.models import VoucherEntry, VoucherYear
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_orders import Wanted, order_by_voucher, release_order, return_redemption
from incubator.subsidies.operations.voucher_series import end_provider
from incubator.subsidies.queries.voucher_ledger import get_order
from incubator.subsidies.queries.vouchers import get_series_row
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import Cast
from tests.subsidies.vouchers.issuing import (
    at,
    balance,
    make_provider,
    make_series,
    make_voucher,
    order,
    settle_in,
    take,
)


@pytest.fixture(autouse=True)
def here(session: Session, cast: Cast) -> None:
    settle_in(session, cast)


def used(session: Session) -> dict[int, int]:
    return {year.year: year.used_minor for year in session.execute(select(VoucherYear)).scalars()}


def test_8000_at_60_percent_reserves_4800(session: Session, cast: Cast) -> None:
    # a voucher of 10,000.00: 5,200.00 are left; the startup pays 3,200.00 itself
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    made = order(session, cast, voucher, provider, 800_000)
    assert (made.covered_minor, made.label) == (480_000, "VO-2026-0001")
    assert balance(session, voucher) == Balance(left=520_000, reserved=480_000)
    row = get_order(session, cast.founder_a, made.id)
    assert (row.state, row.own_minor, row.to_deliver_minor) == ("open", 320_000, 800_000)
    assert used(session) == {2026: 480_000}


def test_the_rest_of_a_voucher_is_the_most(session: Session, cast: Cast) -> None:
    # 4,800.00 and then 5,200.00 of 9,000.00 × 60 % = 5,400.00; then nothing
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    order(session, cast, voucher, provider, 800_000)
    assert order(session, cast, voucher, provider, 900_000).covered_minor == 520_000
    with pytest.raises(Conflict, match="Nothing is left of this voucher"):
        order(session, cast, voucher, provider, 100)


def test_the_year_s_limit_is_the_most_across_vouchers(session: Session, cast: Cast) -> None:
    # two vouchers of 10,000.00, 6,000.00 a year: 4,800.00 of the first, 1,200.00 of the second; in 2027 anew
    series = make_series(session, cast, yearly_limit_minor=600_000, most_each=2)
    first, second = make_voucher(session, cast, series), make_voucher(session, cast, series)
    provider = make_provider(session, cast)
    assert order(session, cast, first, provider, 800_000).covered_minor == 480_000
    last = order(session, cast, second, provider, 800_000)
    assert last.covered_minor == 120_000
    with pytest.raises(Conflict, match="Nothing is left of this year's limit"):
        order(session, cast, first, provider, 800_000)
    assert order(session, cast, first, provider, 100_000, now=at(1, 2, year=2027)).covered_minor == 60_000
    assert used(session) == {2026: 600_000, 2027: 60_000}
    # given back in 2027, it is given back to the year of its order
    release_order(session, cast.founder_a, now=at(1, 3, year=2027), order_id=last.id)
    assert used(session) == {2026: 480_000, 2027: 60_000}


def test_redeemed_in_two_parts_with_evidence(session: Session, cast: Cast) -> None:
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    made = order(session, cast, voucher, provider, 800_000)
    first = take(session, cast, made.id, 500_000)
    assert (first.amount_minor, balance(session, voucher)) == (300_000, Balance(520_000, 180_000, 300_000))
    assert get_order(session, cast.auditor, made.id).state == "part"
    second = take(session, cast, made.id, 300_000)
    assert (second.amount_minor, balance(session, voucher)) == (180_000, Balance(520_000, 0, 480_000))
    assert first.document_id and second.document_id and first.document_id != second.document_id
    assert get_order(session, cast.auditor, made.id).state == "done"
    with pytest.raises(Conflict, match="Nothing is reserved"):
        take(session, cast, made.id, 1)


def test_less_is_delivered_and_the_rest_goes_back(session: Session, cast: Cast) -> None:
    # 5,000.00 of 8,000.00, and no more: 3,000.00 redeemed, 1,800.00 left of the voucher and of the year again
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    made = order(session, cast, voucher, provider, 800_000)
    take(session, cast, made.id, 500_000, is_all=True)
    assert balance(session, voucher) == Balance(left=700_000, redeemed=300_000)
    assert used(session) == {2026: 300_000}
    with pytest.raises(Refusal, match="at most what is not delivered"):
        take(session, cast, order(session, cast, voucher, provider, 100_000).id, 100_001)


def test_a_return_gives_back_what_was_redeemed(session: Session, cast: Cast) -> None:
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    made = order(session, cast, voucher, provider, 800_000)
    entry = take(session, cast, made.id, 800_000)
    back = {"now": at(10, 9), "order_id": made.id, "entry_id": entry.id, "reason": "检测报告有误，机构退款"}
    with pytest.raises(Refusal, match="at most what was redeemed"):
        return_redemption(session, cast.finance, amount_minor=480_001, **back)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="Say why"):
        return_redemption(session, cast.finance, amount_minor=100, **back | {"reason": " "})  # type: ignore[arg-type]
    return_redemption(session, cast.finance, amount_minor=80_000, **back)  # type: ignore[arg-type]
    assert balance(session, voucher) == Balance(left=600_000, redeemed=400_000)
    with pytest.raises(Refusal, match="at most what was redeemed"):
        return_redemption(session, cast.finance, amount_minor=400_001, **back)  # type: ignore[arg-type]
    return_redemption(session, cast.finance, amount_minor=400_000, **back)  # type: ignore[arg-type]
    assert balance(session, voucher) == Balance(left=1_000_000)
    assert get_order(session, cast.finance, made.id).state == "returned"
    assert used(session) == {2026: 0}


def test_the_rest_expires_on_the_day_after_the_last(session: Session, cast: Cast) -> None:
    # valid until 30 September 2027; 5,200.00 expire on 1 October, 4,800.00 are redeemed after that
    series = make_series(session, cast)
    voucher, provider = make_voucher(session, cast, series), make_provider(session, cast)
    made = order(session, cast, voucher, provider, 800_000, now=at(9, 30, 23, year=2027))
    assert voucher.valid_until == date(2027, 9, 30)
    assert expire_vouchers(session, cast.system, now=at(9, 30, 23, year=2027)) == 0
    assert expire_vouchers(session, cast.system, now=at(10, 1, 0, year=2027)) == 1
    assert expire_vouchers(session, cast.system, now=at(10, 1, 0, year=2027)) == 0
    assert balance(session, voucher) == Balance(reserved=480_000, expired=520_000)
    row = get_series_row(session, cast.finance, series.id)
    assert (series.committed_minor, row.balance.expired, row.free_minor) == (480_000, 520_000, 4_520_000)
    with pytest.raises(Conflict, match="was valid until"):
        order(session, cast, voucher, provider, 100, now=at(10, 1, 0, year=2027))
    take(session, cast, made.id, 500_000, now=at(10, 8, year=2027), is_all=True)
    assert balance(session, voucher) == Balance(left=180_000, redeemed=300_000, expired=520_000)
    assert expire_vouchers(session, cast.system, now=at(10, 9, year=2027)) == 1
    assert balance(session, voucher) == Balance(redeemed=300_000, expired=700_000)
    assert series.committed_minor == 300_000


def test_who_may_do_what(session: Session, cast: Cast) -> None:
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    wanted = Wanted("services", "检测", 100_000, provider.id)
    for actor, error in ((cast.founder_b, NotFound), (cast.member_a, Forbidden), (cast.auditor, Forbidden),
                         (cast.mentor, NotFound)):  # fmt: skip
        with pytest.raises(error):
            order_by_voucher(session, actor, now=at(10, 2), voucher_id=voucher.id, wanted=wanted)
    made = order_by_voucher(session, cast.finance, now=at(10, 2), voucher_id=voucher.id, wanted=wanted)
    with pytest.raises(Forbidden):
        take(session, replace(cast, front_desk=cast.auditor), made.id, 100)
    with pytest.raises(Forbidden):
        take(session, replace(cast, front_desk=cast.founder_a), made.id, 100)
    entry = take(session, cast, made.id, 50_000)
    with pytest.raises(Conflict, match="ask the operator"):
        release_order(session, cast.founder_a, now=at(10, 3), order_id=made.id)
    with pytest.raises(NotFound):
        release_order(session, cast.founder_b, now=at(10, 3), order_id=made.id)
    with pytest.raises(Forbidden):
        return_redemption(session, cast.front_desk, now=at(10, 3), order_id=made.id, entry_id=entry.id, amount_minor=1,
                          reason="x")  # fmt: skip
    with pytest.raises(Refusal, match="Say why"):
        release_order(session, cast.finance, now=at(10, 3), order_id=made.id)
    release_order(session, cast.finance, now=at(10, 3), order_id=made.id, reason="机构停业")
    assert balance(session, voucher) == Balance(left=970_000, redeemed=30_000)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"use": "training"}, "use"),
        ({"use": "nonsense"}, "use"),
        ({"title": " "}, "title"),
        ({"gross_minor": 0}, "gross"),
        ({"gross_minor": 10**13}, "gross"),
        ({"provider_id": None}, "provider_id"),
        ({"source": ("booking", 1)}, "provider_id"),
        ({"provider_id": None, "source": ("invoice", 1)}, "use"),
    ],
)
def test_wrong_orders(session: Session, cast: Cast, changes: dict[str, object], field: str) -> None:
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    wanted = structs.replace(Wanted("services", "检测", 100_000, provider.id), **changes)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as refused:
        order_by_voucher(session, cast.founder_a, now=at(10, 2), voucher_id=voucher.id, wanted=wanted)
    assert refused.value.field == field
    assert balance(session, voucher) == Balance(left=1_000_000)


def test_a_provider_that_does_not_offer_it_or_has_ended(session: Session, cast: Cast) -> None:
    voucher = make_voucher(session, cast, make_series(session, cast))
    trainer = make_provider(session, cast, name="某培训中心", uses=("training", "services"))
    with pytest.raises(Refusal, match="does not offer"):
        order(session, cast, voucher, trainer, 100_000, use="instruments")
    end_provider(session, cast.finance, now=at(10, 1), provider_id=trainer.id)
    with pytest.raises(Refusal, match="any more"):
        order(session, cast, voucher, trainer, 100_000)
    end_provider(session, cast.finance, now=at(10, 1), provider_id=trainer.id, again=True)
    order(session, cast, voucher, trainer, 100_000)


def test_the_operators_own_booking_by_its_number(session: Session, cast: Cast) -> None:
    voucher = make_voucher(session, cast, make_series(session, cast))
    wanted = Wanted("instruments", "显微镜 2 小时", 30_000, source=("booking", 77))
    made = order_by_voucher(session, cast.founder_a, now=at(10, 2), voucher_id=voucher.id, wanted=wanted)
    assert (made.covered_minor, made.source_kind, made.source_id) == (18_000, "booking", 77)


def test_the_tables_refuse_it_whoever_writes(session: Session, cast: Cast) -> None:
    """Without any of our code: each line of a ledger by the constraints alone."""
    voucher, provider = make_voucher(session, cast, make_series(session, cast)), make_provider(session, cast)
    order(session, cast, voucher, provider, 800_000)
    columns = ("operator_id, voucher_id, number, kind, amount_minor, left_minor, reserved_minor, redeemed_minor, settled_minor, "
               "expired_minor, order_id, of_id, happened_on, created_at")  # fmt: skip
    last = "FROM voucher_entries WHERE number = 2"
    for change, constraint in (
        (("left_minor", "-1"), "voucher_entries_left_check"),
        (("number", "number"), "voucher_entries_operator_id_voucher_id_number_key"),
        (("kind", "'redeem'"), "voucher_entries_evidence_check"),
        (("kind", "'settle'"), "voucher_entries_of_a"),
        (("kind", "'issue'"), "voucher_entries_issue_is_first_check"),
        (("amount_minor", "0"), "voucher_entries_amount_check"),
    ):
        values = columns.replace("number", "number + 1").replace(change[0] if change[0] != "number" else "number + 1", change[1])
        with pytest.raises(DBAPIError, match=constraint), session.begin_nested():
            session.execute(text(f"INSERT INTO voucher_entries ({columns}) SELECT {values} {last}"))
    for statement in ("UPDATE voucher_entries SET amount_minor = 1", "DELETE FROM voucher_entries",
                      "UPDATE voucher_orders SET covered_minor = 1"):  # fmt: skip
        with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
            session.execute(text(statement))
    with pytest.raises(DBAPIError, match="voucher_series_budget_check"), session.begin_nested():
        session.execute(text("UPDATE voucher_series SET committed_minor = budget_minor + 1"))
    assert len(session.execute(select(VoucherEntry)).all()) == 2


def test_shares_with_decimals(session: Session, cast: Cast) -> None:
    # 33.33 % of 100.00 are 33.33
    voucher = make_voucher(session, cast, make_series(session, cast, share_percent=Decimal("33.33")))
    assert order(session, cast, voucher, make_provider(session, cast), 10_000).covered_minor == 3_333
