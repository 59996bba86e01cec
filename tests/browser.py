"""A served app and a real browser: `live` and `browser_page`.

The app runs in a thread on a database of the test's own, with CSRF and all headers as in production; every
console error of a page fails the test that opened it.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from incubator.accounts.actor import Actor
from incubator.app import create_app
from incubator.billing import card_keys
from incubator.core import sealing
from incubator.database import set_operator
from incubator.documents import stores
from tests.cast import PASSWORD, Cast, Peopled
from tests.database import Databases, TestDatabase

CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
GRAVE = ("critical", "serious")
PATIENCE = 30_000
"""Milliseconds to wait for what a page is about to show: a busy machine is no fault of the page."""
expect.set_options(timeout=PATIENCE)
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
WHOLE = """if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done));"""
"""A click leads to a page that has perhaps only begun, and has no element yet."""
TOO_WIDE = f"""async () => {{
    {WHOLE}
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}}"""
AXE = f"{Axe().axe_script}; null"  # what is evaluated last is sent back
ASK_AXE = f"""async (options) => {{
    {WHOLE}
    return (await axe.run(document, options)).violations;
}}"""
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],  # what passes is not told of: half the time
    "selectors": False,  # nor is the way to an element: its HTML is
}


@dataclass(frozen=True)
class Live:
    """A running site: where it is, who is in it, and its database."""

    url: str
    app: Flask
    cast: Cast
    engine: Engine
    database: TestDatabase

    @contextmanager
    def session(self, operator_id: int | None = None) -> Iterator[Session]:
        """A session of the application role in the cast's operator (or another); committed at the end."""
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id if operator_id is None else operator_id)
            yield session
            session.commit()


@pytest.fixture
def peopled_database(databases: Databases, peopled: Peopled) -> Iterator[TestDatabase]:
    """A database of this test's own with the cast in it."""
    with databases.copy(peopled.database.name, databases.served().name) as database:
        yield database


@pytest.fixture(scope="session")
def live_app(databases: Databases) -> Flask:
    """The app of every site that is served, as in production; it keeps nothing from one database to the next."""
    return create_app(dataclasses.replace(databases.served().settings(), testing=False))


@pytest.fixture
def live(peopled: Peopled, peopled_database: TestDatabase, live_app: Flask) -> Iterator[Live]:
    """The site, served on a free port, with the cast in it."""
    settings = dataclasses.replace(peopled_database.settings(), testing=False)
    engine = create_engine(settings.database_url)
    live_app.config["SETTINGS"] = settings
    stores.use(settings.file_store)  # as create_app does for the process: other tests set another
    sealing.use(settings.sealing_keys)
    card_keys.use(settings.stripe_api)
    server = make_server("127.0.0.1", 0, live_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{server.port}", live_app, peopled.cast, engine, peopled_database)
    finally:
        server.shutdown()
        thread.join(timeout=10)
        engine.dispose()
        with live_app.app_context():
            live_app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    """The machine's Chromium, else Playwright's own."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    browser = playwright_driver.chromium.launch(executable_path=found, args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@dataclass
class Surfer:
    """One browser window of one person."""

    page: Page
    base: str
    errors: list[str]

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, actor: Actor) -> Page:
        """By the form of the sign-in page, without drawing it: half a second less of two hundred times.

        A person types into it in `tests/bookings/test_browser.py`.
        """
        address, request = f"{self.base}/sign-in", self.page.context.request
        token = TOKEN.search(request.get(address).text())
        assert token, "there is no form to sign in by"
        form = {"csrf_token": token[1], "email": f"{actor.name}@example.com", "password": PASSWORD}
        answer = request.post(address, form=form, max_redirects=0)
        assert answer.status in (302, 303), f"{actor.name} is not let in: {answer.status}"
        self.page.goto(urljoin(address, answer.headers["location"]))
        return self.page

    def check_accessible(self) -> None:
        """Nothing serious by axe (WCAG 2.2 AA) on the page as it stands."""
        self.page.wait_for_load_state()
        self.page.evaluate(AXE)
        violations = self.page.evaluate(ASK_AXE, AXE_OPTIONS)
        grave = [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in violations
            if violation["impact"] in GRAVE
            for node in violation["nodes"]
        ]
        assert not grave, f"{self.page.url}\n" + "\n".join(grave)

    def check_no_sideways_scroll(self) -> None:
        """The page fits the window's width."""
        self.page.wait_for_load_state()
        wider = self.page.evaluate(TOO_WIDE)
        assert wider <= 0, f"{self.page.url} is {wider} px too wide"


@contextmanager
def open_window(chromium: Browser, base: str) -> Iterator[Surfer]:
    """A window 1440 px wide with cookies of its own; `page.set_viewport_size(PHONE)` makes it a phone."""
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    surfer = Surfer(page, base, [])

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            surfer.errors.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: surfer.errors.append(str(error)))
    yield surfer
    context.close()
    assert not surfer.errors, "\n".join(surfer.errors)


@pytest.fixture
def surf(live: Live, chromium: Browser) -> Iterator[Surfer]:
    """One window, of one person after another."""
    with open_window(chromium, live.url) as surfer:
        yield surfer


@pytest.fixture
def browser_page(surf: Surfer) -> Page:
    return surf.page
