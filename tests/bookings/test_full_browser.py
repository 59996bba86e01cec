"""A founder's day in a real browser: refused and helped, a series changed, checked in at the door; and every page by
axe, on a desk and on a telephone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import segno
from playwright.sync_api import Page, expect
from sqlalchemy import select

from incubator.accounts.operations.keys import issue_key
from incubator.bookings.door import door_code
from incubator.bookings.models import Booking, BookingRule
from incubator.bookings.operations import add_rule, book, book_series, include_allowance, join_waitlist
from incubator.bookings.operations.events import Plan, plan_event
from incubator.bookings.operations.series import SeriesTerms
from incubator.core.clock import utc_now
from incubator.core.recurrence import Recurrence
from incubator.spaces.operations import set_opening_hours
from incubator.startups.operations import add_programme
from tests.bookings.conftest import Place, make_place
from tests.bookings.test_browser import next_workday, tab_to
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.scenarios.test_main_job import drag

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def place(live: Live) -> Place:
    """Open at all hours, so that these tests run at any."""
    with live.session() as session:
        made = make_place(session, live.cast.manager)
        set_opening_hours(session, live.cast.manager, now=utc_now(), site=made.site, from_on=date(2026, 1, 2),
                          hours=[("workday", 0, 1440), ("restday", 0, 1440)])  # fmt: skip
        session.expunge_all()
    return made


def wall(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), SHANGHAI)


def test_by_drag_refused_with_a_reason_and_the_offered_alternative_taken(
    live: Live, surf: Surfer, place: Place
) -> None:
    page, on = surf.sign_in(live.cast.founder_a), next_workday()
    surf.go(f"/timeline?date={on}")
    with live.session() as session:
        book(session, live.cast.founder_b, now=utc_now(), resource_id=place.room.id, start=wall(on, 13),
             end=wall(on, 15), startup_id=live.cast.startup_b)  # fmt: skip
    drag(page, "会议室一", "13:00", "15:00")
    dialog = page.locator("#booking-dialog")
    expect(dialog.get_by_role("status")).to_contain_text("13:00")
    expect(dialog.get_by_role("status")).to_contain_text("已")
    instead = dialog.locator("[data-price-instead] button")
    expect(instead.first).to_contain_text("15:00–17:00")
    surf.check_accessible()
    instead.first.click()
    expect(dialog.get_by_role("status")).to_have_text("¥100.00")
    expect(instead).to_have_count(0)
    dialog.locator("input[name=title]").fill("改到三点")
    dialog.locator("[data-confirm]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("改到三点")
    expect(page.locator("main")).to_contain_text("15:00–17:00")


def test_another_day_that_is_offered_is_booked_on_that_day(live: Live, surf: Surfer, place: Place) -> None:
    """The whole day is B's: what is offered in the dialog lies on the day after."""
    page, on = surf.sign_in(live.cast.founder_a), next_workday()
    surf.go(f"/timeline?date={on}")
    with live.session() as session:
        book(session, live.cast.founder_b, now=utc_now(), resource_id=place.room.id, start=wall(on, 0),
             end=wall(on + timedelta(days=1), 0), startup_id=live.cast.startup_b)  # fmt: skip
    drag(page, "会议室一", "13:00", "15:00")
    dialog = page.locator("#booking-dialog")
    instead = dialog.locator("[data-price-instead] button")
    instead.first.click()
    expect(dialog.get_by_role("status")).to_have_text("¥100.00")
    expect(dialog.locator("input[name=on]")).to_have_value((on + timedelta(days=1)).isoformat())
    dialog.locator("[data-confirm]").click()
    expect(page.locator("main")).to_contain_text("00:00–02:00")


def weekly(live: Live, place: Place) -> list[int]:
    """Four weeks on the same weekday, 10:00 to 11:00; their ids in order."""
    on = next_workday()
    with live.session() as session:
        series = book_series(
            session,
            live.cast.founder_a,
            now=utc_now(),
            terms=SeriesTerms(
                place.room.id,
                live.cast.startup_a,
                Recurrence("WEEKLY", weekdays=(on.weekday(),), count=4),
                on,
                time(10),
                time(11),
                "周会",
            ),
        )
        query = select(Booking.id).where(Booking.series_id == series.id).order_by(Booking.period)
        return list(session.execute(query).scalars())


def test_this_and_the_following_are_changed_by_keyboard(live: Live, surf: Surfer, place: Place) -> None:
    second = weekly(live, place)[1]
    page = surf.sign_in(live.cast.founder_a)
    surf.go(f"/bookings/{second}/edit")
    tab_to(page, page.locator("input[name=scope]").first)
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=scope][value=following]")).to_be_checked()
    tab_to(page, page.locator("input[name=start]"))
    page.keyboard.press("ArrowUp")  # 10 to 11 hours
    tab_to(page, page.locator("input[name=end]"))
    page.keyboard.press("ArrowUp")
    tab_to(page, page.locator("button[name=do][value=preview]"))
    page.keyboard.press("Enter")
    expect(page.locator("main table tbody tr")).to_have_count(3)
    surf.check_accessible()
    tab_to(page, page.locator("button[name=do][value=all]"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("11:00–12:00")
    surf.go("/bookings")
    expect(page.locator("main").get_by_text("11:00–12:00")).to_have_count(3)
    expect(page.locator("main").get_by_text("10:00–11:00")).to_have_count(1)


SEEN_ELSEWHERE = {
    "bookings.visitor_pass": "test_visitor_browser", "bookings.show_visitor": "test_visitor_browser",
    "bookings.my_allowances": "test_allowance_pages", "bookings.show_allowance": "test_allowance_pages",
    "bookings.new_allowance": "test_allowance_pages", "bookings.door": "the door, above",
    "bookings.after_exit": "startups/test_exits_browser", "bookings.feed": "a file", "bookings.event_photo": "a file",
    "bookings.booking_ics": "a file", "bookings.quote": "data", "bookings.timeline_events": "data",
}
"""The bookings' pages that this test does not open, and where axe looks at them."""


def unseen(live: Live, pages: list[str]) -> set[str]:
    """The pages of bookings that are not among these."""
    routes = live.app.url_map.bind("")
    seen = {routes.match(page.partition("?")[0])[0] for page in pages}
    known = {rule.endpoint for rule in live.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return {each for each in known - seen if each.startswith("bookings.")}


def begin_now(live: Live, place: Place) -> Booking:
    """A's, from the last quarter of an hour on, to be checked in within half an hour."""
    now = utc_now()
    with live.session() as session:
        add_rule(session, live.cast.manager, now=now, name="签到规则", name_en="Check in", check_in_minutes=30)
        start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        made = book(session, live.cast.front_desk, now=now, resource_id=place.room.id, start=start,
                    end=start + timedelta(hours=1), startup_id=live.cast.startup_a, title="到场测试")  # fmt: skip
        session.flush()
        session.expunge_all()
    return made


def test_checked_in_by_the_code_at_the_door_on_a_telephone(live: Live, surf: Surfer, place: Place) -> None:
    begin_now(live, place)
    with live.session() as session:
        token = issue_key(session, live.cast.manager, now=utc_now(), kind="door", opens_id=place.room.id)
    page = surf.go(f"/door/{token}")
    expect(page.locator("main")).to_contain_text("已占用")
    expect(page.locator("main")).not_to_contain_text("到场测试")
    expect(page.locator(".qr")).to_be_visible()
    surf.check_accessible()
    address = scanned(live, place, page)
    page.set_viewport_size(PHONE)
    surf.sign_in(live.cast.founder_a)
    surf.go(address)
    expect(page.locator("main")).to_contain_text("您在门口")
    surf.check_no_sideways_scroll()
    surf.check_accessible()
    page.get_by_role("button", name="签到").click()
    expect(page.locator("main")).to_contain_text("到场")
    expect(page.get_by_role("button", name="签到")).to_have_count(0)
    page.get_by_role("link", name="到场测试").click()
    expect(page.locator("main")).to_contain_text("门口")


def scanned(live: Live, place: Place, page: Page) -> str:
    """What a telephone reads off the door at this moment: the picture is that of this very address."""
    now, shown = utc_now(), page.locator(".qr svg path").last.get_attribute("d")
    for at in (now, now - timedelta(minutes=1)):
        code = door_code(str(live.app.config["SECRET_KEY"]).encode(), live.cast.operator_id, place.room.id, at)
        path = f"/here/{place.room.id}?code={code}"
        if shown and shown in segno.make(live.app.config["SETTINGS"].base_url + path, error="m").svg_inline(
            scale=8, border=4
        ):
            return path
    raise AssertionError("the picture is that of another address")


@pytest.mark.parametrize(
    ("who", "window", "other"), [("founder_a", PHONE, DESKTOP), ("manager", DESKTOP, PHONE)], ids=["founder", "manager"]
)
def test_every_page_fits_and_axe_finds_nothing(
    live: Live, surf: Surfer, place: Place, who: str, window: dict[str, int], other: dict[str, int]
) -> None:
    """Each fits both windows; axe looks in the one that such a person has."""
    booking, on = begin_now(live, place), next_workday()
    with live.session() as session:
        wait = join_waitlist(session, live.cast.founder_a, now=utc_now(), resource_id=place.room.id, start=wall(on, 9),
                             end=wall(on, 18), minutes=60, startup_id=live.cast.startup_a).id  # fmt: skip
        plan = add_programme(session, live.cast.manager, now=utc_now(), kind="plan", name="流动套餐").id
        include_allowance(session, live.cast.manager, now=utc_now(), programme_id=plan, name="每月两小时", minutes=120,
                          repeats="month", valid_from=on)  # fmt: skip
        rule = session.execute(select(BookingRule.id)).scalars().first()
        event = plan_event(session, live.cast.manager, now=utc_now(), plan=Plan(
            place.site.id, "forum", "年度创新创业论坛", wall(on, 9), wall(on, 12), "public", place="国际会议中心二层")).id
        past = plan_event(session, live.cast.manager, now=utc_now(), plan=Plan(
            place.site.id, "salon", "周三茶会", utc_now() - timedelta(hours=3), utc_now() - timedelta(hours=1), "tenants", place="露台")).id
    second = weekly(live, place)[1]
    with live.session() as session:
        series = session.execute(select(Booking.series_id).where(Booking.id == second)).scalar_one()
    surf.page.set_viewport_size(window)  # type: ignore[arg-type]
    surf.sign_in(getattr(live.cast, who))
    pages = [
        f"/timeline?date={on}", f"/timeline?date={on}&view=week", f"/timeline?date={on}&view=list", "/bookings",
        "/bookings/find", "/bookings/find?kind=hall&people=999", "/bookings/find?when=days", "/bookings/new",
        f"/bookings/{booking.id}", f"/bookings/{second}", f"/bookings/{second}/edit", "/bookings/series/new", f"/bookings/series/{series}", "/waitlist",
        f"/waitlist/{wait}", "/waitlist/new", f"/here/{place.room.id}", f"/resources/{place.room.id}", "/profile/mails",
        f"/startups/{live.cast.startup_a}/team", f"/startups/{live.cast.startup_a}/team/new",
        "/calendars", "/bookings/import", "/visitors", "/visitors/new", f"/sites/{place.site.id}/plan",
    ]  # fmt: skip
    if who == "manager":
        pages += ["/desk", f"/resources/{place.room.id}/door", "/bookings/rules", "/bookings/rules/new", "/allowances",
                  f"/bookings/rules/{rule}", "/allowances/included", f"/programmes/{plan}/allowances/new",
                  f"/sites/{place.site.id}/closures/new", "/desk/visitors", "/desk/visitors/new", "/desk/visitors/retention",
                  f"/resources/{place.room.id}/calendar", "/programmes", "/programmes/new",
                  f"/startups/{live.cast.startup_a}/programmes", "/individuals", "/startups/limits", f"/startups/{live.cast.startup_a}/edit",
                  f"/startups/{live.cast.startup_a}/addresses", "/events", "/events/new", f"/events/{event}",
                  f"/events/{event}/edit", f"/events/{past}", f"/events/{past}/count"]  # fmt: skip
        assert unseen(live, pages) == set(SEEN_ELSEWHERE)
    for each in pages:
        surf.go(each)
        surf.check_accessible()
        surf.check_no_sideways_scroll()
        surf.page.set_viewport_size(other)  # type: ignore[arg-type]
        surf.check_no_sideways_scroll()
        surf.page.set_viewport_size(window)  # type: ignore[arg-type]


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//somebody//EN
BEGIN:VEVENT
UID:{hour}
DTSTART:{on:%Y%m%d}T{hour:02}0000
DTEND:{on:%Y%m%d}T{hour:02}3000
SUMMARY:{title}
END:VEVENT
END:VCALENDAR
"""


def test_what_is_looked_at_before_it_is_done(live: Live, surf: Surfer, place: Place) -> None:
    """The previews that are answers to a form: an import with a conflict, and a closure over a booking."""
    on = next_workday()
    with live.session() as session:
        book(session, live.cast.founder_b, now=utc_now(), resource_id=place.room.id, start=wall(on, 10),
             end=wall(on, 11), startup_id=live.cast.startup_b, title="很长的会议主题" * 8)  # fmt: skip
    page = surf.sign_in(live.cast.manager)
    surf.go("/bookings/import")
    file = ICS.format(on=on, hour=10, title="周会") + ICS.format(on=on, hour=14, title="没有空格的很长的主题" * 9)
    page.set_input_files("input[type=file]", {"name": "a.ics", "mimeType": "text/calendar", "buffer": file.encode()})
    page.get_by_label("资源").select_option(str(place.room.id))
    page.locator("button[name=do]").first.click()
    expect(page.locator("main table tbody tr")).to_have_count(2)
    surf.check_accessible()
    for window in (PHONE, DESKTOP):
        page.set_viewport_size(window)  # type: ignore[arg-type]
        surf.check_no_sideways_scroll()
    surf.go(f"/sites/{place.site.id}/closures/new")
    page.locator(f"input[name=units][value='{place.units['R1'].id}']").check()
    page.locator("input[name=start]").fill(f"{on}T09:00")
    page.locator("input[name=end]").fill(f"{on}T18:00")
    page.locator("input[name=reason]").fill("漏水")
    page.locator("main form button").last.click()
    expect(page.locator("main")).to_contain_text("10:00–11:00")
    surf.check_accessible()
    for window in (PHONE, DESKTOP):
        page.set_viewport_size(window)  # type: ignore[arg-type]
        surf.check_no_sideways_scroll()
