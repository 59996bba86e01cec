"""The outbox: mail is written in the transaction of its cause, and leaves after the commit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from incubator.notices.models import OutboxMail


def send_mail(session: Session, *, now: datetime, to: str, subject: str, text: str, html: str = "") -> OutboxMail:
    """Put a mail into the outbox; the worker sends it once the caller has committed.

    Line breaks have no place in a subject or an address: whatever tries to add a header becomes a blank.
    """
    mail = OutboxMail(
        to_address=" ".join(to.split()), subject=" ".join(subject.split()), text_body=text, html_body=html,
        created_at=now, due_at=now,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    return mail
