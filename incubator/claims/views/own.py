"""A founder's page: which evidence is wanted of their startup for claims of subsidies, and bringing it."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import OwnEvidenceForm
from incubator.claims.operations.evidence import bring_evidence
from incubator.claims.queries.own import get_own_task, list_own_tasks
from incubator.claims.rules.completeness import BROUGHT
from incubator.claims.views.blueprint import blueprint
from incubator.claims.words import EVIDENCE_NAMES
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.core.paging import page_number
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.uploads import takes_documents


@blueprint.route("/my/evidence")
@requires(Action.EDIT_OWN_STARTUP)
def my_evidence() -> str:
    """What is wanted, until when, and what is there."""
    return render_template("claims/my_evidence.html", today=local_today(),
                           page=list_own_tasks(db.session(), current_actor(), now=utc_now(),
                                               page=page_number(request.args.get("page"))))  # fmt: skip


@blueprint.route("/my/evidence/<int:claim_id>/<int:startup_id>/<kind>", methods=["GET", "POST"])
@requires(Action.EDIT_OWN_STARTUP)
@takes_documents
def upload_own(claim_id: int, startup_id: int, kind: str) -> Answer:
    """Bring one piece of it."""
    session, actor, form = db.session(), current_actor(), OwnEvidenceForm()
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    if kind not in BROUGHT:
        raise NotFound
    task = get_own_task(session, actor, claim_id, startup_id, now=utc_now())
    if request.method == "GET":
        form.title.data = f"{_(EVIDENCE_NAMES[kind])} {task.startup.name}"[:100]

    def bring() -> str:
        bring_evidence(
            session, actor, now=utc_now(), claim_id=claim_id, startup_id=startup_id, kind=kind, title=form.title.data,
            name=form.file.name_of_file, content=form.file.content, valid_from=form.valid_from.data,
            expires_on=form.expires_on.data,
        )  # fmt: skip
        return url_for("claims.my_evidence")

    return answer(form, "claims/upload_own.html", bring, _("Thank you: it is with the claim now."), task=task,
                  kind=kind)  # fmt: skip
