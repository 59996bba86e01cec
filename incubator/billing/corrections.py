"""What a startup's posted charges would be given by what is known now: its history read, and rated once more."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from incubator.billing.models import Charge, CreditNoteLine, Invoice, InvoiceLine
from incubator.billing.queries.runs import correction_taken_back
from incubator.billing.rerating import Adjustment, Posting, Standing, rerate
from incubator.billing.rules.invoicing import (
    ADJUSTMENT,
    UNSUBSIDISED,
    ChargeDraft,
    Correction,
    invoice_number,
    item_of,
)
from incubator.core.canonical import canonical_json
from incubator.core.periods import Month
from incubator.subsidies.models import Decision, Scheme, SchemeVersion
from incubator.subsidies.queries.active import load_budgets, scheme_rule
from incubator.subsidies.queries.facts import Place, load_parties_of
from incubator.subsidies.queries.used import load_shared
from incubator.subsidies.rules.engine import Budget, Party, SchemeRule, asked_of

BY_INVOICE = ("adjusted", "ruled")
"""Outcomes of later decisions that the next invoice carries; what a credit note takes back stands on that."""


class Row(Struct, frozen=True):
    """A posted charge with the invoice that it stands on."""

    charge: Charge
    description: dict[str, Any]
    invoice: Invoice

    @property
    def number(self) -> str:
        """The invoice's, as printed."""
        return invoice_number(self.invoice.series, self.invoice.year, self.invoice.number)

    @property
    def place(self) -> Place:
        """The site and month whose facts it is rated by."""
        return self.charge.site_id, Month.of(self.charge.month)


class Finding(Struct, frozen=True):
    """An adjustment that nobody has written yet, with the charge and the invoice that it is of."""

    row: Row
    adjustment: Adjustment


def find_corrections(session: Session, startup_ids: Collection[int]) -> dict[int, list[Finding]]:
    """By startup what would be adjusted now, in the order of posting; those for whom all is right are left out.

    Nineteen statements at most, however many startups and months.
    """
    rows = list_rows(session, startup_ids)
    decisions = _list_decisions(session, startup_ids)
    rules = _load_rules(session, [each for found in decisions.values() for each in found])
    places: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        places[row.place].append(row)
    schemes = {place: _schemes(rules, _of(found, decisions)) for place, found in places.items()}
    startups = {place: {row.charge.startup_id for row in found} for place, found in places.items()}
    parties = load_parties_of(session, startups, asked_of([each for found in schemes.values() for each in found]))
    tally = load_shared(session, {
        place: ([each for each in found if _asks_others(each)], parties[place].values())
        for place, found in schemes.items()
    })  # fmt: skip
    kept = _list_kept(session, startup_ids)
    by_startup: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_startup[row.charge.startup_id].append(row)
    corrections: dict[int, list[Finding]] = {}
    for startup_id, mine in by_startup.items():
        postings = _postings(mine, decisions, parties, rules, kept)
        of_charge = {row.charge.id: row for row in mine}
        adjusted = rerate(postings, tally.before, tally.persons)
        if adjusted:
            corrections[startup_id] = [Finding(of_charge[each.charge_id], each) for each in adjusted]
    return corrections


def fingerprint(corrections: Iterable[Finding]) -> str:
    """Changes with anything that would be written: what was shown is what is written, or nothing is."""
    said = [
        [each.adjustment.standing.decision_id, each.adjustment.was_minor, each.adjustment.amount_minor,
         each.adjustment.held_minor, each.adjustment.draft.derivation]
        for each in corrections
    ]  # fmt: skip
    return hashlib.sha256(canonical_json(said)).hexdigest()


def list_rows(session: Session, startup_ids: Collection[int]) -> list[Row]:
    """All posted charges but adjustments, in the order of posting: an invoice's number in its table is given under the
    locks of posting."""
    rows = session.execute(
        select(Charge, InvoiceLine.description, Invoice)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Charge.startup_id.in_(sorted(startup_ids)), Charge.source_kind != ADJUSTMENT)
        .order_by(Invoice.id, InvoiceLine.line)
    ).all()
    return [Row(*row) for row in rows]


def _list_kept(session: Session, startup_ids: Collection[int]) -> dict[int, Fraction]:
    """What share of their charges credit notes have left, by charge; of those alone of which any took something."""
    rows = session.execute(
        select(Charge.id, Charge.gross_minor, func.sum(CreditNoteLine.gross_minor))
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .join(CreditNoteLine, and_(CreditNoteLine.invoice_id == InvoiceLine.invoice_id,
                                   CreditNoteLine.invoice_line == InvoiceLine.line))
        .where(Charge.startup_id.in_(sorted(startup_ids)), Charge.gross_minor > 0)
        .group_by(Charge.operator_id, Charge.id, Charge.gross_minor)
    ).all()  # fmt: skip
    return {charge_id: 1 - Fraction(int(credited), gross) for charge_id, gross, credited in rows}


def _list_decisions(session: Session, startup_ids: Collection[int]) -> dict[int, list[Decision]]:
    """By charge, the first one of each version before what adjusts it."""
    found: dict[int, list[Decision]] = defaultdict(list)
    for decision in session.execute(
        select(Decision).where(Decision.startup_id.in_(sorted(startup_ids))).order_by(Decision.id)
    ).scalars():
        found[decision.charge_id].append(decision)
    return found


class _Rules(Struct, frozen=True):
    versions: Mapping[int, SchemeRule]
    budgets: Mapping[int, Budget]

    def budget_of(self, first: Decision) -> Budget | None:
        """The budget that a decision drew on, as it was then: what gave at once did so after a closing."""
        if first.budget_id is None:
            return None
        return self.budgets[first.budget_id].at(None if first.amount_minor else first.created_at)


def _load_rules(session: Session, decisions: Sequence[Decision]) -> _Rules:
    """The versions that decided and the budgets that they drew on."""
    versions = session.execute(
        select(SchemeVersion, Scheme)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(SchemeVersion.id.in_(sorted({each.scheme_version_id for each in decisions})))
    ).all()
    budget_ids = sorted({each.budget_id for each in decisions if each.budget_id is not None})
    return _Rules({version.id: scheme_rule(version, scheme) for version, scheme in versions},
                  load_budgets(session, budget_ids))  # fmt: skip


def _of(rows: Iterable[Row], decisions: Mapping[int, Sequence[Decision]]) -> list[Decision]:
    return [each for row in rows for each in decisions.get(row.charge.id, ())]


def _schemes(rules: _Rules, decisions: Iterable[Decision]) -> list[SchemeRule]:
    """The versions that made some decisions, each with the budget that it drew on."""
    firsts = {each.scheme_version_id: each for each in decisions if each.adjusts_id is None}
    return [replace(rules.versions[version_id], budget=rules.budget_of(first)) for version_id, first in firsts.items()]


def _asks_others(scheme: SchemeRule) -> bool:
    """Whether what others have can matter: their own caps startups have for themselves."""
    shared = any(cap.per != "startup" for cap in scheme.rule.caps)
    return shared or scheme.budget is not None or scheme.rule.together.once is not None


def _postings(
    rows: Sequence[Row], decisions: Mapping[int, Sequence[Decision]],
    parties: Mapping[Place, Mapping[int, Party]], rules: _Rules, kept: Mapping[int, Fraction],
) -> list[Posting]:  # fmt: skip
    """One startup's invoices with what was decided on them."""
    invoices: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        invoices[row.invoice.id].append(row)
    postings = []
    given: dict[int, int] = defaultdict(int)
    for each in _of(rows, decisions):
        if each.budget_id is not None:
            given[each.budget_id] += each.amount_minor
    for invoice_id, found in invoices.items():
        party = parties[found[0].place][found[0].charge.startup_id]
        of_invoice = _of(found, decisions)
        schemes = [_as_reserved(each, party.startup_id or 0, given) for each in _schemes(rules, of_invoice)]
        asked = [row for row in found if not row.charge.derivation.get(UNSUBSIDISED)]
        items = tuple(item_of(row.charge.id, posted_draft(row.charge, row.description), party.month) for row in asked)
        postings.append(Posting(invoice_id, party, items, tuple(sorted(schemes, key=lambda each: each.turn)),
                                _standing(of_invoice, rules), kept))  # fmt: skip
    return postings


def _as_reserved(scheme: SchemeRule, startup_id: int, given: Mapping[int, int]) -> SchemeRule:
    """A reservation that was released takes nothing back: what was given of it counts as reserved."""
    budget = scheme.budget
    if budget is None or budget.mode != "reserved":
        return scheme
    mine = max(budget.reserved_minor.get(startup_id, 0), given[budget.budget_id])
    return replace(scheme, budget=replace(budget, reserved_minor={startup_id: mine}))


def _standing(decisions: Iterable[Decision], rules: _Rules) -> dict[tuple[int, int], Standing]:
    by_key: dict[tuple[int, int], list[Decision]] = defaultdict(list)
    for each in decisions:
        by_key[each.charge_id, each.scheme_version_id].append(each)
    return {key: _stands(found, rules.budget_of(found[0])) for key, found in by_key.items()}


def _stands(found: Sequence[Decision], budget: Budget | None) -> Standing:
    """The first decision and its adjustments, summed; its facts and words are those of the latest that has any."""
    first = found[0]
    last = next((each.derivation["now"] for each in reversed(found) if "now" in each.derivation), None)
    outcome, base, derivation = (
        (last["outcome"], last["base_minor"], first.derivation | last["derivation"])
        if last else (first.outcome, first.base_minor, first.derivation)
    )  # fmt: skip
    amount, held = sum(each.amount_minor for each in found), sum(each.held_minor for each in found)
    shared = None
    if budget is not None and budget.mode == "pro_rata" and budget.closed_at is not None:
        shares = [each for each in found if "closing" in each.derivation]
        shared = sum(each.amount_minor for each in shares), -sum(each.held_minor for each in shares)
    credits = sum(each.outcome == "credited" for each in found)
    return Standing(first.id, amount, held, derivation, outcome, base, first.budget_id, shared, credits,
                    _ruled_share(found))  # fmt: skip


def _ruled_share(found: Iterable[Decision]) -> Fraction:
    """Of 1,620.00 of which the authority refused 620.00, and of the rest wanted 250.00 back: 75/162."""
    share, amount = Fraction(1), 0
    for each in found:
        if each.outcome == "ruled" and amount:
            share *= Fraction(amount + each.amount_minor, amount)
        amount += each.amount_minor
    return share


def posted_draft(charge: Charge, description: dict[str, Any]) -> ChargeDraft:
    """A posted charge as it was before: `description` is its line's."""
    return ChargeDraft(
        charge.startup_id, charge.kind, charge.source_kind, charge.source_id, charge.unit_id, charge.resource_id,
        charge.starts_on, charge.ends_on, charge.quantity, charge.basis, charge.unit_price, charge.gross_minor,
        charge.currency, charge.derivation, description, charge.tax_rate, charge.tax_minor,
    )  # fmt: skip


def list_unbilled(session: Session, site_id: int) -> dict[int, list[Correction]]:
    """By startup the adjustments of a site's charges that stand on no invoice yet, as they were written; one statement.

    What only moves between held and given of nothing is no line of any invoice.
    """
    line = aliased(Charge)
    on_invoice = exists().where(line.source_kind == ADJUSTMENT, line.source_id == Decision.id,
                                ~correction_taken_back(line))  # fmt: skip
    rows = session.execute(
        select(Decision, Charge, InvoiceLine.description, Invoice)
        .join(Charge, Charge.id == Decision.charge_id)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Decision.adjusts_id.is_not(None), Decision.outcome.in_(BY_INVOICE), Decision.site_id == site_id,
               Decision.amount_minor != 0, ~on_invoice)
        .order_by(Decision.id)
    ).all()  # fmt: skip
    found: dict[int, list[Correction]] = defaultdict(list)
    for decision, charge, description, invoice in rows:
        corrects = {
            "invoice_id": invoice.id, "invoice": invoice_number(invoice.series, invoice.year, invoice.number),
            "month": invoice.month.isoformat(),
        }  # fmt: skip
        draft = replace(
            posted_draft(charge, description), source_kind=ADJUSTMENT, source_id=decision.id, quantity=Decimal(0),
            unit_price=Decimal(0), gross_minor=0, tax_minor=None if charge.tax_rate is None else 0,
            derivation={"corrects": corrects, "changed": decision.derivation.get("changed", []),
                        "reason": decision.derivation.get("reason", "")}
            | {name: said for name, said in decision.derivation.items() if name == "ruling"},
        )  # fmt: skip
        found[decision.startup_id].append(
            Correction(decision.id, decision.amount_minor, decision.base_minor, decision.derivation, draft,
                       Month.of(charge.month), decision.created_at, decision.outcome)
        )  # fmt: skip
    return found
