"""The stage of the story: the served site, everybody's window, what every page must hold."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from incubator.accounts.actor import Actor
from incubator.core.clock import CHINA, utc_now
from incubator.core.periods import Month
from incubator.database import INSTALLATION, as_operator
from incubator.jobs.letters import WRITERS
from incubator.notices.letters import write_link_letters
from incubator.notices.models import OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.rules.periods import last_ended
from tests.browser import DESKTOP, PHONE, Live, Surfer, open_window

SHOTS = os.environ.get("SHOTS", "")
TODAY = utc_now().astimezone(CHINA).date()
QUARTER = last_ended("quarter", TODAY)
MOVED_IN = QUARTER.first
FREE = Month.of(MOVED_IN)
MAIL, FOUNDER, FIRM = "lin@example.com", "林晓", "芯翼科技有限公司"


@dataclass
class House:
    """The served site, and everybody's window."""

    live: Live
    chromium: Browser
    stack: ExitStack
    windows: dict[str, Surfer] = field(default_factory=dict)

    def window(self, who: str, actor: Actor | None = None, *, phone: bool = False) -> Surfer:
        """The window of somebody; the first time they sign in, if they are somebody who can."""
        if who not in self.windows:
            self.windows[who] = self.stack.enter_context(open_window(self.chromium, self.live.url))
            if phone:
                self.windows[who].page.set_viewport_size(PHONE)  # type: ignore[arg-type] # its width and height
            if actor is not None:
                self.windows[who].sign_in(actor)
        return self.windows[who]

    @property
    def manager(self) -> Surfer:
        return self.window("manager", self.live.cast.manager)

    @property
    def linxiao(self) -> Surfer:
        return self.window("founder", phone=True)

    def letter(self, path: str) -> str:
        """The newest secret address of that kind that was mailed to the founder."""
        now = utc_now()
        bodies: list[str] = []
        with self.live.session() as session:
            write_notices(session, now=now, base_url="", writers=WRITERS)
            write_link_letters(session, now=now, base_url="")
            for operator_id in (self.live.cast.operator_id, INSTALLATION):
                with as_operator(session, operator_id):
                    bodies += session.execute(
                        select(OutboxMail.text_body).where(OutboxMail.to_address == MAIL).order_by(OutboxMail.id.desc())
                    ).scalars()
        return next(found[0] for body in bodies if (found := re.search(rf"/{path}/[\w-]+", body)))


def look(surf: Surfer, name: str) -> None:
    """What every page must hold, asked of each once; and pictures of it in both widths, where SHOTS says where to."""
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    if SHOTS:
        before = surf.page.viewport_size
        for size in (PHONE, DESKTOP):
            surf.page.set_viewport_size(size)  # type: ignore[arg-type] # its width and height
            surf.page.screenshot(path=str(Path(SHOTS, f"{name}-{size['width']}.png")), full_page=True)
        assert before is not None
        surf.page.set_viewport_size(before)


def day(surf: Surfer, name: str, value: date) -> None:
    surf.page.locator(f"[name={name}]").fill(value.isoformat())


def says(page: Page, *sentences: str) -> None:
    for sentence in sentences:
        expect(page.locator("main")).to_contain_text(sentence)
