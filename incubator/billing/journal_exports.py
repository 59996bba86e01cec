"""A month's entries as accounting software takes them in: vouchers (记账凭证) of debit and credit lines.

The layouts are those that the makers' users import with: Kingdee KIS by a sheet with one line for each side, Yonyou U8
by a text whose first line is `填制凭证,V800`. Both find the lines of one voucher by its date and number.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.exports import MEDIA_TYPES, Export
from incubator.billing.journal_words import account_name, summary
from incubator.billing.models import JournalEntry, Posting
from incubator.billing.queries.books import Named, name_accounts
from incubator.billing.rules.accounts import Account
from incubator.core.periods import Month
from incubator.documents.cells import harmless
from incubator.documents.csvs import write_csv
from incubator.documents.workbook import Column, Value, Workbook
from incubator.startups.models import Startup

WORD = "记"
"""The kind of voucher: one series for all."""
LONGEST_SUMMARY = 60
KINGDEE = (
    ("日期", "date", 12), ("凭证字", "text", 8), ("凭证号", "integer", 10), ("附单据数", "integer", 10),
    ("摘要", "text", 40), ("科目代码", "text", 14), ("科目名称", "text", 30), ("借方金额", "money", 14),
    ("贷方金额", "money", 14), ("币别", "text", 8), ("汇率", "decimal", 8), ("往来单位", "text", 28),
    ("制单人", "text", 12),
)  # fmt: skip
FORMATS = {"kingdee": ("xlsx", "csv"), "yonyou": ("txt", "xlsx")}


class VoucherLine(Struct, frozen=True):
    """One side of a voucher: one of the two amounts is 0."""

    entry: JournalEntry
    account: Account
    debit_minor: int
    credit_minor: int
    startup: Startup | None


def list_voucher_lines(session: Session, actor: Actor, month: Month) -> list[VoucherLine]:
    """The lines of a month's entries, by number: the postings of an entry to one account and startup together, debits
    before credits; of each entry both come to the same. Three statements."""
    actor.require(Action.SEE_BILLING)
    rows = session.execute(
        select(Posting, JournalEntry)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(Posting.booked_on.between(month.first, month.last))
        .order_by(JournalEntry.year, JournalEntry.number, Posting.line)
    ).all()
    ids = {posting.startup_id for posting, _entry in rows}
    startups = {each.id: each for each in session.execute(select(Startup).where(Startup.id.in_(ids))).scalars()}
    entries: dict[int, JournalEntry] = {}
    sums: dict[int, dict[tuple[bool, Account, int | None], int]] = defaultdict(lambda: defaultdict(int))
    for posting, entry in rows:
        entries[entry.id] = entry
        sums[entry.id][False, Account(posting.debit), posting.startup_id] += posting.amount_minor
        sums[entry.id][True, Account(posting.credit), posting.startup_id] += posting.amount_minor
    return [
        VoucherLine(entry, account, *((0, amount) if is_credit else (amount, 0)), startups.get(startup_id or 0))
        for key, entry in entries.items()
        for (is_credit, account, startup_id), amount in sorted(sums[key].items(), key=lambda each: each[0][0])
    ]  # fmt: skip


def export_journal(session: Session, actor: Actor, month: Month, layout: str, extension: str, locale: str) -> Export:
    """The month's vouchers in one of the FORMATS; what the accounts are called on its last day."""
    lines = list_voucher_lines(session, actor, month)
    named = name_accounts(session, month.last)
    if layout == "yonyou" and extension == "txt":
        return Export(f"vouchers-{month}-u8.txt", "text/plain; charset=gb18030", _u8(lines, named, locale))
    rows = list(_kingdee_rows(lines, named, locale))
    if extension == "csv":
        money = [
            [Decimal(cell).scaleb(-2) if kind == "money" and isinstance(cell, int) else cell
             for (_title, kind, _width), cell in zip(KINGDEE, row, strict=True)]
            for row in rows
        ]  # fmt: skip
        return Export(f"vouchers-{month}-{layout}.csv", MEDIA_TYPES["csv"],
                      write_csv([title for title, _k, _w in KINGDEE], money))  # fmt: skip
    book = Workbook()
    book.add_sheet("凭证", [Column(title, kind, width) for title, kind, width in KINGDEE], rows)  # type: ignore[arg-type]  # kinds as the table names them
    return Export(f"vouchers-{month}-{layout}.xlsx", MEDIA_TYPES["xlsx"], book.content())


def _kingdee_rows(lines: Iterable[VoucherLine], named: dict[Account, Named], locale: str) -> Iterator[Sequence[Value]]:
    for each in lines:
        account = named[each.account]
        yield (
            each.entry.booked_on, WORD, each.entry.number, 0, summary(each.entry, locale)[:LONGEST_SUMMARY],
            account.code, account_name(account), each.debit_minor or None, each.credit_minor or None, "RMB",
            Decimal(1), each.startup.name if each.startup else "", _("System"),
        )  # fmt: skip


def _u8(lines: Iterable[VoucherLine], named: dict[Account, Named], locale: str) -> bytes:
    """Date, kind, number, papers, summary, account, debit, credit, then quantity, foreign amount, rate, maker, way,
    note, day, department, person, customer; in GB18030, as its import reads."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["填制凭证", "V800"])
    for each in lines:
        said = harmless(summary(each.entry, locale)[:LONGEST_SUMMARY].replace(",", "，"))
        writer.writerow([
            each.entry.booked_on.isoformat(), WORD, each.entry.number, 0, said, named[each.account].code,
            _yuan(each.debit_minor), _yuan(each.credit_minor), 0, 0, 0, _("System"), "", "", "", "", "",
            each.startup.code if each.startup else "",
        ])  # fmt: skip
    return file.getvalue().encode("gb18030")


def _yuan(minor: int) -> str:
    return format(Decimal(minor).scaleb(-2), ".2f")
