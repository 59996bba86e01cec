"""The tables of `startups`, a file for each subject."""

from incubator.startups.models.agreements import Acceptance, AgreementTemplate, AgreementText, DepositEntry
from incubator.startups.models.handovers import Handover, HandoverItem, HandoverPhoto
from incubator.startups.models.holds import UnitHold
from incubator.startups.models.parties import RegisteredAddress, Startup
from incubator.startups.models.people import Individual, Post, Standing
from incubator.startups.models.programmes import Enrolment, Programme
from incubator.startups.models.residencies import Residency, ResidencyAmendment, ResidencyPrice

__all__ = [
    "Acceptance",
    "AgreementTemplate",
    "AgreementText",
    "DepositEntry",
    "Enrolment",
    "Handover",
    "HandoverItem",
    "HandoverPhoto",
    "Individual",
    "Post",
    "Programme",
    "RegisteredAddress",
    "Residency",
    "ResidencyAmendment",
    "ResidencyPrice",
    "Standing",
    "Startup",
    "UnitHold",
]
