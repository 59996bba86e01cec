"""Pages of `billing`: the months, a month's draft and its posting, invoices."""

from __future__ import annotations

import io
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing import wording
from incubator.billing.anomalies import by_startup
from incubator.billing.correction_lists import find_billed, list_touched, list_written, propose
from incubator.billing.drafts import draft_month
from incubator.billing.exports import MEDIA_TYPES, Export, export_invoice, export_month, party_name
from incubator.billing.forms import ReasonForm
from incubator.billing.operations import post_month, rerate_startup
from incubator.billing.queries import MonthTotals, get_invoice, list_month_totals, list_posted
from incubator.billing.queries import list_invoices as find_invoices
from incubator.billing.rules import DUE_DAYS
from incubator.billing.waiting import Waiting, list_waiting
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.documents.rmb import rmb_capitals
from incubator.i18n import reader_locale
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site, list_sites
from incubator.subsidies.explain import charge_kind, explain, explain_idle, scheme_name

blueprint = Blueprint("billing", __name__)

MONTHS_SHOWN = 6


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What the templates of billing say things with."""
    state.app.jinja_env.globals.update(
        billing_words=wording, explain_decision=explain, explain_idle=explain_idle, scheme_name=scheme_name,
        charge_kind=charge_kind, party_name=party_name, rmb_capitals=rmb_capitals, tax_note=wording.tax_note,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MonthCell:
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
    last = min(newest, _month(request.args.get("last", str(newest))))
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
                           older=last - MONTHS_SHOWN, newer=min(newest, last + MONTHS_SHOWN))  # fmt: skip


@blueprint.route("/billing/<int:site_id>/<month>")
@requires(Action.SEE_BILLING)
def draft(site_id: int, month: str) -> str:
    """What posting would write now, and what is posted already."""
    return _show_month(site_id, _month(month))


@blueprint.route("/billing/<int:site_id>/<month>/post", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def post(site_id: int, month: str) -> Response | tuple[str, int]:
    """Post the draft that was shown; where it has changed since, show it again and say so."""
    chosen = _month(month)
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
    anomalies = [each for each in shown.anomalies if over or each.kind != "no_reading"]  # a running month is read yet
    return render_template(
        "billing/draft.html", draft=shown, posted=posted, totals=MonthTotals.of(posted), month=month, over=over,
        anomalies=anomalies, odd=by_startup(anomalies), due_days=DUE_DAYS,
    )  # fmt: skip


@blueprint.route("/billing/<int:site_id>/<month>/export.<extension>")
@requires(Action.SEE_BILLING)
def export(site_id: int, month: str, extension: str) -> Response:
    """The posted month as XLSX, PDF or CSV."""
    if extension not in MEDIA_TYPES:
        raise NotFound
    actor, chosen = current_actor(), _month(month)
    site = get_site(db.session(), actor, site_id)
    posted = list_posted(db.session(), actor, site_id, chosen)
    locale = reader_locale()
    name = current_user.operator_name_en if locale == "en" and current_user.operator_name_en else ""
    return _send(export_month(site, chosen, posted, extension, locale, name or current_user.operator_name))


@blueprint.route("/invoices")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def list_invoices() -> str:
    """Invoices, the latest first: all for staff, their own for founders."""
    actor = current_actor()
    site_id, startup_id = request.args.get("site", type=row_id), request.args.get("startup", type=row_id)
    month, search = request.args.get("month", ""), (clean(request.args.get("search")) or "")[:100]
    page = find_invoices(
        db.session(), actor, page=page_number(request.args.get("page")), site_id=site_id,
        month=_month(month) if month else None, startup_id=startup_id, search=search,
    )  # fmt: skip
    sites = list_sites(db.session(), actor)
    asked = {"site": site_id, "startup": startup_id, "month": month or None, "search": search or None}
    return render_template("billing/invoices.html", page=page, sites=sites, asked=asked)


@blueprint.route("/invoices/<int:invoice_id>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def show_invoice(invoice_id: int) -> str:
    """An invoice that explains each line and each subsidy."""
    posted = get_invoice(db.session(), current_actor(), invoice_id)
    return render_template("billing/invoice.html", posted=posted, invoice=posted.invoice)


@blueprint.route("/invoices/<int:invoice_id>/pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def invoice_pdf(invoice_id: int) -> Response:
    """The same as PDF."""
    return _send(export_invoice(get_invoice(db.session(), current_actor(), invoice_id), reader_locale()))


@blueprint.route("/billing/corrections")
@requires(Action.SEE_BILLING)
def list_corrections() -> str:
    """Whose facts have changed since their months were posted, and what was written."""
    session, actor = db.session(), current_actor()
    search, waiting = (clean(request.args.get("search")) or "")[:100], request.args.get("waiting") == "1"
    return render_template(
        "billing/list_corrections.html", search=search, found=find_billed(session, actor, search),
        touched=list_touched(session, actor, page_number(request.args.get("touched"))), waiting=waiting,
        written=list_written(session, actor, page=page_number(request.args.get("page")), waiting=waiting),
    )  # fmt: skip


@blueprint.route("/billing/corrections/<int:startup_id>")
@requires(Action.SEE_BILLING)
def show_corrections(startup_id: int) -> str:
    """What would be corrected of a startup now, old and new side by side; and what was."""
    return _show_startup(startup_id, ReasonForm(formdata=None))


@blueprint.route("/billing/corrections/<int:startup_id>/write", methods=["POST"])
@requires(Action.POST_INVOICES)
@requires_recent_password
def write_corrections(startup_id: int) -> Response | tuple[str, int]:
    """Write what was shown, with a reason; where it has changed since, show it again and say so."""
    form = ReasonForm()
    if not form.validate():
        return _show_startup(startup_id, form), 422
    try:
        rows = rerate_startup(db.session(), current_actor(), now=utc_now(), startup_id=startup_id,
                              reason=form.reason.data or "", shown=form.shown.data or "")  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        status = refuse(form, refusal)
        return _show_startup(startup_id, form), status
    said = ngettext("%(num)d correction is written; the next invoice carries it.",
                    "%(num)d corrections are written; the next invoice carries them.", len(rows))  # fmt: skip
    flash(said, "success")
    return redirect(url_for("billing.show_corrections", startup_id=startup_id), 303)


def _show_startup(startup_id: int, form: ReasonForm) -> str:
    session, actor = db.session(), current_actor()
    proposal = propose(session, actor, startup_id)
    form.shown.data = proposal.fingerprint
    written = list_written(session, actor, page=page_number(request.args.get("page")), startup_id=startup_id)
    return render_template("billing/show_corrections.html", proposal=proposal, form=form, written=written,
                           startup=proposal.startup)  # fmt: skip


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def _send(export: Export) -> Response:
    return send_file(
        io.BytesIO(export.content), mimetype=export.media_type, as_attachment=True, download_name=export.name
    )
