"""Reads of where companies are registered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from incubator.accounts.actor import Actor
from incubator.accounts.queries import get_operator
from incubator.core.errors import N_, NotFound
from incubator.documents.formats import day
from incubator.spaces.models import Site
from incubator.startups.models import RegisteredAddress
from incubator.startups.queries.startups import get_startup


class AddressRow(Struct, frozen=True):
    """An address with its site, and how many companies are registered there today."""

    address: RegisteredAddress
    site: Site | None
    together: int

    @property
    def first(self) -> date:
        assert self.address.days.lower is not None  # a named CHECK of the table
        return self.address.days.lower

    @property
    def last(self) -> date | None:
        return None if self.address.days.upper is None else self.address.days.upper - timedelta(days=1)


def list_addresses(session: Session, actor: Actor, startup_id: int, on: date) -> list[AddressRow]:
    """Every address that a startup is or was registered at, the latest first; one statement."""
    get_startup(session, actor, startup_id)
    other = aliased(RegisteredAddress)
    together = (
        select(func.count(other.id))
        .where(other.site_id == RegisteredAddress.site_id, other.days.contains(on))
        .correlate(RegisteredAddress)
        .scalar_subquery()
    )
    rows = session.execute(
        select(RegisteredAddress, Site, together)
        .outerjoin(Site, Site.id == RegisteredAddress.site_id)
        .where(RegisteredAddress.startup_id == startup_id)
        .order_by(func.lower(RegisteredAddress.days).desc())
    ).all()
    return [AddressRow(*row) for row in rows]


def get_address(session: Session, actor: Actor, startup_id: int, address_id: int, on: date) -> AddressRow:
    """One of them; NotFound."""
    for row in list_addresses(session, actor, startup_id, on):
        if row.address.id == address_id:
            return row
    raise NotFound(N_("There is no such address."))


def get_consent(session: Session, actor: Actor, startup_id: int, address_id: int, on: date) -> dict[str, Any]:
    """The words of the operator's letter of consent; NotFound for an address that needs none."""
    row = get_address(session, actor, startup_id, address_id, on)
    startup = get_startup(session, actor, startup_id)
    address, site = row.address, row.site
    if address.consent_number is None or address.consent_on is None or site is None:
        raise NotFound(N_("There is no such letter."))
    operator = get_operator(session)
    return {
        "operator": operator.name, "operator_code": operator.credit_code or "", "operator_address": operator.address,
        "startup": startup.name, "startup_code": startup.credit_code or "", "address": address.address,
        "site": site.name, "site_address": site.address,
        "number": consent_words(address.consent_number, address.consent_on),
        "first": day(row.first, "zh_Hans"), "on": day(address.consent_on, "zh_Hans"),
    }  # fmt: skip


def consent_words(number: int, on: date) -> str:
    """`ZS-2026-0007`: the number does not begin again with the year."""
    return f"ZS-{on.year}-{number:04}"
