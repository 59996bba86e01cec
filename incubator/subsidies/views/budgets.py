"""Pools and budgets: what is there, what is given, reserved and left, and when it runs out."""

from __future__ import annotations

from decimal import Decimal

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.money import to_minor
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import named
from incubator.i18n import reader_locale
from incubator.subsidies.forms.budgets import MODES, AmountForm, BudgetForm, DrawForm, PoolForm, ReservationForm
from incubator.subsidies.operations import budgets as operations
from incubator.subsidies.queries import budgets as queries
from incubator.subsidies.queries.evidence import list_startups
from incubator.subsidies.queries.schemes import list_schemes
from incubator.subsidies.views.blueprint import blueprint


@blueprint.route("/schemes/budgets")
@requires(Action.SEE_SCHEMES)
def list_budgets() -> str:
    """Every pool with its budgets."""
    pools = queries.list_pools(db.session(), current_actor(), now=utc_now())
    return render_template("subsidies/list_budgets.html", pools=pools, modes=MODES)


@blueprint.route("/schemes/pools/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_pool() -> Answer:
    """A pool by name."""
    form = PoolForm()

    def add() -> str:
        pool = operations.create_pool(db.session(), current_actor(), now=utc_now(), code=form.code.data or "",
                                      name=form.name.data or "", name_en=form.name_en.data or "")  # fmt: skip
        return url_for("subsidies.new_budget", pool_id=pool.id)

    return answer(form, "subsidies/new_pool.html", add, _("The pool is entered. Now give it its budget."))


@blueprint.route("/schemes/pools/<int:pool_id>/budgets/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_budget(pool_id: int) -> Answer:
    """Its money for some months."""
    session, actor, form = db.session(), current_actor(), BudgetForm()
    pool = queries.get_pool(session, actor, pool_id)

    def add() -> str:
        first, last = form.first.data, form.last.data
        assert first is not None and last is not None, "validated"
        row = operations.add_budget(session, actor, now=utc_now(), pool_id=pool_id, first=first, last=last,
                                    mode=form.mode.data, amount_minor=_fen(form.amount.data),
                                    source=form.source.data or "")  # fmt: skip
        return url_for("subsidies.show_budget", budget_id=row.id)

    return answer(form, "subsidies/new_budget.html", add, _("The budget is entered."), pool=pool)


@blueprint.route("/schemes/pools/<int:pool_id>/schemes", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def draw_on_pool(pool_id: int) -> Answer:
    """One more scheme draws on it."""
    session, actor, form = db.session(), current_actor(), DrawForm()
    pool = queries.get_pool(session, actor, pool_id)
    free = [each for each in list_schemes(session, actor) if each.pool_id is None]
    form.scheme.choices = [(each.id, f"{each.code} {named(each, reader_locale())}") for each in free]

    def draw() -> str:
        operations.draw_on(session, actor, now=utc_now(), scheme_id=form.scheme.data, pool_id=pool_id)
        return url_for("subsidies.list_budgets")

    return answer(form, "subsidies/draw_on_pool.html", draw, _("From the next posting on it draws on this pool."),
                  pool=pool, free=free)  # fmt: skip


@blueprint.route("/schemes/<int:scheme_id>/leave-pool", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def leave_pool(scheme_id: int) -> Response:
    """A scheme draws on no pool any more."""
    done = _("It draws on no pool any more; what was given stays.")
    return press(lambda: operations.draw_on(db.session(), current_actor(), now=utc_now(), scheme_id=scheme_id,
                                            pool_id=None), done, url_for("subsidies.list_budgets"))  # fmt: skip


@blueprint.route("/schemes/budgets/<int:budget_id>", methods=["GET", "POST"])
@requires(Action.SEE_SCHEMES)
def show_budget(budget_id: int) -> Answer:
    """One budget; and (posted) another amount."""
    session, actor, form = db.session(), current_actor(), AmountForm()
    row = queries.get_budget(session, actor, budget_id, now=utc_now())

    def change() -> str:
        operations.change_budget(session, actor, now=utc_now(), budget_id=budget_id,
                                 amount_minor=_fen(form.amount.data))  # fmt: skip
        return url_for("subsidies.show_budget", budget_id=budget_id)

    reservations = queries.list_reservations(session, actor, budget_id, page=page_number(request.args.get("page")))
    return answer(form, "subsidies/show_budget.html", change, _("The amount is changed."), row=row, modes=MODES,
                  reservations=reservations)  # fmt: skip


@blueprint.route("/schemes/budgets/<int:budget_id>/reserve", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def reserve_budget(budget_id: int) -> Answer:
    """A part of it for one startup."""
    session, actor, form = db.session(), current_actor(), ReservationForm()
    row = queries.get_budget(session, actor, budget_id, now=utc_now())
    form.startup.choices = [(each.id, f"{each.code} {named(each, reader_locale())}")
                            for each in list_startups(session, actor)]  # fmt: skip

    def add() -> str:
        operations.reserve(session, actor, now=utc_now(), budget_id=budget_id, startup_id=form.startup.data,
                           amount_minor=_fen(form.amount.data))  # fmt: skip
        return url_for("subsidies.show_budget", budget_id=budget_id)

    return answer(form, "subsidies/reserve_budget.html", add, _("It is reserved."), row=row)


@blueprint.route("/schemes/reservations/<int:reservation_id>/release", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def release_reservation(reservation_id: int) -> Response:
    """What of it is not used is free for others."""
    session, actor = db.session(), current_actor()
    budget_id = queries.get_reservation(session, actor, reservation_id).budget_id
    return press(lambda: operations.release(session, actor, now=utc_now(), reservation_id=reservation_id),
                 _("The rest of it is free for others."),
                 url_for("subsidies.show_budget", budget_id=budget_id))  # fmt: skip


@blueprint.route("/schemes/budgets/<int:budget_id>/close", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def close_budget(budget_id: int) -> Response:
    """Share it out among all that waits."""
    return press(lambda: operations.close_budget(db.session(), current_actor(), now=utc_now(), budget_id=budget_id),
                 _("It is shared out; the next invoices carry the shares."),
                 url_for("subsidies.show_budget", budget_id=budget_id))  # fmt: skip


def _fen(yuan: Decimal | None) -> int:
    assert yuan is not None, "validated"
    return to_minor(yuan)
