"""The forms of startups: what is wrong is said at its field, and nothing of what was typed is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Residency, Startup
from incubator.startups.operations import edit_startup
from incubator.startups.queries import get_startup
from tests.cast import NOW, Cast
from tests.conftest import Browser


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("starts_on", "2026-02-30", "没有这个日期；请写成 2026-10-31。"), ("starts_on", "soon", "没有这个日期；请写成 2026-10-31。"),
        ("starts_on", "", "请填写日期。"), ("ends_on", "2026-13-01", "没有这个日期；请写成 2026-10-31。"),
        ("signed_on", "yesterday", "没有这个日期；请写成 2026-10-31。"),
    ],
)  # fmt: skip
def test_a_day_that_is_none_is_not_told_as_missing(
    client: Browser, cast: Cast, session: Session, field: str, typed: str, sentence: str
) -> None:
    site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[], open_from=date(2026, 1, 1))
    floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
    add_unit(session, cast.manager, now=NOW, floor=floor, code="O1", kind="office", purpose="incubation",
             area_m2=Decimal(30), in_service_from=date(2026, 1, 1))  # fmt: skip
    client.sign_in(cast.manager)
    address = f"/startups/{cast.startup_a}/residencies/new?site={site.id}"
    answer = client.post(address, data={"starts_on": "2026-10-01", "number": "A-77"} | {field: typed})
    assert answer.status_code == 422 and sentence in answer.text and "A-77" in answer.text
    assert session.execute(select(Residency)).first() is None


def test_what_is_no_address_is_refused_and_what_was_typed_stays(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.manager)
    form = {"name": "甲科技有限公司", "kind": "company", "credit_code": "91110000802100433B", "contact_name": "李雨桐",
            "contact_email": "nobody"}  # fmt: skip
    answer = client.post(f"/startups/{cast.startup_a}/edit", data=form)
    assert answer.status_code == 422 and "李雨桐" in answer.text and 'value="nobody"' in answer.text


def test_the_trail_tells_that_a_contact_changed_and_keeps_no_number(cast: Cast, session: Session) -> None:
    startup = get_startup(session, cast.manager, cast.startup_a)
    facts = {"name": startup.name, "kind": startup.kind, "credit_code": startup.credit_code,
             "registered_on": startup.registered_on, "name_en": startup.name_en, "industry": startup.industry}  # fmt: skip
    edit_startup(session, cast.manager, now=NOW, startup=startup, contact_phone="13800138000", **facts)
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert event.after["contact_changed"] is True and "13800138000" not in str(event.after)
    edit_startup(session, cast.manager, now=NOW, startup=startup, contact_phone="13800138000", **facts)
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert "contact_changed" not in event.after


@pytest.mark.parametrize("day", ["0001-01-01", "0206-05-01", "1899-12-31"])
def test_no_company_was_registered_in_the_year_one(client: Browser, cast: Cast, session: Session, day: str) -> None:
    client.sign_in(cast.manager)
    form = {"name": "甲科技有限公司", "kind": "company", "credit_code": "91110000802100433B", "registered_on": day}
    for address in (f"/startups/{cast.startup_a}/edit", "/startups/new"):
        answer = client.post(address, data=form)
        assert answer.status_code == 422 and "最早为 1900 年" in answer.text


def test_a_name_is_what_can_be_seen_of_it(client: Browser, cast: Cast, session: Session) -> None:
    client.sign_in(cast.manager)
    form = {"name": "\u200b\u3164\u2800", "kind": "team"}
    answer = client.post("/startups/new", data=form)
    assert answer.status_code == 422 and "请填写创业企业名称" in answer.text and "必填" not in answer.text
    assert client.post("/startups/new", data=form | {"name": "看\u200b得\u202e见\u3000团队"}).status_code == 303
    assert session.execute(select(Startup.name).order_by(Startup.id.desc()).limit(1)).scalar_one() == "看得见 团队"
