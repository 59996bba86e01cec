"""VAT: which rate holds on a day, what of an amount it is, and prices without it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.bookings.operations import book
from incubator.core.errors import Forbidden, Refusal
from incubator.pricing.models import TaxRate
from incubator.pricing.operations import TariffLine, create_tariff, set_tax_rate, set_tax_status
from incubator.pricing.queries.taxes import load_taxes
from incubator.pricing.rules.metered import MeteredPrice
from incubator.pricing.rules.metered import with_tax as metered_with_tax
from incubator.pricing.rules.proposals import Proposals
from incubator.pricing.rules.taxes import USUAL, Rate, Taxes, tax_on_top, tax_within
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.scenarios.october import October, at

RATES = st.sampled_from([Decimal(each) for each in ("0", "0.01", "0.03", "0.05", "0.06", "0.09", "0.13", "0.16", "0.17")])


def rate(kind: str, first: date, percent: str, status: str = "general") -> Rate:
    return Rate(status, kind, first, Decimal(percent) / 100, "by law")


POWER = Taxes(((date(2016, 5, 1), "general"),), (
    rate("utilities", date(2016, 5, 1), "17"), rate("utilities", date(2018, 5, 1), "16"),
    rate("utilities", date(2019, 4, 1), "13"), rate("rent", date(2016, 5, 1), "11"),
))  # fmt: skip
"""The general rates as they were: 17 % until April 2018, 16 % until March 2019, 13 % since."""


@pytest.mark.parametrize(("on", "percent"), [
    (date(2016, 4, 30), None), (date(2016, 5, 1), "17"), (date(2018, 4, 30), "17"), (date(2018, 5, 1), "16"),
    (date(2019, 3, 31), "16"), (date(2019, 4, 1), "13"), (date(2026, 1, 1), "13")])  # fmt: skip
def test_the_rate_of_a_day(on: date, percent: str | None) -> None:
    found = POWER.rate_on("utilities", on)
    assert (found.rate if found else None) == (Decimal(percent) / 100 if percent else None)


def test_of_one_day_the_last_entered_holds_and_the_status_of_the_day_decides() -> None:
    first, later = date(2026, 1, 1), date(2027, 1, 1)
    taxes = Taxes(((first, "small"), (later, "general"), (first, "general"), (first, "small")),
                  (rate("rent", first, "5", "small"), rate("rent", first, "9"), rate("rent", first, "3", "small")))  # fmt: skip
    assert (taxes.status_on(first), taxes.status_on(later), taxes.status_on(date(2025, 12, 31))) == ("small", "general", None)
    assert [taxes.rate_on("rent", on).rate for on in (first, later)] == [Decimal("0.03"), Decimal("0.09")]  # type: ignore[union-attr]
    assert taxes.rate_on("booking", first) is None


def test_what_of_an_amount_is_vat() -> None:
    # 100.00 × 6/106 = 5.6603…; 2,400.00 × 9/109 = 198.1651…; what is taken back as what was given
    assert (tax_within(10_000, Decimal("0.06")), tax_within(240_000, Decimal("0.09"))) == (566, 19_817)
    assert (tax_within(-10_000, Decimal("0.06")), tax_within(10_000, Decimal(0))) == (-566, 0)
    assert (tax_on_top(210_968, Decimal("0.09")), tax_on_top(1, Decimal("0.5"))) == (18_987, 1)


@given(st.integers(0, 10**12), RATES)
def test_put_on_top_and_taken_out_again_it_is_the_same_within_a_fen(amount: int, percent: Decimal) -> None:
    on_top = tax_on_top(amount, percent)
    within = tax_within(amount + on_top, percent)
    assert abs(on_top - within) <= 1 and 0 <= within <= amount + on_top


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2020, 3, 1)), RATES), max_size=6), st.dates(date(2020, 1, 1), date(2020, 2, 1)),
       st.none() | st.integers(0, 60))  # fmt: skip
def test_stretches_of_one_rate_are_the_days_each_asked_alone(
    entered: list[tuple[date, Decimal]], first: date, days: int | None
) -> None:
    """A model of one day at a time beside the stretches."""
    taxes = Taxes(((date(2020, 1, 1), "general"),), tuple(Rate("general", "rent", on, share, "x") for on, share in entered))
    last = None if days is None else date.fromordinal(first.toordinal() + days)
    spans = taxes.spans("rent", first, last)
    assert spans[0][0] == first and spans[-1][1] == last
    assert all(after[0] == date.fromordinal(before[1].toordinal() + 1) and after[2] != before[2]  # type: ignore[union-attr]
               for before, after in pairwise(spans))  # fmt: skip
    for ordinal in range(first.toordinal(), (last or date(2020, 4, 1)).toordinal() + 1):
        on = date.fromordinal(ordinal)
        (share,) = [share for since, until, share in spans if since <= on and (until is None or on <= until)]
        found = taxes.rate_on("rent", on)
        assert share == (found.rate if found else 0)


def test_a_metered_price_without_vat_changes_where_the_rate_does() -> None:
    price = MeteredPrice(1, "electricity", Decimal("0.68"), date(2018, 1, 1), None, ((Decimal(200), Decimal("0.95")),))
    found = metered_with_tax(price, POWER)
    assert [(each.first, each.last, each.unit_price, each.tiers[0][1]) for each in found] == [
        (date(2018, 1, 1), date(2018, 4, 30), Decimal("0.7956"), Decimal("1.1115")),
        (date(2018, 5, 1), date(2019, 3, 31), Decimal("0.7888"), Decimal("1.1020")),
        (date(2019, 4, 1), None, Decimal("0.7684"), Decimal("1.0735")),
    ]


def test_only_who_sets_prices_enters_taxes_and_nothing_odd(session: Session, cast: Cast) -> None:
    for actor in (cast.front_desk, cast.auditor, cast.founder_a):
        with pytest.raises(Forbidden):
            set_tax_status(session, actor, now=NOW, status="general", valid_from=date(2026, 1, 1))
        with pytest.raises(Forbidden):
            set_tax_rate(session, actor, now=NOW, status="general", charge_kind="rent", valid_from=date(2026, 1, 1),
                         rate=Decimal("0.09"), source="x")  # fmt: skip
    for odd in ({"status": "large"}, {"charge_kind": "fees"}, {"rate": Decimal("-0.01")}, {"rate": Decimal(1)}, {"rate": Decimal("NaN")},
                {"rate": Decimal("0.00001")}, {"source": " "}, {"valid_from": date(1, 1, 1)}):  # fmt: skip
        values = {"status": "general", "charge_kind": "rent", "valid_from": date(2026, 1, 1), "rate": Decimal("0.09"), "source": "x"} | odd
        with pytest.raises(Refusal):
            set_tax_rate(session, cast.finance, now=NOW, **values)  # type: ignore[arg-type]
    assert session.execute(select(TaxRate)).all() == []


def test_the_usual_rates_are_entered_with_the_status_and_the_trail_keeps_both(session: Session, cast: Cast) -> None:
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    set_tax_rate(session, cast.finance, now=NOW, status="general", charge_kind="rent", valid_from=date(2026, 6, 1), rate=Decimal(0),
                 source="财税〔2018〕120号")  # fmt: skip
    taxes = load_taxes(session)
    assert {kind: taxes.rate_on(kind, date(2026, 5, 31)).rate for kind in USUAL["general"]} == {  # type: ignore[union-attr]
        "rent": Decimal("0.09"), "property_fee": Decimal("0.06"), "service_fee": Decimal("0.06"), "booking": Decimal("0.09"), "utilities": Decimal("0.13")}  # fmt: skip
    exempt = taxes.rate_on("rent", date(2026, 6, 1))
    assert exempt and (exempt.rate, exempt.source) == (0, "财税〔2018〕120号")
    assert session.execute(select(AuditEvent.action).order_by(AuditEvent.number.desc()).limit(2)).scalars().all() == ["set_tax_rate", "set_tax_status"]


def test_a_booking_by_a_tariff_without_vat_is_quoted_with_it(session: Session, cast: Cast, october: October) -> None:
    set_tax_status(session, cast.finance, now=NOW, status="general", valid_from=date(2026, 1, 1), usual=True)
    create_tariff(session, cast.finance, now=NOW, site=october.site, name="不含税", valid_from=date(2026, 10, 22), proposals=Proposals(tax_included=False),
                  items=[TariffLine("booking", "hour", Decimal("50.00"), resource_kind="meeting_room")])  # fmt: skip
    made = book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=october.a.id, start=at(22, 10), end=at(22, 11, 30),
                title="评审")  # fmt: skip
    assert (made.price_minor, made.quote["unit_price"]) == (8_175, "54.5")  # 75.00 and 9 % of it
    before = book(session, cast.founder_a, now=NOW, resource_id=october.room.id, startup_id=october.a.id, start=at(19, 10), end=at(19, 11, 30),
                  title="评审")  # fmt: skip
    assert before.price_minor == 7_500


def test_the_page_shows_what_holds_and_asks_for_what_is_missing(client: Browser, cast: Cast) -> None:
    page = client.sign_in(cast.finance).get("/tariffs/taxes")
    assert page.status_code == 200 and "账单尚未注明增值税" in page.text
    assert client.post("/tariffs/taxes/status", data={"status": "general", "valid_from": "", "usual": "y"}).status_code == 422
    done = client.post("/tariffs/taxes/status", data={"status": "general", "valid_from": "2026-01-01", "usual": "y"})
    assert done.status_code == 303
    page = client.get("/tariffs/taxes").text
    assert "一般纳税人" in page and page.count("13%") >= 2 and "增值税法" in page
    for percent, status in (("100", 422), ("-1", 422), ("abc", 422), ("6.123", 422), ("0", 303)):
        form = {"charge_kind": "rent", "status": "general", "percent": percent, "valid_from": "2026-01-01", "source": "财税〔2018〕120号"}
        answer = client.post("/tariffs/taxes/rate", data=form)
        assert answer.status_code == status, percent
        assert status == 303 or f'value="{percent}"' in answer.text, "nothing typed is lost"
    assert "免税" in client.get("/tariffs/taxes").text
    auditor = client.sign_in(cast.auditor).get("/tariffs/taxes").text
    assert "免税" in auditor and "/tariffs/taxes/rate" not in auditor


def test_a_new_tariff_and_an_agreement_say_whether_vat_is_in(client: Browser, cast: Cast, october: October, session: Session) -> None:
    browser = client.sign_in(cast.finance)
    form = browser.get(f"/tariffs/new?site={october.site.id}").text
    assert 'name="tax"' in form
    create_tariff(session, cast.finance, now=datetime(2026, 10, 2, tzinfo=UTC), site=october.site, name="不含税", valid_from=date(2027, 1, 1),
                  proposals=Proposals(tax_included=False), items=[TariffLine("rent", "m2_month", Decimal("70.00"), unit_kind="office")])  # fmt: skip
    session.commit()
    assert '<option selected value="without">' in browser.get(f"/tariffs/new?site={october.site.id}").text
    browser = client.sign_in(cast.manager)
    address = f"/startups/{october.a.id}/residencies/new?site={october.site.id}"
    assert '<option selected value="with">' in browser.get(f"{address}&starts_on=2026-12-31").text
    assert '<option selected value="without">' in browser.get(f"{address}&starts_on=2027-01-01").text
