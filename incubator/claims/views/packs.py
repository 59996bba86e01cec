"""Packs of a claim, and the verifier by itself for who trusts no copy in a pack."""

from __future__ import annotations

import io

from flask import render_template, send_file
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, public, requires
from incubator.accounts.permissions import Action
from incubator.accounts.throttling import limiter
from incubator.claims.pack.bundle import bundle, bundle_hash
from incubator.claims.queries import reviews as queries
from incubator.claims.queries.claims import get_claim
from incubator.claims.rules.states import INNER
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.database import db
from incubator.documents.operations.files import open_content
from incubator.documents.signing import fingerprint

LOOKS = "60 per minute"


@blueprint.route("/claims/<int:claim_id>/packs")
@requires(Action.SEE_CLAIMS)
def show_packs(claim_id: int) -> str:
    """What was packed of a claim: each file with its hash and key."""
    session, actor = db.session(), current_actor()
    row = get_claim(session, actor, claim_id)
    return render_template("claims/packs.html", row=row, claim=row.claim, fingerprint=fingerprint, now=utc_now(),
                           packs=queries.list_packs(session, actor, claim_id), verifier=bundle_hash(),
                           operator_code=f"{actor.operator_id:x}",
                           may_pack=row.claim.state == "approved" or row.claim.state not in INNER)  # fmt: skip


@blueprint.route("/claims/packs/<int:pack_id>")
@requires(Action.SEE_CLAIMS)
def download_pack(pack_id: int) -> Response:
    """The file as it was made."""
    row = queries.get_pack(db.session(), current_actor(), pack_id)
    return send_file(open_content(db.session(), row.file), mimetype=row.file.media_type, as_attachment=True,
                     download_name=row.file.name)  # fmt: skip


@blueprint.route("/verifier")
@public
@limiter.limit(LOOKS)
def verifier() -> str:
    """Where the verifier of packs is had by itself, and what its hash is."""
    return render_template("claims/verifier.html", sha256=bundle_hash())


@blueprint.route("/verifier/verify.py")
@public
@limiter.limit(LOOKS)
def download_verifier() -> Response:
    """The file itself: the same that lies in each pack."""
    return send_file(io.BytesIO(bundle()), mimetype="text/x-python", as_attachment=True, download_name="verify.py")
