"""The operator's details: what its papers print of it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts import operations
from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import OperatorForm, put_refusal
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.accounts.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db


@blueprint.route("/operator", methods=["GET", "POST"])
@requires(Action.MANAGE_OPERATOR)
def edit_operator() -> str | Response | tuple[str, int]:
    """Credit code and address."""
    operator = get_operator(db.session())
    form, status = OperatorForm(obj=operator), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                operations.edit_operator(db.session(), current_actor(), now=utc_now(), address=form.address.data or "",
                                         credit_code=form.credit_code.data or "")  # fmt: skip
                db.session.commit()
                flash(_("The details are kept; papers that are made from now on have them."), "success")
                return redirect(url_for("accounts.edit_operator"), 303)
            except Refusal as refusal:
                db.session.rollback()
                put_refusal(form, refusal)
                status, operator = refusal.status, get_operator(db.session())
    return render_template("accounts/edit_operator.html", form=form, operator=operator), status
