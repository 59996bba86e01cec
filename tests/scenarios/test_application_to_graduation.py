"""From a public application to graduation, told once in a real browser, everybody in a window of their own.

Linxiao applies from a telephone, is chosen, moves in, reports, raises money, graduates and stays as an alumnus. Days are
reckoned from today, for the browser has no other clock: the agreement is entered late, from the first day of the last
quarter that is over. All amounts are worked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Browser

from incubator.core.clock import utc_now
from incubator.reports.gauge.operations import adopt_standard, set_goal
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.operations import add_programme
from incubator.startups.operations.indicators import adopt_defaults
from incubator.startups.operations.request_settings import add_category
from tests.browser import Live
from tests.scenarios.acts.choosing import (
    a_call_is_published,
    a_place_is_offered,
    it_is_scored,
    linxiao_applies,
    linxiao_takes_the_place,
)
from tests.scenarios.acts.leaving import it_graduates, linxiao_is_an_alumnus, the_auditor_finds_it_all
from tests.scenarios.acts.residing import (
    an_agreement_is_signed,
    both_accept_it,
    finance_reads_the_rent_free_month,
    the_front_desk_helps,
    the_quarter_is_reported,
    two_achievements_are_confirmed,
)
from tests.scenarios.acts.stage import MOVED_IN, House

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]


@pytest.fixture
def house(live: Live, chromium: Browser) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(live, chromium, stack)


def test_from_the_application_to_graduation(house: House) -> None:
    site_id, office_id, programme_id = furnish(house.live)
    call_id = a_call_is_published(house)
    linxiao_applies(house)
    stage_id = it_is_scored(house, call_id)
    a_place_is_offered(house, stage_id)
    startup_id = linxiao_takes_the_place(house)
    address = an_agreement_is_signed(house, startup_id, office_id)
    both_accept_it(house, address)
    the_quarter_is_reported(house, startup_id)
    two_achievements_are_confirmed(house, startup_id)
    the_front_desk_helps(house)
    finance_reads_the_rent_free_month(house, site_id)
    it_graduates(house, startup_id, programme_id)
    the_auditor_finds_it_all(house, site_id)
    linxiao_is_an_alumnus(house)


def furnish(live: Live) -> tuple[int, int, int]:
    """What stands before the story begins: an office of 30 m², a programme, the indicators, a category, a goal."""
    cast, now = live.cast, utc_now()
    with live.session() as session:
        site = create_site(session, cast.manager, now=now, code="NS", name="南山一号", hours=[], open_from=date(2020, 1, 1))
        floor = add_floor(session, cast.manager, now=now, site=site, name="3F")
        office = add_unit(session, cast.manager, now=now, floor=floor, code="O-301", kind="office", purpose="incubation",
                          area_m2=Decimal("30.00"), in_service_from=date(2020, 1, 1))  # fmt: skip
        programme = add_programme(session, cast.manager, now=now, kind="programme", name="硬科技孵化营")
        adopt_defaults(session, cast.manager, now=now, today=MOVED_IN)
        add_category(session, cast.manager, now=now, name="设施报修", name_en="Repairs")
        standard = adopt_standard(session, cast.manager, now=now, code="CN-INCUBATOR")
        set_goal(session, cast.manager, now=now, standard_id=standard.id, site_ids=[site.id], name="国家级孵化器")
        return site.id, office.id, programme.id
