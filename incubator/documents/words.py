"""The words for documents: their kinds, who may see them, how they stand."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

KIND_NAMES = {
    "licence": _l("Business licence"),
    "qualification": _l("Certificate of a qualification"),
    "right": _l("Certificate of an intellectual property right"),
    "agreement": _l("Agreement"),
    "consent": _l("Letter of consent"),
    "offer": _l("Offer"),
    "letter": _l("Letter"),
    "plan": _l("Business plan"),
    "application": _l("Part of an application"),
    "figures": _l("Proof of figures"),
    "evidence": _l("Proof of a category of people"),
    "identity": _l("Proof of identity"),
    "handover": _l("Handover list"),
    "picture": _l("Picture"),
    "rules": _l("Rules of the house"),
    "social_insurance": _l("Social-insurance list"),
    "payment_proof": _l("Proof of payment"),
    "photograph": _l("Photograph as evidence"),
    "tax_certificate": _l("Tax certificate"),
    "other": _l("Other"),
}

AUDIENCE_NAMES = {
    "startup": _l("Everybody in the startup, and the operator"),
    "founders": _l("The startup's founders, and whoever at the operator may see people's data"),
    "staff": _l("The operator only"),
    "restricted": _l("Only whoever at the operator may see people's data"),
    "everybody": _l("Everybody who signs in"),
}

STATE_NAMES = {
    "valid": _l("Valid now"),
    "coming": _l("Not valid yet"),
    "soon": _l("Expires soon"),
    "expired": _l("Expired"),
    "withdrawn": _l("No longer in use"),
}
