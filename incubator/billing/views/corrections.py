"""Pages of what corrects posted subsidies."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires, requires_recent_password
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.billing.correction_lists import find_billed, list_touched, list_written, propose
from incubator.billing.forms.correcting import ReasonForm
from incubator.billing.operations.posting import rerate_startup
from incubator.billing.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.refusing import refuse


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
