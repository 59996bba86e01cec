"""From residencies and bookings to charges, and from charges to invoices: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from incubator.bookings.queries import ChargedBooking
from incubator.core.canonical import canonical_json
from incubator.core.periods import Month
from incubator.pricing.rules.taxes import Taxes, tax_on_top, tax_within
from incubator.startups.rules import ResidencyTerm
from incubator.startups.rules.months import price_terms
from incubator.subsidies.rules.engine import DecisionDraft, Party, SchemeRule, rate
from incubator.subsidies.rules.items import Item
from incubator.subsidies.rules.state import Tally

DUE_DAYS = 15
ADJUSTMENT = "adjustment"
"""The source of a line that corrects one of an earlier invoice: its id is the decision's."""
WITHOUT_TAX = "without_tax"
"""In a derivation: the price that it is made of is without VAT."""
UNSUBSIDISED = "unsubsidised"
"""In a derivation: schemes are not asked about it."""
Source = tuple[str, int, int]
"""What is charged once in a month: the kind and id of its source, and for whom; a meter may stand for several."""


class ChargeDraft(Struct, frozen=True):
    """What a startup owes for one thing in the month, before subsidies."""

    startup_id: int
    kind: str
    source_kind: str
    source_id: int
    unit_id: int | None
    resource_id: int | None
    starts_on: date
    ends_on: date
    quantity: Decimal
    basis: str
    unit_price: Decimal
    gross_minor: int
    currency: str
    derivation: dict[str, Any]
    description: dict[str, Any]
    tax_rate: Decimal | None = None
    """None: nobody has said how it is taxed; 0: exempt."""
    tax_minor: int | None = None
    """What of `gross_minor` is VAT."""
    round: int = 0
    """How often it was billed and taken back before."""

    @property
    def source(self) -> Source:
        """Charged once in a month."""
        return self.source_kind, self.source_id, self.startup_id

    @property
    def borne(self) -> dict[str, Any] | None:
        """What a voucher bears of it, before the gross: its number, its order and how much."""
        return next((each for each in self.derivation.get("paid", ()) if "voucher" in each), None)

    @property
    def shared_minor(self) -> int:
        """The price that a voucher bears a share of: what is left after it, before VAT that is put on top, and it."""
        left = self.derivation.get("tax", {}).get("on_minor", self.gross_minor)
        return int(left) + int((self.borne or {"value_minor": 0})["value_minor"])


def charge_terms(terms: Iterable[ResidencyTerm], month: Month, taxes: Taxes) -> list[ChargeDraft]:
    """The month's charge of each agreed price, prorated by the agreement's rule, all prices of the month together; with
    VAT on top where it is agreed without."""
    charges = []
    for term, price in price_terms(terms, month):
        if price.gross_minor == 0:
            continue
        description = {"unit": term.unit_code, "unit_kind": term.unit_kind, "agreement": term.residency_number}
        derivation = price.as_data() | {"area_m2": format(term.area_m2, "f")}
        if not term.tax_included:
            derivation[WITHOUT_TAX] = True
        charge = ChargeDraft(
            term.startup_id, term.charge_kind, "residency_price", term.price_id, term.unit_id, None,
            price.starts_on, price.ends_on, price.quantity, term.basis, price.unit_price, price.gross_minor,
            term.currency, derivation, description,
        )  # fmt: skip
        charges.append(tax_charge(charge, taxes))
    return charges


class FreeTime(Struct, frozen=True):
    """Days of a month on which an agreement lets a unit be had without rent."""

    agreement: str
    unit: str
    starts_on: date
    ends_on: date
    is_agreed: bool = False
    """The agreed rent is 0; else: a rent-free time."""


def free_times(terms: Iterable[ResidencyTerm], month: Month) -> dict[int, list[FreeTime]]:
    """The days of the month without rent by startup: they make no charge, and the draft says why."""
    found: dict[int, list[FreeTime]] = {}
    for term in terms:
        first, last = max(term.starts_on, month.first), min(term.ends_on or month.last, month.last)
        if term.charge_kind == "rent" and term.unit_price == 0 and first <= last:
            found.setdefault(term.startup_id, []).append(
                FreeTime(term.residency_number, term.unit_code, first, last, term.reason != "free")
            )
    return found


class FreeMonth(Struct, frozen=True):
    """A startup that owes nothing in the month, and why: days without rent, bookings that allowances pay."""

    startup_id: int
    times: tuple[FreeTime, ...]
    charges: tuple[ChargeDraft, ...]


def free_months(
    free: Mapping[int, Sequence[FreeTime]], charges: Iterable[ChargeDraft], owing: Collection[int]
) -> list[FreeMonth]:
    """Who is free in the whole month: all that have a reason, but those that owe something."""
    covered: dict[int, list[ChargeDraft]] = {}
    for charge in charges:
        covered.setdefault(charge.startup_id, []).append(charge)
    return [
        FreeMonth(startup_id, tuple(free.get(startup_id, ())), tuple(covered.get(startup_id, ())))
        for startup_id in sorted({*free, *covered} - set(owing))
    ]


def charge_bookings(bookings: Iterable[ChargedBooking], zone: ZoneInfo) -> list[ChargeDraft]:
    """The charge of each booking at the price that was agreed when it was made less what allowances and a voucher pay
    of it, or of a cancelled one at the fee of its rules.

    Free ones make no line; one that they pay in full makes a line of 0.00, which says what paid it.
    """
    charges = []
    for booking in bookings:
        paid: list[dict[str, Any]] = [] if booking.fee else [each.as_data() for each in booking.paid]
        if booking.borne and not booking.fee:
            paid.append(booking.borne.as_data())
        if booking.price_minor == 0 and not paid:
            continue
        start, end = booking.start.astimezone(zone), booking.end.astimezone(zone)
        description = {
            "resource": booking.resource_name, "resource_en": booking.resource_name_en,
            "start": _wall(start), "end": _wall(end),
        }  # fmt: skip
        hours = Decimal(booking.quote["minutes"]) / 60
        derivation = booking.quote | ({"fee": booking.fee} if booking.fee else {})
        if paid:
            derivation |= {"paid": paid}
        charges.append(
            ChargeDraft(
                booking.startup_id, "booking", "booking", booking.booking_id, None, booking.resource_id,
                start.date(), end.date(), hours.quantize(Decimal("0.0001")), "hour",
                Decimal(booking.quote["unit_price"]), booking.price_minor, booking.currency, derivation, description,
            )
        )  # fmt: skip
    return charges


def is_billed(charge: ChargeDraft) -> bool:
    """Whether it is a reason for an invoice: something is to pay, or a voucher has paid, which the invoice proves."""
    return charge.gross_minor > 0 or charge.borne is not None


def tax_charge(charge: ChargeDraft, taxes: Taxes) -> ChargeDraft:
    """The charge with what of it is VAT, by the rate of its last day; put on top where its price is without.

    1,000.00 of rent at 9 %: 82.57 of it; agreed without VAT: 1,090.00, of which 90.00. Where nobody has entered a rate
    it stays as it is, with no tax said.
    """
    found = taxes.rate_on(charge.kind, charge.ends_on)
    if found is None:
        return charge
    said = {"rate": format(found.rate, "f"), "source": found.source}
    if not charge.derivation.get(WITHOUT_TAX):
        tax_minor = tax_within(charge.gross_minor, found.rate)
        return replace(charge, tax_rate=found.rate, tax_minor=tax_minor, derivation=charge.derivation | {"tax": said})
    tax_minor = tax_on_top(charge.gross_minor, found.rate)
    return replace(
        charge, gross_minor=charge.gross_minor + tax_minor, tax_rate=found.rate, tax_minor=tax_minor,
        derivation=charge.derivation | {"tax": said | {"on_minor": charge.gross_minor}},
    )  # fmt: skip


class TaxSum(Struct, frozen=True):
    """What some lines of one rate come to, and what of it is VAT; both signed."""

    rate: Decimal
    net_minor: int
    tax_minor: int


def sum_taxes(lines: Iterable[tuple[Decimal | None, int, int | None]]) -> list[TaxSum]:
    """By rate, the highest first, from (rate, net, tax) of each line; lines that nobody has said the tax of are left
    out, and rates of which nothing is to pay."""
    sums: dict[Decimal, tuple[int, int]] = {}
    for percent, net, tax in lines:
        if percent is not None and tax is not None:
            nets, taxes = sums.get(percent, (0, 0))
            sums[percent] = nets + net, taxes + tax
    return [TaxSum(each, *sums[each]) for each in sorted(sums, reverse=True) if any(sums[each])]


def _wall(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def named(by: SchemeRule) -> dict[str, Any]:
    """What every decision says of the version that made it."""
    return {"scheme": by.code, "scheme_name": by.name, "scheme_name_en": by.name_en, "version": by.version,
            "source": by.source}  # fmt: skip


class Given(Struct, frozen=True):
    """One decision on a line, with the version that made it."""

    draft: DecisionDraft

    @property
    def by(self) -> SchemeRule:
        return self.draft.by

    @property
    def derivation(self) -> dict[str, Any]:
        """The draft's derivation, with the scheme and its source."""
        return named(self.by) | self.draft.derivation


class Correction(Struct, frozen=True):
    """A decision that adjusts one of a posted charge, or takes back what an authority doesn't bear of it, and stands on
    no invoice yet; `amount_minor` is signed."""

    decision_id: int
    amount_minor: int
    base_minor: int
    derivation: dict[str, Any]
    charge: ChargeDraft
    """Of gross 0, with the names of the charge that it corrects."""
    month: Month
    """The corrected charge's."""
    written_at: datetime
    outcome: str = "adjusted"


class LineDraft(Struct, frozen=True):
    """One line: gross = subsidy + net. One that corrects an earlier line has no gross: −360.00 subsidy, 360.00 net."""

    charge: ChargeDraft
    given: tuple[Given, ...]
    correction: Correction | None = None

    @property
    def subsidy_minor(self) -> int:
        corrected = self.correction.amount_minor if self.correction else 0
        return corrected + sum(given.draft.amount_minor for given in self.given)

    @property
    def net_minor(self) -> int:
        return self.charge.gross_minor - self.subsidy_minor

    @property
    def tax_minor(self) -> int | None:
        """What of the net is VAT, at the charge's rate; None: nobody has said how it is taxed."""
        rate = self.charge.tax_rate
        if rate is None:
            return None
        return self.charge.tax_minor if self.subsidy_minor == 0 else tax_within(self.net_minor, rate)


class InvoiceDraft(Struct, frozen=True):
    """All lines of one startup."""

    startup_id: int
    lines: tuple[LineDraft, ...]

    @property
    def gross_minor(self) -> int:
        return sum(line.charge.gross_minor for line in self.lines)

    @property
    def subsidy_minor(self) -> int:
        return sum(line.subsidy_minor for line in self.lines)

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.subsidy_minor

    @property
    def taxes(self) -> list[TaxSum]:
        """What of the net is VAT, by rate."""
        return sum_taxes((line.charge.tax_rate, line.net_minor, line.tax_minor) for line in self.lines)


def item_of(key: int, charge: ChargeDraft, month: Month) -> Item:
    """A charge as the engine sees it."""
    area = charge.derivation.get("area_m2")
    if area is None and charge.basis == "m2_month":
        area = charge.quantity
    hours = charge.quantity if charge.basis == "hour" else None
    return Item(key, charge.kind, charge.gross_minor, month, charge.starts_on, charge.ends_on,
                charge.description.get("unit_kind"), None if area is None else Decimal(area), hours)  # fmt: skip


def assemble(
    party: Party, charges: Sequence[ChargeDraft], schemes: Sequence[SchemeRule], tally: Tally
) -> InvoiceDraft:
    """The invoice of one startup: each scheme in turn, on what the ones before it left to pay."""
    assert party.startup_id is not None, "a startup is billed"
    given: list[list[Given]] = [[] for _ in charges]
    asked = [(key, each) for key, each in enumerate(charges) if not each.derivation.get(UNSUBSIDISED)]
    for draft in rate(party, [item_of(key, each, party.month) for key, each in asked], schemes, tally):
        given[draft.key].append(Given(draft))
    lines = tuple(LineDraft(c, tuple(g)) for c, g in zip(charges, given, strict=True))
    return InvoiceDraft(party.startup_id, lines)


def take_corrections(
    net_minor: int, waiting: Iterable[Correction]
) -> tuple[list[Correction], list[Correction]]:  # fmt: skip
    """What an invoice of so much net carries of what waits, and what waits on.

    All that is taken back; of what is in the startup's favour, in order, each that leaves no less than 0 to pay: with
    500.00 to pay, of +300.00, +250.00 and +200.00 the first and the last.
    """
    waiting = list(waiting)
    left = net_minor - sum(each.amount_minor for each in waiting if each.amount_minor < 0)
    taken, waits = [], []
    for each in waiting:
        if each.amount_minor > left:
            waits.append(each)
            continue
        taken.append(each)
        left -= max(0, each.amount_minor)
    return taken, waits


def correct(invoice: InvoiceDraft, corrections: Iterable[Correction]) -> InvoiceDraft:
    """The invoice with a line for each."""
    return InvoiceDraft(invoice.startup_id, (*invoice.lines, *(LineDraft(c.charge, (), c) for c in corrections)))


def fingerprint(invoices: Iterable[InvoiceDraft], parties: Iterable[Sequence[str | None]] = ()) -> str:
    """Changes with anything that posting would write: what was shown is what is posted, or nothing is.

    `parties` are the names that the invoices copy: a booking moved to another room at the same price, or a startup
    renamed, is another invoice too.
    """
    said = [
        [invoice.startup_id, [[_values(line.charge), [_said(given) for given in line.given], line.subsidy_minor]
                              for line in invoice.lines]]
        for invoice in invoices
    ]
    return hashlib.sha256(canonical_json([said, list(parties)])).hexdigest()


def _values(charge: ChargeDraft) -> dict[str, Any]:
    return {name: getattr(charge, name) for name in charge.__struct_fields__}


def _said(given: Given) -> list[Any]:
    draft = given.draft
    amounts = [draft.base_minor, draft.amount_minor, draft.held_minor]
    return [given.by.version_id, draft.outcome, *amounts, given.derivation]


def invoice_number(series: str, year: int, number: int) -> str:
    """As printed: INV-2026-000042."""
    return f"{series}-{year}-{number:06}"
