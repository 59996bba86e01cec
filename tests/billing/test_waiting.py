"""What waits to be posted, over all sites and months at once, against drafting each month by itself."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from incubator.billing.drafts import draft_month
from incubator.billing.operations.posting import post_month
from incubator.billing.waiting import Waiting, list_waiting
from incubator.bookings.operations import book, cancel
from incubator.core.errors import Forbidden
from incubator.core.periods import Month
from incubator.database import as_operator
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.spaces.models import Site
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.operations import UnitTerms, register_startup, sign_residency
from tests.cast import NOW, Cast
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october
from tests.scenarios.test_access import counting

FIRST, LAST = Month(2026, 7), Month(2027, 2)
LATER = NOW.replace(year=2028)


def by_drafting(session: Session, cast: Cast, sites: list[Site], first: Month, last: Month) -> dict[tuple[int, date], Waiting]:
    """Draft every month of every site, and add up."""
    found = {}
    for site in sites:
        month = first
        while month <= last:
            draft = draft_month(session, cast.finance, site.id, month)
            if draft.invoices:
                found[site.id, month.first] = Waiting(len(draft.invoices), draft.gross_minor)
            month = month + 1
    return found


def test_of_october(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    waiting = list_waiting(session, cast.finance, FIRST, LAST)
    assert waiting[october.site.id, OCTOBER.first] == Waiting(3, 646_597)
    assert (october.site.id, date(2026, 7, 1)) not in waiting
    assert waiting == by_drafting(session, cast, [october.site], FIRST, LAST)
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    after = list_waiting(session, cast.finance, FIRST, LAST)
    assert waiting.keys() - after.keys() == {(october.site.id, OCTOBER.first)}
    assert after == by_drafting(session, cast, [october.site], FIRST, LAST)


def test_of_one_month_only(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    assert list_waiting(session, cast.finance, OCTOBER, OCTOBER) == {(october.site.id, OCTOBER.first): Waiting(3, 646_597)}


def test_nothing_waits_where_nothing_is(session: Session, cast: Cast) -> None:
    assert list_waiting(session, cast.finance, FIRST, LAST) == {}


def test_another_operator_sees_nothing_of_it_and_a_founder_may_not_ask(session: Session, cast: Cast) -> None:
    tell_october(session, cast)
    for actor in (cast.founder_a, cast.front_desk, cast.mentor):
        with pytest.raises(Forbidden):
            list_waiting(session, actor, FIRST, LAST)
    with as_operator(session, cast.other_operator_id):
        assert list_waiting(session, cast.other_owner, FIRST, LAST) == {}


def random_site(session: Session, cast: Cast, random: Random, code: str, zone: str, startups: int = 8) -> Site:
    """A site full of agreements with odd prices and terms, and bookings that crowd around the months' midnights."""
    site = create_site(session, cast.manager, now=NOW, code=code, name=code, zone=zone,
                       hours=[(day, 0, 1440) for day in ("workday", "restday")], open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    rooms = []
    for number in range(2):
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code=f"R{number}", kind="room", purpose="public_service",
                        area_m2=Decimal(10), in_service_from=date(2026, 1, 1))  # fmt: skip
        rooms.append(add_resource(session, cast.manager, now=NOW, site=site, code=f"R{number}", name=f"R{number}",
                                  kind="meeting_room", capacity=4, units=[unit]))  # fmt: skip
    create_tariff(session, cast.manager, now=NOW, site=site, name="2026", valid_from=date(2026, 1, 1),
                  items=[TariffLine("booking", "hour", Decimal("33.3333"), resource_kind="meeting_room")])  # fmt: skip
    people = []
    for number in range(startups):
        startup = register_startup(session, cast.manager, now=NOW, name=f"{code}{number}", kind="team")
        people.append(startup)
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code=f"U{number}", kind="office", purpose="incubation",
                        area_m2=Decimal(random.randint(500, 9_999)) / 100, in_service_from=date(2026, 1, 1))  # fmt: skip
        starts_on = date(2026, 1, 1) + timedelta(days=random.randrange(450))
        ends_on = random.choice([None, starts_on + timedelta(days=random.choice([0, 1, 30, 100, 200]))])
        price = Decimal(random.choice([0, 1, 400_000, random.randrange(2_000_000)])) / 10_000
        fee = random.choice([None, Decimal(0), Decimal("3.3333")])
        sign_residency(session, cast.manager, now=NOW, startup=startup, site=site, starts_on=starts_on, ends_on=ends_on,
                       units=[UnitTerms(unit, random.choice(["m2_month", "unit_month"]), price, fee)])  # fmt: skip
    for month in (Month(2026, 10), Month(2026, 12), Month(2027, 1)):
        last = calendar.monthrange(month.year, month.month)[1]
        midnight = datetime(month.year, month.month, last, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
        for room in rooms:
            for minutes in (-90, -30, 0, 30):
                holder = random.choice([*people, None])
                made = book(session, cast.manager, now=NOW, resource_id=room.id, startup_id=holder.id if holder else None,
                            start=midnight + timedelta(minutes=minutes), end=midnight + timedelta(minutes=minutes + 30))  # fmt: skip
                if random.random() < 0.2:
                    cancel(session, cast.manager, now=NOW, booking_id=made.id, reason="no")
    return site


@pytest.mark.parametrize("seed", range(2))
def test_of_random_agreements_and_bookings(session: Session, cast: Cast, seed: int) -> None:
    random = Random(seed)
    sites = [random_site(session, cast, random, code, zone) for code, zone in
             (("X", "Asia/Shanghai"), ("Y", "America/New_York"), ("Z", "Pacific/Auckland"))]  # fmt: skip
    first, last = Month(2026, 1), Month(2027, 4)
    waiting = list_waiting(session, cast.finance, first, last)
    assert waiting == by_drafting(session, cast, sites, first, last)
    for _ in range(6):
        site_id, on = random.choice(sorted(list_waiting(session, cast.finance, first, last)))
        post_month(session, cast.finance, now=LATER, site_id=site_id, month=Month.of(on))
    assert len(list_waiting(session, cast.finance, first, last)) == len(waiting) - 6
    late = register_startup(session, cast.manager, now=NOW, name="迟到", kind="team")
    unit = random_unit(session, cast, sites[0])
    sign_residency(session, cast.manager, now=NOW, startup=late, site=sites[0], starts_on=date(2026, 3, 17), units=[unit])
    assert list_waiting(session, cast.finance, first, last) == by_drafting(session, cast, sites, first, last)


def random_unit(session: Session, cast: Cast, site: Site) -> UnitTerms:
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="2F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="LATE", kind="desk", purpose="incubation",
                    area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip
    return UnitTerms(unit, "unit_month", Decimal("500.01"))


def test_it_takes_as_many_statements_for_many_startups_as_for_few(session: Session, cast: Cast) -> None:
    random = Random(7)
    random_site(session, cast, random, "X", "Asia/Shanghai", startups=2)
    with counting(session) as few:
        list_waiting(session, cast.finance, FIRST, LAST)
    site = random_site(session, cast, random, "Y", "Asia/Shanghai", startups=12)
    with counting(session) as many:
        list_waiting(session, cast.finance, FIRST, LAST)
    assert len(few) == len(many) == 6
    with counting(session) as of_twelve:
        draft_month(session, cast.finance, site.id, OCTOBER)
    for number in range(5):
        more = register_startup(session, cast.manager, now=NOW, name=f"M{number}", kind="team")
        floor = add_floor(session, cast.manager, now=NOW, site=site, name=f"F{number}")
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code=f"M{number}", kind="desk", purpose="incubation",
                        area_m2=Decimal(6), in_service_from=date(2026, 1, 1))  # fmt: skip
        sign_residency(session, cast.manager, now=NOW, startup=more, site=site, starts_on=date(2026, 1, 1),
                       units=[UnitTerms(unit, "unit_month", Decimal(100))])  # fmt: skip
    session.expire_all()
    with counting(session) as of_more:
        draft_month(session, cast.finance, site.id, OCTOBER)
    assert len(of_more) <= len(of_twelve) + 1  # the site's row is read again
