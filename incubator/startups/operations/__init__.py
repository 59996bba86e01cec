"""State changes of startups and residencies."""

from incubator.startups.operations.addresses import register_address
from incubator.startups.operations.amending import AgreedFacts, Amendment, amend_residencies, amend_residency
from incubator.startups.operations.expiry import remind_of_documents
from incubator.startups.operations.holds import extend_hold, hold_units, lapse_holds, release_hold
from incubator.startups.operations.people import (
    add_post,
    claim_standing,
    confirm_standing,
    edit_post,
    withdraw_standing,
)
from incubator.startups.operations.programmes import add_programme, edit_programme, end_enrolment, enrol
from incubator.startups.operations.residencies import UnitTerms, end_residency, sign_residency
from incubator.startups.operations.startups import KnownStartup, edit_startup, register_startup

__all__ = [
    "AgreedFacts",
    "Amendment",
    "KnownStartup",
    "UnitTerms",
    "add_post",
    "add_programme",
    "amend_residencies",
    "amend_residency",
    "claim_standing",
    "confirm_standing",
    "edit_post",
    "edit_programme",
    "edit_startup",
    "end_enrolment",
    "end_residency",
    "enrol",
    "extend_hold",
    "hold_units",
    "lapse_holds",
    "register_address",
    "register_startup",
    "release_hold",
    "remind_of_documents",
    "sign_residency",
    "withdraw_standing",
]
