"""Lines of the bank that are subsidies: whoever keeps claims books them; here they are nobody's payment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import BankLine
from incubator.billing.operations.bank_matching import act, lock_lines, lock_open_lines, told
from incubator.billing.operations.bank_taking import SOURCE
from incubator.core.errors import N_, Conflict

SUBSIDY = "subsidy"


def take_subsidy(session: Session, actor: Actor, *, now: datetime, line_id: int) -> BankLine:
    """Say that a line is money of an authority, or money that went back to it. The caller books it."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = lock_open_lines(session, [line_id])
    line.state = SUBSIDY
    act(session, actor, now, line, SUBSIDY)
    record(session, actor, "match_subsidy", (SOURCE, line.id), now=now, after=told(line))
    return line


def reopen_subsidy(session: Session, actor: Actor, *, now: datetime, line_id: int, reason: str) -> BankLine:
    """Open such a line again; the caller has taken back what it booked."""
    actor.require(Action.TAKE_PAYMENTS)
    [line] = lock_lines(session, [line_id])
    if line.state != SUBSIDY:
        raise Conflict(N_("This line was dealt with meanwhile."))
    line.state = "open"
    act(session, actor, now, line, "undone", reason=reason)
    record(session, actor, "undo_bank_line", (SOURCE, line.id), now=now, before=told(line) | {"state": SUBSIDY},
           after={"reason": reason})  # fmt: skip
    return line
