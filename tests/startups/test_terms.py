"""What a tariff proposes to whoever signs: the rule for parts of months, steps, a service fee, a deposit."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.pricing.rules.proposals import Proposals
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Residency, ResidencyPrice
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.queries import get_startup
from incubator.startups.rules.deposits import deposit_of
from tests.cast import NOW, Cast
from tests.conftest import Browser

Place = tuple[Site, dict[str, Unit]]


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    """An office by the m² with a service fee of 200.00, a desk at 600.00; parts by halves, 5 % a year, two months."""
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = {
        code: add_unit(session, cast.manager, now=NOW, floor=floor, code=code, kind=kind, purpose="incubation",
                       area_m2=Decimal(area), in_service_from=date(2026, 1, 1))
        for code, kind, area in (("O2", "office", "54.50"), ("D1", "desk", "6"))
    }  # fmt: skip
    create_tariff(
        session, cast.manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1), items=[
            TariffLine("rent", "m2_month", Decimal(75), unit_kind="office"),
            TariffLine("service_fee", "m2_month", Decimal(4), unit_kind="office"),
            TariffLine("rent", "unit_month", Decimal(600), unit_kind="desk"),
        ], proposals=Proposals("half_months", Decimal(5), 12, Decimal("1.5")),
    )  # fmt: skip
    return site, units


def page_of(browser: Browser, cast: Cast, place: Place, more: str = "") -> str:
    address = f"/startups/{cast.startup_a}/residencies/new?site={place[0].id}&starts_on=2026-10-06&ends_on=2028-10-05{more}"
    return browser.get(address).text


def value_of(page: str, name: str) -> str | None:
    """What a field of the form holds."""
    chosen = re.search(rf'<select[^>]* name="{name}"[^>]*>(.*?)</select>', page, re.DOTALL)
    if chosen:
        option = re.search(r'<option selected value="([^"]*)"', chosen[1])
        return option[1] if option else None
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    assert field, name
    value = re.search(r' value="([^"]*)"', field[0])
    return value[1] if value else ""


def typed(place: Place, **changes: str) -> dict[str, str]:
    office, desk = place[1]["O2"].id, place[1]["D1"].id
    return {
        "starts_on": "2026-10-06", "ends_on": "2028-10-05", "proration": "half_months", "deposit_months": "1.5",
        f"unit_{office}-taken": "y", f"unit_{office}-rent": "75", f"unit_{office}-basis": "m2_month",
        f"unit_{office}-service": "4", f"unit_{office}-service_basis": "m2_month",
        f"unit_{desk}-taken": "y", f"unit_{desk}-rent": "600", f"unit_{desk}-basis": "unit_month",
        "steps-0-by": "percent", "steps-0-much": "5", "steps-0-months": "12",
    } | changes  # fmt: skip


def signed(browser: Browser, cast: Cast, session: Session, place: Place, **changes: str) -> Residency:
    answer = browser.post(f"/startups/{cast.startup_a}/residencies/new?site={place[0].id}", data=typed(place, **changes))
    assert answer.status_code == 303, answer.text
    return session.execute(select(Residency).order_by(Residency.id.desc()).limit(1)).scalar_one()


def test_the_form_proposes_what_the_tariff_of_the_first_day_does(client: Browser, cast: Cast, place: Place) -> None:
    page = page_of(client.sign_in(cast.manager), cast, place)
    office, desk = place[1]["O2"].id, place[1]["D1"].id
    assert [value_of(page, name) for name in ("proration", "deposit_months", "deposit", "steps-0-by", "steps-0-much", "steps-0-months",
                                              f"unit_{office}-service", f"unit_{office}-service_basis", f"unit_{desk}-service")] == [
        "half_months", "1.5", "", "percent", "5", "12", "4.00", "m2_month", ""]  # fmt: skip


def test_what_is_signed_is_kept_with_the_deposit_in_yuan(
    client: Browser, cast: Cast, session: Session, place: Place
) -> None:
    """1.5 × (4,087.50 + 600.00) = 7,031.25. The service fee of the office is 4.00 × 54.50 m² a month."""
    browser = client.sign_in(cast.manager)
    preview = browser.post(f"/startups/{cast.startup_a}/residencies/preview?site={place[0].id}", data=typed(place)).text
    assert "7,031.25" in preview and "按整月计" in preview
    residency = signed(browser, cast, session, place)
    assert (residency.proration, residency.deposit_minor) == ("half_months", 703_125)
    prices = session.execute(select(ResidencyPrice).where(ResidencyPrice.charge_kind == "service_fee")).scalars().all()
    assert [(each.unit_id, each.basis, each.unit_price) for each in prices] == [
        (place[1]["O2"].id, "m2_month", Decimal(4))]  # fmt: skip
    steps = session.execute(select(ResidencyPrice.unit_price).where(ResidencyPrice.reason == "step")
                            .order_by(ResidencyPrice.unit_price)).scalars().all()  # fmt: skip
    assert steps == [Decimal("78.75"), Decimal(630)]
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (event.after["proration"], event.after["units"][0]) == (
        "half_months", ["O2", "m2_month", "75", None, "m2_month", "4"])  # fmt: skip
    shown = browser.get(f"/residencies/{residency.id}").text
    assert "15 天及以内按半个月，超过按整月" in shown and "服务费" in shown and "218.00" in shown
    assert "15 天及以内按半个月，超过按整月" in client.sign_in(cast.owner).get(f"/audit/{event.number}").text


@pytest.mark.parametrize(
    ("changes", "deposit"),
    [({"deposit": "5000"}, 500_000), ({"deposit_months": ""}, None), ({"deposit_months": "0"}, 0)],
)
def test_a_person_may_agree_otherwise(
    client: Browser, cast: Cast, session: Session, place: Place, changes: dict[str, str], deposit: int | None
) -> None:
    residency = signed(client.sign_in(cast.manager), cast, session, place,
                       **{"proration": "thirty_days", "steps-0-by": "", "steps-0-much": ""} | changes)  # fmt: skip
    assert (residency.proration, residency.deposit_minor) == ("thirty_days", deposit)
    assert session.execute(select(ResidencyPrice).where(ResidencyPrice.reason == "step")).first() is None


@pytest.mark.parametrize(
    ("name", "value"), [("proration", "weeks"), ("deposit_months", "-1"), ("deposit_months", "37"), ("deposit_months", "NaN"),
                        ("deposit_months", "two")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    client: Browser, cast: Cast, session: Session, place: Place, name: str, value: str
) -> None:
    browser = client.sign_in(cast.manager)
    address = f"/startups/{cast.startup_a}/residencies"
    answer = browser.post(f"{address}/new?site={place[0].id}", data=typed(place, **{name: value}))
    assert answer.status_code == 422 and f'id="{name}-error"' in answer.text
    assert browser.post(f"{address}/preview?site={place[0].id}", data=typed(place, **{name: value})).status_code == 200
    assert session.execute(select(Residency)).first() is None


def test_an_agreement_that_goes_on_from_another_keeps_its_rule_and_its_deposit(
    client: Browser, cast: Cast, session: Session, place: Place
) -> None:
    follows = sign_residency(
        session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=place[0],
        starts_on=date(2026, 8, 1), ends_on=date(2026, 10, 5), proration="thirty_days", deposit_minor=120_000,
        units=[UnitTerms(place[1]["D1"], "unit_month", Decimal(580), service_fee=Decimal(50))],
    )  # fmt: skip
    page = page_of(client.sign_in(cast.manager), cast, place, f"&follows={follows.id}")
    desk = place[1]["D1"].id
    assert [value_of(page, name) for name in ("proration", "deposit", "deposit_months", f"unit_{desk}-rent", f"unit_{desk}-service",
                                              f"unit_{desk}-service_basis")] == [
        "thirty_days", "1200.00", "", "580.00", "50.00", "unit_month"]  # fmt: skip


def test_an_amendment_is_shown_by_the_rule_of_its_agreement(
    client: Browser, cast: Cast, session: Session, place: Place
) -> None:
    """600.00 from 16 October, 660.00 from the 26th, each day a thirtieth: 10/30 and 6/30 are 200.00 and 132.00."""
    residency = sign_residency(
        session, cast.manager, now=NOW, startup=get_startup(session, cast.manager, cast.startup_a), site=place[0],
        starts_on=date(2026, 10, 16), proration="thirty_days", units=[UnitTerms(place[1]["D1"], "unit_month", Decimal(600))],
    )  # fmt: skip
    row = f"unit_{place[1]['D1'].id}"
    typed = {"effective_on": "2026-10-26", "prices": "anew", f"{row}-taken": "y", f"{row}-rent": "660",
             f"{row}-basis": "unit_month"}  # fmt: skip
    address = f"/residencies/{residency.id}/amend/preview?kind=prices"
    shown = client.sign_in(cast.manager).post(address, data=typed).text
    assert "× 10/30 = 200.00" in shown and "× 6/30 = 132.00" in shown and "332.00" in shown


@pytest.mark.parametrize(
    ("months", "rents", "deposit"),
    [("2", [408_750], 817_500), ("1.5", [408_750, 60_000], 703_125), ("0.5", [33_333], 16_667), ("0", [408_750], 0), ("3", [], 0)],
)
def test_a_deposit_is_rounded_once(months: str, rents: list[int], deposit: int) -> None:
    assert deposit_of(Decimal(months), rents) == deposit


@pytest.mark.parametrize("months", ["1" + "0" * 40, "NaN", "Infinity", "-1", "x"])
def test_a_deposit_that_nobody_means_is_refused_and_not_reckoned_with(client: Browser, cast: Cast, place: Place, months: str) -> None:
    browser = client.sign_in(cast.manager)
    site, units = place
    unit = units["D1"].id
    typed = {"starts_on": "2027-01-01", f"unit_{unit}-taken": "y", f"unit_{unit}-rent": "600", f"unit_{unit}-basis": "unit_month",
             "deposit_months": months}  # fmt: skip
    address = f"/startups/{cast.startup_a}/residencies"
    answer = browser.post(f"{address}/new?site={site.id}", data=typed)
    assert answer.status_code == 422 and f'value="{months}"' in answer.text
    assert browser.post(f"{address}/preview?site={site.id}", data=typed).status_code == 200
