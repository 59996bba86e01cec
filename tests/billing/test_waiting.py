"""The overview of the months against the draft of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.operations import post_month
from incubator.billing.waiting import Waiting, list_waiting
from incubator.bookings.operations import book
from incubator.core.periods import Month
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.operations import UnitTerms, register_startup, sign_residency
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, tell_october
from tests.scenarios.test_access import counting

FIRST, LAST = Month(2026, 7), Month(2027, 1)


@pytest.fixture
def october(session: Session, cast: Cast) -> October:
    return tell_october(session, cast)


@pytest.fixture
def auckland(session: Session, cast: Cast, october: October) -> Site:
    """A site whose months begin earlier, with an agreement from the middle of one month to that of another, and a
    booking in the first hours of its 1 November, when it is 31 October in Shanghai and Greenwich."""
    manager = cast.manager
    site = create_site(session, manager, now=NOW, code="AK", name="奥克兰", zone="Pacific/Auckland", calendar="weekdays",
                       hours=[("workday", 540, 1080)], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, manager, now=NOW, site=site, name="1F")
    desk, room = (
        add_unit(session, manager, now=NOW, floor=floor, code=code, kind=kind, purpose="incubation", area_m2=Decimal(9),
                 in_service_from=date(2026, 1, 1))
        for code, kind in (("K1", "desk"), ("K2", "room"))
    )
    resource = add_resource(session, manager, now=NOW, site=site, code="K2", name="房", kind="meeting_room", units=[room])
    sign_residency(session, manager, now=NOW, startup=october.b, site=site, starts_on=date(2026, 10, 15),
                   ends_on=date(2026, 12, 10), units=[UnitTerms(desk, "unit_month", Decimal("310.00"))])  # fmt: skip
    create_tariff(session, manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal("40.00"), resource_kind="meeting_room")])  # fmt: skip
    book(session, manager, now=NOW, resource_id=resource.id, startup_id=october.a.id,
         start=datetime(2026, 10, 31, 12, tzinfo=UTC), end=datetime(2026, 10, 31, 13, tzinfo=UTC))  # fmt: skip
    return site


def by_draft(session: Session, cast: Cast, sites: list[Site]) -> dict[tuple[int, date], Waiting]:
    found, month = {}, FIRST
    while month <= LAST:
        for site in sites:
            draft = draft_month(session, cast.finance, site.id, month)
            if draft.invoices:
                found[site.id, month.first] = Waiting(len(draft.invoices), draft.gross_minor)
        month = month + 1
    return found


def test_it_is_the_sum_of_every_draft(session: Session, cast: Cast, october: October, auckland: Site) -> None:
    sites = [october.site, auckland]
    waiting = list_waiting(session, cast.finance, FIRST, LAST)
    assert waiting == by_draft(session, cast, sites)
    assert waiting[auckland.id, date(2026, 10, 1)] == Waiting(1, 17_000)  # 310.00 × 17/31
    assert waiting[auckland.id, date(2026, 11, 1)] == Waiting(2, 31_000 + 4_000)
    assert waiting[october.site.id, date(2026, 10, 1)] == Waiting(3, 270_000 + 7_500 + 239_097 + 10_000 + 120_000)


def test_and_still_when_some_is_posted(session: Session, cast: Cast, october: October, auckland: Site) -> None:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    waiting = list_waiting(session, cast.finance, FIRST, LAST)
    assert (october.site.id, OCTOBER.first) not in waiting
    assert waiting == by_draft(session, cast, [october.site, auckland])


def test_statements_do_not_grow_with_startups(session: Session, cast: Cast, october: October) -> None:
    def count() -> int:
        with counting(session) as statements:
            list_waiting(session, cast.finance, FIRST, LAST)
            draft_month(session, cast.finance, october.site.id, OCTOBER)
        return len(statements)

    before = count()
    floor = add_floor(session, cast.manager, now=NOW, site=october.site, name="2F")
    for number in range(12):
        startup = register_startup(session, cast.manager, now=NOW, name=f"第{number}团队", kind="team")
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code=f"E{number}", kind="desk", purpose="incubation",
                        area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip
        sign_residency(session, cast.manager, now=NOW, startup=startup, site=october.site, starts_on=date(2026, 10, 1),
                       units=[UnitTerms(unit, "unit_month", Decimal("600.00"))])  # fmt: skip
    assert count() == before
