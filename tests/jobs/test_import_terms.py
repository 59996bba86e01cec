"""What a workbook says of tariffs and agreements beside prices: proposed, copied, agreed otherwise, refused by column."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.jobs.test_import import AGREEMENT, DESK, PRICE, ROOM, WHOLE, faults, run, workbook

RENT = PRICE | {"charge": "rent", "priced": "desk", "basis": "unit_month", "price": 600}
TERMS = {"proration": "按半个月", "step_percent": 5, "step_months": 12, "deposit_months": "1.5"}
SERVED = PRICE | {"charge": "服务费", "priced": "desk", "basis": "unit_month", "price": 80}
D2 = DESK | {"code": "D2"}


def with_terms(**sheets: Any) -> dict[str, Any]:
    return WHOLE | {"units": [DESK, ROOM, D2], "tariffs": [PRICE | TERMS, RENT, SERVED]} | sheets


def test_a_tariff_proposes_and_agreements_copy_or_agree_otherwise(session: Session, cast: Cast) -> None:
    by_thirtieths = AGREEMENT | {"number": "A2", "unit": "D2", "proration": "thirty_days", "service_fee": 7, "service_basis": "m2_month"}
    run(session, cast, workbook(**with_terms(residencies=[AGREEMENT | {"service_fee": 80}, by_thirtieths])))
    assert session.execute(text("SELECT proration, step_percent, step_months, deposit_months FROM tariffs")).one() == (
        "half_months", 5, 12, pytest.approx(1.5))  # fmt: skip
    assert session.execute(text("SELECT number, proration FROM residencies ORDER BY number")).all() == [
        ("A1", "half_months"), ("A2", "thirty_days")]  # fmt: skip
    found = text("SELECT unit_price, basis FROM residency_prices WHERE charge_kind = 'service_fee' ORDER BY id")
    assert session.execute(found).all() == [(80, "unit_month"), (7, "m2_month")]


@pytest.mark.parametrize(
    ("sheets", "fault"),
    [
        ({"tariffs": [PRICE | {"step_percent": 5}]}, ("tariffs", 2, "step_months", "A step has a percentage and a number of months.")),
        ({"tariffs": [PRICE | TERMS | {"deposit_months": 40}]},
         ("tariffs", 2, "deposit_months", "A deposit is of 0 to 36 months' rent, such as 2 or 1.5.")),
        ({"tariffs": [PRICE | TERMS, RENT | {"step_months": 6}]},
         ("tariffs", 3, "step_months", "The rows of one tariff say the same here, or nothing.")),
        ({"tariffs": [PRICE | {"proration": "weeks"}]},
         ("tariffs", 2, "proration", "“weeks” is not one of: 按当月天数、每天三十分之一、按半个月.")),
        ({"residencies": [AGREEMENT | {"service_fee": "1e400"}]},
         ("residencies", 2, "service_fee", "A price is from 0 to 1,000,000.")),
        ({"residencies": [AGREEMENT, AGREEMENT | {"unit": "D2", "proration": "half_months"}]},
         ("residencies", 3, "proration", "The rows of one agreement say the same here.")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_column(session: Session, cast: Cast, sheets: dict[str, Any], fault: tuple[Any, ...]) -> None:
    assert fault in faults(session, cast, **with_terms(**sheets))
