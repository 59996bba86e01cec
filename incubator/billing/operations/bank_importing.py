"""Statements come in: a file is kept as the bank made it, its columns are understood once, its lines written once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import all_, any_, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.bank_files.camt import is_camt, read_camt
from incubator.billing.bank_files.lines import Fault, Line, Reading, fingerprints, read_rows
from incubator.billing.bank_files.mapping import Header, check_places, find_header, guess
from incubator.billing.bank_files.tables import LARGEST_FILE, Row, read_table
from incubator.billing.models import BankAccount, BankFile, BankLine, BankMapping, BankStatement
from incubator.billing.operations.bank_accounts import lock_account
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, NotFound, Refusal
from incubator.core.texts import visible
from incubator.database import current_operator


def keep_file(
    session: Session, actor: Actor, *, now: datetime, account_id: int, name: str, content: bytes
) -> BankFile:  # fmt: skip
    """A statement's file, once: the same one sent again is the one that is there. Refused unless it can be read."""
    actor.require(Action.TAKE_PAYMENTS)
    account = lock_account(session, account_id)
    if account.is_closed:
        raise Refusal(N_("This account is closed."), field="account_id")
    if len(content) > LARGEST_FILE:
        raise Refusal(N_("A statement is at most %(most)s MB large."), field="file", most=LARGEST_FILE // 2**20)
    digest = hashlib.sha256(content).digest()
    there = session.execute(
        select(BankFile).where(BankFile.account_id == account.id, BankFile.sha256 == digest)
    ).scalar_one_or_none()
    if there is not None:
        return there
    if is_camt(content):
        read_camt(content, account.number)
    else:
        find_header(read_table(name, content))
    file = BankFile(account_id=account.id, name=visible(name)[-100:] or "statement", sha256=digest, content=content,
                    uploaded_at=now, uploaded_by=actor.person_id)  # fmt: skip
    session.add(file)
    session.flush()
    return file


def get_file(session: Session, actor: Actor, file_id: int) -> BankFile:
    """A file that was sent; for those who take payments."""
    actor.require(Action.TAKE_PAYMENTS)
    file = session.get(BankFile, (current_operator(session), file_id))
    if file is None:
        raise NotFound(N_("There is no such file."))
    return file


def discard_file(session: Session, actor: Actor, *, file_id: int) -> None:
    """Throw a file away that was never imported."""
    file = get_file(session, actor, file_id)
    lock_account(session, file.account_id)
    if session.execute(select(BankStatement.id).where(BankStatement.file_id == file.id)).first():
        raise Conflict(N_("This file was imported; it is kept."))
    session.execute(delete(BankFile).where(BankFile.id == file.id))


class Understood(Struct, frozen=True):
    """A file as it is read now. `header` and `rows` are a table's; CAMT.053 has none and needs no mapping."""

    file: BankFile
    account: BankAccount
    header: Header | None
    rows: Sequence[Row]
    places: dict[str, list[int]]
    reading: Reading
    prints: tuple[str, ...]
    known: frozenset[str]
    """Fingerprints of lines that are there already."""
    alike: tuple[Line, ...]
    """New lines that have others of their day, amount and other side there already, under another guise."""

    @property
    def new(self) -> list[tuple[Line, str]]:
        """The lines that an import writes."""
        pairs = zip(self.reading.lines, self.prints, strict=True)
        return [(line, each) for line, each in pairs if each not in self.known]

    @property
    def came_minor(self) -> int:
        """What the new lines brought."""
        return sum(line.amount_minor for line, _ in self.new if line.amount_minor > 0)

    @property
    def went_minor(self) -> int:
        """What went out by them."""
        return -sum(line.amount_minor for line, _ in self.new if line.amount_minor < 0)

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody has to say that they have looked before it is imported."""
        return bool(self.reading.breaks or self.alike)


def understand(
    session: Session, actor: Actor, *, now: datetime, file_id: int, places: Mapping[str, Sequence[int]] | None = None
) -> Understood:  # fmt: skip
    """Read a file: by `places`, or as it was said of this account's files with these titles, or as its titles say.

    A mapping that reads nothing is a fault of the whole file and not an error: the page is there to mend it.
    """
    file = get_file(session, actor, file_id)
    account = session.get_one(BankAccount, (file.operator_id, file.account_id))
    header, rows, found = None, list[Row](), dict[str, list[int]]()
    if is_camt(file.content):
        reading = read_camt(file.content, account.number)
    else:
        rows = read_table(file.name, file.content)
        header = find_header(rows)
        found = {name: list(each) for name, each in (places or _remembered(session, account, header)).items()}
        reading = _read(rows, header, found, account)
    _refuse_future(reading, now)
    prints = tuple(fingerprints(reading.lines))
    known, alike = _compare(session, account, reading.lines, prints)
    return Understood(file, account, header, rows, found, reading, prints, known, alike)


def import_file(
    session: Session, actor: Actor, *, now: datetime, file_id: int,
    places: Mapping[str, Sequence[int]] | None = None, is_sure: bool = False,
) -> BankStatement:  # fmt: skip
    """Write the lines of a file that are not there yet, and remember what its columns mean: everything or nothing.

    `is_sure`: somebody has looked at the breaks in its balances, and at lines like others that are there.
    """
    actor.require(Action.TAKE_PAYMENTS)
    lock_account(session, get_file(session, actor, file_id).account_id)
    found = understand(session, actor, now=now, file_id=file_id, places=places)
    if found.reading.faults:
        raise Refusal(N_("The file has faults; nothing was imported."))
    if found.needs_a_look and not is_sure:
        raise Refusal(N_("Look at what is strange about this file, and say that you have."), field="is_sure")
    if found.header is not None:
        _remember(session, actor, now, found, found.header)
    days = [line.on for line in found.reading.lines]
    new = found.new
    statement = BankStatement(
        account_id=found.account.id, file_id=found.file.id, first_on=min(days), last_on=max(days), new_lines=len(new),
        known_lines=len(days) - len(new), imported_at=now, imported_by=actor.person_id,
    )  # fmt: skip
    session.add(statement)
    session.flush()
    if new:
        session.execute(insert(BankLine), [_values(statement, line, each) for line, each in new])
    after = {"account": found.account.number[-4:], "file": found.file.name, "from": min(days), "until": max(days),
             "new_lines": len(new), "known_lines": statement.known_lines}  # fmt: skip
    record(session, actor, "import_statement", ("bank_statements", statement.id), now=now, after=after)
    return statement


def _values(statement: BankStatement, line: Line, fingerprint: str) -> dict[str, Any]:
    return {
        "operator_id": statement.operator_id, "account_id": statement.account_id, "statement_id": statement.id,
        "row": line.row, "fingerprint": fingerprint, "booked_on": line.on, "amount_minor": line.amount_minor,
        "balance_minor": line.balance_minor, "payer": line.payer, "payer_key": line.payer_key,
        "payer_account": line.payer_account, "purpose": line.purpose, "reference": line.reference,
    }  # fmt: skip


def _remembered(session: Session, account: BankAccount, header: Header) -> Mapping[str, Sequence[int]]:
    said = session.execute(
        select(BankMapping.places).where(BankMapping.account_id == account.id, BankMapping.shape == header.shape)
    ).scalar_one_or_none()
    return guess(header) if said is None else said


def _remember(session: Session, actor: Actor, now: datetime, found: Understood, header: Header) -> None:
    row = {"operator_id": found.account.operator_id, "account_id": found.account.id, "shape": header.shape,
           "places": found.places, "changed_at": now, "changed_by": actor.person_id}  # fmt: skip
    changed = {name: row[name] for name in ("places", "changed_at", "changed_by")}
    session.execute(
        upsert(BankMapping)
        .values(row)
        .on_conflict_do_update(index_elements=["operator_id", "account_id", "shape"], set_=changed)
    )


def _read(rows: Sequence[Row], header: Header, places: Mapping[str, Sequence[int]], account: BankAccount) -> Reading:
    try:
        check_places(places, len(header.titles))
        return read_rows(rows, header, places, account.number)
    except Refusal as refusal:
        return Reading(faults=[Fault(header.row + 1, "", refusal)])


def _refuse_future(reading: Reading, now: datetime) -> None:
    today = now.astimezone(CHINA).date()
    reading.faults += [
        Fault(line.row, "", Refusal(N_("%(day)s has not come yet."), day=line.on))
        for line in reading.lines if line.on > today
    ]  # fmt: skip


def _compare(
    session: Session, account: BankAccount, lines: Sequence[Line], prints: Sequence[str]
) -> tuple[frozenset[str], tuple[Line, ...]]:
    """Which fingerprints are there; and new lines that are like lines that are not in this file."""
    if not lines:
        return frozenset(), ()
    wanted = literal(list(prints), ARRAY(Text))
    known = frozenset(session.execute(
        select(BankLine.fingerprint).where(BankLine.account_id == account.id, BankLine.fingerprint == any_(wanted))
    ).scalars())  # fmt: skip
    others: dict[tuple[date, int, str], int] = {
        (on, amount, payer): count
        for on, amount, payer, count in session.execute(
            select(BankLine.booked_on, BankLine.amount_minor, BankLine.payer_key, func.count())
            .where(BankLine.account_id == account.id, BankLine.fingerprint != all_(wanted),
                   BankLine.booked_on.between(min(line.on for line in lines), max(line.on for line in lines)))
            .group_by(BankLine.booked_on, BankLine.amount_minor, BankLine.payer_key)
        )
    }  # fmt: skip
    alike = []
    for line, each in zip(lines, prints, strict=True):
        key = (line.on, line.amount_minor, line.payer_key)
        if each not in known and others.get(key, 0) > 0:
            others[key] -= 1
            alike.append(line)
    return known, tuple(alike)
