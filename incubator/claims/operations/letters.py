"""Letters to the authority and from it; a claim's deadline, and what the authority calls it."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Action
from incubator.audit.operations import record
from incubator.claims.models import Claim, ClaimLetter
from incubator.claims.operations.gathering import LONGEST_NUMBER
from incubator.claims.operations.locking import lock_claim
from incubator.claims.rules.states import ENDED
from incubator.core.clock import CHINA
from incubator.core.errors import N_, Conflict, Refusal
from incubator.core.texts import one_line
from incubator.documents.operations.documents import LONGEST_TITLE, file_document
from incubator.pricing.rules import check_day


def file_letter(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, is_incoming: bool, on: date, subject: str,
    number: str = "", name: str = "", content: bytes | IO[bytes] | None = None,
) -> ClaimLetter:  # fmt: skip
    """Keep a letter of a claim, with its file where there is one: as a document of the operator's, which has a hash."""
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_claim(session, actor, claim_id)
    words = one_line(subject, "subject", LONGEST_TITLE)
    if not words:
        raise Refusal(N_("Say what the letter is about."), field="subject")
    if on > now.astimezone(CHINA).date():
        raise Refusal(N_("This day is still to come."), field="on")
    document = None
    if content is not None:
        document = file_document(session, actor, now=now, kind="letter", title=words, startup_id=None,
                                 audience="staff", name=name, content=content)  # fmt: skip
    letter = ClaimLetter(claim_id=claim_id, is_incoming=is_incoming, on=on, subject=words,
                         number=one_line(number, "number", LONGEST_NUMBER),
                         document_id=document.id if document else None, created_at=now,
                         created_by=actor.person_id)  # fmt: skip
    session.add(letter)
    session.flush()
    record(session, actor, "file_claim_letter", ("claims", claim_id), now=now,
           after={"number": row.number, "subject": words, "on": on})  # fmt: skip
    return letter


def change_claim(
    session: Session, actor: Actor, *, now: datetime, claim_id: int, due_on: date | None, authority_number: str
) -> Claim:
    """Until when it is to be handed in, and what the authority calls it."""
    actor.require(Action.MANAGE_CLAIMS)
    row = lock_claim(session, actor, claim_id)
    if row.claim.state in ENDED:
        raise Conflict(N_("This claim has ended; nothing more is done with it."))
    if due_on is not None:
        check_day(due_on, "due_on")
    before = {"due_on": row.claim.due_on, "authority_number": row.claim.authority_number}
    row.claim.due_on = due_on
    row.claim.authority_number = one_line(authority_number, "authority_number", LONGEST_NUMBER)
    session.flush()
    record(session, actor, "change_claim", ("claims", claim_id), now=now, before=before,
           after={"number": row.number, "due_on": due_on,
                  "authority_number": row.claim.authority_number})  # fmt: skip
    return row.claim
