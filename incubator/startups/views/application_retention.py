"""How long applications that led nowhere are kept."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse
from incubator.startups.forms.calls import RetentionForm
from incubator.startups.operations.application_retention import set_application_months
from incubator.startups.queries.application_retention import get_application_months
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/calls/retention", methods=["GET", "POST"])
@requires(Action.MANAGE_APPLICATIONS)
def application_retention() -> Answer:
    """How many months; what is then erased, and what stays."""
    session, form, status = db.session(), RetentionForm(), 200
    if request.method == "GET":
        form.months.data = get_application_months(session)
    elif not form.validate():
        status = 422
    else:
        try:
            set_application_months(session, current_actor(), now=utc_now(), months=form.months.data or 0)
            db.session.commit()
            flash(_("It holds from now on, for earlier applications, too."), "success")
            return redirect(url_for("startups.list_calls"), 303)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("startups/application_retention.html", form=form), status
