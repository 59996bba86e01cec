"""What an authority doesn't bear of a subsidy, and the startup does: a later decision that the next invoice carries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import any_, func, select
from sqlalchemy.orm import Session

from incubator.core.errors import N_, Refusal
from incubator.core.money import Money
from incubator.database import id_array
from incubator.subsidies.models import Decision
from incubator.subsidies.operations.schemes import record_decisions

NAMES = ("scheme", "scheme_name", "scheme_name_en", "version", "source", "kind", "rate")
"""What a decision that takes one back keeps of it."""


class Ruled(Struct, frozen=True):
    """How much of a decision its startup bears, why, and by which ruling."""

    decision: Decision
    amount_minor: int
    """Above 0."""
    reason: str
    ruling: Mapping[str, Any]
    """Kept as it is: {"kind": "refused", "claim": "CLM-2026-000003", …}."""


def rule_decisions(session: Session, *, now: datetime, ruled: Sequence[Ruled]) -> None:
    """Write what startups bear as decisions that adjust the first one of their charge and version; caps and budgets
    have it again, as of a credit note. The caller holds what `lock_for_giving` locks.

    Of 1,620.00 that were taken off rent, 620.00 refused: a decision of −620.00. Refused where less is still taken off
    the startup's invoices, because credit notes or corrections have taken it back already.
    """
    stands = _standing(session, [each.decision for each in ruled])
    rows = []
    for each in ruled:
        first_id = _first(each.decision)
        left = stands[first_id]
        if each.amount_minor > left:
            raise Refusal(N_("Only %(left)s of this line is still taken off the startup’s invoices: the startup can "
                             "bear no more of it."), field="left_to", left=Money(max(left, 0)))  # fmt: skip
        stands[first_id] -= each.amount_minor
        rows.append(_row(each, first_id, left, now))
    record_decisions(session, rows)


def _standing(session: Session, decisions: Sequence[Decision]) -> dict[int, int]:
    """What is given by first decisions with all that has adjusted them since."""
    firsts = any_(id_array({_first(each) for each in decisions}))
    first_id = func.coalesce(Decision.adjusts_id, Decision.id)
    rows = session.execute(
        select(first_id, func.sum(Decision.amount_minor))
        .where((Decision.id == firsts) | (Decision.adjusts_id == firsts))
        .group_by(first_id)
    ).all()
    return defaultdict(int, {decision_id: int(minor) for decision_id, minor in rows})


def _first(decision: Decision) -> int:
    return decision.adjusts_id or decision.id


def _row(each: Ruled, first_id: int, was_minor: int, now: datetime) -> dict[str, Any]:
    decision = each.decision
    said = {
        "ruling": dict(each.ruling), "reason": each.reason, "was_minor": was_minor,
        "now_minor": was_minor - each.amount_minor,
    }  # fmt: skip
    return {
        "operator_id": decision.operator_id, "scheme_version_id": decision.scheme_version_id,
        "charge_id": decision.charge_id, "startup_id": decision.startup_id, "site_id": decision.site_id,
        "month": decision.month, "outcome": "ruled", "base_minor": decision.base_minor,
        "amount_minor": -each.amount_minor, "held_minor": 0, "bearer": decision.bearer,
        "budget_id": decision.budget_id, "currency": decision.currency, "adjusts_id": first_id,
        "derivation": {name: decision.derivation[name] for name in NAMES if name in decision.derivation} | said,
        "created_at": now,
    }  # fmt: skip
