"""Facts that nothing else keeps, and what spaces pay: recorded with evidence, withdrawn with a reason."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.money import to_minor
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import named
from incubator.documents.operations import file_document
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.spaces.queries import list_sites
from incubator.subsidies.forms.evidence import CostForm, ProofFields, fact_form
from incubator.subsidies.operations import evidence as operations
from incubator.subsidies.operations.evidence import Proof
from incubator.subsidies.queries import evidence as queries
from incubator.subsidies.rules.facts import FACTS, RECORDED
from incubator.subsidies.rules.items import COST_KINDS
from incubator.subsidies.views.blueprint import blueprint
from incubator.subsidies.wording import charge_kind


@blueprint.route("/schemes/facts")
@requires(Action.SEE_SCHEMES)
def list_facts() -> str:
    """What is recorded of startups and sites."""
    name = request.args.get("name", "")
    asked: dict[str, Any] = {
        "name": name if name in RECORDED else "", "search": (clean(request.args.get("search")) or "")[:100],
        "withdrawn": request.args.get("withdrawn") == "1",
    }  # fmt: skip
    page = queries.list_facts(db.session(), current_actor(), page=page_number(request.args.get("page")), **asked)
    return render_template("subsidies/list_facts.html", page=page, asked=asked, names=RECORDED)


@blueprint.route("/schemes/facts/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
@takes_documents
def new_fact() -> Answer:
    """Record one: first what, then whose and what proves it."""
    name, session, actor = request.args.get("name", ""), db.session(), current_actor()
    if name not in RECORDED:
        return render_template("subsidies/choose_fact.html", names=RECORDED, facts=FACTS)
    form, of_site = fact_form(name, reader_locale()), FACTS[name].of_site
    things = list_sites(session, actor) if of_site else queries.list_startups(session, actor)
    form.whose.choices = [(each.id, named(each, reader_locale())) for each in things]

    def add() -> str:
        whose = {"site_id" if of_site else "startup_id": form.whose.data}
        assert form.first.data is not None, "validated"
        proof = _proof(form, None if of_site else form.whose.data)
        operations.record_fact(session, actor, now=utc_now(), name=name, value=form.said(), first=form.first.data,
                               last=form.last.data, proof=proof, **whose)  # fmt: skip
        return url_for("subsidies.list_facts")

    return answer(form, "subsidies/new_fact.html", add, _("It is recorded and counts from now on."), name=name)


@blueprint.route("/schemes/facts/<int:fact_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def withdraw_fact(fact_id: int) -> Response:
    """It was wrong."""
    reason = request.form.get("reason", "")
    return press(lambda: operations.withdraw_fact(db.session(), current_actor(), now=utc_now(), fact_id=fact_id,
                                                  reason=reason),
                 _("It is withdrawn."), url_for("subsidies.list_facts"))  # fmt: skip


@blueprint.route("/schemes/costs")
@requires(Action.SEE_SCHEMES)
def list_costs() -> str:
    """What the spaces have paid."""
    kind = request.args.get("kind", "")
    asked: dict[str, Any] = {"site": request.args.get("site", type=row_id), "kind": kind if kind in COST_KINDS else ""}
    page = queries.list_costs(db.session(), current_actor(), site_id=asked["site"], kind=asked["kind"],
                              page=page_number(request.args.get("page")))  # fmt: skip
    return render_template("subsidies/list_costs.html", page=page, asked=asked, kinds=_cost_names(),
                           sites=list_sites(db.session(), current_actor()))  # fmt: skip


@blueprint.route("/schemes/costs/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
@takes_documents
def new_cost() -> Answer:
    """Record one."""
    session, actor, form = db.session(), current_actor(), CostForm()
    sites = list_sites(session, actor)
    if not sites:
        return redirect(url_for("subsidies.list_costs"), 303)
    form.site.choices = [(each.id, named(each, reader_locale())) for each in sites]
    form.kind.choices = list(_cost_names().items())

    def add() -> str:
        first, last, amount = form.first.data, form.last.data, form.amount.data
        assert first is not None and last is not None and amount is not None, "validated"
        operations.record_cost(session, actor, now=utc_now(), site_id=form.site.data, kind=form.kind.data,
                               title=form.title.data or "", first=first, last=last, amount_minor=to_minor(amount),
                               proof=_proof(form, None), area_m2=form.area.data)  # fmt: skip
        return url_for("subsidies.list_costs")

    return answer(form, "subsidies/new_cost.html", add, _("It is recorded and counts from now on."))


@blueprint.route("/schemes/costs/<int:cost_id>/withdraw", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def withdraw_cost(cost_id: int) -> Response:
    """It was wrong."""
    reason = request.form.get("reason", "")
    return press(lambda: operations.withdraw_cost(db.session(), current_actor(), now=utc_now(), cost_id=cost_id,
                                                  reason=reason),
                 _("It is withdrawn."), url_for("subsidies.list_costs"))  # fmt: skip


def _cost_names() -> dict[str, str]:
    return {kind: charge_kind(kind) for kind in COST_KINDS}


def _proof(form: ProofFields, startup_id: int | None) -> Proof:
    evidence, document_id = form.evidence.data or "", None
    if form.file.data and form.file.name_of_file:
        document_id = file_document(
            db.session(), current_actor(), now=utc_now(), kind="evidence", title=evidence[:200], startup_id=startup_id,
            audience="restricted" if startup_id is None else "founders", name=form.file.name_of_file,
            content=form.file.content,
        ).id  # fmt: skip
    return Proof(evidence, document_id)
