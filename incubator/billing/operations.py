"""Posting a month: charges, decisions and invoices, written once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Operator
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.billing.drafts import Draft, draft_month
from incubator.billing.models import Charge, Invoice, InvoiceLine, NumberSeries
from incubator.billing.rules import DUE_DAYS, InvoiceDraft, invoice_number
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.money import Money
from incubator.core.periods import Month
from incubator.database import current_operator
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Startup
from incubator.subsidies.models import Budget, Scheme
from incubator.subsidies.operations.schemes import record_decisions

SERIES = "INV"


def post_month(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    site_id: int,
    month: Month,
    shown: str | None = None,
) -> list[Invoice]:
    """Post what the month's draft says, with the next numbers of the operator's series of the year, without a gap.

    Only a month that has ended in the site's zone is posted. `shown` is the fingerprint of the draft that the person
    saw: where it has changed since, nothing is posted. Posting again posts what is new, or says that nothing is.
    """
    actor.require(Action.POST_INVOICES)
    site = get_site(session, actor, site_id)
    issued_on = now.astimezone(ZoneInfo(site.zone)).date()
    _lock(session, site)
    series = _lock_series(session, issued_on.year)
    draft = draft_month(session, actor, site_id, month)  # under the locks: nobody else posts meanwhile
    _check(draft, now, shown)
    invoices = _write_invoices(session, actor, draft, series, issued_on, now)
    charge_ids = _write_charges(session, draft, now)
    _write_lines(session, draft, invoices, charge_ids)
    record_decisions(session, _decisions(draft, charge_ids, now))
    after = {
        "site": site.code, "month": str(month), "invoices": len(invoices), "gross_minor": draft.gross_minor,
        "subsidy_minor": draft.subsidy_minor, "net_minor": draft.net_minor,
        "first": invoice_number(SERIES, issued_on.year, invoices[0].number),
        "last": invoice_number(SERIES, issued_on.year, invoices[-1].number),
    }  # fmt: skip
    record(session, actor, "post_month", ("sites", site.id), now=now, after=after)
    return invoices


def _lock(session: Session, site: Site) -> None:
    """The site, every scheme and every budget, in this order: two postings never charge one thing twice, nor use one
    cap or budget twice.

    The series' row alone would not do: of two postings at midnight of New Year each takes another year's.
    """
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))
    session.execute(select(Scheme.id).order_by(Scheme.id).with_for_update(key_share=True))
    session.execute(select(Budget.id).order_by(Budget.id).with_for_update(key_share=True))


def _lock_series(session: Session, year: int) -> NumberSeries:
    operator_id = current_operator(session)
    row = {"operator_id": operator_id, "series": SERIES, "year": year, "last_number": 0}
    session.execute(upsert(NumberSeries).values(row).on_conflict_do_nothing())
    return session.execute(
        select(NumberSeries)
        .where(NumberSeries.series == SERIES, NumberSeries.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


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
    invoices = []
    for offset, each in enumerate(draft.invoices, start=1):
        invoices.append(
            Invoice(
                site_id=draft.site.id, startup_id=each.startup_id, month=draft.month.first, series=SERIES,
                year=issued_on.year, number=series.last_number + offset, issued_on=issued_on,
                due_on=issued_on + timedelta(days=DUE_DAYS), gross_minor=each.gross_minor,
                subsidy_minor=each.subsidy_minor, net_minor=each.net_minor, currency=draft.currency,
                parties=_parties(operator, draft.site, draft.startups[each.startup_id]), posted_at=now,
                posted_by=actor.person_id,
            )
        )  # fmt: skip
    series.last_number += len(invoices)
    session.add_all(invoices)
    session.flush()
    return invoices


def _parties(operator: Operator, site: Site, startup: Startup) -> dict[str, Any]:
    return {
        "operator": {"name": operator.name, "name_en": operator.name_en, "credit_code": operator.credit_code,
                     "address": operator.address},
        "site": {"code": site.code, "name": site.name, "name_en": site.name_en, "address": site.address},
        "startup": {"code": startup.code, "name": startup.name, "name_en": startup.name_en, "kind": startup.kind,
                    "credit_code": startup.credit_code},
    }  # fmt: skip


def _write_charges(session: Session, draft: Draft, now: datetime) -> list[int]:
    operator_id = current_operator(session)
    values = [
        {
            "operator_id": operator_id, "site_id": draft.site.id, "startup_id": charge.startup_id,
            "month": draft.month.first, "kind": charge.kind, "source_kind": charge.source_kind,
            "source_id": charge.source_id, "unit_id": charge.unit_id, "resource_id": charge.resource_id,
            "starts_on": charge.starts_on, "ends_on": charge.ends_on, "quantity": charge.quantity,
            "basis": charge.basis, "unit_price": charge.unit_price, "gross_minor": charge.gross_minor,
            "currency": charge.currency, "derivation": charge.derivation, "created_at": now,
        }
        for invoice in draft.invoices
        for charge in (line.charge for line in invoice.lines)
    ]  # fmt: skip
    return list(session.execute(insert(Charge).returning(Charge.id, sort_by_parameter_order=True), values).scalars())


def _write_lines(session: Session, draft: Draft, invoices: Sequence[Invoice], charge_ids: Sequence[int]) -> None:
    operator_id = current_operator(session)
    ids = iter(charge_ids)
    values = [
        {
            "operator_id": operator_id, "invoice_id": invoice.id, "line": number, "charge_id": next(ids),
            "description": line.charge.description, "gross_minor": line.charge.gross_minor,
            "subsidy_minor": line.subsidy_minor, "net_minor": line.net_minor,
        }
        for invoice, each in zip(invoices, draft.invoices, strict=True)
        for number, line in enumerate(each.lines, start=1)
    ]  # fmt: skip
    session.execute(insert(InvoiceLine), values)


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
