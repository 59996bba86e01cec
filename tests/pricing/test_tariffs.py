"""Price lists: one a day at a site, the later ends the earlier, and what was quoted stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.bookings.models import Booking
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Month
from incubator.pricing.models import Tariff, TariffItem
from incubator.pricing.operations import TariffLine, create_tariff
from incubator.pricing.queries import get_tariff, last_day, list_monthly_prices, list_tariffs, quote_booking
from incubator.pricing.rules import (
    MonthlyPrice,
    ProposedTerms,
    check_day,
    check_price,
    price_full_month,
    price_month,
    propose_terms,
    tariff_state,
)
from incubator.spaces.models import Resource, Site
from incubator.spaces.operations import add_floor, add_resource, add_unit, create_site
from incubator.startups.models import Residency, ResidencyPrice
from tests.cast import NOW, Cast
from tests.scenarios.october import tell_october

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROOM_AT_50 = TariffLine("booking", "hour", Decimal("50.00"), resource_kind="meeting_room")


@pytest.fixture
def place(session: Session, cast: Cast) -> tuple[Site, Resource]:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="R1", kind="room", purpose="public_service",
                    area_m2=Decimal(20), in_service_from=date(2026, 1, 1))  # fmt: skip
    room = add_resource(session, cast.manager, now=NOW, site=site, code="R1", name="会议室一", kind="meeting_room",
                        units=[unit])  # fmt: skip
    return site, room


def create(session: Session, actor: Actor, site: Site, name: str, first: date, *lines: TariffLine,
           until: date | None = None) -> Tariff:  # fmt: skip
    return create_tariff(session, actor, now=NOW, site=site, name=name, valid_from=first, valid_until=until,
                         items=lines or [ROOM_AT_50])  # fmt: skip


def priced(session: Session, room: Resource, on: date, minutes: int = 60) -> int:
    start = datetime(on.year, on.month, on.day, 10, tzinfo=SHANGHAI)
    return quote_booking(session, resource=room, start=start, end=start + timedelta(minutes=minutes)).gross_minor


def test_a_new_tariff_ends_the_one_before(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    site, room = place
    old = create(session, cast.finance, site, "2026", date(2026, 1, 1))
    new = create(session, cast.finance, site, "2027", date(2027, 1, 1),
                 TariffLine("booking", "hour", Decimal("60.00"), resource_kind="meeting_room"))  # fmt: skip
    assert (old.valid.lower, last_day(old.valid)) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (new.valid.lower, last_day(new.valid)) == (date(2027, 1, 1), None)
    assert priced(session, room, date(2026, 12, 31)) == 5_000
    assert priced(session, room, date(2027, 1, 1)) == 6_000


def test_the_local_day_of_the_start_decides(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    site, room = place
    create(session, cast.finance, site, "2026", date(2026, 1, 1))
    create(session, cast.finance, site, "2027", date(2027, 1, 1),
           TariffLine("booking", "hour", Decimal("60.00"), resource_kind="meeting_room"))  # fmt: skip
    start = datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)  # runs into the new year, and is UTC's afternoon
    assert quote_booking(session, resource=room, start=start, end=start + timedelta(hours=1)).gross_minor == 5_000
    start = datetime(2027, 1, 1, 0, 0, tzinfo=SHANGHAI)  # still 2026 in UTC
    assert quote_booking(session, resource=room, start=start, end=start + timedelta(hours=1)).gross_minor == 6_000


def test_a_resources_own_price_comes_before_its_kinds(
    session: Session, cast: Cast, place: tuple[Site, Resource]
) -> None:
    site, room = place
    create(session, cast.finance, site, "2026", date(2026, 1, 1), ROOM_AT_50,
           TariffLine("booking", "hour", Decimal("80.00"), resource=room))  # fmt: skip
    assert priced(session, room, date(2026, 10, 10), 90) == 12_000


def test_without_a_price_nothing_can_be_quoted_but_the_operators_own_use(
    session: Session, cast: Cast, place: tuple[Site, Resource]
) -> None:
    site, room = place
    create(session, cast.finance, site, "2026", date(2026, 11, 1))
    with pytest.raises(Refusal, match="No price is set for 会议室一"):
        priced(session, room, date(2026, 10, 31))
    start = datetime(2026, 10, 31, 9, tzinfo=SHANGHAI)
    free = quote_booking(session, resource=room, start=start, end=start + timedelta(hours=3), free=True)
    assert (free.gross_minor, free.minutes, free.free) == (0, 180, True)


def test_a_tariff_change_never_touches_what_was_agreed_or_booked(session: Session, cast: Cast) -> None:
    october = tell_october(session, cast)
    before = (
        session.execute(select(Booking.id, Booking.price_minor).order_by(Booking.id)).all(),
        session.execute(select(ResidencyPrice.id, ResidencyPrice.unit_price).order_by(ResidencyPrice.id)).all(),
    )
    create(session, cast.finance, october.site, "dearer", date(2026, 10, 1),
           TariffLine("booking", "hour", Decimal("500.00"), resource_kind="meeting_room"),
           TariffLine("rent", "m2_month", Decimal("800.00"), unit_kind="office"))  # fmt: skip
    session.expire_all()
    after = (
        session.execute(select(Booking.id, Booking.price_minor).order_by(Booking.id)).all(),
        session.execute(select(ResidencyPrice.id, ResidencyPrice.unit_price).order_by(ResidencyPrice.id)).all(),
    )
    assert after == before and len(before[0]) == 3


@pytest.mark.parametrize(
    ("first", "until", "refused"),
    [
        (date(2026, 5, 31), date(2026, 6, 30), "begins on 2026-06-01 already"),
        (date(2026, 6, 1), None, "begins on 2026-06-01 already"),  # the same day
        (date(2026, 1, 1), None, "begins on 2026-06-01 already"),  # would swallow it
        (date(2026, 1, 1), date(2026, 5, 31), None),  # right before it
        (date(2026, 6, 2), None, None),  # ends it
    ],
)
def test_tariffs_of_a_site_do_not_overlap(
    session: Session, cast: Cast, place: tuple[Site, Resource], first: date, until: date | None, refused: str | None
) -> None:
    site, _ = place
    create(session, cast.manager, site, "from June", date(2026, 6, 1))
    if refused is None:
        create(session, cast.manager, site, "another", first, until=until)
    else:
        with pytest.raises(Conflict, match=refused):
            create(session, cast.manager, site, "another", first, until=until)


def test_the_database_refuses_an_overlap_that_no_operation_saw(
    session: Session, cast: Cast, place: tuple[Site, Resource]
) -> None:
    site, _ = place
    create(session, cast.manager, site, "2026", date(2026, 1, 1))
    values = {"operator_id": cast.operator_id, "site_id": site.id, "name": "slipped in",
              "valid": Range(date(2026, 12, 31), None)}  # fmt: skip
    with pytest.raises(IntegrityError, match="tariffs_no_overlap"), session.begin_nested():
        session.execute(insert(Tariff).values(values))


@pytest.mark.parametrize("statement", [update(TariffItem).values(unit_price=1), delete(TariffItem)])
def test_prices_are_written_once(
    session: Session, cast: Cast, place: tuple[Site, Resource], statement: object
) -> None:
    create(session, cast.manager, place[0], "2026", date(2026, 1, 1))
    role = session.execute(text("SELECT current_user")).scalar_one()
    assert role == "incubator_app"
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(statement)  # type: ignore[call-overload]  # an update or a delete


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (TariffLine("booking", "m2_month", Decimal(1), resource_kind="hall"), "booking by m2_month is not a price."),
        (TariffLine("rent", "hour", Decimal(1), unit_kind="office"), "rent by hour is not a price."),
        (TariffLine("tea", "hour", Decimal(1), resource_kind="hall"), "tea by hour is not a price."),
        (TariffLine("rent", "m2_month", Decimal("-0.01"), unit_kind="office"), "A price is from 0 to 1,000,000."),
        (TariffLine("rent", "m2_month", Decimal("1000000.01"), unit_kind="office"), "A price is from 0 to 1,000,000."),
        (TariffLine("rent", "m2_month", Decimal("NaN"), unit_kind="office"), "A price is from 0 to 1,000,000."),
        (TariffLine("rent", "m2_month", Decimal("1.00001"), unit_kind="office"), "A price has at most four decimals."),
        (TariffLine("rent", "m2_month", Decimal(1)), "A price is for a kind of unit, a kind of resource, or one resource."),
        (TariffLine("booking", "hour", Decimal(1), resource_kind="meeting_room"), "Two lines price the same thing."),
    ],
)
def test_lines_that_are_no_prices(
    session: Session, cast: Cast, place: tuple[Site, Resource], line: TariffLine, sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        create(session, cast.manager, place[0], "2026", date(2026, 1, 1), ROOM_AT_50, line)
    assert str(refused.value) == sentence


def test_a_tariff_prices_its_own_site_only(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    other = create_site(session, cast.manager, now=NOW, code="FT", name="福田", hours=[], open_from=date(2026, 1, 1))
    with pytest.raises(Refusal, match="at its own site"):
        create(session, cast.manager, other, "2026", date(2026, 1, 1),
               TariffLine("booking", "hour", Decimal(1), resource=place[1]))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "first", "until", "lines", "sentence"),
    [
        (" ", date(2026, 1, 1), None, [ROOM_AT_50], "Give the tariff a name."),
        ("x", date(2026, 1, 2), date(2026, 1, 1), [ROOM_AT_50], "The end must come after the start."),
        ("x", date(2026, 1, 1), None, [], "A tariff has at least one price."),
        ("x", date(1999, 12, 31), None, [ROOM_AT_50], "1999-12-31 is not a day that can be meant: from 2000 to 2199."),
        ("x", date(2026, 1, 1), date.max, [ROOM_AT_50], "9999-12-31 is not a day that can be meant: from 2000 to 2199."),
    ],
)
def test_refusals(
    session: Session, cast: Cast, place: tuple[Site, Resource], name: str, first: date, until: date | None,
    lines: list[TariffLine], sentence: str,
) -> None:  # fmt: skip
    with pytest.raises(Refusal) as refused:
        create_tariff(session, cast.manager, now=NOW, site=place[0], name=name, valid_from=first, valid_until=until,
                      items=lines)  # fmt: skip
    assert str(refused.value) == sentence
    assert session.execute(select(Tariff)).first() is None


def test_who_may_set_and_see_prices(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    tariff = create(session, cast.owner, place[0], "2026", date(2026, 1, 1))
    for number, actor in enumerate((cast.manager, cast.finance)):
        create(session, actor, place[0], actor.name, date(2027 + number, 1, 1))
    for actor in (cast.front_desk, cast.auditor, cast.mentor, cast.founder_a, cast.member_a):
        with pytest.raises(Forbidden):
            create(session, actor, place[0], "mine", date(2030, 1, 1))
    for actor in (cast.front_desk, cast.auditor):
        assert get_tariff(session, actor, tariff.id, now=NOW).tariff is tariff
    with pytest.raises(Forbidden):
        get_tariff(session, cast.founder_a, tariff.id, now=NOW)
    with pytest.raises(NotFound):
        get_tariff(session, cast.manager, tariff.id + 10_000, now=NOW)


def test_the_trail_tells_the_prices(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    create(session, cast.finance, place[0], "2026", date(2026, 1, 1))
    event = session.execute(select(AuditEvent).where(AuditEvent.action == "create_tariff")).scalar_one()
    assert (event.person_id, event.after["name"]) == (cast.finance.person_id, "2026")
    assert event.after["prices"] == [["booking", "hour", "meeting_room", "50.00"]]


def test_states_and_numbers_of_a_list(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    for year in (2025, 2026, 2027):
        create(session, cast.finance, place[0], str(year), date(year, 1, 1))
    rows = list_tariffs(session, cast.auditor, now=NOW).rows
    assert [(row.tariff.name, row.state, row.prices) for row in rows] == [
        ("2027", "coming", 1), ("2026", "current", 1), ("2025", "past", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("today", "state"),
    [(date(2025, 12, 31), "coming"), (date(2026, 1, 1), "current"), (date(2026, 12, 31), "current"),
     (date(2027, 1, 1), "past")],
)  # fmt: skip
def test_where_a_tariff_stands(today: date, state: str) -> None:
    assert tariff_state(date(2026, 1, 1), date(2026, 12, 31), today) == state


def test_what_a_tariff_proposes() -> None:
    prices = [
        MonthlyPrice("rent", "m2_month", "office", Decimal("80.00")),
        MonthlyPrice("property_fee", "m2_month", "office", Decimal("10.00")),
        MonthlyPrice("rent", "unit_month", "desk", Decimal("600.00")),
    ]
    assert propose_terms(prices, "office") == ProposedTerms("m2_month", Decimal("80.00"), Decimal("10.00"))
    assert propose_terms(prices, "desk") == ProposedTerms("unit_month", Decimal("600.00"), None)
    assert propose_terms(prices, "parking") == ProposedTerms("unit_month", None, None)


def test_monthly_prices_of_a_day(session: Session, cast: Cast, place: tuple[Site, Resource]) -> None:
    site, _ = place
    create(session, cast.finance, site, "2026", date(2026, 1, 1), ROOM_AT_50,
           TariffLine("rent", "unit_month", Decimal("600.00"), unit_kind="desk"))  # fmt: skip
    assert list_monthly_prices(session, site.id, date(2025, 12, 31)) == []
    assert list_monthly_prices(session, site.id, date(2026, 1, 1)) == [
        MonthlyPrice("rent", "unit_month", "desk", Decimal("600.0000"))
    ]


PRICES = st.decimals(0, 1_000_000, places=4)
AREAS = st.decimals(0, 10_000, places=2)


@given(price=PRICES, area=AREAS, month=st.builds(Month, st.integers(2000, 2199), st.integers(1, 12)))
def test_a_month_without_a_missing_day_costs_the_monthly_price(price: Decimal, area: Decimal, month: Month) -> None:
    check_price(price)
    check_day(month.first)
    derivation = price_month(unit_price=price, quantity=area, month=month, starts_on=month.first, ends_on=None)
    assert derivation is not None and derivation.is_whole
    assert derivation.gross_minor == price_full_month(unit_price=price, quantity=area)


@given(price=PRICES, more=PRICES, area=AREAS, first=st.integers(1, 31), days=st.integers(0, 30))
def test_more_days_or_a_higher_price_never_cost_less(
    price: Decimal, more: Decimal, area: Decimal, first: int, days: int
) -> None:
    october, start = Month(2026, 10), date(2026, 10, first)

    def cost(unit_price: Decimal, count: int) -> int:
        found = price_month(unit_price=unit_price, quantity=area, month=october, starts_on=start,
                            ends_on=start + timedelta(days=count))  # fmt: skip
        assert found is not None
        return found.gross_minor

    assert cost(price, days) <= cost(price, days + 1)
    assert cost(min(price, more), days) <= cost(max(price, more), days)


def test_the_example_of_the_founders_team(session: Session, cast: Cast) -> None:
    """C's desks, agreed by the unit, cost 600.00 each in every month, however long."""
    october = tell_october(session, cast)
    prices = session.execute(
        select(ResidencyPrice).join(Residency, Residency.id == ResidencyPrice.residency_id).where(
            Residency.startup_id == october.c.id
        )
    ).scalars().all()  # fmt: skip
    assert [price_full_month(unit_price=each.unit_price, quantity=Decimal(1)) for each in prices] == [60_000, 60_000]
