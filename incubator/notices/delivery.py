"""Delivering the outbox: by SMTP where there is a server, into files where there is none."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import Enum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from incubator.database import INSTALLATION, set_operator
from incubator.notices.letters import write_link_letters
from incubator.notices.models import OutboxMail
from incubator.notices.rules import retry_delay, wait_for_server
from incubator.settings import Settings

log = logging.getLogger("incubator.mail")

TIMEOUT_SECONDS = 15
Send = Callable[[EmailMessage], None]


class Outcome(Enum):
    """What became of one look into an outbox."""

    NOTHING = "nothing was due"
    SENT = "sent"
    REFUSED = "the server refuses this one, for good or for now"
    UNREACHED = "the server can't be reached"


class Undeliverable(Exception):
    """The mail server answered, and refuses this mail for good."""


class NotNow(Exception):
    """The mail server answered, and refuses this mail for the moment."""


def deliver_due(
    engine: Engine,
    settings: Settings,
    operator_ids: Iterable[int],
    *,
    clock: Callable[[], datetime],
    must_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Write the letters that links wait for, then send all mail that is due. Returns how many were sent.

    Any number of workers may do this at once: each mail is locked by the one that sends it (`SKIP LOCKED`),
    marked in the transaction that holds the lock, and committed by itself. A worker killed between the server's
    "accepted" and the commit sends that one mail again, under the same Message-ID. A server that does not answer
    ends the round; its mails wait for it, however long. One that the server itself puts off is given up after two
    days.
    """
    with Session(engine) as session:
        set_operator(session, INSTALLATION)
        write_link_letters(session, now=clock(), base_url=settings.base_url)
        session.commit()
    sent = 0
    with open_postman(settings) as send:
        for operator_id in operator_ids:
            while not must_stop():
                outcome = _deliver_one(engine, settings, operator_id, send, clock())
                sent += outcome is Outcome.SENT
                if outcome is Outcome.UNREACHED:
                    return sent
                if outcome is Outcome.NOTHING:
                    break
    return sent


def _deliver_one(engine: Engine, settings: Settings, operator_id: int, send: Send, now: datetime) -> Outcome:
    """Send the next due mail of an operator, and write down what became of it."""
    with Session(engine) as session:
        set_operator(session, operator_id)
        mail = session.execute(
            select(OutboxMail)
            .where(OutboxMail.sent_at.is_(None), OutboxMail.failed_at.is_(None), OutboxMail.due_at <= now)
            .order_by(OutboxMail.due_at, OutboxMail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if mail is None:
            return Outcome.NOTHING
        try:
            send(compose(mail, settings))
            mail.attempts += 1
            mail.sent_at, mail.error, mail.text_body, mail.html_body, mail.calendar_body = now, None, "", "", ""
            mail.pdf_body = None
            outcome = Outcome.SENT
        except (Undeliverable, ValueError) as error:  # ValueError: no mail can be made of it
            mail.attempts, mail.failed_at, mail.error = mail.attempts + 1, now, str(error)[:500]
            outcome = Outcome.REFUSED
            log.warning("mail %s of operator %s is refused for good", mail.id, operator_id)
        except NotNow as error:
            mail.attempts, mail.error = mail.attempts + 1, str(error)[:500]
            delay, outcome = retry_delay(mail.attempts), Outcome.REFUSED
            mail.due_at, mail.failed_at = (now + delay, None) if delay else (mail.due_at, now)
            log.warning("mail %s of operator %s is not taken now, the %s. time", mail.id, operator_id, mail.attempts)
        except (OSError, smtplib.SMTPException) as error:
            mail.error, outcome = f"{type(error).__name__}: {error}"[:500], Outcome.UNREACHED
            mail.due_at = now + wait_for_server(now - mail.created_at)
            log.warning("mail %s of operator %s waits for the mail server (%s)", mail.id, operator_id,
                        type(error).__name__)  # fmt: skip
        session.commit()
        return outcome


def compose(mail: OutboxMail, settings: Settings) -> EmailMessage:
    """The mail as it goes out: text, and HTML beside it."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.to_address
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    # the same each time it is tried: a mail box that gets it twice can tell
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<outbox-{mail.operator_id}-{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text_body)
    if mail.html_body:
        message.add_alternative(mail.html_body, subtype="html")
    if mail.calendar_body:
        message.add_attachment(
            mail.calendar_body.encode(), maintype="text", subtype="calendar", filename="booking.ics",
            params={"charset": "utf-8"},
        )  # fmt: skip
    if mail.pdf_body:
        message.add_attachment(mail.pdf_body, maintype="application", subtype="pdf", filename=mail.pdf_name)
    return message


@contextmanager
def open_postman(settings: Settings) -> Iterator[Send]:
    """Who takes the mails away: connects with the first one, and keeps the connection for the round."""
    if not settings.smtp_url:
        yield lambda message: _write_file(message, settings)
        return
    postman = _Smtp(settings.smtp_url)
    try:
        yield postman.send
    finally:
        postman.close()


class _Smtp:
    """One connection to the server at SMTP_URL: smtp:// (TLS where it is offered) or smtps://."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        server = self._server or self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            _refused(*next(iter(error.recipients.values())), error)
        except smtplib.SMTPDataError as error:
            _refused(error.smtp_code, error.smtp_error, error)
        except (OSError, smtplib.SMTPException):
            self.close()
            raise

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _connect(self) -> smtplib.SMTP:
        url, context = self._url, ssl.create_default_context()
        host = url.hostname or "localhost"
        server: smtplib.SMTP
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif url.username and not _is_this_machine(host):
                server.close()
                raise smtplib.SMTPException("the server offers no TLS, and a password is not sent without it")
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        self._server = server
        return server


def _refused(code: int, words: bytes | str, error: Exception) -> None:
    """What the server says of this mail or its address: 5xx is for good, 4xx (greylisting) for now."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    raise (Undeliverable if 500 <= code < 600 else NotNow)(f"{code} {said}") from error


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write_file(message: EmailMessage, settings: Settings) -> None:
    """Without SMTP_URL: a file that any mail program opens."""
    settings.mail_folder.mkdir(parents=True, exist_ok=True)
    name = message["Message-ID"].strip("<>").partition("@")[0]
    path = settings.mail_folder / f"{name}.eml"
    path.write_bytes(bytes(message))
    log.info("SMTP_URL is not set, so this mail was not sent but written to %s", path)
