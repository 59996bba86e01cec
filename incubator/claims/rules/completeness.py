"""Which evidence each line of a claim needs, and whether it is there and valid on its date. Pure."""

from __future__ import annotations

EVIDENCE = (
    "agreement", "licence", "payment_proof", "fapiao", "photograph", "social_insurance", "mentor_log",
    "tax_certificate", "other",
)  # fmt: skip
"""An incubation agreement, a licence, proof that the startup paid its part, the fapiao of the invoice, photographs, the
social-insurance list, mentors' logs, a tax certificate, whatever else a policy asks for."""

PER = ("claim", "startup", "line")
"""Whose evidence it is: one for the whole claim, one for each startup, one for each line."""

VALID_ON = ("period", "submission")
"""On which day it must be valid: the last of the claim's months, or the day on which the claim is handed in."""
