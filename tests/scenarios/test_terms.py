"""From a tariff to an agreement to an invoice: what is proposed, what is copied, what is billed; numbers by hand.

The tariff of 2026 has offices at 75.00 a m² and month with a property fee of 10.00 a m² and a service fee of 200.00 an
office and month, desks at 600.00; parts of a month count by halves.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge
from incubator.billing.operations.posting import post_month
from incubator.billing.waiting import list_waiting
from incubator.billing.wording import line_formula, line_title
from incubator.core.errors import Refusal
from incubator.core.periods import Month
from incubator.pricing.operations import TariffLine, create_tariff, set_tax_status
from incubator.pricing.rules.proposals import Proposals
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Residency, ResidencyPrice
from incubator.startups.operations import UnitTerms, amend_residency, sign_residency
from incubator.startups.presenting import part_month
from incubator.startups.queries import get_startup, list_terms
from incubator.startups.rules.schedule import FreeTime, Schedule, Steps
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from tests.cast import NOW, Cast

OCTOBER = Month(2026, 10)
Place = tuple[Site, dict[str, Unit]]


def lines(rent: str = "75", service: str = "200") -> list[TariffLine]:
    return [
        TariffLine("rent", "m2_month", Decimal(rent), unit_kind="office"),
        TariffLine("property_fee", "m2_month", Decimal(10), unit_kind="office"),
        TariffLine("service_fee", "unit_month", Decimal(service), unit_kind="office"),
        TariffLine("rent", "unit_month", Decimal(600), unit_kind="desk"),
    ]


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = {
        code: add_unit(session, cast.manager, now=NOW, floor=floor, code=code, kind=kind, purpose="incubation",
                       area_m2=Decimal(area), in_service_from=date(2026, 1, 1))
        for code, kind, area in (("O2", "office", "54.50"), ("D1", "desk", "6"), ("D2", "desk", "6"))
    }  # fmt: skip
    create_tariff(session, cast.manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1), items=lines(),
                  proposals=Proposals("half_months", Decimal(5), 12, Decimal(2)))  # fmt: skip
    return site, units


def office(place: Place) -> UnitTerms:
    return UnitTerms(place[1]["O2"], "m2_month", Decimal(75), Decimal(10), Decimal(200))


def sign(session: Session, cast: Cast, place: Place, terms: UnitTerms, **changes: object) -> Residency:
    values: dict[str, object] = {
        "now": NOW, "startup": get_startup(session, cast.manager, cast.startup_a), "site": place[0], "units": [terms],
        "starts_on": date(2026, 10, 6),
    } | changes  # fmt: skip
    return sign_residency(session, cast.manager, **values)  # type: ignore[arg-type]  # one helper for all


def billed(session: Session, cast: Cast, place: Place, month: Month) -> list[tuple[str, int]]:
    draft = draft_month(session, cast.finance, place[0].id, month)
    charges = [(line.charge.kind, line.charge.gross_minor) for each in draft.invoices for line in each.lines]
    waiting = list_waiting(session, cast.finance, month, month)
    assert sum(each.gross_minor for each in waiting.values()) == sum(gross for _, gross in charges)
    return sorted(charges, key=lambda charge: charge[0] != "rent")


def test_by_halves_an_agreement_from_the_6th_owes_a_month_and_its_free_days_take_their_part(
    session: Session, cast: Cast, place: Place
) -> None:
    """26 of 31 days are a whole month. Rent is free from the 6th to the 15th: 4,087.50 × 16/26 = 2,515.38. The fees:
    545.00 and 200.00. It ends on 5 October 2027, whose five days are half a month: 2,043.75, 272.50, 100.00."""
    free = Schedule((FreeTime(date(2026, 10, 6), date(2026, 10, 15)),))
    residency = sign(session, cast, place, office(place), ends_on=date(2027, 10, 5), schedule=free)
    assert residency.proration == "half_months"
    assert billed(session, cast, place, OCTOBER) == [("rent", 251_538), ("property_fee", 54_500), ("service_fee", 20_000)]
    assert billed(session, cast, place, OCTOBER + 1) == [
        ("rent", 408_750), ("property_fee", 54_500), ("service_fee", 20_000)]  # fmt: skip
    assert billed(session, cast, place, OCTOBER + 12) == [
        ("rent", 204_375), ("property_fee", 27_250), ("service_fee", 10_000)]  # fmt: skip
    shown = part_month(list_terms(session, [residency.id]), OCTOBER)
    assert shown.total_minor == 251_538 + 54_500 + 20_000


@pytest.mark.parametrize(
    ("rule", "first", "gross"),
    [
        # a desk at 600.00: 16 days, 31 days, and 30 of 31
        ("calendar_days", 16, 30_968), ("thirty_days", 16, 32_000), ("half_months", 16, 60_000),
        ("calendar_days", 17, 29_032), ("thirty_days", 17, 30_000), ("half_months", 17, 30_000),
        ("calendar_days", 1, 60_000), ("thirty_days", 1, 60_000), ("half_months", 1, 60_000),
        ("calendar_days", 2, 58_065), ("thirty_days", 2, 60_000), ("half_months", 2, 60_000),
    ],
)  # fmt: skip
def test_another_rule_may_be_agreed(
    session: Session, cast: Cast, place: Place, rule: str, first: int, gross: int
) -> None:
    desk = UnitTerms(place[1]["D1"], "unit_month", Decimal(600))
    sign(session, cast, place, desk, starts_on=date(2026, 10, first), proration=rule)
    assert billed(session, cast, place, OCTOBER) == [("rent", gross)]
    assert billed(session, cast, place, Month(2027, 2)) == [("rent", 60_000)]


@pytest.mark.parametrize("rule", ["calendar_days", "thirty_days", "half_months"])
def test_a_step_and_new_prices_within_a_month_share_it_by_days(
    session: Session, cast: Cast, place: Place, rule: str
) -> None:
    """A desk from 6 October 2026 steps by 5 % in a year: 600.00 × 5/31 + 630.00 × 26/31 = 96.77 + 528.39 in October
    2027. From 21 November 2026 on it costs 660.00, kept by its rule: 600.00 × 20/30 + 660.00 × 10/30 = 400.00 + 220.00."""
    desk = UnitTerms(place[1]["D1"], "unit_month", Decimal(600))
    residency = sign(session, cast, place, desk, ends_on=date(2028, 10, 5), proration=rule,
                     schedule=Schedule(steps=Steps(12, percent=Decimal(5))))  # fmt: skip
    assert billed(session, cast, place, Month(2027, 10)) == [("rent", 9_677), ("rent", 52_839)]
    amend_residency(session, cast.manager, now=NOW, residency=residency, effective_on=date(2026, 11, 21),
                    ends_on=date(2028, 10, 5), units=[UnitTerms(place[1]["D1"], "unit_month", Decimal(660))])  # fmt: skip
    assert residency.proration == rule
    assert billed(session, cast, place, Month(2026, 11)) == [("rent", 40_000), ("rent", 22_000)]


def test_a_later_tariff_touches_nothing_that_was_agreed(session: Session, cast: Cast, place: Place) -> None:
    """From 2027 on everything costs twice as much and counts by the day; what was signed in 2026 stays, to the fen."""
    residency = sign(session, cast, place, office(place), ends_on=date(2027, 3, 10))
    create_tariff(session, cast.manager, now=NOW, site=place[0], name="2027", valid_from=date(2026, 11, 1),
                  items=lines("150", "400"), proposals=Proposals("calendar_days", Decimal(10), 6, Decimal(3)))  # fmt: skip
    assert residency.proration == "half_months" and residency.deposit_minor is None
    assert billed(session, cast, place, Month(2027, 2)) == [
        ("rent", 408_750), ("property_fee", 54_500), ("service_fee", 20_000)]  # fmt: skip
    assert billed(session, cast, place, Month(2027, 3)) == [
        ("rent", 204_375), ("property_fee", 27_250), ("service_fee", 10_000)]  # fmt: skip
    later = sign(session, cast, place, UnitTerms(place[1]["D2"], "unit_month", Decimal(600)), starts_on=date(2026, 11, 2))
    assert later.proration == "calendar_days"


def test_a_rule_that_there_is_not_is_refused(session: Session, cast: Cast, place: Place) -> None:
    with pytest.raises(Refusal) as caught:
        sign(session, cast, place, office(place), proration="weeks")
    assert caught.value.field == "proration"


def test_the_service_fee_is_subsidised_by_its_own_name_and_explained(
    session: Session, cast: Cast, place: Place, app: Flask
) -> None:
    """A scheme that covers service fees only pays half of the 100.00 that ten days come to by halves."""
    scheme = create_scheme(session, cast.finance, now=NOW, code="S", name="服务费补贴", name_en="Service fee scheme")
    add_scheme_version(session, cast.finance, now=NOW, scheme=scheme, valid_from=date(2026, 1, 1), source="试行",
                       rule={"covers": ["service_fee"], "rate": "0.50"})  # fmt: skip
    sign(session, cast, place, office(place), starts_on=date(2026, 10, 22))
    (invoice,) = post_month(session, cast.finance, now=datetime(2026, 11, 1, 1, tzinfo=UTC), site_id=place[0].id, month=OCTOBER)
    assert (invoice.gross_minor, invoice.subsidy_minor) == (204_375 + 27_250 + 10_000, 5_000)
    charge = session.execute(select(Charge).where(Charge.kind == "service_fee")).scalar_one()
    assert (charge.derivation["proration"], charge.derivation["charged_days"]) == ("half_months", 10)
    for locale, title, said in (
        ("zh_Hans", "服务费 · O2", "200.00 元/月 × 1/2 = ¥100.00（按协议约定，当月 31 天中的 10 天按半个月计）"),
        ("en", "Service fee · O2",
         "200.00 a month × 1/2 = CN¥100.00 (10 of 31 days count as half a month by the agreement's rule)"),
    ):  # fmt: skip
        with app.test_request_context(), force_locale(locale):
            assert line_title(charge.kind, {"unit": "O2"}, locale) == title
            assert line_formula(charge.kind, charge.basis, charge.unit_price, charge.gross_minor, "CNY",
                                charge.derivation, locale) == said  # fmt: skip


def test_vat_is_put_on_top_of_what_the_rule_makes(session: Session, cast: Cast, place: Place, app: Flask) -> None:
    """A service fee of 200.00 without VAT for ten days by halves: 100.00, and 6 % of it: 106.00."""
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    sign(session, cast, place, office(place), starts_on=date(2026, 10, 22), tax_included=False)
    post_month(session, cast.finance, now=datetime(2026, 11, 1, 1, tzinfo=UTC), site_id=place[0].id, month=OCTOBER)
    charge = session.execute(select(Charge).where(Charge.kind == "service_fee")).scalar_one()
    assert (charge.gross_minor, charge.tax_minor, charge.tax_rate) == (10_600, 600, Decimal("0.06"))
    with app.test_request_context(), force_locale("zh_Hans"):
        assert line_formula(charge.kind, charge.basis, charge.unit_price, charge.gross_minor, "CNY", charge.derivation,
                            "zh_Hans") == (
            "200.00 元/月 × 1/2 = ¥100.00（按协议约定，当月 31 天中的 10 天按半个月计），另加增值税（6%）¥6.00，合计 ¥106.00")  # fmt: skip


def test_a_unit_has_one_price_of_each_kind_on_a_day(session: Session, cast: Cast, place: Place) -> None:
    """Rent, property fee and service fee stand beside each other; a second service fee is refused by the database."""
    sign(session, cast, place, office(place))
    kinds = session.execute(select(ResidencyPrice.charge_kind).order_by(ResidencyPrice.id)).scalars().all()
    assert kinds == ["rent", "property_fee", "service_fee"]
