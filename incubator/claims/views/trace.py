"""The trace of a claim for who is signed in: the operator's own people and its auditors."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.claims.pack.basis import Basis, load_basis
from incubator.claims.views import tracing
from incubator.claims.views.blueprint import blueprint
from incubator.core.clock import utc_now
from incubator.database import db

NAMES = {"line": "line_id", "invoice": "invoice_id", "agreement": "residency_id", "file": "file_id"}


def _basis(claim_id: int) -> Basis:
    return load_basis(db.session(), current_actor(), claim_id, now=utc_now())


def _way(claim_id: int) -> tracing.Way:
    def to(what: str, subject_id: int | None = None, **asked: Any) -> str:
        named: dict[str, Any] = {NAMES[what]: subject_id} if what in NAMES else {}
        return url_for(f"claims.trace_{what}", claim_id=claim_id, **named, **asked)

    return tracing.Way(to, "base.html")


@blueprint.route("/claims/<int:claim_id>/trace")
@requires(Action.SEE_CLAIMS)
def trace_claim(claim_id: int) -> str:
    """A claim's figures, each leading to its lines."""
    return tracing.show_claim(_basis(claim_id), _way(claim_id))


@blueprint.route("/claims/<int:claim_id>/trace/lines/<int:line_id>")
@requires(Action.SEE_CLAIMS)
def trace_line(claim_id: int, line_id: int) -> str:
    """One line and what it rests on."""
    return tracing.show_line(_basis(claim_id), _way(claim_id), line_id)


@blueprint.route("/claims/<int:claim_id>/trace/invoices/<int:invoice_id>")
@requires(Action.SEE_CLAIMS)
def trace_invoice(claim_id: int, invoice_id: int) -> str:
    """An invoice of the claim."""
    return tracing.show_invoice(_basis(claim_id), _way(claim_id), invoice_id)


@blueprint.route("/claims/<int:claim_id>/trace/agreements/<int:residency_id>")
@requires(Action.SEE_CLAIMS)
def trace_agreement(claim_id: int, residency_id: int) -> str:
    """An agreement of the claim."""
    return tracing.show_agreement(_basis(claim_id), _way(claim_id), residency_id)


@blueprint.route("/claims/<int:claim_id>/trace/files/<int:file_id>")
@requires(Action.SEE_CLAIMS)
def trace_file(claim_id: int, file_id: int) -> Response:
    """A file of the claim's evidence."""
    return tracing.send_piece(_basis(claim_id), file_id)
