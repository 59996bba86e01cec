"""Posting a month: charges, decisions and invoices, written once; and what corrects them by what is known later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import any_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.corrections import Finding, find_corrections
from incubator.billing.corrections import fingerprint as findings_print
from incubator.billing.drafts import Draft, draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.operations.approvals import require_approval
from incubator.billing.operations.booking import book_invoices
from incubator.billing.operations.numbering import INVOICES as SERIES
from incubator.billing.operations.numbering import lock_series
from incubator.billing.operations.parties import parties_of
from incubator.billing.operations.telling import tell_founders
from incubator.billing.rules.invoicing import DUE_DAYS, InvoiceDraft, invoice_number, named
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Month
from incubator.core.texts import one_line
from incubator.database import current_operator, id_array, insert_numbered, insert_rows
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.spaces.queries import get_site
from incubator.startups.queries import get_startup
from incubator.subsidies.models import Decision
from incubator.subsidies.operations.locking import lock_for_giving
from incubator.subsidies.operations.schemes import record_decisions
from incubator.subsidies.operations.voucher_sources import Charged, redeem_charged

STEPS = 10
"""Of a posting, of about the same length: the draft is four of them, the books two."""


def _unsaid(_done: int, _total: int) -> None:
    """For who doesn't ask how far it is."""


def post_month(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    month: Month,
    shown: str | None = None,
    progress: Callable[[int, int], None] = _unsaid,
) -> list[Invoice]:
    """Post what the month's draft says, with the next numbers of the operator's series of the year, without a gap.

    Only a month that has ended in the site's zone is posted. `shown` is the fingerprint of the draft that the person
    saw: where it has changed since, nothing is posted. Posting again posts what is new, or says that nothing is.
    What vouchers bear of bookings is redeemed by it. Where the operator wants it, another person has approved just that
    draft before. `progress(done, total)` is told how far it is.
    """
    actor.require(Action.POST_INVOICES)
    site = get_site(session, actor, site_id)
    issued_on = now.astimezone(ZoneInfo(site.zone)).date()
    lock_for_giving(session, [site.id])
    series = lock_series(session, SERIES, issued_on.year)  # of two at midnight of New Year each takes another year's
    progress(0, STEPS)
    draft = draft_month(session, actor, site_id, month)  # under the locks: nobody else posts meanwhile
    _check(draft, now, shown)
    if draft.needs_approval:
        require_approval(session, "month_run", site.id, draft.fingerprint)
    progress(4, STEPS)
    invoices = _write_invoices(session, actor, draft, series, issued_on, now)
    charge_ids = _write_charges(session, draft, now)
    progress(6, STEPS)
    _write_lines(session, draft, invoices, charge_ids)
    record_decisions(session, _decisions(draft, charge_ids, now))
    borne = redeem_charged(session, actor, now=now, charged=list_borne_charges(draft, invoices, charge_ids))
    progress(7, STEPS)
    book_invoices(session, actor, invoices, now=now)
    progress(9, STEPS)
    tell_founders(session, now=now, kind="invoices", posted=[(each.startup_id, each.id) for each in invoices])
    after: dict[str, Any] = {
        "site": site.code, "month": str(month), "invoices": len(invoices), "gross_minor": draft.gross_minor,
        "subsidy_minor": draft.subsidy_minor, "net_minor": draft.net_minor,
        "first": invoice_number(SERIES, issued_on.year, invoices[0].number),
        "last": invoice_number(SERIES, issued_on.year, invoices[-1].number),
    }  # fmt: skip
    corrections = sum(line.correction is not None for invoice in draft.invoices for line in invoice.lines)
    if corrections:
        after["corrections"] = corrections
    if draft.excluded:
        after["excluded"] = [draft.startups[each.exclusion.startup_id].code for each in draft.excluded]
    if borne:
        after["covered_minor"] = borne
    record(session, actor, "post_month", ("sites", site.id), now=now, after=after)
    return invoices


def rerate_startup(
    session: Session, actor: Actor, *, now: datetime, startup_id: int, reason: str, shown: str | None = None
) -> list[Decision]:
    """Write what corrects the subsidies on a startup's posted charges by what is known now, each as a decision that
    points at the first; the next invoice carries them as lines. Where all is right, nothing is written.

    `shown` is the fingerprint of what the person saw. The charges themselves stay as they were posted.
    """
    actor.require(Action.POST_INVOICES)
    startup = get_startup(session, actor, startup_id)
    reason = one_line(reason, "reason", LONGEST_TEXT)
    if not reason:
        raise Refusal(N_("Say what has become known, and from where."), field="reason")
    sites = select(Charge.site_id).where(Charge.startup_id == startup.id).distinct()
    lock_for_giving(session, session.execute(sites).scalars().all())
    found = find_corrections(session, [startup.id]).get(startup.id, [])
    if shown is not None and shown != findings_print(found):
        raise Conflict(N_("The corrections have changed since you saw them. Look again, then write them."))
    rows = [_adjusting(each, reason, now) for each in found]
    record_decisions(session, rows)
    if rows:
        after = {"reason": reason, "corrections": len(rows), "subsidy_minor": sum(row["amount_minor"] for row in rows),
                 "scheme": ", ".join(sorted({row["derivation"]["scheme"] for row in rows}))}  # fmt: skip
        record(session, actor, "rerate_startup", ("startups", startup.id), now=now, after=after)
    return list(session.execute(
        select(Decision).where(Decision.startup_id == startup.id, Decision.outcome == "adjusted")
        .order_by(Decision.id.desc()).limit(len(rows))
    ).scalars())[::-1]  # fmt: skip


def _adjusting(found: Finding, reason: str, now: datetime) -> dict[str, Any]:
    """The row that corrects a decision: what it was, what it is now and why, and which facts were known otherwise."""
    charge, adjustment = found.row.charge, found.adjustment
    draft, standing = adjustment.draft, adjustment.standing
    said = {
        "was_minor": adjustment.was_minor, "now_minor": adjustment.now_minor,
        "was": {"outcome": standing.outcome, "base_minor": standing.base_minor, "amount_minor": adjustment.was_minor},
        "now": {"outcome": draft.outcome.value, "base_minor": draft.base_minor, "amount_minor": adjustment.now_minor,
                "derivation": draft.derivation},
        "changed": [each.as_data() for each in adjustment.changed], "reason": reason, "kind": charge.kind,
    }  # fmt: skip
    return {
        "operator_id": charge.operator_id, "scheme_version_id": draft.by.version_id, "charge_id": charge.id,
        "startup_id": charge.startup_id, "site_id": charge.site_id, "month": charge.month, "outcome": "adjusted",
        "base_minor": draft.base_minor, "amount_minor": adjustment.amount_minor, "held_minor": adjustment.held_minor,
        "bearer": draft.by.rule.bearer.kind, "budget_id": standing.budget_id, "currency": charge.currency,
        "adjusts_id": standing.decision_id, "derivation": named(draft.by) | said, "created_at": now,
    }  # fmt: skip


def _check(draft: Draft, now: datetime, shown: str | None) -> None:
    if not draft.is_over(now):
        raise Refusal(N_("%(month)s has not ended yet; it can be posted from %(day)s on."), month=str(draft.month),
                      day=(draft.month + 1).first)  # fmt: skip
    if not draft.invoices:
        raise Conflict(N_("There is nothing to post: everything of this month is posted already."))
    if shown is not None and shown != draft.fingerprint:
        raise Conflict(
            N_("The draft has changed since you saw it: its net total is now %(net)s. Look again, then post."),
            net=Money(draft.net_minor, draft.currency),
        )


def _write_invoices(
    session: Session, actor: Actor, draft: Draft, series: NumberSeries, issued_on: date, now: datetime
) -> list[Invoice]:
    operator = session.execute(select(Operator)).scalar_one()
    values = [
        {
            "operator_id": operator.operator_id, "site_id": draft.site.id, "startup_id": each.startup_id,
            "month": draft.month.first, "series": SERIES, "year": issued_on.year,
            "number": series.last_number + offset, "issued_on": issued_on,
            "due_on": issued_on + timedelta(days=DUE_DAYS), "gross_minor": each.gross_minor,
            "subsidy_minor": each.subsidy_minor, "net_minor": each.net_minor, "currency": draft.currency,
            "parties": parties_of(operator, draft.site, draft.startups[each.startup_id]), "posted_at": now,
            "posted_by": actor.person_id,
        }
        for offset, each in enumerate(draft.invoices, start=1)
    ]  # fmt: skip
    series.last_number += len(values)
    session.flush()
    ids = insert_numbered(session, Invoice, values)
    written = select(Invoice).where(Invoice.id == any_(id_array(ids))).order_by(Invoice.number)
    return list(session.execute(written).scalars())


def _write_charges(session: Session, draft: Draft, now: datetime) -> list[int]:
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id, "site_id": draft.site.id, "startup_id": charge.startup_id,
            "month": draft.month.first, "kind": charge.kind, "source_kind": charge.source_kind,
            "source_id": charge.source_id, "unit_id": charge.unit_id, "resource_id": charge.resource_id,
            "starts_on": charge.starts_on, "ends_on": charge.ends_on, "quantity": charge.quantity,
            "basis": charge.basis, "unit_price": charge.unit_price, "gross_minor": charge.gross_minor,
            "tax_rate": charge.tax_rate, "tax_minor": charge.tax_minor, "currency": charge.currency,
            "derivation": charge.derivation, "round": charge.round, "created_at": now,
        }
        for invoice in draft.invoices
        for charge in (line.charge for line in invoice.lines)
    ]  # fmt: skip
    return insert_numbered(session, Charge, values)


def _write_lines(session: Session, draft: Draft, invoices: Sequence[Invoice], charge_ids: Sequence[int]) -> None:
    operator_id = current_operator(session)
    ids = iter(charge_ids)
    values = [
        {
            "operator_id": operator_id, "invoice_id": invoice.id, "line": number, "charge_id": next(ids),
            "description": line.charge.description, "gross_minor": line.charge.gross_minor,
            "subsidy_minor": line.subsidy_minor, "net_minor": line.net_minor, "tax_minor": line.tax_minor,
        }
        for invoice, each in zip(invoices, draft.invoices, strict=True)
        for number, line in enumerate(each.lines, start=1)
    ]  # fmt: skip
    insert_rows(session, InvoiceLine, values)


def list_borne_charges(draft: Draft, invoices: Sequence[Invoice], charge_ids: Sequence[int]) -> list[Charged]:
    """The posted charges that vouchers bear a part of, each with the invoice that it stands on."""
    ids = iter(charge_ids)
    return [
        Charged(charge.source_id, borne["order_id"], charge_id, invoice_number(invoice.series, invoice.year,
                invoice.number), charge.shared_minor, borne["value_minor"], charge.starts_on)
        for invoice, each in zip(invoices, draft.invoices, strict=True)
        for charge, charge_id in [(line.charge, next(ids)) for line in each.lines]
        if (borne := charge.borne) is not None
    ]  # fmt: skip


def _decisions(draft: Draft, charge_ids: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    ids = iter(charge_ids)
    rows: list[dict[str, Any]] = []
    for invoice in draft.invoices:
        rows.extend(_decisions_of(draft, invoice, [next(ids) for _ in invoice.lines], now))
    return rows


def _decisions_of(draft: Draft, invoice: InvoiceDraft, ids: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    operator_id = draft.site.operator_id
    return [
        {
            "operator_id": operator_id, "scheme_version_id": given.by.version_id, "charge_id": charge_id,
            "startup_id": invoice.startup_id, "site_id": draft.site.id, "month": draft.month.first,
            "outcome": given.draft.outcome.value, "base_minor": given.draft.base_minor,
            "amount_minor": given.draft.amount_minor, "held_minor": given.draft.held_minor,
            "bearer": given.by.rule.bearer.kind, "budget_id": given.by.budget.budget_id if given.by.budget else None,
            "currency": draft.currency, "derivation": given.derivation, "created_at": now,
        }
        for charge_id, line in zip(ids, invoice.lines, strict=True)
        for given in line.given
    ]  # fmt: skip
