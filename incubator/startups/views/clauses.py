"""The operator's clauses: adopted, changed, looked at as the paper will be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.documents.pdf import render
from incubator.i18n import reader_locale
from incubator.startups.drafting import PARTS
from incubator.startups.forms.agreements import TemplateForm
from incubator.startups.operations.agreement_texts import keep_template
from incubator.startups.queries.agreements import current_template, list_templates
from incubator.startups.rules.agreements import PLACEHOLDERS, TEMPLATE_KINDS, Clause, check_clauses, fill
from incubator.startups.rules.clauses import SHIPPED, TITLES
from incubator.startups.views.agreements import PAPER
from incubator.startups.views.blueprint import Answer, blueprint

SAMPLE = {
    "number": "R-2026-0001", "operator": "示例孵化器有限公司", "operator_code": "91440300MA5ABCDE1X",
    "operator_address": "深圳市南山区", "startup": "示例科技有限公司",
    "credit_code": "91440300MA5ABCDF1X", "contact": "张三", "site": "示例孵化基地", "address": "深圳市南山区科技园1号",
    "units": "A101、A102", "area": "54.50", "term": "2026年10月1日起至2027年9月30日止",
    "rent": "每月人民币4,087.50元（大写：肆仟零捌拾柒元伍角整）", "fee": "每月人民币545.00元（大写：伍佰肆拾伍元整）",
    "service_fee": "每月人民币200.00元（大写：贰佰元整）", "part_month": PARTS["calendar_days"],
    "rent_free": "2026年10月1日至2026年10月31日", "deposit": "人民币8,175.00元（大写：捌仟壹佰柒拾伍元整）",
    "notice": "30日",
    "effective": "2026年12月1日", "changes": "增加A102；每月租金变更为人民币4,087.50元（大写：肆仟零捌拾柒元伍角整）。",
}  # fmt: skip
"""An agreement that there is not, for looking at clauses."""


@blueprint.route("/agreement-template", methods=["GET", "POST"])
@requires(Action.MANAGE_RESIDENCIES)
def edit_agreement_template() -> Answer:
    """The clauses that are used, or those that come with the product; posted: the next version of them."""
    session, actor, kind = db.session(), current_actor(), _kind()
    form, status, refused = TemplateForm(), 200, ("", "")
    current = current_template(session, kind)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                keep_template(session, actor, now=utc_now(), kind=kind, title=form.title.data or "",
                              clauses=form.said())  # fmt: skip
                session.commit()
                flash(_("The clauses are kept; texts are made of them from now on."), "success")
                return redirect(url_for("startups.edit_agreement_template", kind=kind), 303)
            except Refusal as refusal:
                session.rollback()
                status, refused = refusal.status, (refusal.field or "", sentence(refusal, reader_locale()))
    elif current is not None:
        form.show(current.title, [Clause(**each) for each in current.clauses])
    else:
        form.show(TITLES[kind], SHIPPED[kind])
    return render_template(
        "startups/edit_agreement_template.html", form=form, kind=kind, current=current, refused=refused,
        versions=list_templates(session, actor, kind), placeholders=PLACEHOLDERS,
    ), status  # fmt: skip


@blueprint.route("/agreement-template/preview", methods=["POST"])
@requires(Action.MANAGE_RESIDENCIES)
def preview_agreement_template() -> Download | Answer:
    """The paper with an agreement that there is not; nothing is kept."""
    form = TemplateForm()
    title, clauses = form.title.data or "", form.said()
    try:
        check_clauses(title, clauses)
    except Refusal as refusal:
        return Download(sentence(refusal, reader_locale()), 422, mimetype="text/plain")
    response = Download(render("startups/agreement.typ", sample(title, clauses)), mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=preview.pdf"
    response.headers["Content-Security-Policy"] = PAPER
    return response


def sample(title: str, clauses: Sequence[Clause]) -> dict[str, Any]:
    """What the paper says of an agreement that there is not."""
    return {
        "title": title, "number": SAMPLE["number"], "operator": SAMPLE["operator"], "startup": SAMPLE["startup"],
        "clauses": [{"heading": fill(each.heading, SAMPLE), "text": fill(each.text, SAMPLE).splitlines()}
                    for each in clauses],
        "units": [{"code": "A101", "kind": "办公室", "area": "54.50", "rent": "4,087.50", "property_fee": "545.00",
                   "service_fee": "200.00"}],
        "part_month": SAMPLE["part_month"],
        "prices": [
            {"unit": "A101", "what": "租金", "first": "2026-10-01", "last": "2026-10-31", "price": "0.00",
             "basis": "元/㎡·月", "month": "0.00", "note": "免租"},
            {"unit": "A101", "what": "租金", "first": "2026-11-01", "last": "2027-09-30", "price": "75.00",
             "basis": "元/㎡·月", "month": "4,087.50", "note": ""},
        ],
        "amounts": [{"name": "租金（整月）", "figures": "4,087.50", "capitals": "肆仟零捌拾柒元伍角整"}],
    }  # fmt: skip


def _kind() -> str:
    asked = request.args.get("kind", "")
    return asked if asked in TEMPLATE_KINDS else TEMPLATE_KINDS[0]
