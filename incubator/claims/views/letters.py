"""Filing letters of a claim."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.forms.claims import LetterForm
from incubator.claims.operations.letters import file_letter
from incubator.claims.queries.claims import get_claim
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.uploads import takes_documents


@blueprint.route("/claims/<int:claim_id>/letters/new", methods=["GET", "POST"])
@requires(Action.MANAGE_CLAIMS)
@takes_documents
def new_letter(claim_id: int) -> Answer:
    """A letter that came or went."""
    session, actor, form = db.session(), current_actor(), LetterForm()
    row = get_claim(session, actor, claim_id)
    if request.method == "GET":
        form.on.data = local_today()

    def keep() -> str:
        has_file = bool(form.file.name_of_file)
        file_letter(session, actor, now=utc_now(), claim_id=claim_id, is_incoming=form.way.data == "in",
                    on=form.on.data, subject=form.subject.data or "", number=form.number.data or "",
                    name=form.file.name_of_file, content=form.file.content if has_file else None)  # fmt: skip
        return url_for("claims.show_claim", claim_id=claim_id)

    return answer(form, "claims/form.html", keep, _("The letter is filed."), row=row, title=_("File a letter"),
                  button=_("File it"))  # fmt: skip
