"""Providers are settled with: a numbered list of what was redeemed with them, each line with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.accounts.queries import get_operator
from incubator.audit.operations import record
from incubator.core.canonical import canonical_json, plain
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.documents.operations import file_document
from incubator.documents.pdf import render
from incubator.pricing.rules import check_day
from incubator.subsidies.models import ServiceProvider, VoucherSettlement
from incubator.subsidies.operations.voucher_ledger import lock_vouchers, next_number, write_entry
from incubator.subsidies.queries.voucher_ledger import Payable, list_payable
from incubator.subsidies.queries.voucher_settlements import Deduction, list_deductions
from incubator.subsidies.queries.vouchers import get_provider
from incubator.subsidies.rules.vouchers import take_deductions
from incubator.subsidies.settlement_paper import settlement_data, write_settlement

TITLE = "创新券结算清单"
"""As the paper has it."""
MOST_LINES = 2_000


def check_period(first: date, last: date, today: date) -> None:
    """Refusal unless the days can be settled: they are over, or today's."""
    check_day(first, "first")
    check_day(last, "last")
    if last < first:
        raise Refusal(N_("The last day comes before the first."), field="last")
    if last > today:
        raise Refusal(N_("These days are not over yet."), field="last")


def make_settlement(
    session: Session, actor: Actor, *, now: datetime, provider_id: int, first: date, last: date, expected_minor: int
) -> VoucherSettlement:
    """Settle what was redeemed with a provider on some days: the list is kept as PDF and workbook, with its hash.

    A redemption is in one list at the most. What was taken back of earlier lists is deducted, as far as this one leaves
    nothing below zero to pay; the rest waits for the next. `expected_minor` is the sum that was shown: where it is
    another by now, nothing is made.
    """
    actor.require(Action.MANAGE_SCHEMES)
    today = now.astimezone(CHINA).date()
    check_period(first, last, today)
    provider = get_provider(session, actor, provider_id, for_update=True)
    vouchers = lock_vouchers(session, {
        *(each.voucher.id for each in list_payable(session, provider.id, first, last)),
        *(each.voucher.id for each in list_deductions(session, provider.id)),
    })  # fmt: skip
    lines = list_payable(session, provider.id, first, last)
    deductions = deductions_for(session, provider.id, lines)
    total = sum(each.net_minor for each in lines) - sum(each.entry.amount_minor for each in deductions)
    if not lines:
        raise Conflict(N_("Nothing is to be settled for these days."), field="last")
    if len(lines) > MOST_LINES:
        raise Refusal(N_("These are too many lines for one list; choose fewer days."), field="last")
    touched = {*(each.voucher.id for each in lines), *(one.voucher.id for one in deductions)}
    if total != expected_minor or not touched <= set(vouchers):
        raise Conflict(N_("It is another sum by now. Look at the list again."))
    number = next_number(session, VoucherSettlement, today.year)
    settlement = VoucherSettlement(
        year=today.year, number=number, provider_id=provider.id, first_on=first, last_on=last, total_minor=total,
        made_at=now, made_by=actor.person_id,
    )  # fmt: skip
    content = _content(session, settlement, provider, lines, deductions, today)
    settlement.content, settlement.sha256 = content, hashlib.sha256(canonical_json(content)).digest()
    papers = {"pdf": render("subsidies/settlement.typ", settlement_data(settlement)),
              "xlsx": write_settlement(content, settlement.sha256.hex())}  # fmt: skip
    settlement.pdf_id, settlement.workbook_id = (
        file_document(
            session, actor, now=now, kind="other", title=f"{TITLE} {settlement.label} {provider.name}"[:100],
            startup_id=None, audience="restricted", name=f"{settlement.label}.{ending}", content=paper,
        ).id
        for ending, paper in papers.items()
    )  # fmt: skip
    session.add(settlement)
    session.flush()
    for each in lines:
        write_entry(session, actor, vouchers[each.voucher.id], "settle", each.net_minor, now=now, of_id=each.entry.id,
                    settlement_id=settlement.id)  # fmt: skip
    for one in deductions:
        write_entry(session, actor, vouchers[one.voucher.id], "deduct", one.entry.amount_minor, now=now,
                    of_id=one.entry.id, settlement_id=settlement.id)  # fmt: skip
    after = {"number": settlement.label, "provider": provider.name, "from": first, "last_on": last,
             "total_minor": total, "count": len(lines), "sha256": settlement.sha256}  # fmt: skip
    record(session, actor, "settle_vouchers", ("voucher_settlements", settlement.id), now=now, after=after)
    return settlement


def deductions_for(session: Session, provider_id: int, lines: Sequence[Payable]) -> list[Deduction]:
    """Which of what was taken back a list of these lines carries."""
    found = list_deductions(session, provider_id)
    taken = take_deductions(sum(each.net_minor for each in lines), [each.entry.amount_minor for each in found])
    return [each for each, is_taken in zip(found, taken, strict=True) if is_taken]


def _content(
    session: Session, settlement: VoucherSettlement, provider: ServiceProvider, lines: Sequence[Payable],
    deductions: Sequence[Deduction], today: date,
) -> dict[str, Any]:  # fmt: skip
    operator = get_operator(session)
    return dict(plain({
        "number": settlement.label, "operator": operator.name, "operator_code": operator.credit_code or "",
        "provider": provider.name, "provider_code": provider.credit_code or "", "bank": provider.bank,
        "account": provider.account, "first": settlement.first_on, "last": settlement.last_on, "on": today,
        "total_minor": settlement.total_minor,
        "lines": [
            {
                "on": each.entry.happened_on, "order": each.order.label, "voucher": each.voucher.label,
                "series": each.series.name, "startup": each.startup.name, "title": each.order.title,
                "gross_minor": each.entry.gross_minor, "amount_minor": each.net_minor,
                "evidence": each.document.title, "evidence_id": each.document.id, "sha256": each.file.sha256,
            }
            for each in lines
        ],
        "deductions": [
            {
                "on": each.entry.happened_on, "settlement": each.settlement.label, "order": each.order.label,
                "redeemed_on": each.redemption.happened_on, "voucher": each.voucher.label,
                "startup": each.startup.name, "title": each.order.title, "amount_minor": each.entry.amount_minor,
                "reason": each.entry.reason,
            }
            for each in deductions
        ],
    }))  # fmt: skip
