"""Swapping units of two startups by its page: both agreements are amended in one, or neither."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.periods import Month
from incubator.startups.models import Residency, ResidencyAmendment
from tests.cast import Cast
from tests.conftest import Browser
from tests.startups.test_amending import Place, charged, place, sign

__all__ = ["place"]


@pytest.fixture
def pair(session: Session, cast: Cast, place: Place) -> tuple[Residency, Residency]:
    """A has D1 and D2 at 600.00, B has D3 at 700.00."""
    return sign(session, cast, place, "D1 D2"), sign(session, cast, place, "D3", whose=cast.startup_b, price=Decimal(700),
                                                     ends_on=date(2027, 3, 31))  # fmt: skip


def typed(place: Place, **rents: str) -> dict[str, str]:
    form = {"effective_on": "2026-11-16", "note": "换到窗边", "steps-0-by": ""}
    for code, rent in rents.items():
        unit = place.units[code].id
        form |= {f"unit_{unit}-taken": "y", f"unit_{unit}-rent": rent, f"unit_{unit}-basis": "unit_month"}
    return form


def test_two_desks_change_hands_at_new_prices(client: Browser, session: Session, cast: Cast, place: Place,
                                              pair: tuple[Residency, Residency]) -> None:  # fmt: skip
    """D1 goes to B at 620.00 and D3 to A at 700.00 from 16 November: November is 15 days of each."""
    a, b = pair
    client.sign_in(cast.manager)
    assert "乙科技有限公司" in client.get(f"/residencies/{a.id}/swap").text
    page = client.get(f"/residencies/{a.id}/swap?other={b.id}").text
    assert 'value="600.00"' in page and 'value="700.00"' in page and " checked" not in page.split("unit-floor")[1]
    preview = client.post(f"/residencies/{a.id}/swap/preview?other={b.id}", data=typed(place, D1="620", D3="700")).text
    for amount in ("1,200.00", "1,300.00", "700.00", "620.00"):
        assert amount in preview
    answer = client.post(f"/residencies/{a.id}/swap?other={b.id}", data=typed(place, D1="620", D3="700"), follow_redirects=True)
    assert answer.status_code == 200 and f"{a.number}/1" in answer.text and f"{b.number}/1" in answer.text
    made = session.execute(select(ResidencyAmendment).order_by(ResidencyAmendment.residency_id)).scalars().all()
    assert [(each.kind, each.note, each.effective_on) for each in made] == [("move", "换到窗边", date(2026, 11, 16))] * 2
    assert (a.ends_on, b.ends_on) == (date(2026, 12, 31), date(2027, 3, 31)), "each keeps its own term"
    assert sorted(charged(session, place, Month(2026, 11))) == [
        ("D1", 30_000, "2026-11-01", "2026-11-15"), ("D1", 31_000, "2026-11-16", "2026-11-30"), ("D2", 60_000, "2026-11-01", "2026-11-30"),
        ("D3", 35_000, "2026-11-01", "2026-11-15"), ("D3", 35_000, "2026-11-16", "2026-11-30"),
    ]  # fmt: skip


@pytest.mark.parametrize(("rents", "on"), [
    ({}, "2026-11-16"), ({"D3": ""}, "2026-11-16"), ({"D3": "700"}, "2026-11-16"), ({"D1": "620", "D3": "700"}, "2027-01-01"),
    ({"D1": "620", "D3": "700"}, "soon"),
])  # fmt: skip
def test_what_cannot_be_swapped_changes_neither(client: Browser, session: Session, cast: Cast, place: Place,
                                                pair: tuple[Residency, Residency], rents: dict[str, str], on: str) -> None:  # fmt: skip
    """Nothing ticked, no price, all that B has and nothing for it, a day after A's last one, no day."""
    client.sign_in(cast.manager)
    address = f"/residencies/{pair[0].id}/swap"
    answer = client.post(f"{address}?other={pair[1].id}", data=typed(place, **rents) | {"effective_on": on})
    assert answer.status_code in (409, 422)
    preview = client.post(f"{address}/preview?other={pair[1].id}", data=typed(place, **rents) | {"effective_on": on})
    assert preview.status_code == 200
    assert session.execute(select(ResidencyAmendment)).first() is None


def test_a_third_one_in_the_way_later_is_named_and_stops_both(client: Browser, session: Session, cast: Cast, place: Place,
                                                              pair: tuple[Residency, Residency]) -> None:  # fmt: skip
    """A's own term ends in December, B's in March: D1 is let to somebody else from January."""
    sign(session, cast, place, "D1", starts_on=date(2027, 1, 1), ends_on=date(2027, 6, 30))
    client.sign_in(cast.manager)
    address, form = f"/residencies/{pair[0].id}/swap", typed(place, D1="620", D3="700")
    assert "D1 在 2027年1月1日 至 2027年6月30日" in client.post(f"{address}/preview?other={pair[1].id}", data=form).text
    assert client.post(f"{address}?other={pair[1].id}", data=form).status_code == 409
    assert session.execute(select(ResidencyAmendment)).first() is None


def test_with_oneself_or_elsewhere_one_chooses_again(client: Browser, cast: Cast, pair: tuple[Residency, Residency]) -> None:
    client.sign_in(cast.manager)
    page = client.get(f"/residencies/{pair[0].id}/swap?other={pair[0].id}")
    assert page.status_code == 200 and 'name="other"' in page.text
    assert client.get(f"/residencies/{pair[0].id}/swap?other=9999").status_code == 404
    assert client.post(f"/residencies/{pair[0].id}/swap", data={}).status_code == 200
