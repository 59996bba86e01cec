"""Signing and ending agreements: the ledger holds the units, the prices are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.identifiers import complete_credit_code
from incubator.core.periods import Month
from incubator.spaces.models import Allocation, Site, Unit
from incubator.spaces.operations import Taken, add_floor, add_unit, create_site
from incubator.startups.models import Residency
from incubator.startups.operations import UnitTerms, edit_startup, end_residency, register_startup, sign_residency
from incubator.startups.queries import get_residency, get_startup, list_residency_terms
from tests.cast import NOW, Cast


@pytest.fixture
def place(session: Session, cast: Cast) -> tuple[Site, list[Unit]]:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                       open_from=date(2026, 1, 1))  # fmt: skip
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    units = [
        add_unit(session, cast.manager, now=NOW, floor=floor, code=code, kind="office", purpose="incubation",
                 area_m2=Decimal(area), in_service_from=date(2026, 1, 1))
        for code, area in (("O1", "30.00"), ("O2", "54.50"))
    ]  # fmt: skip
    return site, units


def sign(session: Session, cast: Cast, place: tuple[Site, list[Unit]], which: int = 0, **changes: object) -> Residency:
    site, units = place
    startup = get_startup(session, cast.manager, cast.startup_a)
    values: dict[str, object] = {
        "now": NOW, "startup": startup, "site": site, "starts_on": date(2026, 8, 1),
        "units": [UnitTerms(units[which], "m2_month", Decimal(80), Decimal(10))],
    } | changes  # fmt: skip
    return sign_residency(session, cast.manager, **values)  # type: ignore[arg-type]  # one helper for all refusals


def test_the_units_are_held_from_local_midnight(session: Session, cast: Cast, place: tuple[Site, list[Unit]]) -> None:
    residency = sign(session, cast, place, ends_on=date(2026, 10, 31))
    held = session.execute(select(Allocation)).scalar_one()
    assert (held.holder_kind, held.holder_id) == ("residency", residency.id)
    assert held.period.lower == datetime(2026, 7, 31, 16, tzinfo=UTC)  # 1 August 00:00 in Shanghai
    assert held.period.upper == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert residency.number == "R-2026-0001"


def test_numbers_go_on(session: Session, cast: Cast, place: tuple[Site, list[Unit]]) -> None:
    assert [sign(session, cast, place, which).number for which in (0, 1)] == ["R-2026-0001", "R-2026-0002"]


def test_a_unit_that_another_holds_is_refused_by_name(
    session: Session, cast: Cast, place: tuple[Site, list[Unit]]
) -> None:
    sign(session, cast, place)
    with pytest.raises(Taken, match="O1 is taken from 2026-08-01"):
        sign(session, cast, place, starts_on=date(2026, 12, 1))
    assert len(session.execute(select(Residency)).scalars().all()) == 2  # the caller's rollback takes the second


def test_ending_frees_the_unit_the_next_day(session: Session, cast: Cast, place: tuple[Site, list[Unit]]) -> None:
    residency = sign(session, cast, place)
    end_residency(session, cast.manager, now=NOW, residency=residency, ends_on=date(2026, 10, 15), reason="moves out")
    again = sign(session, cast, place, starts_on=date(2026, 10, 16))
    assert again.starts_on == date(2026, 10, 16)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_on": date(2026, 7, 31)}, "The last day must not come before the first."),
        ({"units": []}, "An agreement is for at least one unit."),
        ({"starts_on": date(2025, 12, 31)}, "O1 is not in service during the whole term."),
    ],
)
def test_refusals(
    session: Session, cast: Cast, place: tuple[Site, list[Unit]], changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        sign(session, cast, place, **changes)
    assert str(refused.value) == sentence


def test_terms_of_a_month(session: Session, cast: Cast, place: tuple[Site, list[Unit]]) -> None:
    site, _ = place
    sign(session, cast, place)
    sign(session, cast, place, 1, starts_on=date(2026, 10, 16), ends_on=date(2026, 11, 30))
    october = list_residency_terms(session, site.id, Month(2026, 10))
    assert [(term.unit_code, term.charge_kind, term.quantity) for term in october] == [
        ("O1", "rent", Decimal("30.00")), ("O1", "property_fee", Decimal("30.00")),
        ("O2", "rent", Decimal("54.50")), ("O2", "property_fee", Decimal("54.50")),
    ]  # fmt: skip
    assert {term.unit_code for term in list_residency_terms(session, site.id, Month(2026, 12))} == {"O1"}


def test_who_may_see_and_sign(session: Session, cast: Cast, place: tuple[Site, list[Unit]]) -> None:
    residency = sign(session, cast, place)
    for actor in (cast.owner, cast.manager, cast.front_desk, cast.finance, cast.auditor, cast.founder_a, cast.member_a):
        assert get_residency(session, actor, residency.id) is residency
    with pytest.raises(NotFound):
        get_residency(session, cast.founder_b, residency.id)
    with pytest.raises(Forbidden):
        get_residency(session, cast.mentor, residency.id)
    with pytest.raises(Forbidden):
        end_residency(session, cast.finance, now=NOW, residency=residency, ends_on=date(2026, 9, 1), reason="no")


def test_a_team_becomes_a_company_and_keeps_its_number(session: Session, cast: Cast) -> None:
    team = register_startup(session, cast.manager, now=NOW, name="丙团队", kind="team")
    code = complete_credit_code("91440300MA5ABCDH1")
    edit_startup(session, cast.manager, now=NOW, startup=team, name="丙科技有限公司", kind="company", credit_code=code,
                 registered_on=date(2026, 9, 1))  # fmt: skip
    assert (team.code, team.kind, team.credit_code) == ("S-0001", "company", code)
    with pytest.raises(Refusal, match="does not become a team again"):
        edit_startup(session, cast.manager, now=NOW, startup=team, name="丙", kind="team")
    with pytest.raises(Conflict, match="belongs to 丙科技有限公司"):
        register_startup(session, cast.manager, now=NOW, name="丁", kind="company", credit_code=code.lower())
    with pytest.raises(Refusal, match="check character"):
        register_startup(session, cast.manager, now=NOW, name="丁", kind="company", credit_code="91440300MA5ABCDH10")
