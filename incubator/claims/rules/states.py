"""What states a claim goes through, who takes it from one to the next, and what stands in the way. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from incubator.accounts.permissions import Action
from incubator.core.errors import N_, Conflict, Forbidden

STATES = (
    "draft", "checked", "approved", "submitted", "publicised", "granted", "paid", "audited", "clawed_back",
    "rejected", "withdrawn",
)  # fmt: skip
"""In the order in which a claim may see them."""

INNER = ("draft", "checked", "approved")
"""Before it is handed in: its lines can still change."""

OUTER = ("submitted", "publicised")
"""At the authority, not decided yet."""

DECIDED = ("granted", "paid", "audited", "clawed_back")
"""The authority has said what it grants."""

ENDED = ("rejected", "withdrawn")
"""Its lines are released: another claim may have them."""

SEEN = ("checked", "approved", "submitted")
"""Steps that are taken for just what their person saw: they keep its fingerprint."""


class Step(Struct, frozen=True):
    """What leads to a state: from which ones, and by whose permission."""

    state: str
    since: tuple[str, ...]
    action: Action = Action.MANAGE_CLAIMS


TABLE: Mapping[str, Step] = {
    each.state: each
    for each in (
        Step("draft", ("checked", "approved")),
        Step("checked", ("draft", "checked", "approved")),
        Step("approved", ("checked",), Action.APPROVE_MONEY),
        Step("submitted", ("approved",)),
        Step("publicised", OUTER[:1]),
        Step("granted", OUTER),
        Step("paid", ("granted",)),
        Step("audited", ("paid", "clawed_back")),
        Step("clawed_back", ("paid", "audited", "clawed_back")),
        Step("rejected", OUTER),
        Step("withdrawn", (*INNER, *OUTER)),
    )
}  # fmt: skip
"""A claim that was checked or approved is checked again where something has changed since."""


class Seen(Struct, frozen=True):
    """Who took a step for which fingerprint."""

    person_id: int
    fingerprint: str


def follows(state: str) -> tuple[str, ...]:
    """The states that a claim in this one may go to, in the order of STATES."""
    return tuple(each for each in STATES if each in TABLE and state in TABLE[each].since)


def check_step(state: str, wanted: str) -> None:
    """Conflict, with the sentence that says so, where the one doesn't lead to the other."""
    if state in TABLE[wanted].since:
        return
    if state in ENDED:
        raise Conflict(N_("This claim has ended; nothing more is done with it."))
    if wanted == state:
        raise Conflict(N_("Somebody has done this meanwhile. Look again."))
    raise Conflict(SAID[wanted])


SAID: Mapping[str, str] = {
    "draft": N_("Only a claim that is checked or approved and not handed in is taken back to a draft."),
    "checked": N_("Only a claim that is not handed in yet is checked."),
    "approved": N_("Only a claim that was checked is approved."),
    "submitted": N_("Only an approved claim is handed in."),
    "publicised": N_("Only a claim that was handed in is publicised."),
    "granted": N_("Only a claim that was handed in is decided on."),
    "paid": N_("Only what was granted is paid."),
    "audited": N_("Only a claim that was paid is audited."),
    "clawed_back": N_("Only what was paid is clawed back."),
    "rejected": N_("Only a claim that was handed in is rejected."),
    "withdrawn": N_("What the authority has decided on can’t be withdrawn."),
}


def check_approval(checked: Seen | None, person_id: int | None, fingerprint: str) -> Seen:
    """That this person may approve a claim of this fingerprint: somebody else has checked just that.

    Forbidden where it is the same person; Conflict where lines or evidence have changed since the check.
    """
    if checked is None or checked.fingerprint != fingerprint:
        raise Conflict(N_("Lines or evidence have changed since this claim was checked: check it again."))
    if checked.person_id == person_id:
        raise Forbidden(N_("You have checked this claim yourself: somebody else approves it."))
    return checked


def check_submission(approved: Seen | None, fingerprint: str) -> None:
    """Conflict where what was approved is not what would be handed in."""
    if approved is None or approved.fingerprint != fingerprint:
        raise Conflict(N_("Lines or evidence have changed since this claim was approved: check and approve it again."))
