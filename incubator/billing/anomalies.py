"""What finance should look at before posting a month: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct, field

from incubator.billing.metering import MeterGap
from incubator.billing.queries.runs import Expired
from incubator.billing.rules.invoicing import ChargeDraft, InvoiceDraft, Source
from incubator.billing.rules.one_off import ONE_OFF

JUMP_PERCENT = 30
"""A change against last month that is larger than this is named, unless the operator has said otherwise."""

METERS = ("no_reading", "no_price", "dropped", "carried", "estimated", "rolled_over")
KINDS = ("changed", "no_reading", "no_price", "dropped", "unknown", "used_up", "carried", "estimated", "rolled_over",
         "no_agreement", "expired", "no_tax_data", "jump")  # fmt: skip
"""In the order in which they are shown: what is wrong first, what only surprises last."""


class Anomaly(Struct, frozen=True):
    """One thing worth a look, with the values that its sentence names."""

    kind: str
    startup_id: int
    """0: of the site as a whole, such as a meter that all share."""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_grave(self) -> bool:
        """Whether money may be wrong if nobody looks, as against: surprising, and probably right."""
        return self.kind in ("changed", "unknown", "no_reading", "no_price", "dropped")


class PostedCharge(Struct, frozen=True):
    """A charge of the month that stands on an invoice already."""

    source: Source
    startup_id: int
    kind: str
    starts_on: date
    ends_on: date
    gross_minor: int
    description: dict[str, Any]
    invoice_id: int
    invoice_number: str
    is_credited: bool = False
    """Whether a credit note has taken something off it: then it comes out otherwise on purpose."""


def find_anomalies(
    invoices: Sequence[InvoiceDraft],
    computed: Mapping[Source, ChargeDraft],
    posted: Sequence[PostedCharge],
    before_minor: Mapping[int, int],
    this_minor: Mapping[int, int],
    resident: Collection[int],
    gaps: Iterable[MeterGap] = (),
    expired: Iterable[Expired] = (),
    without_code: Collection[int] = (),
    jump_percent: int = JUMP_PERCENT,
) -> list[Anomaly]:
    """All of a month, by kind.

    `computed` is what would be charged now if nothing were posted, `before_minor` the gross of each startup posted
    for the month before, `this_minor` that posted for this month; `resident` are those with an agreement here in it,
    `without_code` the companies of which nobody has entered the credit code that their fapiao needs.
    """
    found = [*_changed(computed, posted), *_of_meters(gaps)]
    found += [Anomaly("expired", each.startup_id, {"expired": each}) for each in expired]
    for invoice in invoices:
        found += _of_decisions(invoice)
        used = any(line.charge.source_kind != ONE_OFF for line in invoice.lines)
        if used and invoice.gross_minor and invoice.startup_id not in resident:
            found.append(Anomaly("no_agreement", invoice.startup_id))
        if invoice.startup_id in without_code:
            found.append(Anomaly("no_tax_data", invoice.startup_id))
        before, this = before_minor.get(invoice.startup_id, 0), this_minor.get(invoice.startup_id, 0)
        found += _jump(invoice, before, this, jump_percent)
    return sorted(found, key=lambda anomaly: KINDS.index(anomaly.kind))


def _changed(computed: Mapping[Source, ChargeDraft], posted: Iterable[PostedCharge]) -> Iterable[Anomaly]:
    """Charges that are posted and would come out otherwise today: a booking cancelled, an agreement ended since."""
    for charge in posted:
        now = computed.get(charge.source)
        now_minor = now.gross_minor if now else 0
        if now_minor != charge.gross_minor and not charge.is_credited:
            yield Anomaly(
                "changed", charge.startup_id,
                {"charge": charge, "posted_minor": charge.gross_minor, "now_minor": now_minor},
            )  # fmt: skip


def _of_meters(gaps: Iterable[MeterGap]) -> Iterable[Anomaly]:
    """A meter without a reading or price, one that was corrected or began again, and what was split by days."""
    for gap in gaps:
        for startup_id in gap.startup_ids or (0,):
            yield Anomaly(gap.kind, startup_id, {"gap": gap})


def _of_decisions(invoice: InvoiceDraft) -> Iterable[Anomaly]:
    """Schemes that could not decide, and schemes whose cap ran out, each once for a startup."""
    cut: dict[str, tuple[dict[str, Any], int]] = {}
    unknown: dict[str, dict[str, Any]] = {}
    for given in (given for line in invoice.lines for given in line.given):
        derivation = given.derivation
        if derivation.get("eligible") == "unknown":
            unknown[given.by.code] = derivation
        missed = derivation.get("wanted_minor", 0) - given.draft.amount_minor
        if given.draft.outcome == "capped":
            cut[given.by.code] = derivation, cut.get(given.by.code, ({}, 0))[1] + missed
    for derivation in unknown.values():
        yield Anomaly("unknown", invoice.startup_id, {"derivation": derivation})
    for derivation, missed in cut.values():
        yield Anomaly("used_up", invoice.startup_id, {"derivation": derivation, "missed_minor": missed})


def _jump(invoice: InvoiceDraft, before_minor: int, this_minor: int, percent: int) -> Iterable[Anomaly]:
    """At 30 %: 1,000.00 last month and 1,301.00 now is named, 1,300.00 is not."""
    now_minor = invoice.gross_minor + this_minor
    if before_minor and abs(now_minor - before_minor) * 100 > percent * before_minor:
        values = {"before_minor": before_minor, "now_minor": now_minor}
        yield Anomaly("jump", invoice.startup_id, values)


def by_startup(anomalies: Iterable[Anomaly]) -> dict[int, list[Anomaly]]:
    """The same, grouped for a page that shows each startup's own."""
    found: dict[int, list[Anomaly]] = defaultdict(list)
    for anomaly in anomalies:
        found[anomaly.startup_id].append(anomaly)
    return found
