"""Pages of posted invoices."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.exports import export_invoice
from incubator.billing.queries.card_offers import get_offer
from incubator.billing.queries.credit_notes import list_notes_of
from incubator.billing.queries.dunning.story import list_own_overdue
from incubator.billing.queries.instalments import list_due_parts, list_write_offs
from incubator.billing.queries.invoices import get_invoice
from incubator.billing.queries.invoices import list_invoices as find_invoices
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today, month_of, send
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites


@blueprint.route("/invoices")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def list_invoices() -> str:
    """Invoices, the latest first: all for staff, their own for founders."""
    actor = current_actor()
    site_id, startup_id = request.args.get("site", type=row_id), request.args.get("startup", type=row_id)
    month, search = request.args.get("month", ""), (clean(request.args.get("search")) or "")[:100]
    page = find_invoices(
        db.session(), actor, page=page_number(request.args.get("page")), site_id=site_id,
        month=month_of(month) if month else None, startup_id=startup_id, search=search,
    )  # fmt: skip
    sites = list_sites(db.session(), actor)
    late = list_own_overdue(db.session(), actor, today=local_today()) if not actor.is_staff else []
    asked = {"site": site_id, "startup": startup_id, "month": month or None, "search": search or None}
    return render_template("billing/invoices.html", page=page, sites=sites, asked=asked, late=late)


@blueprint.route("/invoices/<int:invoice_id>")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def show_invoice(invoice_id: int) -> str:
    """An invoice that explains each line and each subsidy."""
    session, actor = db.session(), current_actor()
    posted = get_invoice(session, actor, invoice_id)
    return render_template(
        "billing/invoice.html", posted=posted, invoice=posted.invoice,
        offer=get_offer(session, actor, posted.invoice.startup_id, [invoice_id]),
        notes=list_notes_of(session, invoice_id),
        parts=list_due_parts(session, [invoice_id]).get(invoice_id, []),
        write_offs=list_write_offs(session, invoice_id),
    )  # fmt: skip


@blueprint.route("/invoices/<int:invoice_id>/pdf")
@requires(Action.SEE_BILLING, Action.SEE_OWN_INVOICES)
def invoice_pdf(invoice_id: int) -> Response:
    """The same as PDF."""
    return send(export_invoice(get_invoice(db.session(), current_actor(), invoice_id), reader_locale()))
