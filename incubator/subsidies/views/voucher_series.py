"""Series of vouchers and their budgets; and the providers that startups order from."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.subsidies.forms.vouchers import BudgetForm, ProviderForm, SeriesForm, minor, put_minor
from incubator.subsidies.operations import voucher_series as operations
from incubator.subsidies.operations.voucher_issuing import REASONS, issue_by_rule
from incubator.subsidies.queries import vouchers as reads
from incubator.subsidies.queries.voucher_ledger import count_payable
from incubator.subsidies.views.blueprint import blueprint


@blueprint.route("/vouchers/series")
@requires(Action.SEE_SCHEMES)
def list_series() -> str:
    """Every series with where its budget is."""
    return render_template("subsidies/vouchers/list_series.html", rows=reads.list_series(db.session(), current_actor()),
                           today=utc_now().astimezone(CHINA).date())  # fmt: skip


@blueprint.route("/vouchers/series/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_series() -> Answer:
    """Enter a series."""
    form = SeriesForm()

    def enter() -> str:
        series = operations.open_series(db.session(), current_actor(), now=utc_now(), terms=form.said())
        return url_for("subsidies.show_series", series_id=series.id)

    return answer(form, "subsidies/vouchers/new_series.html", enter, _("The series is entered."))


@blueprint.route("/vouchers/series/<int:series_id>")
@requires(Action.SEE_SCHEMES)
def show_series(series_id: int) -> str:
    """A series: its terms, its budget, its latest vouchers."""
    session, actor, today = db.session(), current_actor(), utc_now().astimezone(CHINA).date()
    row = reads.get_series_row(session, actor, series_id)
    latest = reads.list_vouchers(session, actor, today=today, series_id=series_id)
    return render_template("subsidies/vouchers/show_series.html", row=row, today=today, latest=latest)


@blueprint.route("/vouchers/series/<int:series_id>/budget", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def edit_series_budget(series_id: int) -> Answer:
    """The issuer gives more, or takes back."""
    session, actor, form = db.session(), current_actor(), BudgetForm()
    row = reads.get_series_row(session, actor, series_id)
    if request.method == "GET":
        put_minor(form.budget, row.series.budget_minor)

    def change() -> str:
        operations.set_budget(session, actor, now=utc_now(), series_id=series_id, budget_minor=minor(form.budget))
        return url_for("subsidies.show_series", series_id=series_id)

    return answer(form, "subsidies/vouchers/edit_series_budget.html", change, _("The budget is changed."), row=row)


@blueprint.route("/vouchers/series/<int:series_id>/close", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def close_series(series_id: int) -> Response:
    """No more of it."""
    return press(
        lambda: operations.close_series(db.session(), current_actor(), now=utc_now(), series_id=series_id),
        _("No more of this series are issued. What is issued stays good."),
        url_for("subsidies.show_series", series_id=series_id),
    )


@blueprint.route("/vouchers/series/<int:series_id>/issue", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def issue_vouchers(series_id: int) -> str | Response:
    """Who meets the rule, and who does not and why; and (posted) a voucher for each that is chosen."""
    session, actor, today = db.session(), current_actor(), utc_now().astimezone(CHINA).date()
    row = reads.get_series_row(session, actor, series_id)
    if row.series.issued_by != "rule":
        raise NotFound
    if request.method == "POST":
        chosen = request.form.getlist("startups", type=row_id)
        return press(
            lambda: issue_by_rule(session, actor, now=utc_now(), series_id=series_id, startup_ids=chosen),
            _("The vouchers are issued, and the founders told."),
            url_for("subsidies.show_series", series_id=series_id),
        )
    candidates = reads.list_candidates(session, row.series, today)
    return render_template(
        "subsidies/vouchers/issue_vouchers.html", row=row, today=today, reasons=REASONS,
        meet=[each for each in candidates if not each.why_not],
        do_not=[each for each in candidates if each.why_not], enough_for=row.free_minor // row.series.face_minor,
    )  # fmt: skip


@blueprint.route("/vouchers/providers")
@requires(Action.SEE_SCHEMES)
def list_providers() -> str:
    """Whom startups can order from, and what is to be settled with each."""
    session, actor = db.session(), current_actor()
    return render_template("subsidies/vouchers/list_providers.html", rows=reads.list_providers(session, actor),
                           payable=count_payable(session, actor))  # fmt: skip


@blueprint.route("/vouchers/providers/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_provider() -> Answer:
    """Add one."""
    form = ProviderForm()

    def add() -> str:
        operations.add_provider(db.session(), current_actor(), now=utc_now(), facts=form.said())
        return url_for("subsidies.list_providers")

    return answer(form, "subsidies/vouchers/edit_provider.html", add, _("The provider is added."), provider=None)


@blueprint.route("/vouchers/providers/<int:provider_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def edit_provider(provider_id: int) -> Answer:
    """What is said of one."""
    session, actor, form = db.session(), current_actor(), ProviderForm()
    provider = reads.get_provider(session, actor, provider_id)
    if request.method == "GET":
        form.put(provider)

    def change() -> str:
        operations.edit_provider(session, actor, now=utc_now(), provider_id=provider_id, facts=form.said())
        return url_for("subsidies.list_providers")

    return answer(form, "subsidies/vouchers/edit_provider.html", change, _("The provider is changed."),
                  provider=provider)  # fmt: skip


@blueprint.route("/vouchers/providers/<int:provider_id>/end", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def end_provider(provider_id: int) -> Response:
    """Nothing more can be ordered from it; or it can again."""
    actor, again = current_actor(), request.form.get("again") == "yes"
    return press(
        lambda: operations.end_provider(db.session(), actor, now=utc_now(), provider_id=provider_id, again=again),
        _("Startups can order from it again.") if again else _("Nothing more can be ordered from it."),
        url_for("subsidies.list_providers"),
    )
