"""Every letter that the worker writes: by the kind of its notice, from the package that tells of it."""

from __future__ import annotations

from incubator.billing.card_letters import WRITERS as CARD_WRITERS
from incubator.billing.dunning_letters import WRITERS as DUNNING_WRITERS
from incubator.billing.fapiao_letters import WRITERS as FAPIAO_WRITERS
from incubator.billing.letters import WRITERS as BILLING_WRITERS
from incubator.bookings.letters import WRITERS as BOOKING_WRITERS
from incubator.claims.letters import WRITERS as CLAIM_WRITERS
from incubator.claims.review_letters import WRITERS as REVIEW_WRITERS
from incubator.mentors.letters import WRITERS as MENTOR_WRITERS
from incubator.reports.builder.letters import WRITERS as REPORT_WRITERS
from incubator.reports.statistics.letters import WRITERS as STATISTICS_WRITERS
from incubator.startups.letters import WRITERS as STARTUP_WRITERS
from incubator.subsidies.voucher_letters import WRITERS as VOUCHER_WRITERS

WRITERS = {
    **BOOKING_WRITERS,
    **STARTUP_WRITERS,
    **VOUCHER_WRITERS,
    **MENTOR_WRITERS,
    **BILLING_WRITERS,
    **CARD_WRITERS,
    **DUNNING_WRITERS,
    **FAPIAO_WRITERS,
    **CLAIM_WRITERS,
    **REPORT_WRITERS,
    **REVIEW_WRITERS,
    **STATISTICS_WRITERS,
}
