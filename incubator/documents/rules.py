"""What kinds of documents there are, who may see and keep them, and how they stand on a day."""

from __future__ import annotations

from datetime import date, timedelta

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action

KINDS = (
    "licence", "qualification", "right", "agreement", "consent", "offer", "letter", "plan", "application", "figures",
    "evidence", "identity", "handover", "picture", "rules", "social_insurance", "payment_proof", "photograph",
    "tax_certificate", "other",
)  # fmt: skip
"""A business licence; a certificate of a qualification; of an intellectual property right; an agreement's text or its
signed scan; the operator's consent; an offer; any other letter; a business plan; what came with an application; proof
of figures; proof of what a person is; somebody's identity; a list of what was handed over; a picture; rules of the
house; who of a startup is insured in a month; proof that something was paid; a photograph of what was done; that taxes
were paid."""

HOUSE_KINDS = ("rules", "licence", "qualification", "agreement", "letter", "plan", "picture", "other")
"""What the operator has documents of for itself: rules of the house, its licence, the space's qualification, …"""

AUDIENCES = ("startup", "founders", "staff", "restricted", "everybody")
"""Who sees it. `startup`: its people, and staff who see startups. `founders`: its founders, and staff who see people's
data. `staff`: staff who see startups. `restricted`: staff who see people's data. `everybody`: whoever signs in."""

OF_A_STARTUP = ("startup", "founders")
"""The audiences that a startup can choose, and nobody else's document can have."""

OF_THE_HOUSE = ("everybody", "staff", "restricted")
"""The audiences that the operator's own documents can have."""

SOON = timedelta(days=30)
"""How long before its last day a document is said to expire."""

STATES = ("valid", "coming", "soon", "expired", "withdrawn")


def may_see(actor: Actor, startup_id: int | None, audience: str) -> bool:
    """Whether the actor may know of such a document at all.

    A member of startup A sees A's `startup` documents and not its `founders` ones, also where they are a founder of B;
    nobody else of startup B sees either.
    """
    if audience == "everybody":
        return actor.can(Action.SEE_HOME)
    if audience == "startup":
        return actor.can(Action.SEE_STARTUPS) or startup_id in actor.startups_for(Action.SEE_OWN_STARTUP)
    if audience == "founders":
        return actor.can(Action.SEE_PEOPLE) or startup_id in actor.startups_for(Action.EDIT_OWN_STARTUP)
    return actor.can(Action.SEE_STARTUPS if audience == "staff" else Action.SEE_PEOPLE)


def may_keep(actor: Actor, startup_id: int | None, audience: str) -> bool:
    """Whether the actor may add such a document, and versions of it, and withdraw it: staff who manage startups, and
    founders what is their startup's."""
    is_founder = startup_id in actor.startups_for(Action.EDIT_OWN_STARTUP)
    return may_see(actor, startup_id, audience) and (
        actor.can(Action.MANAGE_STARTUPS)
        or (is_founder and audience in OF_A_STARTUP)
    )


def state_on(day: date, valid_from: date | None, expires_on: date | None, is_withdrawn: bool = False) -> str:
    """How a document stands on a day, one of `STATES`.

    One whose last day is 31 December 2026 is valid on 30 November, expires soon from 1 December (30 days before), is
    valid for the last time on the 31st, and expired on 1 January.
    """
    if is_withdrawn:
        return "withdrawn"
    if expires_on is not None and day > expires_on:
        return "expired"
    if valid_from is not None and day < valid_from:
        return "coming"
    return "soon" if expires_on is not None and expires_on - day <= SOON else "valid"
