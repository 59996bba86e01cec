"""Where companies are registered, and the operator's consent to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.documents.operations import file_document
from incubator.documents.pdf import render
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.spaces.queries import get_site
from incubator.startups.models import RegisteredAddress, Startup
from incubator.startups.queries import get_startup
from incubator.startups.queries.addresses import get_consent

TITLE = "住所（经营场所）使用证明"
"""As the paper has it."""
AT_ONCE = 20


def register_address(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, address: str, first: date,
    site_id: int | None = None,
) -> RegisteredAddress:  # fmt: skip
    """A company is registered here from a day on; where it was before ends on the day before, and stays on the record.

    At a site many can be (cluster registration); the operator's consent gets the next number, without gaps.
    """
    actor.require(Action.MANAGE_STARTUPS)
    startup = get_startup(session, actor, startup_id)
    if startup.kind != "company":
        raise Conflict(N_("A team is not registered yet."), field="address")
    if site_id is not None:
        get_site(session, actor, site_id)
    address = one_line(address, "address", LONGEST_TEXT)
    if not address:
        raise Refusal(N_("Give the address as the licence has it."), field="address")
    check_day(first, "first")
    session.execute(select(Startup.id).where(Startup.id == startup_id).with_for_update())
    latest = session.execute(
        select(RegisteredAddress)
        .where(RegisteredAddress.startup_id == startup_id)
        .order_by(func.lower(RegisteredAddress.days).desc())
        .limit(1)
    ).scalar_one_or_none()
    if latest is not None:
        since = latest.days.lower
        assert since is not None  # a named CHECK of the table
        if first <= since:
            raise Conflict(N_("It is registered elsewhere since %(day)s; give a later day."), field="first", day=since)
        latest.days = Range(since, first)
        session.flush()
    made = RegisteredAddress(
        startup_id=startup_id, site_id=site_id, address=address, days=Range(first, None), created_at=now,
        created_by=actor.person_id, consent_number=_next_consent(session) if site_id is not None else None,
        consent_on=None if site_id is None else now.astimezone(CHINA).date(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    after = {"startup_id": startup_id, "site_id": site_id, "address": address, "from": first,
             "consent_number": made.consent_number}  # fmt: skip
    before = None if latest is None else {"address": latest.address, "last_on": first - timedelta(days=1)}
    record(session, actor, "register_address", ("registered_addresses", made.id), now=now, before=before, after=after)
    if site_id is not None:
        file_consent(session, actor, now=now, address=made)
    return made


def file_consent(session: Session, actor: Actor, *, now: datetime, address: RegisteredAddress) -> int:
    """The letter of consent, kept as a document of the startup, as it was made: once, however often it is asked for."""
    actor.require(Action.MANAGE_STARTUPS)
    session.refresh(address, with_for_update=True)
    if address.document_id is None:
        letter = get_consent(session, actor, address.startup_id, address.id, now.astimezone(CHINA).date())
        address.document_id = file_document(
            session, actor, now=now, kind="consent", title=f"{TITLE} {letter['number']}", startup_id=address.startup_id,
            audience="startup", name=f"{letter['number']}.pdf", content=render("startups/consent.typ", letter),
            valid_from=address.days.lower,
        ).id  # fmt: skip
        session.flush()
    return address.document_id


def file_consents(session: Session, actor: Actor, *, now: datetime) -> int:
    """File the letters that were given before they were kept as documents; how many of at most 20 at a time."""
    waiting = session.execute(
        select(RegisteredAddress)
        .where(RegisteredAddress.consent_number.is_not(None), RegisteredAddress.document_id.is_(None))
        .order_by(RegisteredAddress.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars().all()  # fmt: skip
    for address in waiting:
        file_consent(session, actor, now=now, address=address)
    return len(waiting)


def _next_consent(session: Session) -> int:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    last = session.execute(select(func.max(RegisteredAddress.consent_number))).scalar()
    return (last or 0) + 1
