"""Delivering the outbox: to a real SMTP server in this process, and into files."""

from __future__ import annotations

import dataclasses
import email
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from incubator.accounts.operations import ask_reset, invite
from incubator.accounts.permissions import Role
from incubator.database import INSTALLATION, set_operator
from incubator.notices.delivery import deliver_due
from incubator.notices.models import OutboxMail
from incubator.notices.operations import send_mail
from incubator.notices.rules import DELAYS, retry_delay
from incubator.settings import Settings
from tests.accounts.conftest import assembled
from tests.cast import Cast
from tests.database import TestDatabase

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Sink:
    """An SMTP server's mind: keeps what it accepts, and refuses what it is told to."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.slowness = 0.0

    async def handle_RCPT(
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:
        sleep(self.slowness)
        found = email.message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.accepted.append(found)
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    """The sink, and its address."""
    mind = Sink()
    controller = Controller(mind, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield mind, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclasses.dataclass
class House:
    """A database with the cast, and how mail leaves it."""

    engine: Engine
    settings: Settings
    cast: Cast

    def put(self, to: str = "anna@example.com", operator_id: int | None = None, **more: Any) -> None:
        with Session(self.engine) as session:
            set_operator(session, operator_id or self.cast.operator_id)
            send_mail(session, now=NOW, **({"to": to, "subject": "Hello 你好", "text": "Text 正文"} | more))
            session.commit()

    def deliver(self, now: datetime = NOW, **more: Any) -> int:
        operators = [INSTALLATION, self.cast.operator_id, self.cast.other_operator_id]
        return deliver_due(self.engine, self.settings, operators, clock=lambda: now, **more)

    def rows(self, operator_id: int | None = None) -> list[OutboxMail]:
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id if operator_id is None else operator_id)
            return list(session.execute(select(OutboxMail).order_by(OutboxMail.id)).scalars())


@pytest.fixture
def house(own_database: TestDatabase, sink: tuple[Sink, str], tmp_path: Path) -> Iterator[House]:
    settings = dataclasses.replace(
        own_database.settings(), smtp_url=sink[1], mail_folder=tmp_path / "mail", mail_from="Incubator <no-reply@hub.example>"
    )
    engine = create_engine(settings.database_url)
    yield House(engine, settings, assembled(own_database))
    engine.dispose()


def test_it_arrives_as_text_and_html(house: House, sink: tuple[Sink, str]) -> None:
    house.put(html="<p>Text <b>正文</b></p>")
    assert house.deliver() == 1
    (mail,) = sink[0].accepted
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "anna@example.com", "Incubator <no-reply@hub.example>", "Hello 你好")  # fmt: skip
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text and "Text 正文" in text.get_content() and html and "<b>正文</b>" in html.get_content()
    assert mail["Message-ID"].endswith("@hub.example>") and mail["Auto-Submitted"] == "auto-generated"


def test_what_was_sent_is_not_sent_again_and_not_kept(house: House, sink: tuple[Sink, str]) -> None:
    house.put()
    assert (house.deliver(), house.deliver(), len(sink[0].accepted)) == (1, 0, 1)
    (row,) = house.rows()
    assert row.sent_at == NOW and row.text_body == "" and row.subject == "Hello 你好"


def test_a_paper_comes_with_it_and_is_not_kept(house: House, sink: tuple[Sink, str]) -> None:
    paper = b"%PDF-1.7 " + bytes(range(256))
    house.put(html="<p>x</p>", pdf=("账单 INV-2026-000001.pdf", paper))
    assert house.deliver() == 1
    [attached] = list(sink[0].accepted[0].iter_attachments())
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "账单 INV-2026-000001.pdf")
    assert attached.get_content() == paper
    with Session(house.engine) as session:
        set_operator(session, house.cast.operator_id)
        assert session.execute(select(OutboxMail.pdf_body)).scalar_one() is None


def test_mail_of_every_operator_leaves(house: House, sink: tuple[Sink, str]) -> None:
    house.put("a@example.com")
    house.put("b@example.com", operator_id=house.cast.other_operator_id)
    assert house.deliver() == 2
    assert sorted(str(mail["To"]) for mail in sink[0].accepted) == ["a@example.com", "b@example.com"]


def test_two_workers_never_send_one_twice(house: House, sink: tuple[Sink, str]) -> None:
    for number in range(20):
        house.put(f"p{number}@example.com")
    sink[0].slowness = 0.01
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: house.deliver(), range(4)))
    assert sum(sent) == 20 and sum(one > 0 for one in sent) > 1
    assert sorted(str(mail["To"]) for mail in sink[0].accepted) == sorted(f"p{n}@example.com" for n in range(20))


def test_nothing_listens_it_is_tried_again_later_and_later(house: House, sink: tuple[Sink, str]) -> None:
    there = house.settings
    house.settings = dataclasses.replace(there, smtp_url=f"smtp://127.0.0.1:{_free_port()}")
    house.put()
    minutes = []
    for now in (NOW, NOW + timedelta(minutes=10), NOW + timedelta(days=9)):  # a holiday of eight days
        assert house.deliver(now) == 0
        (row,) = house.rows()
        minutes.append((row.due_at - now) / timedelta(minutes=1))
        assert row.error and row.sent_at is None and row.failed_at is None
        assert house.deliver(now) == 0, "not before it is due"
    assert minutes == [1, 5, 60]
    house.settings = there
    sink[0].refuse["anna@example.com"] = "451 who are you"  # greylisted: the days without a server do not count
    back = row.due_at
    assert house.deliver(back) == 0 and house.rows()[0].failed_at is None
    del sink[0].refuse["anna@example.com"]
    assert house.deliver(back + DELAYS[0]) == 1 and len(sink[0].accepted) == 1


def test_a_server_that_never_answers_costs_one_time_out_a_round(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incubator.notices.delivery.TIMEOUT_SECONDS", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        house.settings = dataclasses.replace(house.settings, smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        for number in range(3):
            house.put(f"p{number}@example.com")
        assert house.deliver() == 0
    assert [row.error is not None for row in house.rows()] == [True, False, False]


def test_an_address_refused_for_good_is_given_up_and_holds_nobody_up(house: House, sink: tuple[Sink, str]) -> None:
    sink[0].refuse["gone@example.com"] = "550 no such user"
    house.put("gone@example.com")
    house.put("here@example.com")
    assert house.deliver() == 1
    gone, here = house.rows()
    assert gone.failed_at == NOW and gone.error and "550" in gone.error and here.sent_at == NOW
    assert house.deliver(NOW + timedelta(days=9)) == 0


def test_an_address_refused_for_now_waits_alone(house: House, sink: tuple[Sink, str]) -> None:
    sink[0].refuse["grey@example.com"] = "451 try again later"
    house.put("grey@example.com")
    house.put("here@example.com")
    assert house.deliver() == 1
    assert house.rows()[0].due_at == NOW + DELAYS[0]
    del sink[0].refuse["grey@example.com"]
    assert house.deliver(NOW + DELAYS[0]) == 1


def test_it_is_given_up_after_two_days() -> None:
    assert [retry_delay(number) for number in (1, 8)] == [timedelta(minutes=1), timedelta(days=1)]
    assert retry_delay(9) is None
    assert timedelta(days=1) < sum(DELAYS, timedelta()) < timedelta(days=2)


def test_a_mail_that_can_not_be_made_holds_nobody_up(house: House, sink: tuple[Sink, str]) -> None:
    house.put("here@example.com")
    with Session(house.engine) as session:
        set_operator(session, house.cast.operator_id)
        session.add(OutboxMail(to_address="x@example.com", subject="a\nBcc: y@example.com", text_body="x",
                               created_at=NOW, due_at=NOW - timedelta(days=1)))  # fmt: skip
        session.commit()
    assert house.deliver() == 1
    assert [row.failed_at is not None for row in house.rows()] == [False, True]


def test_no_header_can_be_smuggled_in(house: House, sink: tuple[Sink, str]) -> None:
    house.put(subject="Hi\r\nBcc: evil@example.com", to="anna@example.com")
    assert house.deliver() == 1
    (mail,) = sink[0].accepted
    assert mail["Bcc"] is None and mail["Subject"] == "Hi Bcc: evil@example.com"


def test_a_rolled_back_cause_sends_nothing(house: House, sink: tuple[Sink, str]) -> None:
    with Session(house.engine) as session:
        set_operator(session, house.cast.operator_id)
        send_mail(session, now=NOW, to="anna@example.com", subject="x", text="x")
        session.rollback()
    assert house.deliver() == 0 and not sink[0].accepted


def test_told_to_stop_it_stops_between_two_mails(house: House) -> None:
    house.put()
    assert house.deliver(must_stop=lambda: True) == 0


def test_a_password_is_not_sent_to_a_far_server_without_tls(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("incubator.notices.delivery._is_this_machine", lambda _host: False)
    house.settings = dataclasses.replace(house.settings, smtp_url=house.settings.smtp_url.replace("//", "//me:secret@"))
    house.put()
    assert house.deliver() == 0
    (row,) = house.rows()
    assert row.error and "TLS" in row.error and "secret" not in row.error


def test_without_a_server_it_becomes_a_file_that_opens(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.settings = dataclasses.replace(house.settings, smtp_url="")
    house.put(html="<p>正文</p>")
    with caplog.at_level("INFO", "incubator.mail"):
        assert house.deliver() == 1
    (path,) = house.settings.mail_folder.glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Hello 你好" and mail["To"] == "anna@example.com"
    assert "SMTP_URL is not set" in caplog.text and str(path) in caplog.text
    assert house.rows()[0].sent_at == NOW


def test_links_asked_for_are_mailed_in_their_readers_languages(house: House, sink: tuple[Sink, str]) -> None:
    with Session(house.engine) as session:
        ask_reset(session, now=NOW, email="fiona@example.com", locale="en")
        ask_reset(session, now=NOW, email="stranger@example.com", locale="en")
        set_operator(session, house.cast.operator_id)
        invite(session, house.cast.owner, now=NOW, name="Gina", email="gina@example.com", role=Role.MENTOR, locale="en")
        session.commit()
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: house.deliver(), range(2))) == 2
    house.deliver()
    by_reader = {str(mail["To"]): mail for mail in sink[0].accepted}
    assert sorted(by_reader) == ["fiona@example.com", "gina@example.com"], "the stranger gets none"
    assert by_reader["fiona@example.com"]["Subject"] == "设置新密码"
    assert by_reader["gina@example.com"]["Subject"] == "Your invitation to Nanshan Maker Hub"
    html = by_reader["gina@example.com"].get_body(("html",))
    assert html and "http://127.0.0.1:5000/invitation/" in html.get_content() and "<script" not in html.get_content()


def test_names_in_letters_are_text_and_not_markup(house: House, sink: tuple[Sink, str]) -> None:
    with Session(house.engine) as session:
        set_operator(session, house.cast.operator_id)
        invite(session, house.cast.owner, now=NOW, name="<b>Gina</b>", email="gina@example.com", role=Role.MENTOR)
        session.commit()
    assert house.deliver() == 1
    html = sink[0].accepted[0].get_body(("html",))
    assert html and "&lt;b&gt;Gina" in html.get_content()
