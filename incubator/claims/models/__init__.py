"""Tables of `claims`."""

from incubator.claims.models.claims import Claim, ClaimLine, ClaimStep
from incubator.claims.models.evidence import ClaimEvidence, ClaimLetter, ClaimReminder, ClaimRequirement
from incubator.claims.models.money import ClaimClawback, ClaimPayment, ClaimRuling

__all__ = [
    "Claim", "ClaimClawback", "ClaimEvidence", "ClaimLetter", "ClaimLine", "ClaimPayment", "ClaimReminder",
    "ClaimRequirement", "ClaimRuling", "ClaimStep",
]  # fmt: skip
