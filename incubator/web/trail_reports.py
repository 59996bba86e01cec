"""What the trail says of reports, and of the keys that sign them."""

from __future__ import annotations

from incubator.core.errors import N_

REPORT_ACTIONS: dict[str, str] = {
    "make_signing_key": N_("made a key that signs"),
    "retire_signing_key": N_("retired a key that signs"),
}

REPORT_SUBJECTS: dict[str, str] = {
    "signing_keys": N_("Key that signs"),
}

REPORT_FIELDS: dict[str, str] = {
    "fingerprint": N_("Fingerprint"),
}
