"""The groups in which the run book shows what the software does by itself."""

from __future__ import annotations

from incubator.core.errors import N_

REPORTS = "reports"
BILLING = "billing"
REMINDERS = "reminders"
RELEASES = "releases"
RECONCILIATION = "reconciliation"
RETENTION = "retention"
LETTERS = "letters"
ON_REQUEST = "on_request"

GROUPS: dict[str, str] = {
    REPORTS: N_("Reports"),
    BILLING: N_("Billing"),
    RECONCILIATION: N_("Reconciliation"),
    REMINDERS: N_("Reminders"),
    RELEASES: N_("Releases and expiries"),
    LETTERS: N_("Mail and papers"),
    RETENTION: N_("Erasure"),
    ON_REQUEST: N_("Only when asked for"),
}
"""By name, in the order in which they are shown, with their titles."""
