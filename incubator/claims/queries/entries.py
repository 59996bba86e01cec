"""Lines of a claim for who enters something for some of them: all by number and amount, a few in full."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, any_, false, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.models import Invoice
from incubator.claims.models import ClaimClawback, ClaimLine, ClaimRuling
from incubator.claims.queries.claims import LineRow, load_lines
from incubator.database import id_array
from incubator.startups.models import Startup
from incubator.subsidies.models import Decision, GrantInstalment, OperatorGrant

FOUND = 10
"""Lines that a search shows."""


class Numbered(Struct, frozen=True):
    """A line by its number in the pack, with what entries are checked by."""

    line_id: int
    number: int
    amount_minor: int
    granted_minor: int | None
    """None: not decided yet."""
    wanted_back_minor: int
    is_taken_off: bool
    """Off an invoice of a startup's."""


def number_lines(session: Session, actor: Actor, claim_id: int) -> dict[int, Numbered]:
    """Every line that a claim was handed in with, in the order of its pack; one narrow statement."""
    actor.require(Action.SEE_CLAIMS)
    back = (
        select(func.coalesce(func.sum(ClaimClawback.amount_minor), 0))
        .where(ClaimClawback.line_id == ClaimLine.id)
        .correlate(ClaimLine)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ClaimLine.id,
               func.coalesce(Decision.amount_minor, GrantInstalment.amount_minor, OperatorGrant.amount_minor),
               ClaimRuling.granted_minor, back, Decision.id.is_not(None))
        .outerjoin(Decision, Decision.id == ClaimLine.decision_id)
        .outerjoin(GrantInstalment, GrantInstalment.id == ClaimLine.instalment_id)
        .outerjoin(OperatorGrant, OperatorGrant.id == func.coalesce(GrantInstalment.grant_id, ClaimLine.grant_id))
        .outerjoin(Startup, Startup.id == func.coalesce(Decision.startup_id, OperatorGrant.startup_id))
        .outerjoin(ClaimRuling, ClaimRuling.line_id == ClaimLine.id)
        .where(ClaimLine.claim_id == claim_id, or_(ClaimLine.released_at.is_(None), ClaimRuling.id.is_not(None)))
        .order_by(Startup.code.asc().nulls_last(), func.coalesce(Decision.month, OperatorGrant.month), ClaimLine.id)
    ).all()  # fmt: skip
    return {
        line_id: Numbered(line_id, number, int(amount), granted, int(wanted), taken_off)
        for number, (line_id, amount, granted, wanted, taken_off) in enumerate(rows, start=1)
    }


def find_lines(
    session: Session, actor: Actor, claim_id: int, search: str, numbers: dict[int, Numbered]
) -> list[LineRow]:
    """The first lines by the number in the pack, the startup's code or a part of its name, or an invoice's number."""
    actor.require(Action.SEE_CLAIMS)
    if not search:
        return []
    return load_lines(session, [ClaimLine.claim_id == claim_id, ClaimLine.id == any_(id_array(numbers)),
                                _found_by(search, numbers)], limit=FOUND)  # fmt: skip


def list_some_lines(session: Session, actor: Actor, claim_id: int, line_ids: Collection[int]) -> list[LineRow]:
    """Some lines of a claim in full."""
    actor.require(Action.SEE_CLAIMS)
    return load_lines(session, [ClaimLine.claim_id == claim_id, ClaimLine.id == any_(id_array(line_ids))])


def _found_by(search: str, numbers: dict[int, Numbered]) -> ColumnElement[bool]:
    if search.isascii() and search.isdigit():
        return ClaimLine.id.in_([each.line_id for each in numbers.values() if str(each.number) == search])
    parts = search.upper().split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts[1:]):
        return and_(Invoice.series == parts[0], Invoice.year == int(parts[1]), Invoice.number == int(parts[2]))
    columns = (Startup.code, Startup.name, Startup.name_en)
    return or_(false(), *(column.icontains(search, autoescape=True) for column in columns))
