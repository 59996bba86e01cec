"""A month posted by the worker: asked for on the page, followed there, killed at random moments, and posted once."""

from __future__ import annotations

import random
import re
import time

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.posting import OCTOBER, seed
from incubator.billing import drafts
from incubator.billing.drafts import draft_month
from incubator.billing.models import Charge, Invoice, OpenItem
from incubator.billing.models import Posting as PostingRow
from incubator.billing.views import months
from incubator.core.clock import utc_now
from incubator.core.errors import Conflict, Forbidden, Refusal
from incubator.jobs.job import Run
from incubator.jobs.operations import claim, finish
from incubator.jobs.posting import ask_to_post, post
from incubator.jobs.queries import get_run
from tests.cast import Cast
from tests.conftest import Browser
from tests.jobs.test_worker import Workshop, workshop  # noqa: F401  fixture
from tests.scenarios.october import AFTER_OCTOBER, October

pytestmark = pytest.mark.xdist_group("workers")


def quiet(_done: int, _total: int) -> None:
    """Nobody listens."""


def take(session: Session) -> Run:
    run = claim(session, now=AFTER_OCTOBER, worker="w", jobs=["post_month"])
    assert run is not None
    return run


def test_it_is_posted_as_it_was_shown(session: Session, cast: Cast, october: October) -> None:
    """October of the three startups: 3 invoices, INV-2026-000001 to 000003; how far it is is told in between."""
    site, shown = october.site.id, draft_month(session, cast.finance, october.site.id, OCTOBER).fingerprint
    ask_to_post(session, cast.finance, now=AFTER_OCTOBER, site_id=site, month=OCTOBER, shown=shown)
    said: list[tuple[int, int]] = []
    result = post(session, cast.finance, take(session), lambda done, total: said.append((done, total)))
    numbers = session.execute(select(Invoice.number).order_by(Invoice.number)).scalars().all()
    assert (result["outcome"], result["count"], numbers) == ("posted", len(numbers), list(range(1, len(numbers) + 1)))
    assert result["first"].endswith("000001")
    assert said == sorted(said) and len(said) >= 4 and {total for _done, total in said} == {10}


def test_one_that_was_not_shown_is_not_posted(session: Session, cast: Cast, october: October) -> None:
    ask_to_post(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown="another")
    with pytest.raises(Conflict):
        post(session, cast.finance, take(session), quiet)


def test_a_month_is_asked_for_once_at_a_time(session: Session, cast: Cast, october: October) -> None:
    """While the first goes, the second is refused; after it the next is the month's second run."""

    def ask() -> str:
        return ask_to_post(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER,
                           shown="x").period  # fmt: skip

    assert ask() == "2026-10"
    with pytest.raises(Refusal, match="being posted"):
        ask()
    assert finish(session, take(session), now=AFTER_OCTOBER, result={})
    assert ask() == "2026-10/2"


def test_who_may_not_post_may_not_ask(session: Session, cast: Cast, october: October) -> None:
    with pytest.raises(Forbidden):
        ask_to_post(session, cast.auditor, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER, shown="x")


def test_a_long_draft_is_posted_in_the_background(
    client: Browser, cast: Cast, october: October, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(months, "utc_now", lambda: AFTER_OCTOBER)
    browser = client.sign_in(cast.finance)
    address = f"/billing/{october.site.id}/2026-10"
    page = browser.get(address).text
    assert f"{address}/post-later" in page and f'{address}/post"' not in page
    shown = re.search(r'name="shown" value="([0-9a-f]+)"', page)
    assert shown
    answer = browser.post(f"{address}/post-later", data={"shown": shown[1]})
    assert answer.status_code == 303 and "/jobs/" in answer.location
    assert answer.location in browser.get(address).text  # the month says that it is being posted, and where to look
    assert f"{address}/post-later" not in browser.get(address).text
    again = browser.post(f"{address}/post-later", data={"shown": shown[1]}, follow_redirects=True)
    assert "posted already" in again.text or "正在" in again.text


def test_killed_at_random_moments_it_is_posted_once(workshop: Workshop) -> None:  # noqa: F811
    """200 invoices of three lines; the worker dies three times on the way, a fourth one does all of it."""
    count, chance = 200, random.Random(7)
    with workshop.session() as session:
        site_id = seed(session, workshop.cast, count)
        session.commit()
        shown = draft_month(session, workshop.cast.finance, site_id, OCTOBER).fingerprint
        run_id = ask_to_post(session, workshop.cast.finance, now=utc_now(), site_id=site_id, month=OCTOBER,
                             shown=shown).id  # fmt: skip
        session.commit()
    registry = "tests.jobs.probes:POSTING"
    for nth in range(3):
        victim = workshop.start(lease=3, registry=registry)
        workshop.wait(lambda nth=nth: workshop.get(run_id).attempts > nth, 90)
        time.sleep(chance.uniform(0, 0.8))
        victim.kill()
        if workshop.get(run_id).state == "done":
            break
    workshop.start(lease=3, registry=registry)
    workshop.start(lease=3, registry=registry)
    workshop.wait(lambda: workshop.get(run_id).state in ("done", "failed"), 90)
    with workshop.session() as session:
        run = get_run(session, workshop.cast.finance, run_id).run
        numbers = session.execute(select(Invoice.number).order_by(Invoice.number)).scalars().all()
        sources = session.execute(select(func.count(), func.count(func.distinct(Charge.source_id)))).one()
        open_minor = session.execute(select(func.sum(OpenItem.open_minor))).scalar_one()
        owed = session.execute(
            select(func.sum(PostingRow.amount_minor)).where(PostingRow.debit == "receivable")
        ).scalar_one()
        net = session.execute(select(func.sum(Invoice.net_minor))).scalar_one()
    assert (run.state, (run.result or {}).get("count")) == ("done", count), run.error
    assert numbers == list(range(1, count + 1))
    assert tuple(sources) == (3 * count, 3 * count)
    assert open_minor == net and owed == net
