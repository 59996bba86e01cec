"""One line of a claim: how its amount came about, and all that it rests on; taking it out."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.claims.forms.claims import WhyForm
from incubator.claims.operations.gathering import remove_line as take_out
from incubator.claims.queries.claims import get_claim, get_line
from incubator.claims.queries.evidence import load_dossier
from incubator.claims.queries.grounds import grounds_of
from incubator.claims.queries.money import list_clawbacks
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.shared import title_of
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.i18n import reader_locale
from incubator.subsidies.explain import explain


@blueprint.route("/claims/<int:claim_id>/lines/<int:line_id>")
@requires(Action.SEE_CLAIMS)
def show_line(claim_id: int, line_id: int) -> str:
    """From the figure to the invoice, the agreement, the allocations and the files."""
    session, actor = db.session(), current_actor()
    row, line = get_claim(session, actor, claim_id), get_line(session, actor, claim_id, line_id)
    dossier = load_dossier(session, row.claim, [line], now=utc_now())
    return render_template(
        "claims/show_line.html", row=row, line=line, title_of=title_of, cells=dossier.cells,
        why=explain(line.outcome, line.base_minor, line.amount_minor, row.claim.currency, line.derivation,
                    reader_locale()),
        grounds=grounds_of(session, line),
        clawbacks=[each for each in list_clawbacks(session, actor, claim_id) if each.line_id == line_id],
    )  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/lines/<int:line_id>/remove", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def remove_line(claim_id: int, line_id: int) -> Answer:
    """Take it out before the claim is handed in; another claim may have it."""
    session, actor, form = db.session(), current_actor(), WhyForm()
    row, line = get_claim(session, actor, claim_id), get_line(session, actor, claim_id, line_id)

    def remove() -> str:
        take_out(session, actor, now=utc_now(), claim_id=claim_id, line_id=line_id, reason=form.reason.data or "")
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/form.html", remove, _("The line is out; another claim may have it."), row=row,
                  title=_("Take a line out"), button=_("Take it out"), line=line, title_of=title_of)  # fmt: skip
