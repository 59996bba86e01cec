"""Facts and costs are recorded with what proves them; what was wrong is withdrawn with a reason, never changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.money import decimal_places
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.pricing.rules import check_day
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.subsidies.models import RecordedFact, SiteCost
from incubator.subsidies.rules.conditions import can_be
from incubator.subsidies.rules.facts import FACTS, RECORDED
from incubator.subsidies.rules.items import COST_KINDS, MONTHLY_COSTS

LONGEST = 300
LARGEST_MINOR = 10**13
LARGEST_AREA = Decimal(1_000_000)


class Proof(Struct, frozen=True):
    """What proves it: the document by kind, number and issuer, and the file where it is kept here."""

    evidence: str
    document_id: int | None = None


def record_fact(
    session: Session, actor: Actor, *, now: datetime, name: str, value: str | int | bool, first: date,
    proof: Proof, last: date | None = None, startup_id: int | None = None, site_id: int | None = None,
) -> RecordedFact:  # fmt: skip
    """What is true of a startup or a site on the days `first`..`last` (inclusive; None: until further notice).

    Where another says otherwise of the same days, this later one counts.
    """
    actor.require(Action.MANAGE_SCHEMES)
    if name not in RECORDED or FACTS[name].of_site != (site_id is not None):
        raise Refusal(N_("Choose what is recorded."), field="name")
    if type(value) is not FACTS[name].type or not can_be(name, value):
        raise Refusal(N_("This can't be the value of it."), field="value")
    _check_days(first, last)
    evidence = _evidence(proof)
    if site_id is not None:
        get_site(session, actor, site_id)
    elif session.execute(select(Startup.id).where(Startup.id == startup_id)).scalar() is None:
        raise Refusal(N_("There is no such startup."), field="startup")
    row = RecordedFact(
        startup_id=startup_id if site_id is None else None, site_id=site_id, name=name, value=value,
        days=Range(first, None if last is None else last + timedelta(days=1)), evidence=evidence,
        document_id=proof.document_id, recorded_at=now, recorded_by=actor.person_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    after = {"startup_id": row.startup_id, "site_id": site_id, "name": name, "value": value, "first": first,
             "last": last, "evidence": evidence, "document_id": proof.document_id}  # fmt: skip
    record(session, actor, "record_fact", ("recorded_facts", row.id), now=now, after=after)
    return row


def withdraw_fact(session: Session, actor: Actor, *, now: datetime, fact_id: int, reason: str) -> RecordedFact:
    """It was wrong: it counts no more, also not for what was decided by it, once that is rated again."""
    actor.require(Action.MANAGE_SCHEMES)
    row = session.execute(
        select(RecordedFact).where(RecordedFact.id == fact_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such record."))
    _withdraw(row, now, reason)
    session.flush()
    record(session, actor, "withdraw_fact", ("recorded_facts", row.id), now=now,
           before={"name": row.name, "value": row.value}, after={"reason": row.withdrawn_reason})  # fmt: skip
    return row


def record_cost(
    session: Session, actor: Actor, *, now: datetime, site_id: int, kind: str, title: str, first: date, last: date,
    amount_minor: int, proof: Proof, area_m2: Decimal | None = None,
) -> SiteCost:  # fmt: skip
    """What a space has paid itself. Rent, electricity and network are recorded month by month."""
    actor.require(Action.MANAGE_SCHEMES)
    site = get_site(session, actor, site_id)
    if kind not in COST_KINDS:
        raise Refusal(N_("Choose what kind of cost it is."), field="kind")
    title = one_line(title, "title", LONGEST)
    if not title:
        raise Refusal(N_("Say what it was paid for."), field="title")
    _check_days(first, last)
    if kind in MONTHLY_COSTS and Month.of(first) != Month.of(last):
        raise Refusal(N_("This kind of cost is recorded month by month."), field="last")
    if not 0 < amount_minor <= LARGEST_MINOR:
        raise Refusal(N_("Give an amount above zero."), field="amount")
    if area_m2 is not None and not (0 < area_m2 <= LARGEST_AREA and decimal_places(area_m2) <= 2):
        raise Refusal(N_("An area has at most two decimals."), field="area")
    row = SiteCost(
        site_id=site.id, kind=kind, title=title, first_on=first, last_on=last, amount_minor=amount_minor,
        area_m2=area_m2, evidence=_evidence(proof), document_id=proof.document_id, recorded_at=now,
        recorded_by=actor.person_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    after = {"site": site.code, "kind": kind, "title": title, "first": first, "last": last,
             "amount_minor": amount_minor, "area_m2": area_m2, "evidence": row.evidence}  # fmt: skip
    record(session, actor, "record_cost", ("site_costs", row.id), now=now, after=after)
    return row


def withdraw_cost(session: Session, actor: Actor, *, now: datetime, cost_id: int, reason: str) -> SiteCost:
    """It was wrong: it counts no more for grants to come."""
    actor.require(Action.MANAGE_SCHEMES)
    row = session.execute(select(SiteCost).where(SiteCost.id == cost_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such record."))
    _withdraw(row, now, reason)
    session.flush()
    before = {"kind": row.kind, "amount_minor": row.amount_minor}
    after = {"reason": row.withdrawn_reason}
    record(session, actor, "withdraw_cost", ("site_costs", row.id), now=now, before=before, after=after)
    return row


def _withdraw(row: Any, now: datetime, reason: str) -> None:
    if row.withdrawn_at is not None:
        raise Conflict(N_("It is withdrawn already."))
    reason = one_line(reason, "reason", LONGEST)
    if not reason:
        raise Refusal(N_("Say why it is withdrawn."), field="reason")
    row.withdrawn_at, row.withdrawn_reason = now, reason


def _evidence(proof: Proof) -> str:
    evidence = one_line(proof.evidence, "evidence", LONGEST)
    if not evidence:
        raise Refusal(N_("Name the document that proves it: its kind, number and issuer."), field="evidence")
    return evidence


def _check_days(first: date, last: date | None) -> None:
    check_day(first, "first")
    check_day(last, "last")
    if last is not None and last < first:
        raise Refusal(N_("The end must come after the start."), field="last")
