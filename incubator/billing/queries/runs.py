"""Reads of what finance has decided about a month: who is left out, and what is charged once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person
from incubator.accounts.permissions import Action
from incubator.billing.models import (
    Charge,
    CreditNote,
    CreditNoteLine,
    Exclusion,
    InvoiceLine,
    InvoicingSettings,
    OneOffCharge,
)
from incubator.billing.rules.invoicing import ADJUSTMENT, Source
from incubator.billing.rules.one_off import ONE_OFF
from incubator.core.errors import N_, NotFound
from incubator.core.paging import PAGE_SIZE, Page
from incubator.core.periods import Month
from incubator.spaces.models import Site
from incubator.startups.models import Exit, Residency, Startup


def taken_back(charge: type[Charge]) -> ColumnElement[bool]:
    """Of a charge: its invoice was taken back to be billed anew, so that its source can be charged again."""
    line = aliased(InvoiceLine)
    return exists().where(line.charge_id == charge.id, CreditNote.invoice_id == line.invoice_id, CreditNote.is_anew)


TAKEN_BACK = taken_back(Charge)


def correction_taken_back(charge: type[Charge]) -> ColumnElement[bool]:
    """Of a charge that corrects an earlier invoice: the one that it stands on was credited as a whole, billed anew or
    not. What it corrects is not of that invoice's services: the next one has it."""
    line = aliased(InvoiceLine)
    return exists().where(line.charge_id == charge.id, CreditNoteLine.invoice_id == line.invoice_id,
                          CreditNoteLine.invoice_line == line.line)  # fmt: skip


def get_settings(session: Session) -> InvoicingSettings:
    """How the operator wants its runs; as it is at first where nobody has said."""
    found = session.execute(select(InvoicingSettings)).scalar_one_or_none()
    return found or InvoicingSettings(jump_percent=30, approve_runs=False, approve_refunds=False,
                                      approve_credit_minor=None)  # fmt: skip


def list_exclusions(session: Session, site_id: int, month: Month) -> Sequence[Exclusion]:
    """Those that hold for a site's month."""
    return session.execute(
        select(Exclusion)
        .where(Exclusion.site_id == site_id, Exclusion.month == month.first, Exclusion.lifted_at.is_(None))
        .order_by(Exclusion.id)
    ).scalars().all()  # fmt: skip


def list_one_offs(session: Session, site_id: int, month: Month) -> Sequence[OneOffCharge]:
    """The one-off charges of a site's month that are not withdrawn."""
    return session.execute(
        select(OneOffCharge)
        .where(OneOffCharge.site_id == site_id, OneOffCharge.month == month.first, OneOffCharge.withdrawn_at.is_(None))
        .order_by(OneOffCharge.id)
    ).scalars().all()  # fmt: skip


def list_rounds(session: Session, site_id: int, month: Month) -> dict[Source, int]:
    """By source how often it was billed and taken back at the site: its next charge is of that round."""
    rows = session.execute(
        select(Charge.source_kind, Charge.source_id, Charge.startup_id, func.max(Charge.round) + 1)
        .where(Charge.site_id == site_id,
               or_(and_(Charge.month == month.first, TAKEN_BACK),
                   and_(Charge.source_kind == ADJUSTMENT, correction_taken_back(Charge))))
        .group_by(Charge.source_kind, Charge.source_id, Charge.startup_id)
    ).all()  # fmt: skip
    return {(kind, source_id, startup_id): number for kind, source_id, startup_id, number in rows}


def list_chargeable(session: Session, actor: Actor) -> Sequence[Startup]:
    """Every startup that can be charged, by name."""
    actor.require(Action.SEE_BILLING)
    return session.execute(select(Startup).order_by(Startup.name, Startup.id)).scalars().all()


class Expired(Struct, frozen=True):
    """An agreement whose term has ended, that nothing follows, of a startup that has not left."""

    startup_id: int
    number: str
    ended_on: date


def list_expired(session: Session, site_id: int, month: Month) -> list[Expired]:
    """Those whose last day lies in the month or the one before; what was ended before its term is meant so."""
    later = aliased(Residency)
    follows = exists().where(
        later.startup_id == Residency.startup_id, later.site_id == site_id, later.starts_on > Residency.starts_on,
        or_(later.ends_on.is_(None), later.ends_on > Residency.ends_on),
    )  # fmt: skip
    left = exists().where(Exit.startup_id == Residency.startup_id, Exit.happened_on >= Residency.starts_on)
    rows = session.execute(
        select(Residency.startup_id, Residency.number, Residency.ends_on)
        .where(Residency.site_id == site_id, Residency.ends_on.between((month - 1).first, month.last),
               Residency.ended_at.is_(None), ~follows, ~left)
        .order_by(Residency.id)
    ).all()  # fmt: skip
    return [Expired(startup_id, number, ends_on) for startup_id, number, ends_on in rows if ends_on is not None]


class OneOffRow(Struct, frozen=True):
    """A one-off charge in a list."""

    charge: OneOffCharge
    startup: Startup
    site: Site
    by: str | None
    invoice_id: int | None
    """What it stands on."""

    @property
    def state(self) -> str:
        """Withdrawn, posted or waiting."""
        if self.charge.withdrawn_at is not None:
            return "withdrawn"
        return "waiting" if self.invoice_id is None else "posted"


_INVOICE = (
    select(InvoiceLine.invoice_id)
    .join(Charge, Charge.id == InvoiceLine.charge_id)
    .where(Charge.source_kind == ONE_OFF, Charge.source_id == OneOffCharge.id, ~TAKEN_BACK)
    .limit(1)
    .correlate(OneOffCharge)
    .scalar_subquery()
)


def not_billed() -> ColumnElement[bool]:
    """Of a one-off charge: that it stands on no invoice yet."""
    return _INVOICE.is_(None)


def list_one_off_charges(
    session: Session, actor: Actor, *, page: int = 1, state: str = "", startup_id: int | None = None
) -> Page[OneOffRow]:
    """A page of one-off charges, the latest first."""
    actor.require(Action.SEE_BILLING)
    wanted: list[ColumnElement[bool]] = []
    if startup_id is not None:
        wanted.append(OneOffCharge.startup_id == startup_id)
    if state == "withdrawn":
        wanted.append(OneOffCharge.withdrawn_at.is_not(None))
    elif state in ("waiting", "posted"):
        wanted += [OneOffCharge.withdrawn_at.is_(None), not_billed() if state == "waiting" else _INVOICE > 0]
    total = session.execute(select(func.count()).select_from(OneOffCharge).where(*wanted)).scalar_one()
    rows = session.execute(
        _one_off_rows().where(*wanted).order_by(OneOffCharge.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return Page([OneOffRow(*row) for row in rows], page, total)


def get_one_off(session: Session, actor: Actor, one_off_id: int) -> OneOffRow:
    """One of them; NotFound where there is none."""
    actor.require(Action.SEE_BILLING)
    row = session.execute(_one_off_rows().where(OneOffCharge.id == one_off_id)).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such charge."))
    return OneOffRow(*row)


def _one_off_rows() -> Select[Any]:
    return (
        select(OneOffCharge, Startup, Site, Person.name, _INVOICE)
        .join(Startup, Startup.id == OneOffCharge.startup_id)
        .join(Site, Site.id == OneOffCharge.site_id)
        .outerjoin(Person, Person.id == OneOffCharge.created_by)
    )
