"""Debts of the cast, as posted invoices of one amount, and a day's work at their site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incubator.billing.models import Clearing, DunningAction, DunningSetting, Invoice, OpenItem
from incubator.billing.operations.bank_accounts import AccountTerms, add_bank_account
from incubator.billing.operations.dunning import Dunned, dun
from incubator.billing.operations.dunning_settings import Wanted, set_dunning
from incubator.billing.operations.journal import post_entries
from incubator.billing.operations.payments import clear_oldest, receive_payment
from incubator.billing.rules.accounts import Account
from incubator.billing.rules.dunning import Step
from incubator.billing.rules.journal import Entry, Posting
from incubator.spaces.models import Site
from incubator.spaces.operations import create_site
from tests.cast import NOW, Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")
STEPS = (Step(3, "mail"), Step(7, "mail"), Step(14, "call"), Step(20, "letter", 100_000), Step(30, "booking", 100_000))


def morning(on: date) -> datetime:
    """08:00 of a day in Shanghai."""
    return datetime(on.year, on.month, on.day, 8, tzinfo=SHANGHAI)


@dataclass
class Debts:
    """A site of the cast's operator, and who owes what there."""

    session: Session
    cast: Cast
    site: Site
    numbers: int = field(default=0)

    @classmethod
    def at_a_site(cls, session: Session, cast: Cast) -> Debts:
        site = create_site(session, cast.manager, now=NOW, code="DU", name="西丽一号", name_en="Xili One", hours=[],
                           open_from=date(2026, 1, 1))  # fmt: skip
        terms = AccountTerms("南山创客空间", "招商银行深圳科苑支行", "7559 0000 1234", is_for_letters=True)
        add_bank_account(session, cast.finance, now=NOW, terms=terms)
        return cls(session, cast, site)

    def remind(
        self, *steps: Step, on: date = date(2026, 10, 1), active: bool = True, rate: str | None = None,
        basis: str = "day", from_day: int = 1, cap: str | None = None,
    ) -> DunningSetting:  # fmt: skip
        """Settings from a day on, saved on that day."""
        wanted = Wanted(
            on, active, steps or STEPS, interest_basis=basis if rate else "none", interest_rate=Decimal(rate) if rate else None,
            interest_from_day=from_day, interest_cap=Decimal(cap) if cap else None,
        )  # fmt: skip
        return set_dunning(self.session, self.cast.finance, now=morning(on), wanted=wanted)

    def owe(self, startup_id: int, amount_minor: int, due_on: date) -> int:
        """An invoice, issued 15 days before its due day; its id."""
        [made] = self.owe_many([startup_id], amount_minor, due_on)
        return made

    def owe_many(self, startup_ids: list[int], amount_minor: int, due_on: date) -> list[int]:
        issued = due_on - timedelta(days=15)
        rows = [self._invoice(startup_id, amount_minor, issued, due_on) for startup_id in startup_ids]
        ids = list(self.session.execute(insert(Invoice).returning(Invoice.id, sort_by_parameter_order=True), rows).scalars())
        self.session.execute(insert(OpenItem), [
            {"operator_id": self.cast.operator_id, "startup_id": startup_id, "site_id": self.site.id, "invoice_id": id_,
             "due_on": due_on, "original_minor": amount_minor, "open_minor": 0}
            for startup_id, id_ in zip(startup_ids, ids, strict=True)
        ])  # fmt: skip
        post_entries(self.session, self.cast.system, [
            Entry("invoice", issued, ("invoices", id_), (
                Posting(Account.RECEIVABLE, Account.RENT, amount_minor, startup_id, id_, charge_kind="rent"),
            ), site_id=self.site.id)
            for startup_id, id_ in zip(startup_ids, ids, strict=True)
        ], now=morning(issued))  # fmt: skip
        return ids

    def _invoice(self, startup_id: int, amount_minor: int, issued: date, due_on: date) -> dict[str, object]:
        self.numbers += 1
        return {
            "operator_id": self.cast.operator_id, "site_id": self.site.id, "startup_id": startup_id,
            "month": issued.replace(day=1), "series": "INV", "year": issued.year, "number": 500 + self.numbers,
            "issued_on": issued, "due_on": due_on, "gross_minor": amount_minor, "subsidy_minor": 0,
            "net_minor": amount_minor, "posted_at": morning(issued),
            "parties": {"startup": {"name": "甲科技", "name_en": "", "code": "S-A"}, "operator": {}, "site": {}},
        }  # fmt: skip

    def pay(self, startup_id: int, amount_minor: int, on: date, *, entered: date | None = None) -> list[Clearing]:
        """By bank, cleared over the oldest."""
        now = morning(entered or on) + timedelta(hours=4)
        payment = receive_payment(self.session, self.cast.finance, now=now, startup_id=startup_id, way="bank",
                                  amount_minor=amount_minor, received_on=on)  # fmt: skip
        return clear_oldest(self.session, self.cast.finance, now=now, payment_id=payment.id)

    def run(self, on: date) -> Dunned:
        """The day's work."""
        return dun(self.session, self.cast.system, now=morning(on), site_id=self.site.id)

    def taken(self, startup_id: int, outcome: str = "done") -> list[tuple[str, int, date]]:
        """Steps by measure, days and the day on which they were taken."""
        rows = self.session.execute(
            select(DunningAction.measure, DunningAction.after_days, DunningAction.acted_on)
            .where(DunningAction.startup_id == startup_id, DunningAction.outcome == outcome)
            .order_by(DunningAction.id)
        ).all()
        return [(measure, after_days, on) for measure, after_days, on in rows]
