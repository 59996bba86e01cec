"""Pages of the month run: the months, a month's draft and its posting."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from flask_login import current_user
from msgspec import Struct
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.permissions import Action
from incubator.billing.anomalies import by_startup
from incubator.billing.drafts import draft_month
from incubator.billing.exports import MEDIA_TYPES, export_month
from incubator.billing.operations.posting import post_month
from incubator.billing.queries.approvals import count_waiting_approvals, find_approval
from incubator.billing.queries.invoices import MonthTotals, list_month_totals, list_posted
from incubator.billing.rules.invoicing import DUE_DAYS
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import month_of, send
from incubator.billing.waiting import Waiting, list_waiting
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_sites

MONTHS_SHOWN = 6


class MonthCell(Struct, frozen=True):
    """A site's month on the overview."""

    site: Site
    month: Month
    posted: MonthTotals | None
    waiting: Waiting | None
    over: bool

    @property
    def to_do(self) -> bool:
        """Whether it has ended and something in it is not posted."""
        return self.over and self.waiting is not None


@blueprint.route("/billing")
@requires(Action.SEE_BILLING)
def months() -> str:
    """Half a year of months by site: what is posted, what waits, and what to do next."""
    now, actor = utc_now(), current_actor()
    sites = list_sites(db.session(), actor)
    this = {site.id: Month.of(now.astimezone(ZoneInfo(site.zone)).date()) for site in sites}
    newest = max(this.values(), default=Month.of(now.date()))
    last = min(newest, month_of(request.args.get("last", str(newest))))
    shown = [last - back for back in range(MONTHS_SHOWN)]
    posted = list_month_totals(db.session(), actor, shown[-1])
    waiting = list_waiting(db.session(), actor, shown[-1], last)
    rows = [
        (month, [MonthCell(site, month, posted.get((site.id, month.first)), waiting.get((site.id, month.first)),
                           month < this[site.id]) for site in sites])
        for month in shown
    ]  # fmt: skip
    to_do = [cell for _, cells in reversed(rows) for cell in cells if cell.to_do]
    begun = last != newest or any(cell.posted or cell.waiting for _month, cells in rows for cell in cells)
    return render_template("billing/months.html", rows=rows if begun else [], to_do=to_do, last=last, newest=newest,
                           approvals=count_waiting_approvals(db.session(), actor), older=last - MONTHS_SHOWN,
                           newer=min(newest, last + MONTHS_SHOWN))  # fmt: skip


@blueprint.route("/billing/<int:site_id>/<month>")
@requires(Action.SEE_BILLING)
def draft(site_id: int, month: str) -> str:
    """What posting would write now, and what is posted already."""
    return _show_month(site_id, month_of(month))


@blueprint.route("/billing/<int:site_id>/<month>/post", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def post(site_id: int, month: str) -> Response | tuple[str, int]:
    """Post the draft that was shown; where it has changed since, show it again and say so."""
    chosen = month_of(month)
    try:
        invoices = post_month(
            db.session(), current_actor(), now=utc_now(), site_id=site_id, month=chosen,
            shown=request.form.get("shown", ""),
        )  # fmt: skip
        db.session.commit()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
        return _show_month(site_id, chosen), refusal.status
    count = len(invoices)
    flash(ngettext("%(num)d invoice is posted.", "%(num)d invoices are posted.", count), "success")
    return redirect(url_for("billing.draft", site_id=site_id, month=month), 303)


def _show_month(site_id: int, month: Month) -> str:
    actor = current_actor()
    shown = draft_month(db.session(), actor, site_id, month)
    posted = list_posted(db.session(), actor, site_id, month)
    over = shown.is_over(utc_now())
    approval = find_approval(db.session(), "month_run", site_id, shown.fingerprint) if shown.needs_approval else None
    anomalies = [each for each in shown.anomalies if over or each.kind != "no_reading"]  # a running month is read yet
    page = page_number(request.args.get("page"))
    return render_template(
        "billing/draft.html", draft=shown, drafted=Page.cut(shown.invoices, page), listed=Page.cut(posted, page),
        posted=posted, totals=MonthTotals.of(posted), month=month, over=over, anomalies=anomalies,
        odd=by_startup(anomalies), due_days=DUE_DAYS, needs_approval=shown.needs_approval, approval=approval,
    )  # fmt: skip


@blueprint.route("/billing/<int:site_id>/<month>/export.<extension>")
@requires(Action.SEE_BILLING)
def export(site_id: int, month: str, extension: str) -> Response:
    """The posted month as XLSX, PDF or CSV."""
    if extension not in MEDIA_TYPES:
        raise NotFound
    actor, chosen = current_actor(), month_of(month)
    site = get_site(db.session(), actor, site_id)
    posted = list_posted(db.session(), actor, site_id, chosen)
    locale = reader_locale()
    name = current_user.operator_name_en if locale == "en" and current_user.operator_name_en else ""
    return send(export_month(site, chosen, posted, extension, locale, name or current_user.operator_name))
