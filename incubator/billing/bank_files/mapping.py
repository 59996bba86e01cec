"""Which column of a bank's table is what: guessed from the titles that banks use, or as somebody has said. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from unicodedata import normalize

from msgspec import Struct

from incubator.billing.bank_files.tables import Row
from incubator.billing.bank_files.values import text_of
from incubator.core.errors import N_, Refusal

Places = Mapping[str, Sequence[int]]
"""By field the columns, from 0: one, but of `purpose` some."""

FIELDS: dict[str, str] = {
    "on": N_("Day"), "amount": N_("Amount, in and out in one column"), "flag": N_("In or out"),
    "credit": N_("Came in (credit)"), "debit": N_("Went out (debit)"), "balance": N_("Balance"),
    "payer": N_("Other side’s name"), "payer_account": N_("Other side’s account"),
    "payee": N_("Recipient’s name, where it has a column of its own"),
    "payee_account": N_("Recipient’s account, where it has a column of its own"), "purpose": N_("Purpose"),
    "reference": N_("Bank’s own number of the line"), "own_account": N_("Own account"), "currency": N_("Currency"),
}  # fmt: skip
"""What a column can be, as it is called."""

TITLES: dict[str, tuple[str, ...]] = {
    "on": ("记账日期", "交易日期", "交易日", "入账日期", "记账日", "入账时间", "日期", "交易时间", "bookingdate",
        "transactiondate", "date"),
    "credit": ("贷方发生额", "贷方金额", "收入金额", "收入", "贷方", "转入金额", "存入金额", "收款金额",
        "creditamount", "credit"),
    "debit": ("借方发生额", "借方金额", "支出金额", "支出", "借方", "转出金额", "支取金额", "付款金额",
        "debitamount", "debit"),
    "amount": ("交易金额", "发生额", "金额", "收支金额", "amount"),
    "flag": ("借/贷", "借贷标志", "借贷方向", "借贷标识", "收支标志", "收/支", "收支类型", "借贷", "交易类型",
        "方向", "creditdebit"),
    "balance": ("余额", "交易后余额", "账户余额", "当前余额", "联机余额", "本次余额", "balance"),
    "payer": ("对方单位名称", "对方户名", "收/付方名称", "收(付)方名称", "对方名称", "对方账户名称", "付款人名称",
        "对方单位", "交易对方", "counterparty", "payer"),
    "payer_account": ("对方账号", "收/付方账号", "收(付)方账号", "付款人账号", "对方账户", "counterpartyaccount"),
    "payee": ("收款人名称", "收款人户名", "payee"),
    "payee_account": ("收款人账号",),
    "purpose": ("用途", "摘要", "交易附言", "附言", "备注", "业务摘要", "其它摘要", "其他摘要", "扩展摘要",
        "个性化信息", "purpose", "remark"),
    "reference": ("账户明细编号-交易流水号", "交易流水号", "银行流水号", "核心流水号", "流水号", "交易参考号",
        "业务参考号", "reference"),
    "own_account": ("本方账号", "账号", "查询账号"),
    "currency": ("币种", "交易货币", "货币", "currency"),
}  # fmt: skip
"""The usual titles of ICBC, CCB, BOC, CMB and others; of two that fit, the earlier here is meant."""

MOST_PURPOSES = 4
HEADER_WITHIN = 40
_KNOWN = {title: field for field, titles in TITLES.items() for title in titles}


class Header(Struct, frozen=True):
    """Where a table's titles stand, from 0, and what they are."""

    row: int
    titles: tuple[str, ...]

    @property
    def shape(self) -> str:
        """By which a mapping is remembered: the same for every file with these titles."""
        return hashlib.sha256("\x1f".join(plain_title(title) for title in self.titles).encode()).hexdigest()


def plain_title(title: str) -> str:
    """A title as it is compared: “借方发生额（支取）”, “借方发生额/元” → 借方发生额; “余额[ Balance ]” → 余额."""
    text = "".join(normalize("NFKC", title).split()).casefold()
    if text.startswith("[") and "]" in text:
        text = text.split("]", 1)[1]
    text = text.split("[", 1)[0]
    if text not in _KNOWN:
        text = text.split("(", 1)[0].removesuffix("/元").removesuffix(":")
    return text


def find_header(rows: Sequence[Row]) -> Header:
    """The row with the most titles that are known, among the first; Refusal where none has three."""
    best, most = -1, 2
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        known = {_KNOWN[title] for cell in row if (title := plain_title(text_of(cell))) in _KNOWN}
        if len(known) > most:
            best, most = number, len(known)
    if best < 0:
        best = _first_wide(rows)
    return Header(best, tuple(text_of(cell) for cell in rows[best]))


def _first_wide(rows: Sequence[Row]) -> int:
    """Where nothing is known: the first row with at least three cells that holds no figure is taken for the titles."""
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        texts = [text_of(cell) for cell in row]
        if sum(bool(text) for text in texts) >= 3 and not any(any(char.isdigit() for char in text) for text in texts):
            return number
    raise Refusal(N_("No row of titles was found among the first %(rows)s rows."), field="file", rows=HEADER_WITHIN)


def guess(header: Header) -> dict[str, list[int]]:
    """What the columns are, as far as their titles say."""
    titles = [plain_title(title) for title in header.titles]
    found: dict[str, list[int]] = {}
    for field, wanted in TITLES.items():
        fitting = [titles.index(title) for title in wanted if title in titles]
        if fitting:
            found[field] = fitting[:MOST_PURPOSES] if field == "purpose" else fitting[:1]
    if "credit" in found and "debit" in found:
        found.pop("amount", None)
        found.pop("flag", None)
    elif "amount" in found:
        found.pop("credit", None)
        found.pop("debit", None)
    return found


def check_places(places: Places, columns: int) -> None:
    """Refusal of a mapping by which no line can be read: a day is wanted, and an amount in one way."""
    if any(not 0 <= place < columns for found in places.values() for place in found):
        raise Refusal(N_("The file has no such column."))
    if not places.get("on"):
        raise Refusal(N_("Say which column holds the day."), field="on")
    apart = bool(places.get("credit")) or bool(places.get("debit"))
    if apart == bool(places.get("amount")):
        raise Refusal(N_("Say where the amounts stand: in one column, or what came in and what went out in two."),
                      field="amount")  # fmt: skip
    if places.get("flag") and apart:
        raise Refusal(N_("What came in and what went out have columns of their own: no other tells them apart."),
                      field="flag")  # fmt: skip
    used = [place for field, found in places.items() if field != "purpose" for place in found]
    if len(set(used)) != len(used):
        raise Refusal(N_("One column can't be two things."))
