"""Visitors in a real browser: invited on a telephone, let in by their pass, every page for everyone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from incubator.bookings.letters import WRITERS
from incubator.bookings.operations import cancel_visit, invite_visitors
from incubator.bookings.visiting import Guest
from incubator.bookings.visitor_models import Visitor
from incubator.core.clock import utc_now
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from tests.bookings.conftest import Place, make_place
from tests.browser import DESKTOP, PHONE, Live, Surfer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

LONG = Guest("Alexandra Konstantinopoulou-Featherstonehaugh", "alexandra.konstantinopoulou@a-very-long-name.example",
             "International Consolidated Widgets and Instruments Ltd", "粤B12345")  # fmt: skip


@pytest.fixture
def place(live: Live) -> Place:
    with live.session() as session:
        made = make_place(session, live.cast.manager)
        session.expunge_all()
    return made


def passes(live: Live) -> dict[str, str]:
    """The pass in each letter that is written now, by its address."""
    with live.session() as session:
        write_notices(session, now=utc_now(), base_url="", writers=WRITERS)
        mails = session.execute(select(OutboxMail)).scalars().all()
        found = {mail.to_address: re.search(r"/pass/[\w-]+", mail.text_body) for mail in mails}
    return {address: match[0] for address, match in found.items() if match}


def test_invited_by_keyboard_and_let_in_by_the_pass(live: Live, surf: Surfer, place: Place) -> None:
    surf.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = surf.sign_in(live.cast.founder_a)
    surf.go("/visitors/new")
    now = utc_now()
    today = page.locator("input[name=on]").input_value()
    page.locator("input[name=guests-0-name]").fill("王小明")
    page.locator("input[name=guests-0-email]").fill("wang@corp.example")
    page.get_by_role("button", name="再加一位访客").press("Enter")
    page.locator("input[name=guests-1-name]").fill("李华")
    assert page.locator("input[name=on]").input_value() == today
    page.locator("input[name=start]").fill("00:00")
    page.locator("input[name=end]").fill("00:00")
    page.locator("input[name=guests-1-name]").press("Enter")  # invites: it is the first of the two buttons
    expect(page.locator("main")).to_contain_text("已向前台登记 2 位访客")
    address = passes(live)["wang@corp.example"]
    page.context.clear_cookies()
    page = surf.sign_in(live.cast.front_desk)
    surf.go(address)
    page.get_by_role("button", name="已到访").press("Enter")
    expect(page.locator(".pass")).to_contain_text("到访，在场")
    with live.session() as session:
        wang = session.execute(select(Visitor).where(Visitor.name == "王小明")).scalar_one()
        assert wang.arrival_source == "pass" and wang.arrived_at is not None and wang.arrived_at >= now
    page.get_by_role("link", name="当天全部访客").click()
    row = page.locator(".desk-row", has_text="李华")
    row.get_by_role("button", name="已到访").press("Enter")
    expect(page.locator(".desk-row", has_text="李华")).to_contain_text("到访，在场")


def test_every_page_fits_and_is_accessible(live: Live, surf: Surfer, place: Place) -> None:
    surf.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    now, cast = utc_now(), live.cast
    with live.session() as session:
        made = invite_visitors(
            session, cast.founder_a, now=now, guests=[LONG, Guest("王小明", "wang@corp.example")],
            host_id=cast.founder_a.person_id or 0, startup_id=cast.startup_a, site_id=place.site.id, start=now,
            end=now + timedelta(hours=1),
        )  # fmt: skip
        ids = [each.id for each in made]
    found = passes(live)
    with live.session() as session:
        cancel_visit(session, cast.founder_a, now=now, visitor_id=ids[1])
    page = surf.page
    for address in found.values():  # without signing in
        surf.go(address)
        surf.check_no_sideways_scroll()
        surf.check_accessible()
    surf.sign_in(cast.manager)
    for scheme, window in (("light", DESKTOP), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(window)  # type: ignore[arg-type]
        for path in ("/desk/visitors", "/desk/visitors/new", "/desk/visitors/retention", "/visitors", "/visitors/new",
                     f"/visitors/{ids[0]}", found[LONG.email], "/desk"):  # fmt: skip
            surf.go(path)
            surf.check_no_sideways_scroll()
            surf.check_accessible()
    page.context.clear_cookies()
    surf.sign_in(cast.founder_a)
    for path in ("/visitors", "/visitors?view=past"):
        surf.go(path)
        surf.check_no_sideways_scroll()
        surf.check_accessible()
