"""Coming in and going out, as the operator's trail has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.operations.sessions import end_session_of, end_sessions, resume_session, start_session
from incubator.audit.operations import record
from incubator.core.errors import N_, Forbidden


def sign_in(
    session: Session,
    *,
    now: datetime,
    identity_id: int,
    tenant_id: int | None = None,
    browser: str = "",
    old_token: str | None = None,
) -> str:
    """A new session for an identity that has proved itself. Returns its token; what the browser had ends.

    The transaction belongs afterwards to the operator that the browser will look at.
    """
    if old_token:
        end_session_of(session, now=now, token=old_token)
    token = start_session(session, now=now, identity_id=identity_id, tenant_id=tenant_id, browser=browser)
    found = resume_session(session, now=now, token=token)
    if found is None:
        raise Forbidden(N_("Your access has ended. Ask whoever runs your operator's team for a new invitation."))
    assert found.actor.person_id is not None
    record(session, found.actor, "sign_in", ("people", found.actor.person_id), now=now, after={"browser": browser})
    return token


def sign_out(session: Session, actor: Actor, *, now: datetime, identity_id: int, session_id: int) -> None:
    """End one session on the server."""
    end_sessions(session, now=now, identity_id=identity_id, only_id=session_id)
    assert actor.person_id is not None
    record(session, actor, "sign_out", ("people", actor.person_id), now=now)


def sign_out_browsers(
    session: Session, actor: Actor, *, now: datetime, identity_id: int, session_id: int, only_id: int | None = None
) -> int:
    """End another browser of one's own, or all others. Returns how many were ended; a stranger's id ends none."""
    ended = end_sessions(session, now=now, identity_id=identity_id, only_id=only_id, except_id=session_id)
    assert actor.person_id is not None
    if ended:
        record(session, actor, "sign_out_browsers", ("people", actor.person_id), now=now, after={"signed_out": ended})
    return ended
