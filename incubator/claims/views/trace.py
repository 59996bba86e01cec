"""The trace of a claim for who is signed in: the operator's own people and its auditors."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.claims.queries import tracing as queries
from incubator.claims.views import tracing
from incubator.claims.views.blueprint import blueprint
from incubator.database import db

NAMES = {"line": "line_id", "invoice": "invoice_id", "agreement": "residency_id", "file": "file_id"}


def _way(claim_id: int) -> tracing.Way:
    def to(what: str, subject_id: int | None = None, **asked: Any) -> str:
        named: dict[str, Any] = {NAMES[what]: subject_id} if what in NAMES else {}
        return url_for(f"claims.trace_{what}", claim_id=claim_id, **named, **asked)

    return tracing.Way(to, "base.html")


@blueprint.route("/claims/<int:claim_id>/trace")
@requires(Action.SEE_CLAIMS)
def trace_claim(claim_id: int) -> str:
    """A claim's figures, each leading to its lines."""
    company, page = tracing.asked_page()
    found = queries.trace_claim(db.session(), current_actor(), claim_id, company=company, page=page)
    return tracing.show_claim(found, _way(claim_id))


@blueprint.route("/claims/<int:claim_id>/trace/lines/<int:line_id>")
@requires(Action.SEE_CLAIMS)
def trace_line(claim_id: int, line_id: int) -> str:
    """One line and what it rests on."""
    found = queries.trace_line(db.session(), current_actor(), claim_id, line_id)
    return tracing.show_line(found, _way(claim_id))


@blueprint.route("/claims/<int:claim_id>/trace/invoices/<int:invoice_id>")
@requires(Action.SEE_CLAIMS)
def trace_invoice(claim_id: int, invoice_id: int) -> str:
    """An invoice of the claim."""
    found = queries.trace_invoice(db.session(), current_actor(), claim_id, invoice_id)
    return tracing.show_invoice(found, _way(claim_id))


@blueprint.route("/claims/<int:claim_id>/trace/agreements/<int:residency_id>")
@requires(Action.SEE_CLAIMS)
def trace_agreement(claim_id: int, residency_id: int) -> str:
    """An agreement of the claim."""
    found = queries.trace_agreement(db.session(), current_actor(), claim_id, residency_id)
    return tracing.show_agreement(found, _way(claim_id))


@blueprint.route("/claims/<int:claim_id>/trace/files/<int:file_id>")
@requires(Action.SEE_CLAIMS)
def trace_file(claim_id: int, file_id: int) -> Response:
    """A file of the claim's evidence."""
    return tracing.send_piece(queries.trace_file(db.session(), current_actor(), claim_id, file_id))
