"""Agreements: found, shown, ended."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.spaces.models import Site
from incubator.spaces.queries import list_sites
from incubator.startups import operations, queries
from incubator.startups.drafting import details_missing
from incubator.startups.forms import EndForm
from incubator.startups.models import Residency
from incubator.startups.presenting import read_amendment
from incubator.startups.queries.agreements import TextRow, current_template, list_text_rows, parties_of
from incubator.startups.queries.deposits import last_entry
from incubator.startups.views.blueprint import Answer, agreements_of, blueprint


@blueprint.route("/residencies")
@requires(Action.SEE_STARTUPS)
def list_residencies() -> str:
    """All agreements, by site and state; those that end soon, and those that are over and hold units still."""
    session, actor, now = db.session(), current_actor(), utc_now()
    search = (clean(request.args.get("q")) or "")[:100]
    state = request.args.get("state", "")
    sites = list_sites(session, actor)
    site_id = request.args.get("site", type=row_id)
    site_id = site_id if site_id in {site.id for site in sites} else None
    page = queries.list_residencies(session, actor, now=now, page=page_number(request.args.get("page")), search=search,
                                    state=state, site_id=site_id)  # fmt: skip
    return render_template(
        "startups/list_residencies.html", page=Page(agreements_of(session, page.rows, now), page.number, page.total),
        counts=queries.count_residencies(session, actor, now=now, site_id=site_id), search=search, state=state,
        sites=sites, site_id=site_id,
    )  # fmt: skip


@blueprint.route("/residencies/<int:residency_id>")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def show_residency(residency_id: int) -> str:
    """An agreement: term, units, agreed prices, what a month costs, what the ledger holds for it."""
    return _show(residency_id, EndForm(formdata=None))


@blueprint.route("/residencies/<int:residency_id>/end", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def end_residency(residency_id: int) -> Answer:
    """End an agreement before its term."""
    residency = queries.get_residency(db.session(), current_actor(), residency_id)
    form, status = EndForm(), 422
    if form.validate():
        ends_on, reason = form.answers()
        try:
            operations.end_residency(db.session(), current_actor(), now=utc_now(), residency=residency,
                                     ends_on=ends_on, reason=reason)  # fmt: skip
            db.session.commit()
            flash(_("The agreement ends on that day; its units are free from the next."), "success")
            return redirect(url_for("startups.show_residency", residency_id=residency_id), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return _show(residency_id, form), status


def _show(residency_id: int, form: EndForm) -> str:
    session, actor = db.session(), current_actor()
    residency = queries.get_residency(session, actor, residency_id)
    startup = queries.get_startup(session, actor, residency.startup_id)
    site = session.execute(select(Site).where(Site.id == residency.site_id)).scalar_one()  # seen with the agreement
    (agreement,) = agreements_of(session, [(residency, startup, site)], utc_now())
    held = queries.list_held_periods(session, residency_id) if actor.is_staff else []
    amendments = [read_amendment(*each) for each in queries.list_amendments(session, residency_id)]
    texts = list_text_rows(session, residency)
    return render_template("startups/show_residency.html", agreement=agreement, held=held, form=form,
                           amendments=amendments, texts=texts, missing=_missing(residency, texts),
                           deposit=last_entry(session, residency_id))  # fmt: skip


def _missing(residency: Residency, texts: Sequence[TextRow]) -> list[str]:
    """What the text that can be made would have to leave out; for whoever can make it."""
    session = db.session()
    if not current_actor().can(Action.MANAGE_RESIDENCIES) or not any(row.state in ("none", "startup") for row in texts):
        return []
    return details_missing(current_template(session, "agreement"), parties_of(session, residency))
