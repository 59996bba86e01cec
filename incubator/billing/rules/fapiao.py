"""What a fapiao must be: title data, the papers that an invoice becomes, and what a red-letter one takes back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from incubator.core.errors import N_, Phrase, Refusal
from incubator.core.identifiers import normalise_credit_code
from incubator.core.money import split_by_largest_remainder
from incubator.core.texts import one_line
from incubator.pricing.rules.taxes import tax_within

KINDS = ("ordinary", "special")
BUYERS = ("company", "individual")
TIMINGS = ("posting", "payment")
PROVIDERS = ("none", "demo")
BUSINESSES = ("general", "lease")
WAYS = ("file", "provider")
FORMS = ("pdf", "ofd", "xml")
STATES = ("asked", "returned", "withdrawn", "batched", "issued", "reversed")
LIVING = ("asked", "batched", "issued")
"""An invoice has one request in one of these at most."""
RED_REASONS = ("mistake", "stopped", "allowance")
EVENTS = ("asked", "returned", "withdrawn", "batched", "released", "issued", "filed", "red_asked", "red_given_up",
          "red_issued")  # fmt: skip
CALL_STATES = ("waiting", "done", "failed", "dropped")
"""Failed: the provider refuses it for good. Dropped: so it was taken out of its batch."""
CHARGE_KINDS = ("rent", "property_fee", "service_fee", "utilities", "booking", "mentoring")

PROPOSED: Mapping[str, tuple[str, str]] = {
    "rent": ("3040502029902000000", "房屋租金"),
    "property_fee": ("3040801010000000000", "物业管理费"),
    "service_fee": ("3040801990000000000", "孵化服务费"),
    "utilities": ("1100101020200000000", "电费"),
    "booking": ("", "会议室使用费"),
    "mentoring": ("", "创业辅导费"),
}
"""Tax code and name on the paper by kind of charge, for the operator to check: as seen in other systems' settings, not
in the tax authority's own list. 304050202… is the lease of real estate; 30405020201… below it is that of homes. No
code of 19 digits for meeting rooms and advice was found, so none is proposed."""

LONGEST_NOTE = 150
"""The platform takes 230 characters; our own number is put before it."""
_NUMBER = re.compile(r"[0-9]{20}")
_CODE = re.compile(r"[0-9]{19}")
_ID = re.compile(r"[0-9A-Z]{15,20}")
_PHONE = re.compile(r"[0-9+() -]{5,30}")
_ACCOUNT = re.compile(r"[0-9A-Za-z -]{4,40}")


class Title(Struct, frozen=True):
    """A buyer as the paper names it."""

    buyer: str
    kind: str
    name: str
    tax_number: str = ""
    general_taxpayer: bool = False
    address: str = ""
    phone: str = ""
    bank: str = ""
    account: str = ""
    email: str = ""

    def checked(self) -> Title:
        """The title, cleaned; Refusal at the field that is at fault."""
        if self.buyer not in BUYERS:
            raise Refusal(N_("Choose who buys."), field="buyer")
        if self.kind not in KINDS:
            raise Refusal(N_("Choose ordinary or special."), field="kind")
        lines = {name: one_line(getattr(self, name), name, longest) for name, longest in _LONGEST.items()}
        if not lines["name"]:
            raise Refusal(N_("Give the name as it is to stand on the fapiao."), field="name")
        found = Title(self.buyer, self.kind, tax_number=self._number(), general_taxpayer=self._is_general(), **lines)
        if found.phone and not _PHONE.fullmatch(found.phone):
            raise Refusal(N_("A telephone number has digits, blanks, + - and brackets."), field="phone")
        if found.account and not _ACCOUNT.fullmatch(found.account):
            raise Refusal(N_("An account number has digits, letters and blanks."), field="account")
        if self.kind == "special":
            found.require_special()
        return found

    def _number(self) -> str:
        typed = "".join(self.tax_number.split()).upper()
        if self.buyer == "individual":
            if typed and not _ID.fullmatch(typed):
                raise Refusal(N_("This is no tax number. People need none; leave it empty."), field="tax_number")
            return typed
        code = normalise_credit_code(typed)
        if code is None:
            raise Refusal(N_("This is no unified social credit code: its 18 characters hold a check character."),
                          field="tax_number")  # fmt: skip
        return code

    def _is_general(self) -> bool:
        return self.general_taxpayer and self.buyer == "company"

    def require_special(self, field: str = "kind") -> None:
        """Refusal, unless a special fapiao can be issued to it: for general taxpayers, with all data."""
        if self.buyer != "company" or not self.general_taxpayer:
            raise Refusal(N_("Special fapiaos are for general VAT taxpayers; choose an ordinary one."), field=field)
        for name in ("address", "phone", "bank", "account"):
            if not getattr(self, name):
                raise Refusal(N_("A special fapiao needs address, telephone, bank and account. Fill this in."),
                              field=name if field == "kind" else field)  # fmt: skip


_LONGEST = {"name": 100, "address": 100, "phone": 30, "bank": 100, "account": 40, "email": 72}


class Item(Struct, frozen=True):
    """What of an invoice's line is still to be asked for: its net with VAT, and what of it is VAT."""

    charge_kind: str
    rate: Decimal | None
    net_minor: int
    tax_minor: int | None
    starts_on: date
    ends_on: date
    area_m2: Decimal | None = None


class Row(Struct, frozen=True):
    """One line on a paper: all of one kind of charge at one rate."""

    charge_kind: str
    rate: Decimal
    net_minor: int
    tax_minor: int
    starts_on: date
    ends_on: date
    area_m2: Decimal | None

    def as_data(self) -> dict[str, Any]:
        return {
            "charge_kind": self.charge_kind, "rate": format(self.rate, "f"), "net_minor": self.net_minor,
            "tax_minor": self.tax_minor, "starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat(),
            "area_m2": None if self.area_m2 is None else format(self.area_m2, "f"),
        }  # fmt: skip


class Paper(Struct, frozen=True):
    """A fapiao to be issued."""

    kind: str
    business: str
    rows: tuple[Row, ...]

    @property
    def net_minor(self) -> int:
        return sum(row.net_minor for row in self.rows)

    @property
    def tax_minor(self) -> int:
        return sum(row.tax_minor for row in self.rows)


def make_papers(items: Iterable[Item], kind: str) -> list[Paper]:
    """The papers of an invoice, in one order.

    Rent stands on papers of its own, which the platform asks for with the house's address and the days. What is exempt
    (rate 0) is never on a special one: the VAT law gives none for it, so it comes on an ordinary one beside. 5,450.00
    of rent at 9 % and 1,000.00 of exempt service, asked for as special: one special paper over 5,450.00 for the lease,
    one ordinary over 1,000.00.
    """
    rows = _rows(items)
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        business = "lease" if row.charge_kind == "rent" else "general"
        groups.setdefault((business, "ordinary" if row.rate == 0 else kind), []).append(row)
    return [Paper(kind, business, tuple(found)) for (business, kind), found in sorted(groups.items(), reverse=True)]


def _rows(items: Iterable[Item]) -> list[Row]:
    sums: dict[tuple[str, Decimal], list[Item]] = {}
    for item in items:
        if item.net_minor == 0:
            continue
        if item.rate is None or item.tax_minor is None:
            raise Refusal(N_("A line of this invoice has no VAT rate, so no fapiao can be made of it. Finance enters "
                             "the rate; the next invoices have it."))  # fmt: skip
        sums.setdefault((item.charge_kind, item.rate), []).append(item)
    rows = [_row(kind, rate, found) for (kind, rate), found in sums.items()]
    rows = [row for row in rows if row.net_minor]
    if any(row.net_minor < 0 for row in rows):
        raise Refusal(N_("What this invoice takes back of earlier months is more than its own lines of the same kind; "
                         "finance has to issue a red-letter fapiao for those first."))  # fmt: skip
    return sorted(rows, key=lambda row: (CHARGE_KINDS.index(row.charge_kind), -row.rate))


def _row(kind: str, rate: Decimal, items: Sequence[Item]) -> Row:
    areas = [item.area_m2 for item in items if item.area_m2 is not None]
    return Row(kind, rate, sum(item.net_minor for item in items), sum(item.tax_minor or 0 for item in items),
               min(item.starts_on for item in items), max(item.ends_on for item in items),
               sum(areas, Decimal(0)) if areas and all(item.area_m2 for item in items) else None)  # fmt: skip


def red_rows(rows: Sequence[Mapping[str, Any]], taken: Iterable[Sequence[Mapping[str, Any]]], amount_minor: int
             ) -> list[dict[str, Any]]:  # fmt: skip
    """The lines of a red-letter paper of `amount_minor` on one with `rows`, of which earlier ones have taken `taken`.

    Each line gives in proportion to what is left of it; what takes all that is left takes all of its VAT. Of 1,090.00
    at 9 % with 90.00 of VAT, 545.00 take 45.00, and the other 545.00 the other 45.00.
    """
    nets, taxes = [row["net_minor"] for row in rows], [row["tax_minor"] for row in rows]
    for earlier in taken:
        by_line = {(row["charge_kind"], row["rate"]): row for row in earlier}
        for index, row in enumerate(rows):
            found = by_line.get((row["charge_kind"], row["rate"]))
            if found is not None:
                nets[index], taxes[index] = nets[index] - found["net_minor"], taxes[index] - found["tax_minor"]
    parts = split_by_largest_remainder(amount_minor, nets)
    found_rows = []
    for row, part, net, tax in zip(rows, parts, nets, taxes, strict=True):
        if part:
            of_it = tax if part == net else min(tax, tax_within(part, Decimal(row["rate"])))
            found_rows.append({**row, "net_minor": part, "tax_minor": of_it})
    return found_rows


def check_red(reason: str, amount_minor: int, left_minor: int) -> None:
    """Refusal, unless so much of what is left of a paper can be taken back for this reason.

    A mistake is taken back whole: the platform issues the right one anew.
    """
    if reason not in RED_REASONS:
        raise Refusal(N_("Choose why."), field="reason")
    if amount_minor <= 0:
        raise Refusal(N_("Give an amount above zero."), field="amount")
    if amount_minor > left_minor:
        raise Refusal(N_("That is more than what is left of this fapiao."), field="amount")
    if reason == "mistake" and amount_minor != left_minor:
        raise Refusal(N_("A fapiao with a mistake is taken back whole, and a right one issued."), field="amount")


def check_number(text: str) -> str:
    """The number of a digital fapiao; Refusal where it is none."""
    number = "".join(text.split())
    if not _NUMBER.fullmatch(number):
        raise Refusal(N_("A digital fapiao's number has 20 digits."), field="number")
    return number


def check_code(text: str) -> str:
    """A tax classification code, or nothing; Refusal where it is none."""
    code = "".join(text.split())
    if code and not _CODE.fullmatch(code):
        raise Refusal(N_("A tax classification code has 19 digits; short ones are filled up with zeros."))
    return code


def missing_for(papers: Iterable[tuple[str, Iterable[str]]], codes: Mapping[str, Mapping[str, str]],
                has_place: bool) -> list[Phrase]:  # fmt: skip
    """What keeps papers (business, kinds of charge) from being issued, as sentences."""
    found = list(papers)
    kinds = {kind for _business, kinds in found for kind in kinds}
    missing = [Phrase(N_("No tax code is entered for: %(kind)s."), {"kind": Phrase(CHARGE_NAMES[kind])})
               for kind in CHARGE_KINDS if kind in kinds and not codes.get(kind, {}).get("code")]  # fmt: skip
    if not has_place and any(business == "lease" for business, _kinds in found):
        missing.append(Phrase(N_("The site's address for leases is not entered.")))
    return missing


CHARGE_NAMES = {
    "rent": N_("Rent"),
    "property_fee": N_("Property fee"),
    "service_fee": N_("Service fee"),
    "utilities": N_("Utilities"),
    "booking": N_("Bookings"),
    "mentoring": N_("Mentoring"),
}
