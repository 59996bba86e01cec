"""Applications for vouchers: sent by founders, decided by finance."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter, person_key
from incubator.core.clock import CHINA, utc_now
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import named
from incubator.i18n import reader_locale
from incubator.startups.queries import list_own_startups
from incubator.subsidies.forms.vouchers import ApplyForm, ReasonForm
from incubator.subsidies.operations import voucher_issuing as operations
from incubator.subsidies.queries import vouchers as reads
from incubator.subsidies.views.blueprint import blueprint

APPLICATIONS = "20 per hour;60 per day"


@blueprint.route("/vouchers/applications")
@requires(Action.SEE_SCHEMES)
def list_voucher_applications() -> str:
    """What waits for a decision, or was decided."""
    session, actor, view = db.session(), current_actor(), request.args.get("view", "open")
    number = page_number(request.args.get("page"))
    page = reads.list_applications(session, actor, is_open=view != "decided", page=number)
    return render_template("subsidies/vouchers/list_applications.html", page=page,
                           view="decided" if view == "decided" else "open",
                           waiting=reads.count_open_applications(session, actor))  # fmt: skip


@blueprint.route("/my/vouchers/series/<int:series_id>/apply", methods=["GET", "POST"])
@requires(Action.USE_VOUCHERS)
@limiter.limit(APPLICATIONS, key_func=person_key, methods=["POST"])
def apply_for_voucher(series_id: int) -> Answer:
    """A founder asks for one."""
    session, actor, form = db.session(), current_actor(), ApplyForm()
    series = reads.get_series(session, actor, series_id)
    own = [each for each in list_own_startups(session, actor) if each.id in actor.startups_for(Action.USE_VOUCHERS)]
    form.startup_id.choices = [(each.id, named(each, reader_locale())) for each in own]

    def ask() -> str:
        operations.apply_for_voucher(
            session, actor, now=utc_now(), series_id=series_id, startup_id=form.startup_id.data,
            purpose=form.purpose.data or "",
        )  # fmt: skip
        return url_for("subsidies.my_vouchers")

    return answer(form, "subsidies/vouchers/apply.html", ask,
                  _("Your application is sent. You are told as soon as it is decided."), series=series)  # fmt: skip


@blueprint.route("/vouchers/applications/<int:application_id>", methods=["GET", "POST"])
@requires(Action.SEE_SCHEMES)
def show_voucher_application(application_id: int) -> Answer:
    """An application, and (posted) the decision about it."""
    session, actor, form = db.session(), current_actor(), ReasonForm()
    row = reads.get_application(session, actor, application_id)
    outcome = request.form.get("outcome", "")

    def decide() -> str:
        voucher = operations.decide_application(session, actor, now=utc_now(), application_id=application_id,
                                                outcome=outcome, reason=form.reason.data or "")  # fmt: skip
        if voucher is None:
            return url_for("subsidies.list_voucher_applications")
        return url_for("subsidies.show_voucher", voucher_id=voucher.id)

    today = utc_now().astimezone(CHINA).date()
    (candidate,) = reads.list_candidates(session, row.series, today, [row.startup.id])
    return answer(
        form, "subsidies/vouchers/show_application.html", decide,
        _("The voucher is issued.") if outcome == "approved" else _("The application is refused."), row=row,
        candidate=candidate, reasons=operations.REASONS, free=row.series.budget_minor - row.series.committed_minor,
    )  # fmt: skip


@blueprint.route("/vouchers/applications/<int:application_id>/withdraw", methods=["POST"])
@requires(Action.USE_VOUCHERS)
def withdraw_voucher_application(application_id: int) -> Response:
    """It is not wanted any more."""
    return press(
        lambda: operations.withdraw_application(db.session(), current_actor(), now=utc_now(),
                                                application_id=application_id),
        _("The application is withdrawn."), url_for("subsidies.my_vouchers"),
    )  # fmt: skip
