"""The annex to a subsidy claim: what each scheme bore for whom, from posted decisions alone. Pure.

An annex is not computed anew: every amount in it stands on a posted invoice. October 2026 of the example, under
scheme Y: A 1,620.00 and B 1,434.58, together 3,054.58; team C's two desks are refused and listed with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from incubator.billing.models import Invoice
from incubator.billing.queries.credit_notes import CreditedDecision, note_number
from incubator.billing.queries.invoices import PostedInvoice, PostedLine
from incubator.subsidies.models import Decision

NOT_COVERED = "not_covered"
GIVEN = ("granted", "capped", "adjusted", "credited", "ruled")
"""What is claimed, and what is given back or claimed late of earlier months, by credit notes or because the authority
doesn't bear it, with its sign."""


class Name(Struct, frozen=True):
    """A name in two scripts, for the `named` filter."""

    name: str
    name_en: str


class AnnexLine(Struct, frozen=True):
    """One charge under one scheme: the base, the rate, what was borne or why not, and the invoice it stands on."""

    invoice_id: int
    invoice_number: str
    charge_kind: str
    description: dict[str, Any]
    starts_on: date
    ends_on: date
    base_minor: int
    rate: Decimal | None
    """None where the scheme refused before any rate came into it."""
    amount_minor: int
    outcome: str
    derivation: dict[str, Any]


class AnnexStartup(Struct, frozen=True):
    """A startup under one scheme, with its name as it was when the invoice was posted."""

    code: str
    name: Name
    kind: str
    credit_code: str | None
    lines: tuple[AnnexLine, ...]

    @property
    def base_minor(self) -> int:
        return sum(line.base_minor for line in self.lines)

    @property
    def amount_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


class AnnexScheme(Struct, frozen=True):
    """One scheme's part of the claim."""

    code: str
    name: Name
    versions: tuple[int, ...]
    sources: tuple[str, ...]
    given: tuple[AnnexStartup, ...]
    """Who was subsidised, with those lines only."""
    refused: tuple[AnnexStartup, ...]
    """Whose charges are of a covered kind and got nothing, with the reasons."""
    not_covered: int
    """Charges of kinds that the scheme does not cover: counted, not listed."""

    @property
    def base_minor(self) -> int:
        return sum(startup.base_minor for startup in self.given)

    @property
    def amount_minor(self) -> int:
        return sum(startup.amount_minor for startup in self.given)


class Annex(Struct, frozen=True):
    """What a month's posted invoices say, by scheme."""

    schemes: tuple[AnnexScheme, ...]
    invoices: int
    gross_minor: int
    subsidy_minor: int
    net_minor: int
    currency: str

    @property
    def amount_minor(self) -> int:
        return sum(scheme.amount_minor for scheme in self.schemes)

    @property
    def adds_up(self) -> bool:
        """The decisions listed here are the whole of the subsidy on the invoices."""
        return self.amount_minor == self.subsidy_minor


def assemble_annex(posted: Sequence[PostedInvoice], credited: Sequence[CreditedDecision] = ()) -> Annex:
    """Group the decisions behind a month's invoices, and what credit notes take back, by scheme and startup."""
    found: dict[str, list[tuple[Invoice, AnnexLine]]] = defaultdict(list)
    for each in posted:
        for line in each.lines:
            for decision in line.decisions:
                found[decision.derivation["scheme"]].append((each.invoice, _line(each, line, decision)))
    for taken in credited:
        if taken.decision is not None:
            credit = _credited(taken, taken.decision)
            found[taken.decision.derivation["scheme"]].append((taken.invoice, credit))
    invoices = [each.invoice for each in posted]
    notes = {each.note.id: each.note for each in credited}.values()
    return Annex(
        tuple(_scheme(code, lines) for code, lines in sorted(found.items())),
        len(invoices),
        sum(invoice.gross_minor for invoice in invoices) - sum(note.gross_minor for note in notes),
        sum(invoice.subsidy_minor for invoice in invoices) - sum(note.subsidy_minor for note in notes),
        sum(invoice.net_minor for invoice in invoices) - sum(note.net_minor for note in notes),
        invoices[0].currency if invoices else "CNY",
    )


def _line(each: PostedInvoice, line: PostedLine, decision: Decision) -> AnnexLine:
    charge = line.charge
    rate = decision.derivation.get("rate")
    base_minor = 0 if decision.adjusts_id is not None else decision.base_minor  # it was claimed with the first
    return AnnexLine(
        each.invoice.id, each.number, charge.kind, line.line.description, charge.starts_on, charge.ends_on, base_minor,
        None if rate is None else Decimal(rate), decision.amount_minor, decision.outcome, decision.derivation,
    )  # fmt: skip


def _credited(taken: CreditedDecision, decision: Decision) -> AnnexLine:
    charge, derivation = taken.charge, decision.derivation
    rate = derivation.get("rate")
    said = derivation | {"credit_note_number": note_number(taken.note), "reason": taken.note.reason}
    return AnnexLine(
        taken.invoice.id, note_number(taken.note), charge.kind, taken.description, charge.starts_on, charge.ends_on, 0,
        None if rate is None else Decimal(rate), taken.amount_minor, "credited", said,
    )  # fmt: skip


def _scheme(code: str, lines: Sequence[tuple[Invoice, AnnexLine]]) -> AnnexScheme:
    derivations = [line.derivation for _, line in lines]
    last = derivations[-1]
    return AnnexScheme(
        code,
        Name(last["scheme_name"], last["scheme_name_en"]),
        tuple(sorted({derivation["version"] for derivation in derivations})),
        tuple(dict.fromkeys(derivation["source"] for derivation in derivations)),
        _startups((each, line) for each, line in lines if line.outcome in GIVEN),
        _startups((each, line) for each, line in lines if line.outcome == "refused"),
        sum(line.outcome == NOT_COVERED for _, line in lines),
    )


def _startups(lines: Iterable[tuple[Invoice, AnnexLine]]) -> tuple[AnnexStartup, ...]:
    """By startup, in the order of their codes."""
    grouped: dict[int, list[AnnexLine]] = defaultdict(list)
    parties: dict[int, dict[str, Any]] = {}
    for each, line in lines:
        grouped[each.startup_id].append(line)
        parties[each.startup_id] = each.parties["startup"]
    made = [
        AnnexStartup(
            parties[startup]["code"], Name(parties[startup]["name"], parties[startup]["name_en"]),
            parties[startup]["kind"], parties[startup]["credit_code"], tuple(found),
        )
        for startup, found in grouped.items()
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda startup: startup.code))
