"""Vouchers of the house and of startup A, for `belongings.py` and `test_access.py`."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

from sqlalchemy.orm import Session

from incubator.subsidies.operations import voucher_settlements
from incubator.subsidies.operations.voucher_issuing import apply_for_voucher
from tests.cast import Cast
from tests.scenarios.october import AFTER_OCTOBER
from tests.subsidies.vouchers.issuing import PDF, at, make_provider, make_series, make_voucher, order, take

MARKS = {"order": "甲的样机检测", "evidence of order": "甲的检测发票", "purpose": "甲想做认证"}
"""What only A's own rows say."""

STAFF = {"owner", "manager", "front_desk", "finance", "auditor"}
MONEY, BILL, TAKE = STAFF - {"front_desk"}, {"owner", "finance"}, STAFF - {"auditor"}

PAGES: dict[str, tuple[set[str], set[str]]] = {
    "/vouchers": (STAFF, set()),
    "/vouchers/{voucher_a}": (STAFF | {"founder_a"}, {"founder_b"}),
    "/my/vouchers": ({"founder_a", "founder_b"}, set()),
    "/vouchers/series": (MONEY, set()),
    "/vouchers/series/new": (BILL, set()),
    "/vouchers/series/{voucher_series}": (MONEY, set()),
    "/vouchers/series/{voucher_series}/budget": (BILL, set()),
    "/my/vouchers/series/{voucher_series}/apply": ({"founder_a", "founder_b"}, set()),
    "/vouchers/series/{rule_series}/issue": (BILL, set()),
    "/vouchers/applications": (MONEY, set()),
    "/vouchers/applications/{voucher_application_a}": (MONEY, set()),
    "/vouchers/providers": (MONEY, set()),
    "/vouchers/providers/new": (BILL, set()),
    "/vouchers/providers/{provider}": (BILL, set()),
    "/vouchers/{voucher_a}/orders/new": (BILL | {"founder_a"}, {"founder_b"}),
    "/vouchers/orders/{order_a}": (STAFF | {"founder_a"}, {"founder_b"}),
    "/vouchers/orders/{order_a}/redeem": (TAKE, set()),
    "/vouchers/orders/{order_a}/release": (BILL | {"founder_a"}, {"founder_b"}),
    "/vouchers/orders/{order_a}/return": (BILL, set()),
    "/vouchers/settlements": (MONEY, set()),
    "/vouchers/settlements/new": (BILL, set()),
    "/vouchers/settlements/{settlement}": (MONEY, set()),
    "/vouchers/settlements/{settlement}/pay": (BILL, set()),
    "/vouchers/settlements/{settlement}/undo-payment": (BILL, set()),
    "/vouchers/settlements.xlsx": (MONEY, set()),
    "/vouchers/series/{voucher_series}/redeemed.xlsx": (MONEY, set()),
}
"""Address: who opens it, who must not know of it; all others are told that they may not."""

UNKNOWN = (
    "/vouchers/{none}", "/vouchers/{none}/orders/new", "/vouchers/series/{none}", "/vouchers/series/{none}/issue",
    "/vouchers/series/{voucher_series}/issue", "/vouchers/applications/{none}", "/vouchers/orders/{none}",
    "/vouchers/providers/{none}", "/vouchers/settlements/{none}", "/vouchers/settlements/{none}/pay", "/vouchers/settlements/{none}/undo-payment",
    "/vouchers/series/{none}/redeemed.xlsx", "/vouchers/codes/1-" + "x" * 32,
)  # fmt: skip
STATEMENTS = [
    ("/vouchers", 11), ("/vouchers/{voucher_a}", 11), ("/vouchers/series", 6), ("/vouchers/series/{voucher_series}", 8),
    ("/vouchers/orders/{order_a}", 9), ("/vouchers/settlements/new", 8), ("/vouchers/settlements", 8),
    ("/vouchers/settlements/{settlement}", 8),
]  # fmt: skip


def give_vouchers(session: Session, cast: Cast) -> tuple[dict[str, int], dict[str, int]]:
    """A series, a provider, a settlement with it, which are the operator's; and A's voucher, an order that is redeemed
    in part, an application that waits. Both startups are in residence in October."""
    series = make_series(session, cast, most_each=2)
    rule = make_series(session, cast, code="R", issued_by="rule")
    provider = make_provider(session, cast)
    made = {}
    for startup_id, mark in ((cast.startup_b, "乙"), (cast.startup_a, "甲")):
        voucher = make_voucher(session, cast, series, startup_id=startup_id, now=at(10, 20))
        placed = order(session, cast, voucher, provider, 800_000, title=f"{mark}的样机检测", now=at(10, 21))
        entry = take(session, cast, placed.id, 400_000, title=f"{mark}的检测发票", now=at(10, 22))
        made = {"voucher_id": voucher.id, "order_id": placed.id, "paper_id": entry.document_id or 0}
        if mark == "乙":
            with patch.object(voucher_settlements, "render", return_value=PDF):  # half a second for each test of a walk
                settlement = voucher_settlements.make_settlement(
                    session, cast.finance, now=AFTER_OCTOBER, provider_id=provider.id, first=date(2026, 10, 1),
                    last=date(2026, 10, 31), expected_minor=240_000,
                )  # fmt: skip
    application = apply_for_voucher(session, cast.founder_a, now=AFTER_OCTOBER, series_id=series.id, startup_id=cast.startup_a,
                                    purpose=MARKS["purpose"])  # fmt: skip
    of_the_house = {"voucher_series": series.id, "rule_series": rule.id, "provider_id": provider.id, "settlement_id": settlement.id}
    return of_the_house, made | {"voucher_application": application.id}
