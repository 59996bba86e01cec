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
from incubator.pricing.rules import check_day
from incubator.spaces.operations.words import LONGEST_TEXT, one_line
from incubator.spaces.queries import get_site
from incubator.startups.models import RegisteredAddress, Startup
from incubator.startups.queries import get_startup


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
    return made


def _next_consent(session: Session) -> int:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    last = session.execute(select(func.max(RegisteredAddress.consent_number))).scalar()
    return (last or 0) + 1
