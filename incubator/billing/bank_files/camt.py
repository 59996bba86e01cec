"""CAMT.053, the statement of ISO 20022, of any of its versions: read by the names of its elements alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from incubator.billing.bank_files.lines import OTHER_CURRENCY, Fault, Line, Reading
from incubator.billing.bank_files.tables import MOST_ROWS, TOO_LONG
from incubator.billing.bank_files.values import LONGEST, day_of, is_yuan, minor_of, same_account
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money
from incubator.core.texts import visible

DAMAGED = N_("This file can't be read as a CAMT.053 statement.")


def is_camt(content: bytes) -> bool:
    """Whether the bytes are an XML document; what it says is told by `read_camt`."""
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def read_camt(content: bytes, number: str) -> Reading:
    """The booked lines of the account's statements; a batch is a line for each of its transactions.

    What the sum of opening balance and lines is must be the closing balance; where it is not, that is a break. A
    reversal says by its indicator which way the money went, as every entry does.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Refusal(DAMAGED, field="file") from error
    for element in root.iter():
        element.tag = str(element.tag).rsplit("}", 1)[-1]  # versions differ by namespace
    statements = root.findall("./BkToCstmrStmt/Stmt")
    if not statements:
        raise Refusal(DAMAGED, field="file")
    reading = Reading()
    for statement in statements:
        _read_statement(statement, number, reading)
    if not reading.lines and not reading.faults:
        raise Refusal(N_("The statement has no booked lines."), field="file")
    return reading


def _read_statement(statement: Element, number: str, reading: Reading) -> None:
    own = _text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    if own and not same_account(own, number):
        raise Refusal(N_("The statement is of another account: %(number)s."), field="file", number=own)
    total = 0
    for entry in statement.findall("Ntry"):
        row = len(reading.lines) + len(reading.faults) + 1
        if row > MOST_ROWS:
            raise Refusal(TOO_LONG, field="file", most=MOST_ROWS)
        if _text(entry, "Sts/Cd", "Sts") not in ("", "BOOK"):
            continue
        try:
            found = list(_lines(entry, row))
        except Refusal as refusal:
            reading.faults.append(Fault(row, _text(entry, "AcctSvcrRef", "NtryRef"), refusal))
            continue
        reading.lines += found
        total += sum(line.amount_minor for line in found)
    opening, closing = _balance(statement, "OPBD", "PRCD"), _balance(statement, "CLBD")
    if not reading.faults and opening is not None and closing is not None and opening + total != closing:
        reading.breaks.append(Fault(len(reading.lines), "CLBD", Refusal(
            N_("The closing balance is %(found)s; from the opening balance and all lines it should be %(wanted)s."),
            found=Money(closing), wanted=Money(opening + total),
        )))  # fmt: skip


def _lines(entry: Element, row: int) -> Iterable[Line]:
    """An entry's line; or those of its transactions, where each says its amount."""
    whole = _signed(entry)
    on = day_of(_text(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    own = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    details = entry.findall("NtryDtls/TxDtls")
    amounts = [_detail_amount(each, whole) for each in details]
    if len(details) > 1 and any(amount is not None for amount in amounts):
        if sum(amount or 0 for amount in amounts) != whole:
            raise Refusal(N_("Its transactions come to %(found)s, not to %(wanted)s."),
                          found=Money(sum(amount or 0 for amount in amounts)), wanted=Money(whole))  # fmt: skip
        parts: Sequence[tuple[int, Element | None]] = [
            (amount, each) for amount, each in zip(amounts, details, strict=True) if amount
        ]
    else:
        parts = [(whole, details[0] if details else None)]
    for offset, (amount, detail) in enumerate(parts):
        side = "Dbtr" if amount > 0 else "Cdtr"
        about = entry if detail is None else detail
        purposes = [visible(each.text or "") for each in _many(about, len(parts) == 1 and entry, "RmtInf/Ustrd")]
        purposes += [visible(each.text or "") for each in about.findall("RmtInf/Strd/CdtrRefInf/Ref")]
        purposes += [_text(about, "AddtlTxInf"), _text(entry, "AddtlNtryInf")]
        reference = (detail is not None and _text(detail, "Refs/AcctSvcrRef")) or own
        if detail is not None and len(parts) > 1:
            own_id = _text(detail, "Refs/TxId", "Refs/EndToEndId", "Refs/InstrId")
            reference = " ".join(filter(None, [reference, own_id]))
        yield Line(
            row + offset, on, amount, None,
            _text(about, f"RltdPties/{side}/Pty/Nm", f"RltdPties/{side}/Nm", f"RltdPties/Ultmt{side}/Pty/Nm")[:LONGEST],
            _text(about, f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id").replace(" ", "")[:60],
            " ".join(dict.fromkeys(each for each in purposes if each))[:LONGEST], reference[:100],
        )  # fmt: skip


def _many(about: Element, entry: Any, path: str) -> list[Element]:
    """All of a path; where one line stands for several transactions, those of all."""
    return entry.findall(f"NtryDtls/TxDtls/{path}") if entry is not False else about.findall(path)


def _signed(element: Element) -> int:
    amount = _amount(element.find("Amt"))
    if amount is None or amount == 0:
        raise Refusal(N_("There is no amount."))
    return _directed(amount, _text(element, "CdtDbtInd"))


def _detail_amount(detail: Element, whole: int) -> int | None:
    """A transaction's amount; one that does not say its direction has that of the entry."""
    found = detail.find("Amt")
    amount = _amount(detail.find("AmtDtls/TxAmt/Amt") if found is None else found)
    if amount is None:
        return None
    way = _text(detail, "CdtDbtInd") or ("CRDT" if whole > 0 else "DBIT")
    return _directed(amount, way)


def _amount(element: Element | None) -> int | None:
    if element is None:
        return None
    currency = element.get("Ccy", "")[:10]
    if not is_yuan(currency):
        raise Refusal(OTHER_CURRENCY, currency=currency)
    return minor_of(element.text or "")


def _directed(amount: int, way: str) -> int:
    if way not in ("CRDT", "DBIT"):
        raise Refusal(N_("“%(value)s” says neither in nor out."), value=way[:40])
    return amount if way == "CRDT" else -amount


def _balance(statement: Element, *codes: str) -> int | None:
    for code in codes:
        for balance in statement.findall("Bal"):
            if _text(balance, "Tp/CdOrPrtry/Cd") == code:
                amount = _amount(balance.find("Amt")) or 0
                return amount if _text(balance, "CdtDbtInd") != "DBIT" else -amount
    return None


def _text(element: Element, *paths: str) -> str:
    for path in paths:
        found = element.findtext(path)
        if found and visible(found):
            return visible(found)
    return ""
