"""What a claim is at a moment, as one hash: whoever checks, approves and hands it in has seen just that."""

from __future__ import annotations

import hashlib

from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.claims.models import Claim
from incubator.claims.queries.evidence import Dossier
from incubator.claims.queries.gathering import Scope, open_decisions
from incubator.core.canonical import canonical_json
from incubator.database import id_array
from incubator.subsidies.models import Decision


def fingerprint(session: Session, claim: Claim, dossier: Dossier) -> str:
    """Changes with the claim's months, its lines, each piece of evidence, and with what has come since that changes one
    of its lines (a credit note, a correction) and is in no claim yet."""
    lines = [
        [each.line.id, each.line.decision_id, each.line.instalment_id, each.line.grant_id, each.amount_minor]
        for each in sorted(dossier.lines, key=lambda each: each.line.id)
    ]
    pieces = sorted(
        {(each.kind, each.startup_id or 0, each.line_id or 0, *each.source, each.sha256) for each in dossier.pieces}
    )
    said = {
        "claim": [claim.id, claim.scheme_id, claim.site_id, claim.first_on, claim.last_on, claim.currency],
        "lines": lines, "evidence": [list(each) for each in pieces], "since": late_decisions(session, claim, dossier),
    }  # fmt: skip
    return hashlib.sha256(canonical_json(said)).hexdigest()


def late_decisions(session: Session, claim: Claim, dossier: Dossier) -> list[int]:
    """What changes a line of the claim, is booked, and is in no living claim."""
    mine = [each.line.decision_id for each in dossier.lines if each.line.decision_id is not None]
    scope = Scope(claim.scheme_id, claim.site_id, claim.last_on, claim.currency)
    return list(session.execute(
        select(Decision.id)
        .where(Decision.id.in_(open_decisions(scope).order_by(None)), Decision.adjusts_id == any_(id_array(mine)))
        .order_by(Decision.id)
    ).scalars())  # fmt: skip
