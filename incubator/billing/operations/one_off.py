"""One-off charges: what a startup owes once, entered or proposed, and withdrawn until it is posted."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import OneOffCharge
from incubator.billing.models.runs import ONE_OFF_KINDS
from incubator.billing.operations.payments import MOST
from incubator.billing.queries.runs import get_one_off
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.spaces.models import Site
from incubator.spaces.operations.words import LONGEST_TEXT, unique
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.startups.queries import get_startup
from incubator.subsidies.operations.locking import lock_for_giving


class OneOffTerms(Struct, frozen=True):
    """What is charged once: for which days, how much, and how it is taxed and subsidised."""

    kind: str
    description: str
    starts_on: date
    ends_on: date
    amount_minor: int
    month: Month | None = None
    """By whose draft it is billed; None: the month of its last day."""
    is_taxed_in: bool = True
    is_subsidised: bool = False


def add_one_off(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, site_id: int, terms: OneOffTerms,
    source: tuple[str, int] | None = None,
) -> OneOffCharge:  # fmt: skip
    """Charge something once: it stands in the draft of its month, and is billed by the next posting of that.

    `source` is what proposes it, once: a second one of it is a Conflict, unless the first was withdrawn.
    """
    actor.require(Action.POST_INVOICES)
    startup, site = get_startup(session, actor, startup_id), get_site(session, actor, site_id)
    description = _check(terms)
    month = terms.month or Month.of(terms.ends_on)
    kind, source_id = source or (None, None)
    charge = OneOffCharge(
        site_id=site.id, startup_id=startup.id, month=month.first, kind=terms.kind, description=description,
        starts_on=terms.starts_on, ends_on=terms.ends_on, amount_minor=terms.amount_minor,
        is_taxed_in=terms.is_taxed_in, is_subsidised=terms.is_subsidised, source_kind=kind, source_id=source_id,
        created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    with unique(session, "one_off_charges_source_key", Conflict(N_("This is charged already."))):
        session.add(charge)
    record(session, actor, "add_one_off", ("one_off_charges", charge.id), now=now,
           after=_said(charge, startup, site))  # fmt: skip
    return charge


def propose_one_off(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, site_id: int, kind: str, description: str,
    amount_minor: int, on: date, source: tuple[str, int] | None,
) -> OneOffCharge:  # fmt: skip
    """A one-off charge of a day, with VAT in it and without schemes, as others propose it: interest for late payment.

    It stands in the draft of the day's month, where finance sees it and may withdraw it.
    """
    terms = OneOffTerms(kind, description, on, on, amount_minor)
    return add_one_off(session, actor, now=now, startup_id=startup_id, site_id=site_id, terms=terms, source=source)


def withdraw_one_off(session: Session, actor: Actor, *, now: datetime, one_off_id: int, reason: str) -> OneOffCharge:
    """Take one back that is not posted yet; what is posted is taken off by a credit note."""
    actor.require(Action.POST_INVOICES)
    words = one_line(reason, "reason", LONGEST_TEXT)
    if not words:
        raise Refusal(N_("Say why, so that others understand."), field="reason")
    row = get_one_off(session, actor, one_off_id)
    lock_for_giving(session, [row.site.id])  # no posting of the site meanwhile
    session.execute(select(OneOffCharge.id).where(OneOffCharge.id == one_off_id).with_for_update())
    session.refresh(row.charge)
    state = get_one_off(session, actor, one_off_id).state
    if state == "posted":
        raise Conflict(N_("This stands on an invoice already: write a credit note."))
    if state == "withdrawn":
        raise Conflict(N_("This was withdrawn already."))
    row.charge.withdrawn_at, row.charge.withdrawn_by, row.charge.withdrawn_reason = now, actor.person_id, words
    session.flush()
    record(session, actor, "withdraw_one_off", ("one_off_charges", one_off_id), now=now,
           after=_said(row.charge, row.startup, row.site) | {"reason": words})  # fmt: skip
    return row.charge


def _check(terms: OneOffTerms) -> str:
    if terms.kind not in ONE_OFF_KINDS:
        raise Refusal(N_("Choose what kind of charge it is."), field="kind")
    description = one_line(terms.description, "description", LONGEST_TEXT)
    if not description:
        raise Refusal(N_("Say what is charged."), field="description")
    check_day(terms.starts_on, "starts_on")
    check_day(terms.ends_on, "ends_on")
    if terms.ends_on < terms.starts_on:
        raise Refusal(N_("The end must come after the start."), field="ends_on")
    if not 0 < terms.amount_minor <= MOST:
        raise Refusal(N_("Give an amount above 0 and below 1,000,000,000."), field="amount")
    return description


def _said(charge: OneOffCharge, startup: Startup, site: Site) -> dict[str, object]:
    return {"startup": startup.code, "site": site.code, "month": str(Month.of(charge.month)), "kind": charge.kind,
            "description": charge.description, "amount_minor": charge.amount_minor}  # fmt: skip
