"""Random lives of one voucher, against a model in memory that knows nothing of SQL: orders, parts, returns before and
after settlements, deductions, payments, bookings with their invoices, the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge
from incubator.core.errors import Refusal
from incubator.spaces.models import Site
from incubator.subsidies.models import VoucherEntry, VoucherYear
from incubator.subsidies.operations.voucher_ledger import expire_vouchers
from incubator.subsidies.operations.voucher_orders import Wanted, order_by_voucher, release_order, return_redemption
from incubator.subsidies.operations.voucher_payments import pay_settlement, undo_payment
from incubator.subsidies.operations.voucher_settlements import make_settlement
from incubator.subsidies.operations.voucher_sources import Charged, redeem_charged, release_sources, trim_sources
from incubator.subsidies.queries.voucher_ledger import count_payable
from incubator.subsidies.queries.voucher_settlements import get_settlement, list_deductions, sum_unpaid
from incubator.subsidies.queries.voucher_sources import list_source_orders
from incubator.subsidies.rules.vouchers import Balance
from tests.cast import NOW, Cast
from tests.effort import examples
from tests.subsidies.vouchers.issuing import balance, make_provider, make_series, make_voucher, order, settle_in, take

FACE, LIMIT = 1_000, 1_300
GROSS = st.integers(1, 1_500)
LAST = date(2026, 10, 10)


@dataclass
class Part:
    """A redemption: what stands of it, and whether its provider was settled with."""

    entry_id: int
    net: int
    settled: bool = False


@dataclass
class Booked:
    """A booking: its price, what of it is reserved or redeemed by an invoice."""

    booking_id: int
    price: int
    reserved: int
    redeemed: int = 0


@dataclass
class Order:
    """An order: its price, what is covered, what of both is done."""

    order_id: int
    gross: int
    covered: int
    delivered: int = 0
    redeemed: int = 0
    released: int = 0
    parts: list[Part] = field(default_factory=list)

    @property
    def reserved(self) -> int:
        return self.covered - self.redeemed - self.released


def half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


def machine(session: Session, cast: Cast) -> type[RuleBasedStateMachine]:
    """The machine over this test's transaction; each life in a savepoint that is rolled back."""

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.life = session.begin_nested()
            series = make_series(session, cast, face_minor=FACE, budget_minor=FACE, yearly_limit_minor=LIMIT, valid_days=10)
            self.series, self.provider = series, make_provider(session, cast)
            self.voucher = make_voucher(session, cast, series)
            self.now, self.orders = NOW, list[Order]()
            self.left, self.expired, self.used = FACE, 0, 0
            self.site_id, self.charges = session.execute(select(Site.id).limit(1)).scalar_one(), 1
            self.bookings, self.open, self.lists = list[Booked](), list[int](), dict[int, bool]()

        def teardown(self) -> None:
            self.life.rollback()
            session.expire_all()

        @rule(gross=GROSS)
        def place_an_order(self, gross: int) -> None:
            covered = min(half_up(Fraction(gross * 60, 100)), self.left, LIMIT - self.used)
            if self.now.date() > LAST or covered == 0:
                self.refused(lambda: order(session, cast, self.voucher, self.provider, gross, now=self.now))
                return
            made = order(session, cast, self.voucher, self.provider, gross, now=self.now)
            assert made.covered_minor == covered
            self.orders.append(Order(made.id, gross, covered))
            self.left, self.used = self.left - covered, self.used + covered

        @precondition(lambda self: self.orders)
        @rule(data=st.data(), share=st.integers(1, 110), is_all=st.booleans())
        def deliver(self, data: st.DataObject, share: int, is_all: bool) -> None:
            one = data.draw(st.sampled_from(self.orders))
            rest = one.gross - one.delivered
            gross = max(1, rest * share // 100)
            amount = min(one.covered, half_up(Fraction((one.delivered + gross) * 60, 100))) - one.redeemed
            if one.reserved == 0 or gross > rest or amount <= 0:
                self.refused(lambda: take(session, cast, one.order_id, gross, now=self.now, is_all=is_all))
                return
            entry = take(session, cast, one.order_id, gross, now=self.now, is_all=is_all)
            assert entry.amount_minor == amount
            one.delivered, one.redeemed = one.delivered + gross, one.redeemed + amount
            one.parts.append(Part(entry.id, amount))
            if is_all or one.delivered == one.gross:
                self.give_back(one)

        @precondition(lambda self: self.orders)
        @rule(data=st.data())
        def release(self, data: st.DataObject) -> None:
            one = data.draw(st.sampled_from(self.orders))
            if one.reserved == 0:
                self.refused(lambda: release_order(session, cast.finance, now=self.now, order_id=one.order_id, reason="x"))
                return
            release_order(session, cast.finance, now=self.now, order_id=one.order_id, reason="x")
            self.give_back(one)

        @precondition(lambda self: any(one.parts for one in self.orders))
        @rule(data=st.data(), amount=st.integers(1, 700))
        def take_back(self, data: st.DataObject, amount: int) -> None:
            one, part = data.draw(st.sampled_from([(one, part) for one in self.orders for part in one.parts]))
            facts = {"order_id": one.order_id, "entry_id": part.entry_id, "amount_minor": amount, "reason": "x"}
            if amount > part.net:
                self.refused(lambda: return_redemption(session, cast.finance, now=self.now, **facts))
                return
            return_redemption(session, cast.finance, now=self.now, **facts)
            if part.settled:
                self.open.append(amount)
            part.net, self.left, self.used = part.net - amount, self.left + amount, self.used - amount

        @rule()
        def settle(self) -> None:
            due = [part for one in self.orders for part in one.parts if not part.settled and part.net]
            total, waits = sum(part.net for part in due), list[int]()
            for amount in self.open if due else ():
                if amount <= total:
                    total -= amount
                else:
                    waits.append(amount)
            facts = {"provider_id": self.provider.id, "first": NOW.date(), "last": self.now.date(), "expected_minor": total}
            if not due:
                self.refused(lambda: make_settlement(session, cast.finance, now=self.now, **facts))
                return
            made = make_settlement(session, cast.finance, now=self.now, **facts)
            assert made.total_minor == total
            self.open, self.lists[made.id] = waits, total == 0
            for part in due:
                part.settled = True

        @precondition(lambda self: self.lists)
        @rule(data=st.data(), pays=st.booleans())
        def pay_or_undo(self, data: st.DataObject, pays: bool) -> None:
            made = data.draw(st.sampled_from(sorted(self.lists)))
            is_paid = self.lists[made]
            is_nothing = get_settlement(session, cast.finance, made).settlement.total_minor == 0

            def attempt() -> None:
                if pays:
                    pay_settlement(session, cast.finance, now=self.now, settlement_id=made, paid_on=self.now.date(), way="transfer")
                else:
                    undo_payment(session, cast.finance, now=self.now, settlement_id=made, reason="x")

            if pays == is_paid or is_nothing:
                self.refused(attempt)
                return
            attempt()
            self.lists[made] = pays

        @rule(price=GROSS)
        def book(self, price: int) -> None:
            covered = min(half_up(Fraction(price * 60, 100)), self.left, LIMIT - self.used)
            number = len(self.bookings) + 1
            wanted = Wanted("services", "会议室", price, source=("booking", number))

            def attempt() -> int:
                return order_by_voucher(session, cast.founder_a, now=self.now, voucher_id=self.voucher.id, wanted=wanted).covered_minor

            if self.now.date() > LAST or covered == 0:
                self.refused(attempt)
                return
            assert attempt() == covered
            self.bookings.append(Booked(number, price, covered))
            self.left, self.used = self.left - covered, self.used + covered

        @precondition(lambda self: self.bookings)
        @rule(data=st.data(), left=st.none() | st.integers(0, 1_500))
        def cancel_or_pay_less(self, data: st.DataObject, left: int | None) -> None:
            one = data.draw(st.sampled_from(self.bookings))
            facts = {"now": self.now, "kind": "booking", "reason": "x"}
            if left is None:
                back = release_sources(session, cast.founder_a, source_ids=[one.booking_id], **facts)
                assert back == one.reserved
            else:
                back = trim_sources(session, cast.founder_a, to_pay={one.booking_id: left}, **facts)
                assert back == max(one.reserved - half_up(Fraction(left * 60, 100)), 0)
            one.reserved, self.left, self.used = one.reserved - back, self.left + back, self.used - back

        @precondition(lambda self: any(one.reserved for one in self.bookings))
        @rule()
        def invoice(self) -> None:
            due = {one.booking_id: one for one in self.bookings if one.reserved}
            orders = list_source_orders(session, "booking", list(due))
            charged = [
                Charged(each.order.source_id, each.order.id, self.charge(), f"INV-2026-{each.order.id:06}",
                        due[each.order.source_id].price, each.borne_minor, self.now.date())
                for each in orders if each.reserved_minor
            ]  # fmt: skip
            total = redeem_charged(session, cast.finance, now=self.now, charged=charged)
            assert total == sum(one.reserved for one in due.values())
            self.refused(lambda: redeem_charged(session, cast.finance, now=self.now, charged=charged))
            for one in due.values():
                one.redeemed, one.reserved = one.redeemed + one.reserved, 0

        def charge(self) -> int:
            """A posted charge, as far as the ledger points at it."""
            made = Charge(site_id=self.site_id, startup_id=cast.startup_a, month=date(2026, 10, 1), kind="booking", source_kind="booking",
                          source_id=self.charges, starts_on=self.now.date(), ends_on=self.now.date(), quantity=Decimal(1), basis="hour",
                          unit_price=Decimal(1), gross_minor=0, derivation={})  # fmt: skip
            self.charges += 1
            session.add(made)
            session.flush()
            return made.id

        @rule(days=st.integers(1, 4))
        def let_days_pass(self, days: int) -> None:
            self.now += timedelta(days=days)
            expire_vouchers(session, cast.system, now=self.now)
            if self.now.date() > LAST:
                self.left, self.expired = 0, self.expired + self.left

        @invariant()
        def the_ledger_says_the_same(self) -> None:
            parts = [part for one in self.orders for part in one.parts]
            expected = Balance(
                self.left, sum(one.reserved for one in (*self.orders, *self.bookings)),
                sum(part.net for part in parts if not part.settled) + sum(one.redeemed for one in self.bookings),
                sum(part.net for part in parts if part.settled), self.expired,
            )  # fmt: skip
            assert balance(session, self.voucher) == expected
            assert expected.face == FACE
            assert [each.entry.amount_minor for each in list_deductions(session, self.provider.id)] == self.open
            assert count_payable(session, cast.finance).get(self.provider.id, 0) == sum(part.net for part in parts if not part.settled)
            to_pay = [made for made, is_paid in self.lists.items() if not is_paid]
            assert sum_unpaid(session, cast.finance)[0] == len(to_pay)
            session.refresh(self.series)
            assert self.series.committed_minor == FACE - self.expired
            year = session.execute(select(VoucherYear)).scalar_one_or_none()
            assert (year.used_minor if year else 0) == self.used <= LIMIT
            query = select(VoucherEntry).where(VoucherEntry.voucher_id == self.voucher.id).order_by(VoucherEntry.number)
            numbers = [entry.number for entry in session.execute(query).scalars()]
            assert numbers == list(range(1, len(numbers) + 1))

        def give_back(self, one: Order) -> None:
            self.left, self.used, one.released = self.left + one.reserved, self.used - one.reserved, one.released + one.reserved

        def refused(self, attempt: object) -> None:
            before = session.begin_nested()
            try:
                attempt()  # type: ignore[operator]
            except Refusal:
                before.rollback()
                return
            raise AssertionError("it was not refused")

    return Life


def test_a_voucher_s_life(session: Session, cast: Cast) -> None:
    settle_in(session, cast)
    run_state_machine_as_test(
        machine(session, cast),
        settings=settings(max_examples=examples(6), stateful_step_count=16, deadline=None,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
