"""A claim's pack made by the worker: asked for on its page, followed there, killed at random moments, and made once."""

from __future__ import annotations

import random
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.billing.operations.posting import post_month
from incubator.claims.models import Claim, ClaimPack
from incubator.claims.operations.gathering import create_claim
from incubator.claims.operations.steps import approve_claim, check_claim, submit_claim
from incubator.claims.pack.verifier.command import verify
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.documents.operations.files import content_of, get_file
from incubator.jobs.job import Run
from incubator.jobs.operations import claim as take_run
from incubator.jobs.operations import finish
from incubator.jobs.packing import NAME, ask_to_pack, in_time, last_packing, make
from incubator.subsidies.models import Scheme
from tests.cast import Cast
from tests.conftest import Browser
from tests.jobs.test_worker import Workshop, workshop  # noqa: F401  fixture
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October, tell_october

pytestmark = pytest.mark.xdist_group("workers")


def _post(session: Session, cast: Cast, october: October) -> October:
    post_month(session, cast.finance, now=AFTER_OCTOBER, site_id=october.site.id, month=OCTOBER)
    return october


@pytest.fixture
def posted(session: Session, cast: Cast, october: October) -> October:
    """With its invoices."""
    return _post(session, cast, october)


def approved_claim(session: Session, cast: Cast, site_id: int | None = None) -> Claim:
    scheme_id = session.execute(select(func.min(Scheme.id))).scalar_one()
    found = create_claim(session, cast.finance, now=utc_now(), scheme_id=scheme_id, site_id=site_id,
                         first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip
    check_claim(session, cast.finance, now=utc_now(), claim_id=found.id, note="先行申报")
    approve_claim(session, cast.owner, now=utc_now(), claim_id=found.id)
    return found


def ask(session: Session, cast: Cast, claim: Claim) -> str:
    return ask_to_pack(session, cast.finance, now=utc_now(), claim_id=claim.id).period


def take(session: Session) -> Run:
    run = take_run(session, now=utc_now(), worker="w", jobs=[NAME])
    assert run is not None
    return run


def quiet(_done: int, _total: int) -> None:
    """Nobody listens."""


def test_asked_for_twice_it_is_made_once_and_told_how_far(session: Session, cast: Cast, posted: October) -> None:
    claim = approved_claim(session, cast, posted.site.id)
    assert ask(session, cast, claim) == ask(session, cast, claim) == "CLM-2026-000001"
    said: list[tuple[int, int]] = []
    run = take(session)
    result = make(session, cast.finance, run, lambda done, total: said.append((done, total)))
    assert finish(session, run, now=utc_now(), result=result)
    assert result == {"outcome": "made", "pack": 1, "number": "CLM-2026-000001"}
    assert said[1:] == [(number, said[-1][1]) for number in range(1, said[-1][1] + 1)] and said[-1][1] > 20
    assert ask(session, cast, claim) == "CLM-2026-000001/2"  # the same state once more: the same pack
    again = make(session, cast.finance, take(session), quiet)
    assert again == {"outcome": "same", "pack": 1, "number": "CLM-2026-000001"}


def test_who_may_ask_and_when(session: Session, cast: Cast, posted: October) -> None:
    scheme_id = session.execute(select(func.min(Scheme.id))).scalar_one()
    draft = create_claim(session, cast.finance, now=utc_now(), scheme_id=scheme_id, site_id=posted.site.id,
                         first_on=date(2026, 10, 1), last_on=date(2026, 10, 31))  # fmt: skip
    with pytest.raises(Conflict):
        ask(session, cast, draft)
    with pytest.raises(Forbidden):
        ask_to_pack(session, cast.auditor, now=utc_now(), claim_id=draft.id)
    with pytest.raises(NotFound):
        ask_to_pack(session, cast.finance, now=utc_now(), claim_id=draft.id + 999)
    assert last_packing(session, draft.id) is None


def test_what_takes_too_long_is_given_up(session: Session, cast: Cast, posted: October) -> None:
    said = in_time(quiet, longest=-1)
    with pytest.raises(Refusal, match="given up"):
        said(1, 2)
    in_time(quiet)(1, 2)


def test_the_page_says_how_it_stands(client: Browser, session: Session, cast: Cast, posted: October) -> None:
    claim = approved_claim(session, cast, posted.site.id)
    client.sign_in(cast.finance)
    address = f"/claims/{claim.id}/packs"
    assert f"{address}/make" in client.get(address).text
    waiting = client.post(f"{address}/make", follow_redirects=True).text
    assert f"{address}/make" not in waiting and 'hx-trigger="every 2s"' in waiting
    run = take(session)
    assert finish(session, run, now=utc_now(), result=make(session, cast.finance, run, quiet))
    made = client.get(address).text
    assert f"{address}/make" in made and "hx-trigger" not in made and "CLM-2026-000001-pack-1.zip" in made
    assert f"/verify/keys/{cast.operator_id:x}" in made
    submit_claim(session, cast.finance, now=utc_now(), claim_id=claim.id, on=utc_now().astimezone(CHINA).date())


def test_killed_at_random_moments_it_is_made_once(workshop: Workshop, tmp_path: Path) -> None:  # noqa: F811
    """The worker dies three times on the way; of two that follow one makes it: one file, which verifies."""
    chance = random.Random(11)
    with workshop.session() as session:
        _post(session, workshop.cast, tell_october(session, workshop.cast))
        found = approved_claim(session, workshop.cast)
        run_id = ask_to_pack(session, workshop.cast.finance, now=utc_now(), claim_id=found.id).id
        session.commit()
    registry = "tests.jobs.probes:PACKING"
    for nth in range(3):
        victim = workshop.start(lease=3, registry=registry)
        workshop.wait(lambda nth=nth: workshop.get(run_id).attempts > nth, 120)
        time.sleep(chance.uniform(0, 0.4))
        victim.kill()
        if workshop.get(run_id).state == "done":
            break
    for _ in range(2):
        workshop.start(lease=30, registry=registry)  # on a busy machine neither takes the other for dead
    workshop.wait(lambda: workshop.get(run_id).state in ("done", "failed"), 120)
    with workshop.session() as session:
        run = workshop.get(run_id)
        assert run.state == "done" and run.result["outcome"] == "made", run.error
        (pack,) = session.execute(select(ClaimPack)).scalars().all()
        (tmp_path / "pack.zip").write_bytes(content_of(session, get_file(session, pack.file_id)))
    assert verify(str(tmp_path / "pack.zip")).findings == []
