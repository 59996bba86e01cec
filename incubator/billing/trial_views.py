"""Pages that try a version or a draft on months that are over, and the button that puts a draft in force."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from msgspec import Struct
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.grant_trials import GrantTrial, try_grants
from incubator.billing.queries.invoices import list_posted_months
from incubator.billing.trials import MOST_MONTHS, Effect, Trial, try_text
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import tell
from incubator.i18n import reader_locale
from incubator.spaces.models import Site
from incubator.spaces.queries import list_sites
from incubator.subsidies.operations.drafts import put_in_force
from incubator.subsidies.queries.drafts import Text, get_text
from incubator.subsidies.rules.rule import Rule

blueprint = Blueprint("trials", __name__)

SHOWN = ("gaining", "losing", "not_eligible", "same")


class Asked(Struct, frozen=True):
    """What is to be tried where and when: the last month that is over, until something else is chosen."""

    site: Site | None
    first: str
    last: str
    show: str


@blueprint.route("/schemes/try/<word>")
@requires(Action.SEE_BILLING)
def try_scheme(word: str) -> str | tuple[str, int]:
    """Who would have gained and who lost in past months, and by how much; or what a space would have got. Nothing is
    written."""
    actor = current_actor()
    text = get_text(db.session(), actor, word)
    sites = [site for site in list_sites(db.session(), actor) if text.site is None or site.id == text.site.id]
    asked = _asked(sites)
    trial: Trial | GrantTrial | None = None
    fault, status = None, 200
    if asked.site is not None and "site" in request.args:
        try:
            trial = _try(text, asked.site, asked)
        except NotFound:
            raise
        except Refusal as refusal:
            db.session.rollback()
            fault, status = sentence(refusal, reader_locale()), refusal.status
            text, sites = get_text(db.session(), actor, word), list(list_sites(db.session(), actor))
    page = _page(trial, asked.show) if isinstance(trial, Trial) else None
    template = "billing/try_grants.html" if Rule.parse(text.rule).goes_to == "operator" else "billing/try.html"
    return render_template(template, text=text, sites=sites, asked=asked, trial=trial, page=page, fault=fault,
                           most=MOST_MONTHS, shown=SHOWN), status  # fmt: skip


def _try(text: Text, site: Site, asked: Asked) -> Trial | GrantTrial:
    try:
        first, last = Month.parse(asked.first), Month.parse(asked.last or asked.first)
    except ValueError:
        raise NotFound from None
    attempt = try_grants if Rule.parse(text.rule).goes_to == "operator" else try_text
    return attempt(db.session(), current_actor(), now=utc_now(), word=text.word, site_id=site.id, first=first,
                   last=last)  # fmt: skip


def _asked(sites: list[Site]) -> Asked:
    chosen = request.args.get("site", type=row_id)
    site = next((each for each in sites if chosen in (None, each.id)), None)
    over = Month.of(utc_now().astimezone(ZoneInfo(site.zone)).date()) - 1 if site else None
    show = request.args.get("show", "")
    return Asked(site, request.args.get("first") or str(over or ""), request.args.get("last") or str(over or ""),
                 show if show in SHOWN else "")  # fmt: skip


def _page(trial: Trial, show: str) -> tuple[str, Page[Effect]]:
    """Some of the startups: those that gain where any does, until others are asked for."""
    show = show or next((each for each in SHOWN if getattr(trial, each)), "same")
    effects, number = getattr(trial, show), page_number(request.args.get("page"))
    page: Page[Effect] = Page(effects, number, len(effects))
    return show, Page(effects[max(0, page.first - 1) : page.last], number, len(effects))


@blueprint.route("/schemes/drafts/<int:draft_id>/put-in-force", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
@requires_recent_password
def enact(draft_id: int) -> Response:
    """Make a draft its scheme's next version."""
    session = db.session()
    try:
        version = put_in_force(session, current_actor(), now=utc_now(), draft_id=draft_id,
                               posted=partial(list_posted_months, session))  # fmt: skip
        scheme_id = version.scheme_id
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("subsidies.show_draft", draft_id=draft_id), 303)
    flash(_("The version is entered: it decides from the first month that begins in its time."), "success")
    return redirect(url_for("subsidies.show_scheme", scheme_id=scheme_id), 303)
