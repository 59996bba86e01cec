"""The evidence of a claim: company by company what is there, not valid or missing; attaching it, and reminding."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import EvidenceForm, RemindForm
from incubator.claims.operations import evidence as operations
from incubator.claims.operations.reminders import last_reminders, missing_kinds, remind_startups
from incubator.claims.queries.claims import get_claim, get_line, group_lines
from incubator.claims.queries.evidence import get_dossier
from incubator.claims.rules.completeness import EVIDENCE, PRESENT, matrix
from incubator.claims.rules.states import INNER
from incubator.claims.views.blueprint import blueprint
from incubator.claims.views.shared import title_of
from incubator.claims.words import EVIDENCE_NAMES
from incubator.core.clock import utc_now
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.uploads import takes_documents

DAYS_TO_UPLOAD = 7


@blueprint.route("/claims/<int:claim_id>/evidence")
@requires(Action.SEE_CLAIMS)
def show_evidence(claim_id: int) -> str:
    """The matrix company × evidence; with `missing` only those of which something is wanted."""
    session, actor, now = db.session(), current_actor(), utc_now()
    row, dossier = get_claim(session, actor, claim_id), get_dossier(session, actor, claim_id, now=now)
    squares, groups = matrix(dossier.cells), [each for each in group_lines(dossier.lines) if each.startup]
    only_missing = request.args.get("show") == "missing"
    if only_missing:
        groups = [each for each in groups if each.startup and any(
            square.state != PRESENT for square in squares.get(each.startup.id, {}).values())]  # fmt: skip
    return render_template(
        "claims/show_evidence.html", row=row, dossier=dossier, squares=squares, groups=groups,
        only_missing=only_missing, is_inner=row.claim.state in INNER, reminded=last_reminders(session, claim_id),
        columns=[each for each in dossier.needs if each.per != "claim"],
        of_claim=[each for each in dossier.needs if each.per == "claim"],
    )  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/evidence/<kind>", methods=["GET", "POST"])
@requires(Action.SEE_CLAIMS)
@takes_documents
def show_pieces(claim_id: int, kind: str) -> Answer:
    """The pieces of one kind for one company (or the claim), where each is read, and what can be attached."""
    session, actor, form, now = db.session(), current_actor(), EvidenceForm(), utc_now()
    row, dossier = get_claim(session, actor, claim_id), get_dossier(session, actor, claim_id, now=now)
    startup_id, line_id = request.args.get("startup", type=row_id), request.args.get("line", type=row_id)
    lines = {each.line.id: each for each in dossier.lines}
    if line_id is not None:
        get_line(session, actor, claim_id, line_id)
    startup = next((each.startup for each in dossier.lines if each.startup and each.startup.id == startup_id), None)
    if request.method == "POST":
        actor.require(Action.MANAGE_CLAIMS)
    elif kind in EVIDENCE:
        form.kind.data = kind
        form.title.data = f"{_(EVIDENCE_NAMES[kind])} {startup.name if startup else row.number}"[:100]
    address = url_for("claims.show_evidence", claim_id=claim_id)

    def upload() -> str:
        operations.upload_evidence(
            session, actor, now=now, claim_id=claim_id, kind=form.kind.data, title=form.title.data,
            name=form.file.name_of_file, content=form.file.content, startup_id=None if line_id else startup_id,
            line_id=line_id, valid_from=form.valid_from.data, expires_on=form.expires_on.data,
        )  # fmt: skip
        return address

    cells = [each for each in dossier.cells if each.need.kind == kind and each.startup_id == startup_id
             and (line_id is None or each.line_id == line_id)]  # fmt: skip
    return answer(form, "claims/show_pieces.html", upload, _("The evidence is attached."), row=row, kind=kind,
                  startup=startup, cells=cells, lines=lines, title_of=title_of, line_id=line_id,
                  is_inner=row.claim.state in INNER)  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/evidence/<int:evidence_id>/remove", methods=["POST"])
@requires(Action.MANAGE_CLAIMS)
def detach(claim_id: int, evidence_id: int) -> Response:
    """Take a document off."""

    def remove() -> None:
        operations.detach_evidence(db.session(), current_actor(), now=utc_now(), claim_id=claim_id,
                                   evidence_id=evidence_id)  # fmt: skip

    return press(remove, _("The document is off this claim; it is still kept."),
                 url_for("claims.show_evidence", claim_id=claim_id))  # fmt: skip


@blueprint.route("/claims/<int:claim_id>/remind", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
def remind(claim_id: int) -> Answer:
    """Whom one would remind of what, and until when it is wanted."""
    session, actor, form, now = db.session(), current_actor(), RemindForm(), utc_now()
    row, dossier = get_claim(session, actor, claim_id), get_dossier(session, actor, claim_id, now=now)
    wanted, startups = missing_kinds(dossier.cells), {each.startup.id: each.startup
                                                      for each in dossier.lines if each.startup}  # fmt: skip
    if request.method == "GET":
        soon = local_today() + timedelta(days=DAYS_TO_UPLOAD)
        form.due_on.data = min(soon, row.claim.due_on) if row.claim.due_on else soon

    def send() -> str:
        remind_startups(session, actor, now=utc_now(), claim_id=claim_id, due_on=form.due_on.data)
        return url_for("claims.show_evidence", claim_id=claim_id)

    return answer(form, "claims/remind.html", send, _("The founders are written to."), row=row, wanted=wanted,
                  startups=startups, reminded=last_reminders(session, claim_id))  # fmt: skip
