"""A month too long for one click: posted by the worker, whole or not at all, while a page says how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.operations.posting import post_month
from incubator.billing.rules.invoicing import invoice_number
from incubator.core.errors import N_, Conflict
from incubator.core.periods import Month
from incubator.jobs.job import Job, Progress, Run
from incubator.jobs.models import UNFINISHED, JobRun
from incubator.jobs.operations import enqueue
from incubator.spaces.queries import get_site

NAME = "post_month"


def post(session: Session, actor: Actor, run: Run, progress: Progress) -> dict[str, Any]:
    """Post the draft that was shown to who asked; where it has changed since, the run fails and nothing is posted.

    Its invoices and the run's end are one transaction: killed anywhere, it is taken again and posts once.
    """
    assert run.site_id is not None
    invoices = post_month(
        session, actor, now=run.now, site_id=run.site_id, month=Month.parse(run.arguments["month"]),
        shown=run.arguments["shown"], progress=progress,
    )  # fmt: skip
    first, last = invoices[0], invoices[-1]
    return {
        "outcome": "posted", "count": len(invoices), "first": invoice_number(first.series, first.year, first.number),
        "last": invoice_number(last.series, last.year, last.number),
    }  # fmt: skip


def ask_to_post(
    session: Session, actor: Actor, *, now: datetime, site_id: int, month: Month, shown: str
) -> JobRun:  # fmt: skip
    """Have the worker post the draft of which `shown` is the fingerprint. Conflict while a run of the month is going.

    What is no fingerprint is that of no draft: the run will say that it has changed.

    The runs of a month are called 2026-10, 2026-10/2 …: what is found late is posted by a later one.
    """
    actor.require(Action.POST_INVOICES)
    site = get_site(session, actor, site_id)
    if find_posting(session, site.id, month) is not None:
        raise Conflict(N_("This month is being posted already."))
    of_month = select(func.count()).where(JobRun.job == NAME, JobRun.site_id == site.id,
                                          JobRun.arguments["month"].astext == str(month))  # fmt: skip
    earlier = session.execute(of_month).scalar_one()
    period = f"{month}/{earlier + 1}" if earlier else str(month)
    return enqueue(session, actor, now=now, job=NAME, period=period, site_id=site.id,
                   arguments={"month": str(month), "shown": shown if shown.isalnum() else ""})  # fmt: skip


def find_posting(session: Session, site_id: int, month: Month) -> JobRun | None:
    """The run that is posting the month now, or waits to."""
    return session.execute(
        select(JobRun).where(JobRun.job == NAME, JobRun.site_id == site_id, JobRun.state.in_(UNFINISHED),
                             JobRun.arguments["month"].astext == str(month)).limit(1)
    ).scalar_one_or_none()  # fmt: skip


POST_MONTH = Job(
    name=NAME,
    title=N_("Post a month's invoices"),
    about=N_("Posts the draft that somebody saw and asked for, whole or not at all."),
    run=post,
    results={"posted": N_("%(count)s invoices are posted, %(first)s to %(last)s.")},
)
