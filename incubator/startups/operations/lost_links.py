"""Applicants who lost the secret address of their application get another one, by mail only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.notices.operations import notify
from incubator.startups.models import Call
from incubator.startups.rules.applications import check_email


def ask_for_link(session: Session, *, now: datetime, call: Call, email: str, locale: str) -> None:
    """Have new addresses of one's applications to a call mailed; the same is done whether there are any or not.

    Neither the answer nor the time that it takes tells who applies: what was begun for the address is looked up when
    the letter is written, and its earlier address ends then (`write_new_links`).
    """
    address = check_email(email)
    notify(session, now=now, kind="application", about=("calls", call.id), address=address, locale=locale)
