"""A round in a real browser: proposed, a pair moved by hand with its cost seen before, published; every page for everyone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from incubator.accounts.models import Person
from incubator.mentors.models import Mentorship
from incubator.mentors.operations import assigning, rounds
from incubator.mentors.rules.assignment import Limits
from tests.browser import DESKTOP, PHONE, Live, Surfer
from tests.cast import NOW
from tests.mentors.rounds_world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group(__name__)]


def look(surf: Surfer, name: str) -> None:
    """What every page must hold; and a picture of it, where SHOTS says where to."""
    surf.check_accessible()
    surf.check_no_sideways_scroll()
    if folder := os.environ.get("SHOTS"):
        surf.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_pair_is_moved_by_hand_and_the_round_published(live: Live, surf: Surfer) -> None:
    with live.session() as session:
        world = make_world(session, live.cast, startups=Limits(1, 1), mentors=Limits(0, 1))
        (a, b, c), (x, y, z) = world.startups, world.mentors
        at = {"now": NOW, "round_id": world.round.id}
        rounds.wish_pair(session, live.cast.manager, startup_id=c, mentor_id=z, wish="pin", reason="上一轮合作良好", **at)
        rank = world.rank([720, 685, 310], [700, 800, 640], [None, None, 100])
        assigning.propose_round(session, live.cast.manager, rank=rank, **at)
        here = f"/rounds/{world.round.id}"
    page = surf.sign_in(live.cast.manager)
    surf.go("/rounds")
    look(surf, "rounds")
    surf.go(here)
    look(surf, "round")
    row = page.locator(f"#p-{a}")
    expect(row).to_contain_text("720")
    row.get_by_role("link", name=re.compile("更改")).click()
    look(surf, "change")
    exchange = page.locator("tr", has_text="林晓岚")
    expect(exchange).to_contain_text("−135")
    expect(exchange).to_contain_text("乙科技有限公司")
    exchange.get_by_role("button", name=re.compile("交换")).click()
    expect(page.locator("main")).to_contain_text("总分变化 −135")
    expect(page.locator(f"#p-{a}")).to_contain_text("685")
    expect(page.locator("tr[aria-current]")).to_contain_text("−135")
    look(surf, "round-changed")
    page.get_by_role("link", name="发布").click()
    look(surf, "publish")
    page.get_by_role("button", name="发布").click()
    expect(page.locator("main")).to_contain_text("新增 3 个结对")
    surf.go("/mentorships")
    look(surf, "mentorships")
    with live.session() as session:
        made = session.execute(select(Mentorship.startup_id, Mentorship.mentor_id)).all()
    assert {(a, y), (b, x), (c, z)} == {(one, other) for one, other in made}


@pytest.mark.parametrize(("locale", "size"), [("en", PHONE), ("zh_Hans", DESKTOP)])
def test_every_page_fits_and_can_be_used_by_everybody(live: Live, surf: Surfer, locale: str, size: dict[str, int]) -> None:
    with live.session() as session:
        empty = make_world(session, live.cast)
        world = make_world(session, live.cast, startups=Limits(1, 2), mentors=Limits(0, 1), name="2026 年秋季加速营与概念验证中心联合批次第二轮")
        a, x = world.startups[0], world.mentors[0]
        at = {"now": NOW, "round_id": world.round.id}
        rounds.wish_pair(session, live.cast.manager, startup_id=a, mentor_id=x, wish="pin", reason="去年合作得很好，双方都希望继续", **at)
        assigning.propose_round(session, live.cast.manager, rank=world.rank([720, 685, None], [700, None, None], [650, None, None]), **at)
        rounds.wish_pair(session, live.cast.manager, startup_id=world.startups[1], mentor_id=x, wish="exclude", reason="同业竞争", **at)
        here, before = f"/rounds/{world.round.id}", f"/rounds/{empty.round.id}"
        session.execute(update(Person).values(locale=locale))
    surf.page.set_viewport_size(size)  # type: ignore[arg-type]
    surf.sign_in(live.cast.manager)
    pages = {
        "new": "/rounds/new", "draft": before, "short": here, "short-mentors": f"{here}?by=mentors", "startups": f"{here}/startups",
        "mentors": f"{here}/mentors", "add": f"{here}/startups/add", "add-mentors": f"{before}/mentors/add", "wishes": f"{here}/wishes",
        "wishes-none": f"{before}/wishes", "edit": f"{here}/edit", "add-change": f"{here}/change?startup={a}",
        "pinned": f"{here}/change?startup={a}&mentor={x}", "publish-short": f"{here}/publish", "mentorships-none": "/mentorships",
    }  # fmt: skip
    for name, path in pages.items():
        surf.go(path)
        look(surf, f"{name}-{locale}")
