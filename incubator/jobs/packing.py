"""A claim's pack: asked for on its page, made by the worker, once, and kept; the page says how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.claims.operations.packs import check_packable, make_pack
from incubator.claims.queries.claims import claim_number, get_claim
from incubator.core.errors import N_, Refusal
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.models import JobRun
from incubator.jobs.operations import enqueue
from incubator.jobs.queries import RunLine

NAME = "make_pack"
LONGEST = 30 * 60.0
"""Seconds: what takes longer is given up, and says so."""


def make(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """The pack of the claim as it stands now. It and the run's end are one transaction: killed anywhere, it is taken
    again and made once; of a state that is packed already it is that pack."""
    pack = make_pack(session, actor, now=run.now, claim_id=int(run.arguments["claim_id"]), progress=in_time(progress))
    is_new = pack.created_at == run.now
    return {"outcome": "made" if is_new else "same", "pack": pack.number, "number": run.arguments["number"]}


def in_time(progress: Progress, longest: float = LONGEST) -> Callable[[int, int], None]:
    """Says how far it is, and gives up when it takes too long."""
    until = time.monotonic() + longest

    def say(done: int, total: int) -> None:
        if time.monotonic() > until:
            raise Refusal(N_("It took longer than %(minutes)s minutes, and was given up: nothing was made."),
                          minutes=round(longest / 60))  # fmt: skip
        progress(done, total)

    return say


def ask_to_pack(session: Session, actor: Actor, *, now: datetime, claim_id: int) -> JobRun:
    """Have the worker make the pack of a claim; while one is being made, that one, however often it is asked for.

    The runs of a claim are called CLM-2026-000003, CLM-2026-000003/2 …
    """
    row = get_claim(session, actor, claim_id)
    check_packable(actor, row.claim)
    last = last_packing(session, claim_id)
    if last is not None and last.run.is_unfinished:
        return last.run
    of_claim = select(func.count()).where(JobRun.job == NAME, JobRun.arguments["claim_id"].astext == str(claim_id))
    earlier, number = session.execute(of_claim).scalar_one(), claim_number(row.claim)
    return enqueue(session, actor, now=now, job=NAME, period=f"{number}/{earlier + 1}" if earlier else number,
                   arguments={"claim_id": claim_id, "number": number})  # fmt: skip


def last_packing(session: Session, claim_id: int) -> RunLine | None:
    """The last run that made, makes or is to make a pack of a claim; the caller may see the claim."""
    run = session.execute(
        select(JobRun).where(JobRun.job == NAME, JobRun.arguments["claim_id"].astext == str(claim_id))
        .order_by(JobRun.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    return None if run is None else RunLine(run, None, None)


MAKE_PACK = Job(
    name=NAME,
    title=N_("Make a claim’s pack"),
    about=N_("Packs an approved claim with all that it rests on, signs it and keeps it."),
    run=make,
    results={
        "made": N_("Pack %(pack)s of %(number)s is made."),
        "same": N_("Pack %(pack)s of %(number)s says the same: nothing has changed since."),
    },
)
