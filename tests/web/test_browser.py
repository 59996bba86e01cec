"""The shell in a real Chromium: no complaint of the policy, accessible, on the desk and on the phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.scenarios.october import tell_october

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]

HOMES = {
    "manager": "已占用工位", "finance": "月度出账", "founder_a": "我的预订", "mentor": "我接下来的辅导",
}  # fmt: skip


@pytest.fixture
def furnished(live: Live) -> Live:
    """The site with the example's October in it."""
    with live.session() as session:
        tell_october(session, live.cast)
    return live


def look(surf: Surfer, path: str) -> None:
    """At a desk by day, on a telephone by night."""
    for scheme, size in (("light", DESKTOP), ("dark", PHONE)):
        surf.page.set_viewport_size(size)
        # colours that fade would be measured half-way
        surf.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        surf.go(path)
        surf.check_no_sideways_scroll()
        expect(surf.page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        surf.check_accessible()
    surf.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("path", ["/", "/nothing-here"])
def test_public_pages(surf: Surfer, path: str) -> None:
    look(surf, path)


@pytest.mark.parametrize("role", HOMES)
def test_the_home_of_each_role(furnished: Live, surf: Surfer, role: str) -> None:
    surf.sign_in(getattr(furnished.cast, role))
    assert HOMES[role] in surf.page.inner_text("body")
    look(surf, "/")


@pytest.mark.parametrize("path", ["/today/desks", "/today/bookings", "/today/arrivals"])
def test_the_rows_behind_the_figures(furnished: Live, surf: Surfer, path: str) -> None:
    surf.sign_in(furnished.cast.manager)
    look(surf, path)


def test_an_empty_operators_first_steps(live: Live, surf: Surfer) -> None:
    surf.sign_in(live.cast.other_owner)
    look(surf, "/")


def test_the_menu_opens_on_the_phone(furnished: Live, surf: Surfer) -> None:
    surf.sign_in(furnished.cast.manager)
    surf.page.set_viewport_size(PHONE)
    surf.go("/")
    link = surf.page.get_by_role("link", name="场地", exact=True)
    assert not link.is_visible()
    surf.page.get_by_role("button", name="菜单").click()
    link.wait_for(state="visible")
    surf.check_accessible()
    link.click()
    surf.page.wait_for_url("**/sites")


def test_language_and_theme_are_kept(furnished: Live, surf: Surfer) -> None:
    page = surf.sign_in(furnished.cast.manager)
    page.locator(".sidebar-person-button").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Today").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator(".sidebar-person-button").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    surf.go("/today/desks")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_theme_follows_the_device_until_chosen(surf: Surfer) -> None:
    surf.page.emulate_media(color_scheme="dark")
    surf.go("/")
    html = surf.page.locator("html")
    assert html.get_attribute("data-bs-theme") == "dark"
    surf.page.emulate_media(color_scheme="light")
    expect(surf.page.locator("html")).to_have_attribute("data-bs-theme", "light")
    surf.page.get_by_role("button", name="深色").click()
    expect(surf.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_language_changes_without_sign_in(surf: Surfer) -> None:
    surf.go("/")
    assert "让每个数字有据可查" in surf.page.inner_text("h1")
    surf.page.get_by_role("button", name="English").click()
    expect(surf.page.locator("html")).to_have_attribute("lang", "en")
    assert "Prove every number." in surf.page.inner_text("h1")


def test_the_first_tab_stop_skips_to_the_content(furnished: Live, surf: Surfer) -> None:
    page = surf.sign_in(furnished.cast.manager)
    surf.go("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_form_pressed_twice_is_sent_once(furnished: Live, surf: Surfer) -> None:
    page = surf.sign_in(furnished.cast.manager)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator(".sidebar-person-button").click()
    page.get_by_role("button", name="English").dblclick()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert len(sent) == 1
