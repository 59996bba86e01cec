"""Startups: one identity from the first day on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.startups.models import Startup
from incubator.startups.rules import check_identity


def register_startup(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    name: str,
    kind: str,
    code: str | None = None,
    name_en: str = "",
    credit_code: str | None = None,
    registered_on: date | None = None,
    industry: str = "",
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
) -> Startup:
    """A new team or company; without a code it gets the next of S-0001, S-0002 … Both codes are unique."""
    actor.require(Action.MANAGE_STARTUPS)
    if not name.strip():
        raise Refusal(N_("Give the startup a name."), field="name")
    credit_code = check_identity(kind, credit_code, registered_on)
    _refuse_known_credit_code(session, credit_code, None)
    code = (code or "").strip() or _next_code(session)
    if session.execute(select(Startup.id).where(Startup.code == code)).first():
        raise Conflict(N_("There is a startup with the code %(code)s already."), field="code", code=code)
    startup = Startup(
        code=code, name=name.strip(), name_en=name_en.strip(), kind=kind, credit_code=credit_code,
        registered_on=registered_on, industry=industry.strip(), contact_name=contact_name.strip(),
        contact_email=contact_email.strip(), contact_phone=contact_phone.strip(), created_at=now,
    )  # fmt: skip
    session.add(startup)
    session.flush()
    record(session, actor, "register_startup", ("startups", startup.id), now=now, after=_facts(startup))
    return startup


def edit_startup(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    startup: Startup,
    name: str,
    kind: str,
    name_en: str = "",
    credit_code: str | None = None,
    registered_on: date | None = None,
    industry: str = "",
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
) -> Startup:
    """Correct a startup's facts, or let a team become a company; a company does not become a team again."""
    actor.require(Action.MANAGE_STARTUPS)
    if not name.strip():
        raise Refusal(N_("Give the startup a name."), field="name")
    if startup.kind == "company" and kind == "team":
        raise Refusal(N_("A registered company does not become a team again."), field="kind")
    credit_code = check_identity(kind, credit_code, registered_on)
    _refuse_known_credit_code(session, credit_code, startup.id)
    before = _facts(startup)
    startup.name, startup.name_en, startup.kind = name.strip(), name_en.strip(), kind
    startup.credit_code, startup.registered_on, startup.industry = credit_code, registered_on, industry.strip()
    startup.contact_name, startup.contact_email = contact_name.strip(), contact_email.strip()
    startup.contact_phone = contact_phone.strip()
    session.flush()
    record(session, actor, "edit_startup", ("startups", startup.id), now=now, before=before, after=_facts(startup))
    return startup


def _next_code(session: Session) -> str:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    number = func.substring(Startup.code, "^S-([0-9]{1,9})$")
    last = session.execute(select(func.max(cast(number, Startup.id.type)))).scalar()
    return f"S-{(last or 0) + 1:04}"


def _refuse_known_credit_code(session: Session, credit_code: str | None, own_id: int | None) -> None:
    if credit_code is None:
        return
    known = session.execute(
        select(Startup.code, Startup.name).where(Startup.credit_code == credit_code, Startup.id != (own_id or 0))
    ).first()
    if known:
        raise Conflict(
            N_("%(credit_code)s belongs to %(name)s (%(code)s) already."),
            field="credit_code", credit_code=credit_code, name=known.name, code=known.code,
        )  # fmt: skip


def _facts(startup: Startup) -> dict[str, object]:
    return {
        "code": startup.code, "name": startup.name, "kind": startup.kind, "credit_code": startup.credit_code,
        "registered_on": startup.registered_on, "industry": startup.industry,
    }  # fmt: skip
