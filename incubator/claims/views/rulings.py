"""What the authority grants and what it wants back, line by line: only what is not in full is entered."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.forms.amounts import read_yuan
from incubator.billing.views.parts import local_today
from incubator.claims.answers import answer_of, answers_workbook
from incubator.claims.forms.claims import ClawbackForm, RulingForm
from incubator.claims.operations.clawbacks import Demand, claw_back
from incubator.claims.operations.rulings import rule_claim
from incubator.claims.queries.claims import get_claim, list_lines
from incubator.claims.queries.entries import Numbered, number_lines
from incubator.claims.rules.money import check_clawback
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.entering import Desk
from incubator.claims.views.shared import title_of
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer as Answered
from incubator.documents.answering import answer
from incubator.documents.uploads import takes_documents
from incubator.i18n import reader_locale
from incubator.reports.frozen.exports import XLSX

ANSWER = ("granted", "reason", "left")
DEMAND = ("back", "borne")


@blueprint.route("/claims/<int:claim_id>/ruling", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
@takes_documents
def rule(claim_id: int) -> Answered:
    """The authority's answer: every line is granted in full, but those that are entered here."""
    session, actor, form = db.session(), current_actor(), RulingForm()
    row, desk = get_claim(session, actor, claim_id), Desk.open(session, actor, claim_id, ANSWER)
    if request.method == "GET":
        form.on.data = local_today()
    if "read" in request.form:
        desk.read_file()
    if "add" in request.form:
        desk.add(left="operator")

    def note() -> str:
        desk.check(answer_of)
        answers = {each: answer_of(desk.numbers[each], typed) for each, typed in desk.entries.rows.items()}
        rule_claim(session, actor, now=utc_now(), claim_id=claim_id, on=form.on.data, answers=answers,
                   note=form.note.data or "")  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    shown = {"row": row, "desk": desk, "title_of": title_of}
    if desk.is_asking:
        return _again(form, "claims/rule.html", desk, shown)
    return answer(form, "claims/rule.html", note, _("What was granted is noted and booked."), **shown)


@blueprint.route("/claims/<int:claim_id>/ruling.xlsx")
@requires(Action.MANAGE_CLAIMS)
def rulings_workbook(claim_id: int) -> Response:
    """All lines as granted in full, to be changed and read in."""
    session, actor = db.session(), current_actor()
    row = get_claim(session, actor, claim_id)
    content = answers_workbook(list_lines(session, actor, claim_id), number_lines(session, actor, claim_id),
                               reader_locale())  # fmt: skip
    found = Response(content, mimetype=XLSX)
    found.headers.set("Content-Disposition", "attachment", filename=f"{row.number}.xlsx")
    return found


@blueprint.route("/claims/<int:claim_id>/clawback", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def claw_lines_back(claim_id: int) -> Answered:
    """The authority wants money back: how much of which line, why, and until when."""
    session, actor, form = db.session(), current_actor(), ClawbackForm()
    row = get_claim(session, actor, claim_id)
    desk = Desk.open(session, actor, claim_id, DEMAND, _is_granted)
    if request.method == "GET":
        form.demanded_on.data = local_today()
    if "add" in request.form:
        desk.add(borne="operator")

    def note() -> str:
        desk.check(_demand_of)
        demands = {each: _demand_of(desk.numbers[each], typed) for each, typed in desk.entries.rows.items()}
        claw_back(session, actor, now=utc_now(), claim_id=claim_id, demands=demands, reason=form.reason.data or "",
                  demanded_on=form.demanded_on.data, due_on=form.due_on.data)  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    shown = {"row": row, "desk": desk, "title_of": title_of}
    if desk.is_asking:
        return _again(form, "claims/claw_back.html", desk, shown)
    return answer(form, "claims/claw_back.html", note, _("The demand is noted and booked."), **shown)


def _again(form: FlaskForm, template: str, desk: Desk, shown: dict[str, Any]) -> Answered:
    """The page with what its button asked for, and all that is typed."""
    return render_template(template, form=form, **shown), desk.status


def _is_granted(line: Numbered) -> bool:
    return (line.granted_minor or 0) > 0


def _demand_of(line: Numbered, typed: dict[str, str]) -> Demand:
    """What is typed of a line, as a demand; a Refusal where it can't be one."""
    demand = Demand(read_yuan(typed.get("back", ""), "back"), typed.get("borne") or "operator")
    check_clawback(line.granted_minor or 0, line.wanted_back_minor, demand.amount_minor, demand.borne_by,
                   is_taken_off=line.is_taken_off)  # fmt: skip
    return demand
