"""From nothing to a first booking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.models import Affiliation, Identity, Person, Tenant
from incubator.accounts.queries import get_actor
from incubator.audit.queries import verify_chain
from incubator.bookings.operations import book
from incubator.core.clock import utc_now
from incubator.core.periods import local_instant
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.pricing.models import Tariff, TariffItem
from incubator.spaces.models import OpeningHours, Resource, Site, Unit
from incubator.startups.operations import register_startup
from incubator.web.sign_up_form import parse_areas
from tests.accounts.post import letters, link_for
from tests.cast import PASSWORD, Cast
from tests.conftest import Browser

NEW = "four words make one"
FORM = {
    "name": "王小明", "email": "wang@example.com", "password": NEW, "operator": "科苑创新中心", "site_name": "科苑一号",
    "address": "深圳市南山区", "zone": "Asia/Shanghai", "calendar": "CN", "opens": "09:00", "closes": "18:00",
    "on_rest_days": "y", "rest_opens": "10:00", "rest_closes": "16:00", "open_since": "2026-08-01",
    "floor_by": "here", "floor_name": "1 层", "desks": "12", "desk_m2": "6", "desk_rent": "600",
    "offices": "30, 54.5、42", "office_rent": "80", "rooms-0-name": "会议室甲", "rooms-0-seats": "10",
    "rooms-0-area_m2": "20", "rooms-0-price": "50", "rooms-1-name": "会议室乙", "rooms-1-seats": "4",
    "rooms-1-area_m2": "", "rooms-1-price": "", "rooms-2-name": "", "rooms-2-seats": "8", "rooms-2-area_m2": "20",
    "colleagues-0-email": "front@example.com", "colleagues-0-role": "front_desk", "colleagues-1-email": "",
    "colleagues-1-role": "manager",
}  # fmt: skip


def sign_up(client: Browser, **changes: str | None):
    data = {name: value for name, value in (FORM | changes).items() if value is not None}
    return client.post("/sign-up", data=data)


def newest_tenant(session: Session) -> int:
    with as_operator(session, INSTALLATION):
        return session.execute(select(func.max(Tenant.tenant_id))).scalar_one()


def tenants(session: Session) -> int:
    with as_operator(session, INSTALLATION):
        return session.execute(select(func.count()).select_from(Tenant)).scalar_one()


def test_it_makes_all_that_was_said_and_signs_in(client: Browser, session: Session) -> None:
    answer = sign_up(client)
    assert (answer.status_code, answer.location) == (303, "/")
    home = client.get("/").get_data(as_text=True)
    assert "科苑创新中心" in home and "在时间轴上完成第一个预订" in home
    set_operator(session, newest_tenant(session))
    site = session.execute(select(Site)).scalar_one()
    assert (site.name, site.zone, site.calendar) == ("科苑一号", "Asia/Shanghai", "CN")
    hours = session.execute(select(OpeningHours.day_kind, OpeningHours.opens_minute, OpeningHours.closes_minute)).all()
    assert sorted(map(tuple, hours)) == [("restday", 600, 960), ("workday", 540, 1080)]
    units = {unit.code: (unit.kind, unit.area_m2) for unit in session.execute(select(Unit)).scalars()}
    assert len(units) == 12 + 3 + 2
    assert units["D01"] == ("desk", Decimal(6)) and units["O2"] == ("office", Decimal("54.50"))
    assert units["R1"] == ("room", Decimal(20)) and units["R2"] == ("room", Decimal(0))
    prices = session.execute(
        select(TariffItem.charge_kind, TariffItem.basis, TariffItem.unit_kind, TariffItem.unit_price)
        .join(Tariff, Tariff.id == TariffItem.tariff_id)
        .order_by(TariffItem.id)
    ).all()
    assert [tuple(row) for row in prices] == [
        ("rent", "unit_month", "desk", Decimal(600)), ("rent", "m2_month", "office", Decimal(80)),
        ("booking", "hour", None, Decimal(50)),
    ]  # fmt: skip
    assert verify_chain(session).is_whole
    mails = {to: subject for to, subject, _ in letters(session)}
    assert mails == {
        "front@example.com": "科苑创新中心邀请您加入", "wang@example.com": "欢迎：科苑创新中心已创建"
    }  # fmt: skip


def test_the_first_booking_can_be_made_at_once(client: Browser, session: Session) -> None:
    sign_up(client)
    set_operator(session, newest_tenant(session))
    owner = get_actor(session, session.execute(select(Person.id).where(Person.name == "王小明")).scalar_one())
    room = session.execute(select(Resource).where(Resource.code == "R1")).scalar_one()
    now = utc_now()
    startup = register_startup(session, owner, now=now, name="第一家", kind="team")
    start = local_instant((now + timedelta(days=1)).date(), 10 * 60, ZoneInfo("Asia/Shanghai"))
    booking = book(session, owner, now=now, resource_id=room.id, start=start, end=start + timedelta(minutes=90),
                   startup_id=startup.id)  # fmt: skip
    assert booking.price_minor == 7500


def test_the_letter_confirms_the_address(client: Browser, session: Session) -> None:
    sign_up(client)
    assert client.post(link_for(session, "wang@example.com")).location == "/"
    assert "邮箱已确认" in client.get("/profile").get_data(as_text=True)


def test_with_a_workbook_to_come_there_is_the_site_alone(client: Browser, session: Session) -> None:
    answer = sign_up(client, floor_by="workbook", desks="nonsense", offices="x")
    assert answer.status_code == 303 and answer.location in ("/imports", "/")
    set_operator(session, newest_tenant(session))
    assert session.execute(select(func.count()).select_from(Unit)).scalar_one() == 0
    assert session.execute(select(func.count()).select_from(Site)).scalar_one() == 1


def test_who_has_a_sign_in_gives_its_password_and_owns_both(client: Browser, cast: Cast, session: Session) -> None:
    wrong = sign_up(client, email="Alice@example.com")
    assert wrong.status_code == 422 and "密码不正确" in wrong.get_data(as_text=True)
    before = tenants(session)
    assert sign_up(client, email="Alice@example.com", password=PASSWORD).status_code == 303
    assert tenants(session) == before + 1
    with as_operator(session, INSTALLATION):
        theirs = session.execute(
            select(Affiliation.tenant_id).join(Identity, Identity.id == Affiliation.identity_id).where(
                Identity.email == "alice@example.com")
        ).scalars().all()  # fmt: skip
    assert len(theirs) == 2
    assert client.post("/switch", data={"tenant_id": str(cast.operator_id)}).location == "/"
    assert "南山创客空间" in client.get("/").get_data(as_text=True)


def test_who_is_signed_in_is_not_asked_who_they_are(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.founder_a)
    page = client.get("/sign-up").get_data(as_text=True)
    assert 'name="password"' not in page and "anna@example.com" in page
    assert sign_up(client, name=None, email=None, password=None).status_code == 303
    assert "科苑创新中心" in client.get("/").get_data(as_text=True)
    set_operator(session, newest_tenant(session))
    assert session.execute(select(Person.name).order_by(Person.id).limit(1)).scalar() == "anna"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("email", "x"), ("email", ""), ("password", "short"), ("password", ""), ("operator", " "),
     ("site_name", ""), ("zone", "Mars/Base"), ("calendar", "JULIAN"), ("opens", "25:00"), ("opens", ""),
     ("closes", "08:00"), ("closes", "09:00"), ("rest_closes", "09:00"), ("rest_opens", ""), ("open_since", "1.8.26"),
     ("open_since", "0001-01-01"), ("open_since", "9999-12-31"), ("floor_by", "magic"), ("floor_name", ""),
     ("desks", "-1"), ("desks", "301"), ("desks", "many"), ("desk_m2", "NaN"), ("desk_m2", "Infinity"),
     ("desk_m2", "1e999999"), ("desk_m2", "4.005"), ("desk_rent", "-1"), ("office_rent", "1000000"),
     ("offices", "30, x"), ("offices", "NaN"), ("offices", "-3"), ("offices", "0"), ("offices", "1 " * 101),
     ("offices", "1e999999"), ("rooms-0-seats", "0"), ("rooms-0-price", "free"), ("rooms-0-name", "x" * 101),
     ("colleagues-0-email", "nobody"), ("colleagues-0-role", "owner"), ("colleagues-0-email", "wang@example.com"),
     ("operator", "x" * 101), ("address", "x" * 201)],
)  # fmt: skip
def test_a_fault_is_said_keeps_what_was_typed_and_changes_nothing(
    client: Browser, session: Session, field: str, value: str
) -> None:
    before = tenants(session)
    answer = sign_up(client, **{field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "invalid-feedback" in page or "alert-danger" in page
    for kept in ("南山区", "54.5" if field != "offices" else value.split()[0], "会议室乙"):
        assert kept in page or field in ("address",), kept
    assert NEW not in page, "but never the password"
    assert tenants(session) == before
    with as_operator(session, INSTALLATION):
        assert session.execute(select(Identity.id).where(Identity.email == "wang@example.com")).first() is None


def test_a_script_gets_the_faults_by_field_and_loses_nothing(client: Browser, session: Session) -> None:
    data = FORM | {"offices": "30, x", "rooms-0-price": "-5"}
    answer = client.post("/sign-up", data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"offices", "rooms-0-price"}
    done = client.post("/sign-up", data=FORM, headers={"Accept": "application/json"})
    assert done.get_json() == {"location": "/"}


def test_an_address_named_twice_is_named(client: Browser, session: Session) -> None:
    answer = sign_up(client, **{"colleagues-1-email": "FRONT@example.com"})
    assert answer.status_code == 422 and "FRONT@example.com 填写了两次" in answer.get_data(as_text=True)


def test_open_until_midnight(client: Browser, session: Session) -> None:
    assert sign_up(client, closes="00:00").status_code == 303
    set_operator(session, newest_tenant(session))
    assert session.execute(select(func.max(OpeningHours.closes_minute))).scalar_one() == 1440


def test_areas_as_people_write_them() -> None:
    assert parse_areas(" 30，54.5、 42;12.25 ") == [Decimal(30), Decimal("54.5"), Decimal(42), Decimal("12.25")]
    assert parse_areas("") == []


def test_two_operators_of_one_name_never_meet(client: Browser, session: Session) -> None:
    sign_up(client)
    first = newest_tenant(session)
    client.post("/sign-out")
    sign_up(client, email="li@example.com", **{"colleagues-0-email": "other@example.com"})
    page = client.get("/team?group=waiting").get_data(as_text=True)
    assert "other@example.com" in page and "front@example.com" not in page
    assert newest_tenant(session) > first


def test_the_form_says_since_when_in_chinas_day(client: Browser, session: Session) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert f'value="{today.replace(day=1).isoformat()}"' in client.get("/sign-up").get_data(as_text=True)
