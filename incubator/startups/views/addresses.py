"""Where a company is registered, and the operator's letter of consent."""

from __future__ import annotations

from datetime import date

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import named
from incubator.documents.operations import content_of
from incubator.documents.pdf import render
from incubator.documents.queries import get_version
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.startups import operations, queries
from incubator.startups.forms.people import AddressForm
from incubator.startups.views.blueprint import Answer, blueprint

ELSEWHERE = 0


@blueprint.route("/startups/<int:startup_id>/addresses", methods=["GET", "POST"])
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def addresses(startup_id: int) -> Answer:
    """Where it is and was registered; and (posted) where from a day on."""
    session, actor, locale = db.session(), current_actor(), reader_locale()
    startup, form, status = queries.get_startup(session, actor, startup_id), AddressForm(), 200
    sites = list_sites(session, actor) if actor.can(Action.MANAGE_STARTUPS) else []
    form.site_id.choices = [*((site.id, named(site, locale)) for site in sites), (ELSEWHERE, _("Elsewhere"))]
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                operations.register_address(session, actor, now=utc_now(), startup_id=startup_id, **form.said())
                db.session.commit()
                flash(_("It is registered there."), "success")
                return redirect(url_for("startups.addresses", startup_id=startup_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    elif sites:
        form.address.data = sites[0].address
    rows = queries.list_addresses(session, actor, startup_id, _today())
    return render_template("startups/addresses.html", startup=startup, rows=rows, form=form), status


@blueprint.route("/startups/<int:startup_id>/addresses/<int:address_id>/consent.pdf")
@requires(Action.SEE_STARTUPS, Action.SEE_OWN_STARTUP)
def consent(startup_id: int, address_id: int) -> Download:
    """The operator's letter of consent, for the registration authority, in Chinese: as it was filed."""
    session, actor = db.session(), current_actor()
    row = queries.get_address(session, actor, startup_id, address_id, _today())
    letter = queries.get_consent(session, actor, startup_id, address_id, _today())
    if row.address.document_id is None:
        content = render("startups/consent.typ", letter)
    else:
        content = content_of(session, get_version(session, actor, row.address.document_id)[2])
    headers = {"Content-Disposition": f"attachment; filename={letter['number']}.pdf"}
    return Download(content, mimetype="application/pdf", headers=headers)


def _today() -> date:
    return utc_now().astimezone(CHINA).date()
