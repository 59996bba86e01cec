"""The draft of a month: computed from what is true now, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import any_, exists, func, or_, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.billing.anomalies import Anomaly, PostedCharge, find_anomalies
from incubator.billing.corrections import list_unbilled
from incubator.billing.metering import charge_meters, survey_meters
from incubator.billing.models import Charge, CreditNoteLine, Exclusion, Invoice, InvoiceLine
from incubator.billing.queries.notes_taken import sum_notes
from incubator.billing.queries.runs import (
    TAKEN_BACK,
    get_settings,
    list_exclusions,
    list_expired,
    list_one_offs,
    list_rounds,
)
from incubator.billing.rules.invoicing import (
    ADJUSTMENT,
    WITHOUT_TAX,
    ChargeDraft,
    Correction,
    FreeMonth,
    FreeTime,
    InvoiceDraft,
    Source,
    assemble,
    charge_bookings,
    charge_terms,
    correct,
    fingerprint,
    free_months,
    free_times,
    invoice_number,
    is_billed,
    take_corrections,
    tax_charge,
)
from incubator.billing.rules.one_off import charge_one_off
from incubator.bookings.queries import list_charged_bookings
from incubator.core.periods import Month
from incubator.database import id_array
from incubator.pricing.queries.taxes import load_taxes
from incubator.spaces.models import Site
from incubator.spaces.queries import get_site
from incubator.startups.models import Residency, Startup
from incubator.startups.queries import list_residency_terms
from incubator.subsidies.queries.active import list_scheme_rules
from incubator.subsidies.queries.facts import load_parties
from incubator.subsidies.queries.used import load_tally
from incubator.subsidies.rules.engine import asked_of

MOST_AT_ONCE = 300
"""Invoices that are posted while one waits, which takes a second or two; more are posted by the worker."""


class Excluded(Struct, frozen=True):
    """A startup that is left out of the run, and what of it waits."""

    exclusion: Exclusion
    gross_minor: int


class Draft(Struct, frozen=True):
    """What posting the month would write now, and what finance should look at before."""

    site: Site
    month: Month
    invoices: list[InvoiceDraft]
    startups: dict[int, Startup]
    anomalies: list[Anomaly]
    free: Mapping[int, list[FreeTime]]
    """Days without rent by startup; they stand on no invoice."""
    nothing_owed: list[FreeMonth]
    """Whom no invoice is sent because the whole month is free."""
    waiting: Mapping[int, list[Correction]] = field(default_factory=dict)
    """By startup: what corrects earlier invoices in its favour, and is more than this one leaves to pay."""
    currency: str = "CNY"
    untaxed: tuple[str, ...] = ()
    """Kinds of charge for which nobody has entered a VAT rate, though it is wanted: an operator with a tax status, or a
    price without VAT."""
    excluded: tuple[Excluded, ...] = ()
    """Who is left out of the run, and why."""
    needs_approval: bool = False
    """Whether a second person is to approve the run."""

    @property
    def gross_minor(self) -> int:
        return sum(invoice.gross_minor for invoice in self.invoices)

    @property
    def subsidy_minor(self) -> int:
        return sum(invoice.subsidy_minor for invoice in self.invoices)

    @property
    def net_minor(self) -> int:
        return sum(invoice.net_minor for invoice in self.invoices)

    @property
    def is_long(self) -> bool:
        """Whether posting takes longer than one waits for a page."""
        return len(self.invoices) > MOST_AT_ONCE

    @property
    def fingerprint(self) -> str:
        """Of all that posting would write; a page sends back the one that it showed."""
        billed = [self.startups[invoice.startup_id] for invoice in self.invoices]
        return fingerprint(self.invoices, [
            [self.site.code, self.site.name, self.site.name_en, self.site.address],
            *([each.code, each.name, each.name_en, each.kind, each.credit_code] for each in billed),
        ])  # fmt: skip

    def is_over(self, now: datetime) -> bool:
        """Whether the month has ended at the site: it can be posted."""
        return now >= self.month.interval(ZoneInfo(self.site.zone)).end


def draft_month(session: Session, actor: Actor, site_id: int, month: Month) -> Draft:
    """The invoices that posting would write: what is charged already is left out, what corrects earlier ones is in.

    Thirty-one statements at most, however many startups and schemes there are, and seven more where there are meters.
    """
    actor.require(Action.SEE_BILLING)
    site = get_site(session, actor, site_id)
    taxes = load_taxes(session)
    terms = list_residency_terms(session, site.id, month)
    booked = charge_bookings(list_charged_bookings(session, site.id, month), ZoneInfo(site.zone))
    metered, gaps = charge_meters(survey_meters(session, [site.id], month.last), site.id, month)
    once = [charge_one_off(each) for each in list_one_offs(session, site.id, month)]
    charges = charge_terms(terms, month, taxes) + [tax_charge(charge, taxes) for charge in booked + metered + once]
    rounds = list_rounds(session, site.id, month)
    charges = [replace(each, round=rounds.get(each.source, 0)) for each in charges] if rounds else charges
    posted = _list_posted_charges(session, site.id, month)
    done = {charge.source for charge in posted}
    by_startup: dict[int, list[ChargeDraft]] = defaultdict(list)
    for charge in charges:
        if charge.source not in done:
            by_startup[charge.startup_id].append(charge)
    for startup_id in [each for each, owed in by_startup.items() if not any(is_billed(charge) for charge in owed)]:
        del by_startup[startup_id]  # nobody is sent an invoice of nothing, but where it shows what a voucher paid
    unbilled = _corrections(session, site, month, rounds)
    excluded = _exclude(list_exclusions(session, site.id, month), by_startup, unbilled)
    resident = _residents(session, site.id, month, [*by_startup, *unbilled])
    alone = _alone(site, month, unbilled, {*by_startup, *resident})
    free = free_times(terms, month)
    left_out = {each.exclusion.startup_id for each in excluded}
    owing = {*by_startup, *alone, *left_out, *(charge.startup_id for charge in posted)}
    nothing_owed = free_months(free, charges, owing)
    concerned = {startup_id for gap in gaps for startup_id in gap.startup_ids}
    expired = list_expired(session, site.id, month)
    concerned |= {each.startup_id for each in expired}
    startups = _get_startups(session, {*owing, *concerned, *(each.startup_id for each in nothing_owed)})
    invoices = [*_assemble(session, site, month, by_startup, startups), *(InvoiceDraft(each, ()) for each in alone)]
    invoices, waiting = _carry(sorted(invoices, key=lambda each: startups[each.startup_id].code), unbilled)
    before, this = _sum_gross(session, site.id, (month - 1, month), list(by_startup))
    computed = {charge.source: charge for charge in charges}
    settings = get_settings(session)
    without_code = {each.id for each in startups.values() if each.kind == "company" and not each.credit_code}
    anomalies = find_anomalies(invoices, computed, posted, before, this, resident, gaps, expired, without_code,
                               settings.jump_percent)  # fmt: skip
    nothing_owed.sort(key=lambda each: startups[each.startup_id].code)
    untaxed = {charge.kind for owed in by_startup.values() for charge in owed
               if charge.tax_rate is None and (taxes.statuses or WITHOUT_TAX in charge.derivation)}  # fmt: skip
    return Draft(site, month, invoices, startups, anomalies, free, nothing_owed, waiting,
                 untaxed=tuple(sorted(untaxed)), excluded=excluded, needs_approval=settings.approve_runs)  # fmt: skip


def _exclude(
    exclusions: Iterable[Exclusion], by_startup: dict[int, list[ChargeDraft]], unbilled: dict[int, list[Correction]]
) -> tuple[Excluded, ...]:
    """Take out who is left out, with what corrects earlier invoices; and what of each waits."""
    found = []
    for each in exclusions:
        waiting = by_startup.pop(each.startup_id, [])
        unbilled.pop(each.startup_id, None)
        found.append(Excluded(each, sum(charge.gross_minor for charge in waiting)))
    return tuple(found)


def _corrections(
    session: Session, site: Site, month: Month, rounds: Mapping[Source, int]
) -> dict[int, list[Correction]]:  # fmt: skip
    """By startup what stands on no invoice yet of this month and those before."""
    found = {
        startup_id: [replace(each, charge=replace(each.charge, round=rounds.get(each.charge.source, 0)))
                     for each in waiting if each.month <= month]
        for startup_id, waiting in list_unbilled(session, site.id).items()
    }
    return {startup_id: waiting for startup_id, waiting in found.items() if waiting}


def _carry(
    invoices: Iterable[InvoiceDraft], unbilled: Mapping[int, list[Correction]]
) -> tuple[list[InvoiceDraft], dict[int, list[Correction]]]:
    """The invoices with the corrections that they carry, and by startup what waits on."""
    carrying: list[InvoiceDraft] = []
    waiting: dict[int, list[Correction]] = {}
    for invoice in invoices:
        taken, waits = take_corrections(invoice.net_minor, unbilled.get(invoice.startup_id, ()))
        carrying.append(correct(invoice, taken))
        if waits:
            waiting[invoice.startup_id] = waits
    return carrying, waiting


def _alone(
    site: Site, month: Month, unbilled: Mapping[int, list[Correction]], billed: Collection[int]
) -> list[int]:  # fmt: skip
    """Who has left, owes nothing else and has something to give back: an invoice of that alone, of the month that was
    the last to end when it was written, or of a later one."""
    zone = ZoneInfo(site.zone)
    return [
        startup_id
        for startup_id, waiting in unbilled.items()
        if startup_id not in billed
        and sum(each.amount_minor for each in waiting) < 0
        and month + 1 >= max(Month.of(each.written_at.astimezone(zone).date()) for each in waiting)
    ]


def _assemble(
    session: Session, site: Site, month: Month, charges: dict[int, list[ChargeDraft]], startups: dict[int, Startup]
) -> list[InvoiceDraft]:  # fmt: skip
    """Every scheme that holds, applied to each startup's charges; by the startups' codes."""
    schemes = list_scheme_rules(session, site.id, month)
    parties = load_parties(session, site.id, month, list(charges), asked_of(schemes))
    tally = load_tally(session, schemes, parties.values(), site.id, month)
    return [
        assemble(parties[startup_id], charges[startup_id], schemes, tally)
        for startup_id in sorted(charges, key=lambda each: startups[each].code)
    ]


def _list_posted_charges(session: Session, site_id: int, month: Month) -> list[PostedCharge]:
    credited = exists().where(
        CreditNoteLine.invoice_id == InvoiceLine.invoice_id, CreditNoteLine.invoice_line == InvoiceLine.line
    )
    rows = session.execute(
        select(Charge, InvoiceLine.description, Invoice.id, Invoice.series, Invoice.year, Invoice.number, credited)
        .join(InvoiceLine, InvoiceLine.charge_id == Charge.id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Charge.site_id == site_id, Charge.month == month.first, Charge.source_kind != ADJUSTMENT, ~TAKEN_BACK)
        .order_by(Invoice.year, Invoice.number, InvoiceLine.line)
    ).all()
    return [
        PostedCharge(
            (charge.source_kind, charge.source_id, charge.startup_id), charge.startup_id, charge.kind,
            charge.starts_on, charge.ends_on, charge.gross_minor, description, invoice_id,
            invoice_number(series, year, number), is_credited,
        )
        for charge, description, invoice_id, series, year, number, is_credited in rows
    ]  # fmt: skip


def _get_startups(session: Session, ids: Iterable[int]) -> dict[int, Startup]:
    found = session.execute(select(Startup).where(Startup.id == any_(id_array(ids)))).scalars()
    return {startup.id: startup for startup in found}


def _sum_gross(
    session: Session, site_id: int, months: Sequence[Month], startup_ids: list[int]
) -> list[dict[int, int]]:
    """Of each month what is billed to each startup, less what notes took off."""
    firsts = [month.first for month in months]
    rows = session.execute(
        select(Invoice.month, Invoice.startup_id, func.sum(Invoice.gross_minor))
        .where(Invoice.site_id == site_id, Invoice.month.in_(firsts), Invoice.startup_id == any_(id_array(startup_ids)))
        .group_by(Invoice.month, Invoice.startup_id)
    ).all()
    credited = sum_notes(session, site_id, firsts)
    found: dict[date, dict[int, int]] = {first: {} for first in firsts}
    for first, startup_id, gross in rows:
        found[first][startup_id] = int(gross) - credited.get((first, startup_id), 0)
    return list(found.values())


def _residents(session: Session, site_id: int, month: Month, startup_ids: list[int]) -> set[int]:
    """Those with an agreement at the site in the month, be it free."""
    rows = session.execute(
        select(Residency.startup_id)
        .where(Residency.startup_id == any_(id_array(startup_ids)), Residency.site_id == site_id,
               Residency.starts_on <= month.last,
               or_(Residency.ends_on.is_(None), Residency.ends_on >= month.first))
        .distinct()
    ).scalars()  # fmt: skip
    return set(rows)
