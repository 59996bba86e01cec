"""Movements of an agreement's deposit. The books are another matter: no entry of an account is made here."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.documents.queries import get_document
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.startups.models import DepositEntry, Residency
from incubator.startups.operations.exit_items import follow_deposit
from incubator.startups.queries.deposits import last_entry
from incubator.startups.queries.residencies import get_residency
from incubator.startups.rules.deposits import HOWS, balance_after

LONGEST_REASON = 200


def move_deposit(
    session: Session, actor: Actor, *, now: datetime, residency_id: int, kind: str, amount_minor: int,
    happened_on: date, how: str = "", reason: str = "", document_id: int | None = None,
    other_residency_id: int | None = None,
) -> DepositEntry:  # fmt: skip
    """Write down that a deposit was asked for, received, withheld from, returned, or carried over to another agreement
    of the same startup, where it is taken over in the same moment.

    Of 5,000.00 received 300.00 is withheld for a chair and 4,700.00 returned: then nothing is held. What was to be
    settled at an exit of the startup is settled by that.
    """
    require_deposits(actor)
    residency = get_residency(session, actor, residency_id)
    if kind == "taken_over":
        raise Refusal(N_("Carry it over from the other agreement."), field="kind")
    words = one_line(reason, "reason", LONGEST_REASON)
    if how and how not in HOWS:
        raise Refusal(N_("Choose how it was paid."), field="how")
    if kind == "withheld" and not words:
        raise Refusal(N_("Say what it is withheld for."), field="reason")
    check_day(happened_on, "happened_on")
    zone = session.execute(select(Site.zone).where(Site.id == residency.site_id)).scalar_one()
    if kind != "asked" and happened_on > now.astimezone(ZoneInfo(zone)).date():
        raise Refusal(N_("This day is still to come."), field="happened_on")
    if document_id is not None and get_document(session, actor, document_id).startup_id != residency.startup_id:
        raise NotFound(N_("There is no such document."))
    other = _other(session, actor, residency, kind, other_residency_id)
    ids = sorted({residency.id, *([other.id] if other else [])})
    session.execute(select(Residency.id).where(Residency.id.in_(ids)).order_by(Residency.id).with_for_update()).all()
    common = {"amount_minor": amount_minor, "happened_on": happened_on, "how": how, "reason": words,
              "document_id": document_id, "created_at": now, "created_by": actor.person_id}  # fmt: skip
    entry = _write(session, residency.id, kind, other.id if other else None, common)
    if other is not None:
        _write(session, other.id, "taken_over", residency.id, common)
    follow_deposit(session, actor, now=now, startup_id=residency.startup_id)
    after = {"number": residency.number, "kind": kind, "amount_minor": amount_minor, "on": happened_on,
             "reason": words, "balance_minor": entry.balance_minor}  # fmt: skip
    record(session, actor, "move_deposit", ("residencies", residency.id), now=now, after=after)
    return entry


def require_deposits(actor: Actor) -> None:
    """Who manages agreements or posts invoices keeps deposits."""
    if not actor.can(Action.POST_INVOICES):
        actor.require(Action.MANAGE_RESIDENCIES)


def _other(
    session: Session, actor: Actor, residency: Residency, kind: str, other_id: int | None
) -> Residency | None:  # fmt: skip
    if kind != "transferred":
        return None
    if other_id is None or other_id == residency.id:
        raise Refusal(N_("Choose the agreement that it goes to."), field="other_residency_id")
    other = get_residency(session, actor, other_id)
    if other.startup_id != residency.startup_id:
        raise Refusal(N_("A deposit is carried over to an agreement of the same startup."), field="other_residency_id")
    return other


def _write(
    session: Session, residency_id: int, kind: str, other_id: int | None, common: dict[str, object]
) -> DepositEntry:
    last = last_entry(session, residency_id)
    amount = common["amount_minor"]
    assert isinstance(amount, int)
    entry = DepositEntry(
        residency_id=residency_id, number=last.number + 1 if last else 1, kind=kind, other_residency_id=other_id,
        balance_minor=balance_after(last.balance_minor if last else 0, kind, amount), **common,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    return entry
