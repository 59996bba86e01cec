"""Startups: one identity from the first day on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import visible
from incubator.startups.models import Startup
from incubator.startups.rules import check_capital, check_identity, check_registration
from incubator.startups.rules.emails import normalise_email
from incubator.startups.rules.industries import check_industry

CREDIT_CODE_KEY = "startups_operator_id_credit_code_key"
CODE_KEY = "startups_operator_id_code_key"


class KnownStartup(Conflict):
    """The credit code belongs to a startup that is registered already: `startup_id` says to which."""

    def __init__(self, credit_code: str, code: str, name: str, startup_id: int) -> None:
        super().__init__(
            N_("%(credit_code)s belongs to %(name)s (%(code)s) already."),
            field="credit_code", credit_code=credit_code, name=name, code=code,
        )  # fmt: skip
        self.startup_id = startup_id


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
    industry_code: str = "",
    capital_minor: int | None = None,
    paid_in_minor: int | None = None,
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
) -> Startup:
    """A new team or company; without a code it gets the next of S-0001, S-0002 … Both codes are unique."""
    actor.require(Action.MANAGE_STARTUPS)
    name = _named(name)
    credit_code = check_identity(kind, credit_code, registered_on)
    industry_code = check_industry(industry_code)
    check_capital(kind, capital_minor, paid_in_minor)
    check_registration(registered_on, now)
    _check_contact(contact_email)
    _refuse_known_credit_code(session, credit_code, None)
    code = (code or "").strip() or _next_code(session)
    if session.execute(select(Startup.id).where(Startup.code == code)).first():
        raise _code_taken(code)
    startup = Startup(
        code=code, name=name, name_en=visible(name_en), kind=kind, credit_code=credit_code,
        registered_on=registered_on, industry=visible(industry), industry_code=industry_code,
        capital_minor=capital_minor, paid_in_minor=paid_in_minor, contact_name=visible(contact_name),
        contact_email=contact_email.strip(), contact_phone=visible(contact_phone), created_at=now,
    )  # fmt: skip
    with _unique(session, credit_code, code):
        session.add(startup)
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
    industry_code: str = "",
    capital_minor: int | None = None,
    paid_in_minor: int | None = None,
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
) -> Startup:
    """Correct a startup's facts, or let a team become a company, with its credit code, under the number it has.

    Its agreements, bookings and invoices stay where they are. A company does not become a team again.
    """
    actor.require(Action.MANAGE_STARTUPS)
    name = _named(name)
    if startup.kind == "company" and kind == "team":
        raise Refusal(N_("A registered company does not become a team again."), field="kind")
    credit_code = check_identity(kind, credit_code, registered_on)
    industry_code = check_industry(industry_code)
    check_capital(kind, capital_minor, paid_in_minor)
    check_registration(registered_on, now)
    _check_contact(contact_email)
    _refuse_known_credit_code(session, credit_code, startup.id)
    session.refresh(startup, with_for_update=True)
    before, contact = _facts(startup), _contact(startup)
    with _unique(session, credit_code, startup.code, startup.id):
        startup.name, startup.name_en, startup.kind = name, visible(name_en), kind
        startup.credit_code, startup.registered_on, startup.industry = credit_code, registered_on, visible(industry)
        startup.contact_name, startup.contact_email = visible(contact_name), contact_email.strip()
        startup.contact_phone, startup.industry_code = visible(contact_phone), industry_code
        startup.capital_minor, startup.paid_in_minor = capital_minor, paid_in_minor
    after = _facts(startup) | ({"contact_changed": True} if _contact(startup) != contact else {})
    record(session, actor, "edit_startup", ("startups", startup.id), now=now, before=before, after=after)
    return startup


def _contact(startup: Startup) -> tuple[str, str, str]:
    return startup.contact_name, startup.contact_email, startup.contact_phone


def _check_contact(email: str) -> None:
    if email.strip() and normalise_email(email) is None:
        raise Refusal(N_("“%(value)s” is no e-mail address."), field="contact_email", value=email)


def _named(name: str) -> str:
    if not (line := visible(name)):
        raise Refusal(N_("Give the startup a name."), field="name")
    return line


def _next_code(session: Session) -> str:
    session.execute(select(Operator.operator_id).with_for_update(key_share=True))
    number = func.substring(Startup.code, "^S-([0-9]{1,9})$")
    last = session.execute(select(func.max(cast(number, Startup.id.type)))).scalar()
    return f"S-{(last or 0) + 1:04}"


@contextmanager
def _unique(session: Session, credit_code: str | None, code: str, own_id: int | None = None) -> Iterator[None]:
    """A savepoint around the change: where somebody else registered the same a moment ago, the database refuses
    it, and here that becomes a sentence."""
    savepoint = session.begin_nested()
    try:
        yield
        session.flush()
        savepoint.commit()
    except IntegrityError as error:
        savepoint.rollback()
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint == CREDIT_CODE_KEY:
            _refuse_known_credit_code(session, credit_code, own_id)
        if constraint == CODE_KEY:
            raise _code_taken(code) from error
        raise


def _code_taken(code: str) -> Conflict:
    return Conflict(N_("There is a startup with the code %(code)s already."), field="code", code=code)


def _refuse_known_credit_code(session: Session, credit_code: str | None, own_id: int | None) -> None:
    if credit_code is None:
        return
    known = session.execute(
        select(Startup.code, Startup.name, Startup.id).where(
            Startup.credit_code == credit_code, Startup.id != (own_id or 0)
        )
    ).first()
    if known:
        raise KnownStartup(credit_code, known.code, known.name, known.id)


def _facts(startup: Startup) -> dict[str, object]:
    """What the trail keeps. Of who to call it keeps only that it changed: the trail is for ever, a person's number is
    not."""
    return {
        "code": startup.code, "name": startup.name, "kind": startup.kind, "credit_code": startup.credit_code,
        "registered_on": startup.registered_on, "industry": startup.industry, "name_en": startup.name_en,
        "industry_code": startup.industry_code, "capital_minor": startup.capital_minor,
        "paid_in_minor": startup.paid_in_minor,
    }  # fmt: skip
