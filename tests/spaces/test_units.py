"""Units, resources and closures: what the operations do, refuse and write into the trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.spaces.closure_queries import get_closure, list_closed_units, list_closures
from incubator.spaces.ledger_queries import list_ledger
from incubator.spaces.models import Allocation, Closure, Floor, Resource, ResourceUnit, Site, Unit
from incubator.spaces.operations import (
    Taken,
    add_floor,
    add_resource,
    add_unit,
    add_units,
    allocate,
    close_units,
    create_site,
    edit_resource,
    edit_unit,
    lift_closure,
    retire_resource,
    retire_unit,
)
from incubator.spaces.queries import (
    count_units,
    get_floor,
    get_resource,
    get_unit,
    inclusive_dates,
    list_resource_units,
    list_units,
    list_usable_units,
)
from tests.cast import NOW, Cast

YEAR = date(2026, 1, 1)
NINE = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


@pytest.fixture
def floor(session: Session, cast: Cast) -> Floor:
    return make_floor(session, cast.manager, "NS")


def make_floor(session: Session, actor: Actor, code: str, zone: str = "Asia/Shanghai") -> Floor:
    site = create_site(session, actor, now=NOW, code=code, name=code, hours=[], open_from=YEAR, zone=zone)
    return add_floor(session, actor, now=NOW, site=site, name="1F")


def site_of(session: Session, floor: Floor) -> Site:
    return session.execute(select(Site).where(Site.id == floor.site_id)).scalar_one()


def desks(session: Session, actor: Actor, floor: Floor, codes: Sequence[str], **changes: Any) -> list[Unit]:
    facts = {"kind": "desk", "purpose": "incubation", "area_m2": Decimal("6.00"), "in_service_from": YEAR} | changes
    return add_units(session, actor, now=NOW, floor=floor, codes=codes, **facts)


def last_event(session: Session) -> AuditEvent:
    return session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()


def events(session: Session) -> int:
    return session.execute(select(func.count()).select_from(AuditEvent)).scalar_one()


def test_twelve_desks_are_one_event(session: Session, cast: Cast, floor: Floor) -> None:
    before = events(session)
    made = desks(session, cast.manager, floor, [f"D{n}" for n in range(1, 13)], in_service_until=date(2027, 12, 31))
    assert events(session) == before + 1
    event = last_event(session)
    assert (event.action, event.after["count"], event.after["area_m2"]) == ("add_units", 12, "6.00")
    assert inclusive_dates(made[0].in_service) == (YEAR, date(2027, 12, 31))
    site = site_of(session, floor)
    assert count_units(session, NOW) == {site.id: {"desk": (12, Decimal("72.00"))}}
    assert [unit.code for unit in list_units(session, cast.manager, site.id)][:4] == ["D1", "D2", "D3", "D4"]


@pytest.mark.parametrize(
    ("codes", "changes", "field", "sentence"),
    [
        (["D1", "D2", "D1"], {}, "code", "This site has a unit D1 already."),
        (["D2", "D9"], {}, "code", "This site has a unit D9 already."),
        (["D1", "D" * 21], {}, "code", "This may be at most 20 characters long."),
        (["D1", " "], {}, "code", "Give the unit a code."),
        (["D\u200b1"], {}, "code", "This holds characters that can't be printed."),
        ([], {}, "count", "From 1 to 200 units can be added at once."),
        ([f"D{n}" for n in range(100, 301)], {}, "count", "From 1 to 200 units can be added at once."),
        (["D1"], {"kind": "chair"}, "kind", "chair is not a kind of unit."),
        (["D1"], {"purpose": "fun"}, "purpose", "fun is not a purpose of a unit."),
        (["D1"], {"area_m2": Decimal("-0.01")}, "area_m2", "An area is from 0 to 100,000 m²."),
        (["D1"], {"area_m2": Decimal("100000.01")}, "area_m2", "An area is from 0 to 100,000 m²."),
        (["D1"], {"area_m2": Decimal("NaN")}, "area_m2", "An area is from 0 to 100,000 m²."),
        (["D1"], {"area_m2": Decimal("sNaN")}, "area_m2", "An area is from 0 to 100,000 m²."),
        (["D1"], {"area_m2": Decimal("1e400")}, "area_m2", "An area is from 0 to 100,000 m²."),
        (["D1"], {"area_m2": Decimal("6.005")}, "area_m2", "An area has at most two decimals."),
        (["D1"], {"area_m2": Decimal("1e-400")}, "area_m2", "An area has at most two decimals."),
        (["D1"], {"in_service_from": date(1900, 1, 1)}, "in_service_from", "A date lies between 1970 and 2199."),
        (["D1"], {"in_service_until": date(9999, 12, 31)}, "in_service_until", "A date lies between 1970 and 2199."),
        (["D1"], {"in_service_until": date(2025, 12, 31)}, "in_service_until", "The end must come after the start."),
    ],
)  # fmt: skip
def test_all_of_the_units_or_none(
    session: Session, cast: Cast, floor: Floor, codes: list[str], changes: dict[str, Any], field: str, sentence: str
) -> None:
    desks(session, cast.manager, floor, ["D9"])
    with pytest.raises(Refusal) as refused:
        desks(session, cast.manager, floor, codes, **changes)
    assert (refused.value.field, str(refused.value)) == (field, sentence)
    assert [unit.code for unit in session.execute(select(Unit)).scalars()] == ["D9"]


def test_a_unit_of_one_day_and_of_no_area(session: Session, cast: Cast, floor: Floor) -> None:
    (bay,) = desks(session, cast.manager, floor, ["P1"], area_m2=Decimal(0), in_service_until=YEAR)
    assert inclusive_dates(bay.in_service) == (YEAR, YEAR)


def test_two_sites_may_have_the_same_code(session: Session, cast: Cast, floor: Floor) -> None:
    desks(session, cast.manager, floor, ["D1"])
    desks(session, cast.manager, make_floor(session, cast.manager, "FT"), ["D1"])
    assert session.execute(select(func.count()).select_from(Unit)).scalar_one() == 2


def test_a_unit_put_right(session: Session, cast: Cast, floor: Floor) -> None:
    first, _ = desks(session, cast.manager, floor, ["D1", "D2"])
    edit_unit(session, cast.manager, now=NOW, unit=first, code="A1", purpose="operator", area_m2=Decimal("7.25"))
    event = last_event(session)
    assert event.before == {"code": "D1", "purpose": "incubation", "area_m2": "6.00"}
    assert event.after == {"code": "A1", "purpose": "operator", "area_m2": "7.25"}
    for changes, field in [({"code": "D2"}, "code"), ({"code": ""}, "code"), ({"purpose": "fun"}, "purpose"),
                           ({"area_m2": Decimal("NaN")}, "area_m2")]:  # fmt: skip
        facts = {"code": "A1", "purpose": "operator", "area_m2": Decimal("7.25")} | changes
        with pytest.raises(Refusal) as refused:
            edit_unit(session, cast.manager, now=NOW, unit=first, **facts)
        assert refused.value.field == field
    session.refresh(first)
    assert (first.code, first.area_m2) == ("A1", Decimal("7.25"))
    same = {"code": "A1", "purpose": "operator", "area_m2": Decimal("7.25")}
    edit_unit(session, cast.manager, now=NOW, unit=first, **same, zone=" 东区 ")
    assert (first.zone, last_event(session).after["part_of_floor"]) == ("东区", "东区")
    edit_unit(session, cast.manager, now=NOW, unit=first, **same)
    assert first.zone == "东区"  # nothing was said of it


def test_a_unit_is_retired_when_it_is_given_back_and_not_before(session: Session, cast: Cast, floor: Floor) -> None:
    (desk,) = desks(session, cast.manager, floor, ["D1"])
    midnight = datetime(2026, 10, 31, 16, tzinfo=UTC)  # the end of 31 October in Shanghai
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[desk], start=NINE, end=midnight)
    with pytest.raises(Conflict) as refused:
        retire_unit(session, cast.manager, now=NOW, unit=desk, last_on=date(2026, 10, 30))
    assert (refused.value.field, str(refused.value.values["until"])) == ("last_on", "2026-11-01 00:00:00+08:00")
    retire_unit(session, cast.manager, now=NOW, unit=desk, last_on=date(2026, 10, 31))
    assert inclusive_dates(desk.in_service) == (YEAR, date(2026, 10, 31))
    assert (last_event(session).before["last_on"], last_event(session).after["last_on"]) == (None, "2026-10-31")
    with pytest.raises(Refusal, match="must not come before the first, 2026-01-01"):
        retire_unit(session, cast.manager, now=NOW, unit=desk, last_on=date(2025, 12, 31))
    retire_unit(session, cast.manager, now=NOW, unit=desk, last_on=None)
    assert inclusive_dates(desk.in_service) == (YEAR, None)


def test_a_unit_held_without_an_end_is_not_retired(session: Session, cast: Cast, floor: Floor) -> None:
    (desk,) = desks(session, cast.manager, floor, ["D1"])
    allocate(session, cast.manager, now=NOW, holder=("residency", 1), units=[desk], start=NINE, end=None)
    with pytest.raises(Conflict, match="D1 is held without an end; end that first"):
        retire_unit(session, cast.manager, now=NOW, unit=desk, last_on=date(2199, 12, 31))


def test_units_are_counted_on_the_site_s_own_day(session: Session, cast: Cast) -> None:
    # at 20:00 UTC on the 1st it is the 2nd in Shanghai, and still the 1st in Los Angeles
    evening = datetime(2026, 10, 1, 20, tzinfo=UTC)
    counts = {}
    for code, zone in (("CN", "Asia/Shanghai"), ("US", "America/Los_Angeles")):
        floor = make_floor(session, cast.manager, code, zone)
        desks(session, cast.manager, floor, ["D1"], in_service_until=date(2026, 10, 1))
        desks(session, cast.manager, floor, ["D2", "D3"], in_service_from=date(2026, 10, 2))
        counts[code] = count_units(session, evening)[floor.site_id]["desk"]
    assert counts == {"CN": (2, Decimal("12.00")), "US": (1, Decimal("6.00"))}


def write_resource(
    session: Session, actor: Actor, floor: Floor, units: Sequence[Unit], resource: Resource | None = None, **changes: Any
) -> Resource:
    facts: dict[str, Any] = {"code": "HOT", "name": "共享工位", "name_en": "Hot desks", "kind": "desk", "takes": "any",
                             "capacity": 1, "granularity_minutes": 30}  # fmt: skip
    if resource is None:
        return add_resource(session, actor, now=NOW, site=site_of(session, floor), units=units, **(facts | changes))
    return edit_resource(session, actor, now=NOW, resource=resource, units=units, **(facts | changes))


def test_a_pool_grows_and_shrinks(session: Session, cast: Cast, floor: Floor) -> None:
    a, b, c = desks(session, cast.manager, floor, ["D1", "D2", "D10"])
    pool = write_resource(session, cast.manager, floor, [a, b])
    write_resource(session, cast.manager, floor, [b, c], pool, capacity=2)
    assert [unit.code for unit in list_resource_units(session, [pool.id])[pool.id]] == ["D2", "D10"]
    event = last_event(session)
    assert (event.action, event.before["units"], event.after["units"]) == ("edit_resource", ["D1", "D2"], ["D10", "D2"])
    assert (event.before["seats"], event.after["seats"]) == (1, 2)
    assert (pool.capacity, pool.granularity_minutes, pool.takes) == (2, 30, "any")


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"code": ""}, "code", "A resource needs a code and a name."),
        ({"name": " "}, "name", "A resource needs a code and a name."),
        ({"code": "R1"}, "code", "This site has a resource R1 already."),
        ({"code": "R" * 21}, "code", "This may be at most 20 characters long."),
        ({"kind": "boat"}, "kind", "boat is not a kind of resource."),
        ({"takes": "some"}, "takes", "A booking takes all units of a resource, or any one."),
        ({"capacity": 0}, "capacity", "A resource has from 1 to 10,000 seats."),
        ({"capacity": 10**12}, "capacity", "A resource has from 1 to 10,000 seats."),
        ({"granularity_minutes": 4}, "granularity_minutes", "A resource is booked in steps of 5 minutes to a day."),
    ],
)
def test_what_a_resource_can_t_be(
    session: Session, cast: Cast, floor: Floor, changes: dict[str, Any], field: str, sentence: str
) -> None:
    (a,) = desks(session, cast.manager, floor, ["D1"])
    write_resource(session, cast.manager, floor, [a], code="R1")
    pool = write_resource(session, cast.manager, floor, [a])
    for resource in (None, pool):
        with pytest.raises(Refusal) as refused:
            write_resource(session, cast.manager, floor, [a], resource, **changes)
        assert (refused.value.field, str(refused.value)) == (field, sentence)
    session.refresh(pool)
    assert (pool.code, pool.capacity) == ("HOT", 1)


def test_a_resource_is_made_of_units_of_its_site(session: Session, cast: Cast, floor: Floor) -> None:
    (here,) = desks(session, cast.manager, floor, ["D1"])
    (there,) = desks(session, cast.manager, make_floor(session, cast.manager, "FT"), ["D1"])
    for units in ([], [there], [here, there]):
        with pytest.raises(Refusal, match="at least one unit of its site") as refused:
            write_resource(session, cast.manager, floor, units)
        assert refused.value.field == "units"
    assert session.execute(select(ResourceUnit)).scalars().all() == []


def test_a_retired_resource_is_not_found_any_more(session: Session, cast: Cast, floor: Floor) -> None:
    (a,) = desks(session, cast.manager, floor, ["D1"])
    pool = write_resource(session, cast.manager, floor, [a])
    assert get_resource(session, cast.founder_a, pool.id, floor.site_id) is pool
    with pytest.raises(NotFound):
        get_resource(session, cast.manager, pool.id, floor.site_id + 1)
    retire_resource(session, cast.manager, now=NOW, resource=pool)
    before = events(session)
    retire_resource(session, cast.manager, now=NOW + timedelta(days=1), resource=pool)
    assert (pool.retired_at, events(session)) == (NOW, before)
    with pytest.raises(NotFound):
        get_resource(session, cast.manager, pool.id)


def close(session: Session, actor: Actor, floor: Floor, units: Sequence[Unit], **changes: Any) -> Closure:
    facts: dict[str, Any] = {"start": NINE, "end": NINE + timedelta(hours=8), "reason": "粉刷"} | changes
    return close_units(session, actor, now=NOW, site=site_of(session, floor), units=units, **facts)


def test_closing_several_units_and_using_them_again(session: Session, cast: Cast, floor: Floor) -> None:
    a, b, c = desks(session, cast.manager, floor, ["D1", "D2", "D10"])
    closure = close(session, cast.manager, floor, [c, a])
    assert [unit.code for unit in list_closed_units(session, [closure.id])[closure.id]] == ["D1", "D10"]
    assert last_event(session).after["units"] == ["D1", "D10"]
    with pytest.raises(Taken), session.begin_nested():
        close(session, cast.manager, floor, [b, c])
    assert set(session.execute(select(Allocation.unit_id)).scalars()) == {a.id, c.id}, "all of them or none"
    site = site_of(session, floor)
    assert closure in list_closures(session, site.id, NINE + timedelta(hours=7))
    assert closure not in list_closures(session, site.id, NINE + timedelta(hours=8))
    lift_closure(session, cast.manager, now=NINE + timedelta(hours=1), closure=closure)
    rows = session.execute(select(Allocation).where(Allocation.holder_id == closure.id)).scalars().all()
    assert [row.period.upper for row in rows] == [NINE + timedelta(hours=1)] * 2
    before = events(session)
    lift_closure(session, cast.manager, now=NINE + timedelta(hours=2), closure=closure)
    assert (events(session), closure.lifted_at) == (before, NINE + timedelta(hours=1))
    assert closure not in list_closures(session, site.id, NINE + timedelta(hours=2))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "r" * 201}, "reason"),
        ({"end": NINE}, "end"),
        ({"start": datetime(1900, 1, 1, tzinfo=UTC)}, "start"),
        ({"end": datetime(9998, 1, 1, tzinfo=UTC)}, "end"),
    ],
)
def test_what_a_closure_can_t_be(
    session: Session, cast: Cast, floor: Floor, changes: dict[str, Any], field: str
) -> None:
    units = desks(session, cast.manager, floor, ["D1"])
    with pytest.raises(Refusal) as refused:
        close(session, cast.manager, floor, units, **changes)
    assert refused.value.field == field
    assert session.execute(select(Closure)).scalars().all() == []


def test_the_ledger_of_a_unit_from_the_last_to_the_first(session: Session, cast: Cast, floor: Floor) -> None:
    (desk,) = desks(session, cast.manager, floor, ["D1"])
    close(session, cast.manager, floor, [desk])
    later = NINE + timedelta(days=1)
    allocate(session, cast.manager, now=NOW, holder=("booking", 7), units=[desk], start=later, end=later + timedelta(hours=1))
    page = list_ledger(session, cast.front_desk, desk, now=later, page=1)
    assert [(row.holder_kind, row.state, row.closed_for) for row in page.rows] == [
        ("booking", "current", None), ("closure", "over", "粉刷"),
    ]  # fmt: skip
    assert (page.total, list(list_ledger(session, cast.front_desk, desk, now=later, page=2).rows)) == (2, [])


def test_a_booking_does_not_get_the_reason_of_a_closure_with_its_number(
    session: Session, cast: Cast, floor: Floor
) -> None:
    (desk,) = desks(session, cast.manager, floor, ["D1"])
    closure = close(session, cast.manager, floor, [desk])
    after = NINE + timedelta(days=1)
    allocate(session, cast.manager, now=NOW, holder=("booking", closure.id), units=[desk], start=after, end=None)
    rows = list_ledger(session, cast.manager, desk, now=NINE, page=1).rows
    assert [row.closed_for for row in rows] == [None, "粉刷"]


def test_what_can_be_chosen_leaves_out_what_is_over(session: Session, cast: Cast, floor: Floor) -> None:
    old, last_day, now, coming = (
        desks(session, cast.manager, floor, [code], in_service_from=first, in_service_until=last)[0]
        for code, first, last in [
            ("D1", YEAR, date(2026, 10, 11)), ("D2", YEAR, date(2026, 10, 12)), ("D3", YEAR, None),
            ("D4", date(2026, 11, 1), None),
        ]
    )  # fmt: skip
    pool = write_resource(session, cast.manager, floor, [old, now])
    today = date(2026, 10, 12)
    assert list_usable_units(session, cast.manager, floor.site_id, today) == [last_day, now, coming]
    of_pool = list_usable_units(session, cast.manager, floor.site_id, today, pool.id)
    assert of_pool == [old, last_day, now, coming], "what it is made of already"


def test_what_is_of_another_site_is_not_there(session: Session, cast: Cast, floor: Floor) -> None:
    (desk,) = desks(session, cast.manager, floor, ["D1"])
    closure = close(session, cast.manager, floor, [desk])
    other = make_floor(session, cast.manager, "FT").site_id
    for get, of_it in ((get_floor, floor.id), (get_unit, desk.id), (get_closure, closure.id)):
        assert get(session, cast.auditor, floor.site_id, of_it).id == of_it
        with pytest.raises(NotFound):
            get(session, cast.auditor, other, of_it)
        with pytest.raises(Forbidden):
            get(session, cast.founder_a, floor.site_id, of_it)


@pytest.mark.parametrize("role", ["front_desk", "finance", "auditor", "mentor", "founder_a"])
def test_only_the_owner_and_managers_change_units(session: Session, cast: Cast, floor: Floor, role: str) -> None:
    actor: Actor = getattr(cast, role)
    (desk,) = desks(session, cast.owner, floor, ["D1"])
    pool, closure = write_resource(session, cast.owner, floor, [desk]), close(session, cast.owner, floor, [desk])
    facts: dict[str, Any] = {"purpose": "incubation", "area_m2": Decimal(6)}
    before = events(session)
    for change in (
        lambda: desks(session, actor, floor, ["D2"]),
        lambda: add_unit(session, actor, now=NOW, floor=floor, code="D2", kind="desk", in_service_from=YEAR, **facts),
        lambda: edit_unit(session, actor, now=NOW, unit=desk, code="D3", **facts),
        lambda: retire_unit(session, actor, now=NOW, unit=desk, last_on=None),
        lambda: write_resource(session, actor, floor, [desk], code="R2"),
        lambda: write_resource(session, actor, floor, [desk], pool),
        lambda: retire_resource(session, actor, now=NOW, resource=pool),
        lambda: close(session, actor, floor, [desk], start=NINE + timedelta(days=2), end=NINE + timedelta(days=3)),
        lambda: lift_closure(session, actor, now=NOW, closure=closure),
    ):
        with pytest.raises(Forbidden):
            change()
    assert events(session) == before
