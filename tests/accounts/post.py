"""Letters as the tests read them."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator
from incubator.notices.letters import write_link_letters
from incubator.notices.models import OutboxMail

BASE = "https://incubator.example"


def letters(session: Session, *, now: datetime | None = None) -> list[tuple[str, str, str]]:
    """Write what waits, as the worker does, and read the outbox: (to, subject, text), the oldest first."""
    write_link_letters(session, now=now or utc_now(), base_url=BASE)
    with as_operator(session, INSTALLATION):
        rows = session.execute(
            select(OutboxMail.to_address, OutboxMail.subject, OutboxMail.text_body).order_by(OutboxMail.id)
        ).all()
    return [tuple(row) for row in rows]


def link_for(session: Session, email: str, *, now: datetime | None = None) -> str:
    """The path of the newest link that was mailed to an address."""
    texts = [text for to, _subject, text in letters(session, now=now) if to == email]
    found = re.search(rf"{BASE}(/\S+)", texts[-1])
    assert found, texts
    return found[1]
