"""The run book: asked for once, claimed by one, finished with its effect or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import as_operator
from incubator.jobs.job import JobFailed, Run
from incubator.jobs.models import JobRun
from incubator.jobs.operations import Unexpected, claim, enqueue, fail, finish, heartbeat, release, run_again
from incubator.jobs.rules import LEASE, retry_delay
from tests.cast import NOW, Cast

MINUTE = timedelta(minutes=1)


def take(session: Session, now: datetime = NOW, worker: str = "w1") -> Run | None:
    return claim(session, now=now, worker=worker, jobs=["tidy", "count"])


def get(session: Session, run_id: int) -> JobRun:
    session.expire_all()
    return session.execute(select(JobRun).where(JobRun.id == run_id)).scalar_one()


def test_asked_for_twice_stands_once(session: Session, cast: Cast) -> None:
    first = enqueue(session, cast.manager, now=NOW, job="tidy", period="2026-09")
    again = enqueue(session, cast.owner, now=NOW, job="tidy", period="2026-09")
    assert first.id == again.id
    assert enqueue(session, cast.owner, now=NOW, job="tidy", period="2026-10").id != first.id


def test_asking_needs_the_right(session: Session, cast: Cast) -> None:
    for actor in (cast.front_desk, cast.auditor, cast.founder_a, cast.mentor):
        with pytest.raises(Forbidden):
            enqueue(session, actor, now=NOW, job="tidy", period="2026-09")
    with pytest.raises(Forbidden):  # an import needs its own right, which finance has not
        enqueue(session, cast.finance, now=NOW, job="import_workbook", period="1")


def test_a_claim_is_exclusive_while_it_lives(session: Session, cast: Cast) -> None:
    enqueue(session, cast.manager, now=NOW, job="tidy", period="2026-09")
    mine = take(session)
    assert mine is not None and mine.attempts == 1
    assert take(session, NOW + LEASE / 2, "w2") is None
    assert heartbeat(session, mine, now=NOW + LEASE / 2, progress=(3, 10))
    assert take(session, NOW + LEASE + timedelta(seconds=1), "w2") is None  # renewed at half time
    assert get(session, mine.id).progress_done == 3


def test_whoever_lost_the_claim_can_do_nothing_more(session: Session, cast: Cast) -> None:
    enqueue(session, cast.manager, now=NOW, job="tidy", period="2026-09")
    slow = take(session)
    later = NOW + LEASE + MINUTE
    quick = take(session, later)  # the same worker's name: only the claim tells them apart
    assert slow and quick and quick.attempts == 2
    assert not heartbeat(session, slow, now=later)
    assert not finish(session, slow, now=later, result={"made": 1})
    assert not fail(session, slow, now=later, cause=Refusal("no"), attempts=4)
    assert not release(session, slow, now=later)
    assert finish(session, quick, now=later, result={"made": 2})
    assert not finish(session, quick, now=later, result={"made": 3})
    run = get(session, quick.id)
    assert (run.state, run.result, run.lease_until) == ("done", {"made": 2}, None)


def test_a_clock_set_back_leaves_no_run_stranded(session: Session, cast: Cast) -> None:
    enqueue(session, cast.manager, now=NOW, job="tidy", period="2026-09")
    assert take(session, NOW + timedelta(days=365))
    assert take(session, NOW, "w2") is not None


def test_missed_periods_go_in_order_one_after_the_other(session: Session, cast: Cast) -> None:
    for days, period in ((0, "2026-09"), (-61, "2026-07"), (-30, "2026-08")):
        enqueue(session, cast.system, now=NOW, job="tidy", period=period, due_at=NOW + timedelta(days=days))
    enqueue(session, cast.system, now=NOW, job="count", period="2026-09", due_at=NOW)
    july = take(session)
    assert july and july.period == "2026-07"
    other = take(session, worker="w2")
    assert other and other.job == "count"  # August waits for July; another job does not
    assert take(session, worker="w3") is None
    fail(session, july, now=NOW, cause=Unexpected("The moon"), attempts=4)
    assert take(session) is None  # July is to be tried again in a minute, and August still waits
    july = take(session, NOW + MINUTE)
    assert july and (july.period, july.attempts) == ("2026-07", 2)
    finish(session, july, now=NOW + MINUTE, result={})
    august = take(session, NOW + MINUTE)
    assert august and august.period == "2026-08"


def test_not_before_it_is_due(session: Session, cast: Cast) -> None:
    enqueue(session, cast.system, now=NOW, job="tidy", period="2026-10", due_at=NOW + MINUTE)
    assert take(session) is None
    assert take(session, NOW + MINUTE) is not None


def test_a_job_that_this_worker_does_not_know_is_left_to_others(session: Session, cast: Cast) -> None:
    enqueue(session, cast.system, now=NOW, job="from_a_newer_release", period="2026-10")
    assert take(session) is None


def test_retries_are_bounded_and_their_delay_grows(session: Session, cast: Cast) -> None:
    enqueue(session, cast.system, now=NOW, job="tidy", period="2026-09")
    now, waits = NOW, []
    for _ in range(4):
        run = take(session, now)
        assert run is not None
        fail(session, run, now=now, cause=Unexpected("Fault %(reference)s", reference="ab12"), attempts=4)
        row = get(session, run.id)
        if row.retry_at:
            waits.append(row.retry_at - now)
            now = row.retry_at
    assert waits == [retry_delay(1), retry_delay(2), retry_delay(3)] == [MINUTE, 5 * MINUTE, 30 * MINUTE]
    assert (row.state, row.error, row.error_values) == ("failed", "Fault %(reference)s", {"reference": "ab12"})
    assert take(session, now + timedelta(days=9)) is None


def test_a_refusal_is_final_at_once(session: Session, cast: Cast) -> None:
    enqueue(session, cast.system, now=NOW, job="tidy", period="2026-09")
    run = take(session)
    assert run
    fail(session, run, now=NOW, cause=JobFailed("%(count)s faults", {"faults": [1, 2]}, count=2), attempts=4)
    row = get(session, run.id)
    assert (row.state, row.attempts, row.result) == ("failed", 1, {"faults": [1, 2]})


def test_given_back_by_a_stopping_worker_it_costs_no_attempt(session: Session, cast: Cast) -> None:
    enqueue(session, cast.system, now=NOW, job="tidy", period="2026-09")
    run = take(session)
    assert run and release(session, run, now=NOW)
    again = take(session, worker="w2")
    assert again and again.attempts == 1


def test_run_again_by_hand(session: Session, cast: Cast, now: datetime = NOW) -> None:
    row = enqueue(session, cast.system, now=NOW, job="tidy", period="2026-09")
    with pytest.raises(Conflict):
        run_again(session, cast.manager, now=NOW, run_id=row.id)
    run = take(session)
    assert run and finish(session, run, now=NOW, result={"made": 1})
    with pytest.raises(Forbidden):
        run_again(session, cast.auditor, now=NOW, run_id=row.id)
    with pytest.raises(NotFound):
        run_again(session, cast.manager, now=NOW, run_id=row.id + 999)
    run_again(session, cast.manager, now=NOW, run_id=row.id)
    again = take(session)
    assert again and (again.id, again.attempts, again.requested_by) == (run.id, 1, cast.manager.person_id)


def test_another_operators_runs_are_out_of_reach(session: Session, cast: Cast) -> None:
    with as_operator(session, cast.other_operator_id):
        theirs = enqueue(session, cast.other_owner, now=NOW, job="tidy", period="2026-09")
        theirs_id = theirs.id
    assert take(session) is None
    with pytest.raises(NotFound):
        run_again(session, cast.owner, now=NOW, run_id=theirs_id)
