"""What a startup's people see of what they owe too long; and what the front desk sees to."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.forms.dunning import NoteForm, PromiseForm
from incubator.billing.operations.dunning_entries import promise_payment, see_to_access
from incubator.billing.queries.dunning.lists import list_access_tasks, list_letters
from incubator.billing.queries.dunning.story import list_own_overdue
from incubator.billing.views.blueprint import blueprint
from incubator.billing.views.parts import local_today
from incubator.core.clock import utc_now
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press


@blueprint.route("/my/overdue")
@requires(Action.SEE_OWN_INVOICES)
def my_overdue() -> str:
    """What of one's own is overdue, how to pay it, and when one can."""
    session, actor = db.session(), current_actor()
    return render_template("billing/dunning/mine.html", rows=list_own_overdue(session, actor, today=local_today()),
                           today=local_today(), letters=list_letters(session, actor))  # fmt: skip


@blueprint.route("/my/overdue/<int:startup_id>/promise", methods=["GET", "POST"])
@requires(Action.PAY_OWN_INVOICES)
def promise_payment_day(startup_id: int) -> Answer:
    """Say by which day it will be paid."""
    session, actor, form = db.session(), current_actor(), PromiseForm()
    actor.require_for(Action.PAY_OWN_INVOICES, startup_id)
    row = next((each for each in list_own_overdue(session, actor, today=local_today())
                if each.startup.id == startup_id), None)  # fmt: skip

    def promise() -> str:
        promise_payment(session, actor, now=utc_now(), startup_id=startup_id, until=form.until.data,
                        amount_minor=form.amount_minor(), note=form.note.data or "")  # fmt: skip
        return url_for("billing.my_overdue")

    return answer(form, "billing/dunning/promise.html", promise, _("Thank you. We have noted the day."), row=row,
                  today=local_today())  # fmt: skip


@blueprint.route("/front-desk/access")
@requires(Action.HANDLE_REQUESTS)
def list_access() -> str:
    """Whose access is to be limited, and whose is to be given back."""
    page = list_access_tasks(db.session(), current_actor(), page=page_number(request.args.get("page")))
    return render_template("billing/dunning/access.html", page=page, form=NoteForm(formdata=None))


@blueprint.route("/front-desk/access/<int:action_id>", methods=["POST"])
@requires(Action.HANDLE_REQUESTS)
def settle_access(action_id: int) -> Response:
    """It is done."""
    form = NoteForm()
    return press(lambda: see_to_access(db.session(), current_actor(), now=utc_now(), action_id=action_id,
                                       note=(form.note.data or "")[:200]),
                 _("Noted."), url_for("billing.list_access"))  # fmt: skip
