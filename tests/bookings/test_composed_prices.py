"""A room that costs by hour, half day and day, at least something, and more for outsiders: quoted, kept, explained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.wording import line_formula
from incubator.bookings.find_queries import search
from incubator.bookings.finding import Demand
from incubator.bookings.models import Booking
from incubator.bookings.operations import book
from incubator.bookings.operations.book_many import BookingRequest, book_many
from incubator.bookings.wording import price_formula
from incubator.core.errors import Refusal
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.pricing.rules.compositions import Windows
from incubator.startups.operations import end_residency
from incubator.startups.queries import list_startups_residencies
from tests.cast import NOW, Cast
from tests.scenarios.october import OCTOBER, October, at

D = Decimal


@pytest.fixture
def priced(session: Session, cast: Cast, october: October) -> October:
    """From 11 October on: 50.00 an hour, 160.00 half a day, 280.00 a day, at least 100.00, by half hours; outsiders
    90.00 an hour."""
    terms = {"resource": october.room, "minimum": D(100), "round_minutes": 30}
    create_tariff(session, cast.finance, now=NOW, site=october.site, name="会议室", valid_from=date(2026, 10, 11), items=[
        *(TariffLine("booking", basis, D(price), **terms)  # type: ignore[arg-type]
          for basis, price in (("hour", 50), ("half_day", 160), ("day", 280))),
        TariffLine("booking", "hour", D(90), resource=october.room, outside=True),
    ], windows=Windows(240))  # fmt: skip
    return october


@pytest.mark.parametrize("hours, minutes, price, said", [
    (1, 0, 10_000, "60 分钟 × 每小时 50.00；最低收费 ¥100.00"),
    (2, 15, 12_500, "150 分钟 × 每小时 50.00 = ¥125.00"),  # 135 minutes count as 150
    (5, 0, 21_000, "60 分钟 × 每小时 50.00 + 半天 160.00 = ¥210.00"),
    (8, 0, 28_000, "天 280.00 = ¥280.00"),
])  # fmt: skip
def test_the_cheapest_composition_is_quoted_kept_and_explained(
    session: Session, cast: Cast, priced: October, app: Flask, hours: int, minutes: int, price: int, said: str
) -> None:
    booked = book(session, cast.founder_a, now=NOW, resource_id=priced.room.id, startup_id=priced.a.id, start=at(12, 9),
                  end=at(12, 9 + hours, minutes), title="评审")  # fmt: skip
    assert booked.price_minor == price and booked.quote["parts"]
    with app.app_context(), force_locale("zh_Hans"):
        assert price_formula(booked, "zh_Hans") == said
        (line,) = [line.charge for each in draft_month(session, cast.finance, priced.site.id, OCTOBER).invoices
                   for line in each.lines if line.charge.source == ("booking", booked.id, priced.a.id)]  # fmt: skip
        assert line.gross_minor == price
        assert line_formula("booking", line.basis, line.unit_price, price, "CNY", line.derivation, "zh_Hans") == said


def test_what_was_booked_before_keeps_its_price(session: Session, cast: Cast, priced: October) -> None:
    session.refresh(priced.bookings["B"])
    assert priced.bookings["B"].price_minor == 10_000 and "parts" not in priced.bookings["B"].quote  # 120 minutes at 50.00


def test_who_has_no_agreement_that_runs_pays_the_price_of_outsiders(session: Session, cast: Cast, priced: October) -> None:
    """A's agreement ends on the 14th: on the 14th 100.00 for an hour, on the 15th 90.00."""
    residency, _site = list_startups_residencies(session, [priced.a.id])[0]
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 10, 14), reason="搬走")
    prices = [
        book(session, cast.founder_a, now=NOW, resource_id=priced.room.id, startup_id=priced.a.id, start=at(day, 9),
             end=at(day, 11), title="评审").price_minor
        for day in (14, 15)
    ]  # fmt: skip
    assert prices == [10_000, 18_000]


def test_an_outsider_finds_and_is_entered_at_the_price_of_outsiders(session: Session, cast: Cast, priced: October) -> None:
    """The same by the search, 2 hours on the 14th and on the 15th, and by the import; the operator's own use costs nothing."""
    residency, _site = list_startups_residencies(session, [priced.a.id])[0]
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 10, 14), reason="搬走")
    for day, minor in ((14, 10_000), (15, 18_000)):
        demand = Demand(first=at(day, 9).date(), last=at(day, 9).date(), minutes=120)
        (found,) = search(session, cast.founder_a, [priced.site], demand, startup_id=priced.a.id, own_site_id=None, now=NOW).page.rows
        assert found.slots[0].quote.gross_minor == minor
    requests = [BookingRequest(priced.room.id, at(day, 9), at(day, 11), startup_id, "评审")
                for day, startup_id in ((14, priced.a.id), (15, priced.a.id), (16, priced.b.id), (19, None))]  # fmt: skip
    made = [session.get_one(Booking, (cast.operator_id, each)) for each in book_many(session, cast.manager, now=NOW, requests=requests)]
    assert [each.price_minor for each in made] == [10_000, 18_000, 10_000, 0]


def test_a_time_that_no_price_covers_is_refused(session: Session, cast: Cast, october: October) -> None:
    create_tariff(session, cast.finance, now=NOW, site=october.site, name="夜间", valid_from=date(2026, 10, 11),
                  items=[TariffLine("booking", "night", D(100), resource=october.room)])  # fmt: skip
    with pytest.raises(Refusal, match="no price for this time"):
        book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=october.a.id, start=at(12, 9),
             end=at(12, 10), title="评审")  # fmt: skip


@pytest.mark.parametrize("line, windows", [
    (TariffLine("rent", "m2_month", D(1), unit_kind="office", minimum=D(1)), Windows()),
    (TariffLine("booking", "hour", D(1), resource_kind="hall", round_minutes=0), Windows()),
    (TariffLine("booking", "metered", D(1), resource_kind="hall"), Windows()),
    (TariffLine("booking", "hour", D(1), resource_kind="hall"), Windows(30)),
    (TariffLine("booking", "hour", D(1), resource_kind="hall"), Windows(240, 600, 480)),
])  # fmt: skip
def test_what_can_not_be_meant_is_refused(session: Session, cast: Cast, october: October, line: TariffLine, windows: Windows) -> None:
    with pytest.raises(Refusal):
        create_tariff(session, cast.finance, now=NOW, site=october.site, name="错", valid_from=date(2027, 1, 1), items=[line],
                      windows=windows)  # fmt: skip
