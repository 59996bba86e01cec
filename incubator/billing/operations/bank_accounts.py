"""The operator's accounts at banks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from unicodedata import normalize

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.models import BankAccount, BankLine
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import one_line
from incubator.database import current_operator
from incubator.spaces.queries import get_site

LONGEST_NAME = 100


class AccountTerms(Struct, frozen=True):
    """What is said of an account."""

    name: str
    bank: str
    number: str
    site_id: int | None = None
    is_printed: bool = False
    is_closed: bool = False
    is_for_letters: bool = False


def add_bank_account(session: Session, actor: Actor, *, now: datetime, terms: AccountTerms) -> BankAccount:
    """A new account; its number is the operator's once."""
    actor.require(Action.MANAGE_BILLING)
    account = BankAccount(**_checked(session, actor, terms, None), created_at=now, created_by=actor.person_id)
    session.add(account)
    session.flush()
    record(session, actor, "add_bank_account", ("bank_accounts", account.id), now=now, after=_told(account))
    return account


def edit_bank_account(
    session: Session, actor: Actor, *, now: datetime, account_id: int, terms: AccountTerms
) -> BankAccount:  # fmt: skip
    """Change what is said of an account; its number stays once lines of it were imported."""
    actor.require(Action.MANAGE_BILLING)
    account = lock_account(session, account_id)
    before, values = _told(account), _checked(session, actor, terms, account.id)
    has_lines = select(BankLine.id).where(BankLine.account_id == account.id).limit(1)
    if values["number"] != account.number and session.execute(has_lines).first():
        raise Refusal(N_("Lines of this account were imported: its number stays. Add another account instead."),
                      field="number")  # fmt: skip
    for name, value in values.items():
        setattr(account, name, value)
    session.flush()
    record(session, actor, "edit_bank_account", ("bank_accounts", account.id), now=now, before=before,
           after=_told(account))  # fmt: skip
    return account


def lock_account(session: Session, account_id: int) -> BankAccount:
    """The account, nobody else's until the commit: what is imported at once comes one after the other."""
    key = (current_operator(session), account_id)
    account = session.get(BankAccount, key, with_for_update=True, populate_existing=True)
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def masked(number: str) -> str:
    """An account's number in a list: **** 3456."""
    return f"**** {number[-4:]}"


def spaced(number: str) -> str:
    """An account's number as it is printed: 4000 0230 0920 0123 456."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _checked(session: Session, actor: Actor, terms: AccountTerms, account_id: int | None) -> dict[str, Any]:
    name, bank = one_line(terms.name, "name", LONGEST_NAME), one_line(terms.bank, "bank", LONGEST_NAME)
    if not name:
        raise Refusal(N_("Say whom transfers are made out to."), field="name")
    if not bank:
        raise Refusal(N_("Name the bank and its branch."), field="bank")
    number = re.sub(r"[\s-]", "", normalize("NFKC", terms.number)).upper()
    if not re.fullmatch(r"[0-9A-Z]{6,34}", number):
        raise Refusal(N_("An account number has 6 to 34 digits or letters."), field="number")
    if terms.site_id is not None:
        get_site(session, actor, terms.site_id)
    taken = select(BankAccount.id).where(BankAccount.number == number, BankAccount.id != (account_id or 0))
    if session.execute(taken).first():
        raise Conflict(N_("This account is there already."), field="number")
    return {"name": name, "bank": bank, "number": number, "site_id": terms.site_id,
            "is_printed": terms.is_printed and not terms.is_closed, "is_closed": terms.is_closed,
            "is_for_letters": terms.is_for_letters and not terms.is_closed}  # fmt: skip


def _told(account: BankAccount) -> dict[str, Any]:
    return {"name": account.name, "bank": account.bank, "account": masked(account.number), "site_id": account.site_id,
            "is_printed": account.is_printed, "is_for_letters": account.is_for_letters,
            "is_closed": account.is_closed}  # fmt: skip
