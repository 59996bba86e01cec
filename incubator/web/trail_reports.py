"""What the trail says of reports, and of the keys that sign them."""

from __future__ import annotations

from incubator.core.errors import N_
from incubator.reports.frozen.registry import ALL

REPORT_ACTIONS: dict[str, str] = {
    "make_signing_key": N_("made a key that signs"),
    "freeze_report": N_("froze a report"),
    "sign_reports": N_("signed reports that were frozen before there were keys"),
    "retire_signing_key": N_("retired a key that signs"),
}

REPORT_SUBJECTS: dict[str, str] = {
    "signing_keys": N_("Key that signs"),
}

REPORT_VALUES: dict[tuple[str, str], str] = {("kind", kind.name): kind.title for kind in ALL}

REPORT_FIELDS: dict[str, str] = {
    "fingerprint": N_("Fingerprint"),
}
