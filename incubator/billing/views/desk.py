"""Finance's desk."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy.orm import Session

from incubator.accounts.access import current_actor, requires
from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.operations.catching_up import count_behind
from incubator.billing.queries.approvals import count_waiting_approvals
from incubator.billing.queries.bank import count_unmatched
from incubator.billing.queries.books import list_months
from incubator.billing.queries.cards import count_open_disputes, count_open_findings
from incubator.billing.queries.desk import get_desk
from incubator.billing.queries.dunning.lists import count_calls_due
from incubator.billing.queries.fapiao_work import count_fapiao_to_do
from incubator.billing.queries.open_items import list_open_invoices
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today
from incubator.billing.waiting import list_waiting
from incubator.core.clock import utc_now
from incubator.core.periods import Month
from incubator.database import db
from incubator.spaces.queries import list_sites

LOOKED_BACK = 6
"""Months in which something may wait to be posted or closed."""


class Task(Struct, frozen=True):
    """What waits in one place: how many, in words, and where."""

    icon: str
    endpoint: str
    words: str
    count: int


@blueprint.route("/billing/desk")
@requires(Action.SEE_BILLING)
def desk() -> str:
    """What to do today: months to post and close, what is overdue, what came in; and the cash that is expected."""
    session, actor, day, now = db.session(), current_actor(), local_today(), utc_now()
    sites = {site.id: site for site in list_sites(session, actor)}
    this = Month.of(day)
    waiting = list_waiting(session, actor, this - LOOKED_BACK, this - 1)
    to_post = [
        (Month.of(first), sites[site_id], each)
        for (site_id, first), each in sorted(waiting.items(), key=lambda found: found[0][::-1])
        if Month.of(first) < Month.of(now.astimezone(ZoneInfo(sites[site_id].zone)).date())
    ]
    to_close = [each for each in reversed(list_months(session, actor)) if not each.closed and each.month < this]
    figures = get_desk(session, actor, day)
    return render_template(
        "billing/desk.html", desk=figures, to_post=to_post, to_close=to_close, behind=count_behind(session, now),
        today=day, overdue=list_open_invoices(session, actor, due_before=day),
        most=max(minor for _week, minor in figures.weeks),
        tasks=[task for task in _tasks(session, actor, day) if task.count],
    )  # fmt: skip


def _tasks(session: Session, actor: Actor, day: date) -> list[Task]:
    """What the rooms of billing have waiting; a statement for each, and three for fapiaos."""
    return [
        Task("shield-check", "billing.list_approvals", _("Approve what others ask for"),
             count_waiting_approvals(session, actor)),
        Task("building-bank", "billing.list_lines", _("Say what transfers are for"), count_unmatched(session)),
        Task("alert-triangle", "billing.list_card_findings", _("Look into payments by Stripe"),
             count_open_findings(session)),
        Task("alert-triangle", "billing.list_card_payments", _("Answer disputed card payments"),
             count_open_disputes(session)),
        Task("receipt", "billing.list_fapiaos", _("Issue fapiaos"), count_fapiao_to_do(session)),
        Task("phone", "billing.list_dunning", _("Call who is overdue"), count_calls_due(session, day)),
    ]  # fmt: skip
