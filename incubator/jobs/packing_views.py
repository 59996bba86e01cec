"""The page that has the worker make a claim's pack."""

from __future__ import annotations

from flask import redirect, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import tell
from incubator.jobs.packing import ask_to_pack, last_packing
from incubator.jobs.posting_views import blueprint
from incubator.jobs.queries import RunLine

__all__ = ["blueprint"]


@blueprint.record
def _lend(state: BlueprintSetupState) -> None:
    """What the page of a claim's packs asks."""
    state.app.jinja_env.globals.update(packing_of=_packing_of)


def _packing_of(claim_id: int) -> RunLine | None:
    return last_packing(db.session(), claim_id)


@blueprint.route("/claims/<int:claim_id>/packs/make", methods=["POST"])
@requires(Action.MANAGE_CLAIMS)
def make_pack(claim_id: int) -> Response:
    """Put it into the run book; the page of packs says how far it is."""
    try:
        ask_to_pack(db.session(), current_actor(), now=utc_now(), claim_id=claim_id)
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
    return redirect(url_for("claims.show_packs", claim_id=claim_id), 303)
