"""Whoever lost the address of their application gets another by mail, and nobody learns who applies."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.models import Application, Call
from incubator.startups.operations.applications import start_for_startup
from incubator.startups.queries.startups import get_startup
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.test_access import counting
from tests.startups.applying import address, begin
from tests.startups.test_applications import GOOD

TOKEN = re.compile(r'(name="csrf[-_]token"[^>]*?(?:content|value)=)"[^"]*"')
"""It carries the second in which it was made."""


def written(session: Session, since: int = 0) -> Sequence[OutboxMail]:
    """The mails that the worker writes out of what was asked for."""
    write_notices(session, now=utc_now(), base_url="https://x", writers=WRITERS)
    return session.execute(select(OutboxMail).where(OutboxMail.about_kind == "calls").order_by(OutboxMail.id)).scalars().all()


def path_in(mail: OutboxMail) -> list[str]:
    return re.findall(r"https://x(/application/\S+)", mail.text_body)


def test_a_new_address_is_mailed_and_the_old_one_ends(client: Browser, session: Session, call: Call) -> None:
    here, lost = begin(client, call), address(call) + "/link"
    client.post(here, data=GOOD | {"do": "save"})
    assert lost in client.get(address(call)).text
    assert client.get(lost).status_code == 200
    assert client.post(lost, data={"email": " LIN@example.com "}).status_code == 200
    assert client.get(here).status_code == 200  # until the letter is written
    (mail,) = written(session)
    (new,) = path_in(mail)
    assert mail.to_address.lower() == "lin@example.com" and "2027 春季" in mail.subject
    assert "芯翼科技有限公司" in client.get(new).text
    ended = client.get(here)
    assert ended.status_code == 404 and "此网址无效" in ended.text
    assert client.post(new, data=GOOD | {"do": "send"}).status_code == 303
    client.post(lost, data={"email": "lin@example.com"})
    assert "AP-20" in client.get(path_in(written(session)[1])[0]).text


def test_the_answer_is_the_same_whoever_asks(client: Browser, session: Session, call: Call) -> None:
    client.get(begin(client, call))
    lost = address(call) + "/link"
    with counting(session) as known:
        first = client.post(lost, data={"email": "lin@example.com"})
    with counting(session) as unknown:
        second = client.post(lost, data={"email": "who@example.com"})
    same = (first.text.replace("lin@example.com", "who@example.com"), second.text)
    assert len({TOKEN.sub("", text) for text in same}) == 1
    assert known == unknown  # and so is the time that it takes
    assert [mail.to_address for mail in written(session)] == ["lin@example.com"]
    kept = session.execute(
        select(Notice.to_address, Notice.outcome).where(Notice.subject_kind == "calls").order_by(Notice.id)
    )
    assert [tuple(row) for row in kept.all()] == [(None, "written"), (None, "stale")]


@pytest.mark.parametrize("email", ["", "nobody", "a@b\nBcc: c@example.com", "x" * 400])
def test_what_is_no_address_is_refused(client: Browser, session: Session, call: Call, email: str) -> None:
    answer = client.post(address(call) + "/link", data={"email": email})
    assert answer.status_code == 422 and "is-invalid" in answer.text
    assert session.execute(select(Notice).where(Notice.subject_kind == "calls")).first() is None


def test_several_come_in_one_mail_and_those_of_startups_in_none(
    client: Browser, session: Session, cast: Cast, call: Call
) -> None:
    begin(client, call)
    sent = begin(client, call)
    client.post(sent, data=GOOD | {"do": "send"})
    begun = start_for_startup(session, cast.founder_a, now=utc_now(), call=call,
                              startup=get_startup(session, cast.founder_a, cast.startup_a))  # fmt: skip
    begun.contact_email = "lin@example.com"
    client.post(address(call) + "/link", data={"email": "lin@example.com"})
    (mail,) = written(session)
    links = path_in(mail)
    assert len(links) == 2 and "AP-20" in mail.text_body and "草稿" in mail.text_body
    pages = [client.get(link).text for link in links]
    assert sum("AP-20" in page for page in pages) == 1
    assert session.execute(select(Application.id).where(Application.from_startup_id.is_not(None))).scalar_one() == begun.id


def test_another_operators_call_has_no_such_page(client: Browser, cast: Cast, call: Call) -> None:
    assert client.get(f"/apply/{cast.other_operator_id:x}/{call.slug}/link").status_code == 404
    assert client.get(address(call) + "x/link").status_code == 404
    client.sign_in(cast.other_owner)
    assert client.post(address(call) + "/link", data={"email": "lin@example.com"}).status_code == 200
