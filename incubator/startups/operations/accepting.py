"""Accepting the text of an agreement in the page: by a founder, then by the operator."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.notices.operations import notify
from incubator.spaces.models import Site
from incubator.startups.models import Acceptance, AgreementText
from incubator.startups.operations.agreement_texts import lock_residency, row_of
from incubator.startups.queries.agreements import (
    TextRow,
    get_text,
    list_founder_ids,
    list_manager_ids,
    require_founder,
)

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_AGENT = 60, 45, 200


def accept_text(
    session: Session, actor: Actor, *, now: datetime, text_id: int, side: str, name: str, agrees: bool, sha256: str,
    address: str, agent: str,
) -> Acceptance:  # fmt: skip
    """A founder accepts the text for the startup, or (`side` operator) a manager countersigns it.

    `sha256` is of what stood on their screen: where another text was made meanwhile, they read that one first. Each
    side accepts once; the operator after the startup, and by another person. With both, the agreement is signed.
    """
    text, residency = get_text(session, actor, text_id)
    if side == "startup":
        require_founder(session, actor, residency.startup_id)
    else:
        actor.require(Action.MANAGE_RESIDENCIES)
    words = one_line(name, "name", LONGEST_NAME)
    if len(words) < 2:
        raise Refusal(N_("Type your full name."), field="name")
    if not agrees:
        raise Refusal(N_("Tick that you have read the text and accept it."), field="agrees")
    residency = lock_residency(session, actor, residency.id)
    session.refresh(text)
    row = row_of(session, residency, text.amendment_id)
    _check(text, row, actor, side, sha256)
    assert actor.person_id is not None  # the system has no name to type
    made = Acceptance(
        text_id=text.id, side=side, person_id=actor.person_id, name=words, accepted_at=now,
        address=address[:LONGEST_ADDRESS], agent="".join(filter(str.isprintable, agent))[:LONGEST_AGENT],
        sha256=text.sha256,
    )  # fmt: skip
    session.add(made)
    if side == "operator" and text.amendment_id is None and residency.signed_on is None:
        zone = session.execute(select(Site.zone).where(Site.id == residency.site_id)).scalar_one()
        residency.signed_on = now.astimezone(ZoneInfo(zone)).date()
    session.flush()
    after = {"number": text.content["number"], "side": side, "name": words, "sha256": text.sha256}
    record(session, actor, "accept_agreement_text", ("residencies", residency.id), now=now, after=after)
    people = list_manager_ids(session) if side == "startup" else list_founder_ids(session, residency.startup_id)
    notify(session, now=now, kind="agreement", about=("agreement_texts", text.id), people=people,
           facts={"what": "waits" if side == "startup" else "accepted"})  # fmt: skip
    return made


def _check(text: AgreementText, row: TextRow, actor: Actor, side: str, sha256: str) -> None:
    """Conflict, where this text can't be accepted by this side now."""
    if text.kind != "made" or row.text is None or row.text.id != text.id or sha256 != text.sha256.hex():
        raise Conflict(N_("Another text was made meanwhile. Read that one, and accept it then."))
    if side in row.accepted:
        raise Conflict(N_("%(name)s has accepted it already."), name=row.accepted[side].name)
    if row.scan is not None:
        raise Conflict(N_("The signed scan is kept; there is nothing left to accept."))
    if side == "operator":
        if "startup" not in row.accepted:
            raise Conflict(N_("The startup accepts first."))
        if row.accepted["startup"].person_id == actor.person_id:
            raise Conflict(N_("You have accepted it for the startup; somebody else accepts it for the operator."))
