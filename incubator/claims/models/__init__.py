"""Tables of `claims`."""

from incubator.claims.models.claims import Claim, ClaimLine, ClaimStep
from incubator.claims.models.evidence import ClaimEvidence, ClaimLetter, ClaimReminder, ClaimRequirement
from incubator.claims.models.money import ClaimClawback, ClaimPayment, ClaimRuling
from incubator.claims.models.reviews import ClaimPack, ClaimReviewer, ReviewRemark, ReviewVisit

__all__ = [
    "Claim", "ClaimClawback", "ClaimEvidence", "ClaimLetter", "ClaimLine", "ClaimPack", "ClaimPayment",
    "ClaimReminder", "ClaimRequirement", "ClaimReviewer", "ClaimRuling", "ClaimStep", "ReviewRemark", "ReviewVisit",
]  # fmt: skip
