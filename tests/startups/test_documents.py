"""The pages of a startup's documents: sending, reading, versions, withdrawal, reminders; what is refused says why."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.errors import NotFound, Refusal
from incubator.documents.models import Document
from incubator.documents.operations import add_document, add_version, withdraw_document
from incubator.documents.operations.documents import LARGEST_DOCUMENT
from incubator.notices.models import Notice, OutboxMail
from incubator.notices.operations import choose_notices
from incubator.notices.rules import KINDS
from incubator.notices.writing import write_notices
from incubator.startups.letters import WRITERS
from incubator.startups.operations import add_post, claim_standing, remind_of_documents
from tests.cast import NOW, Cast
from tests.conftest import Browser

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400


@pytest.fixture
def english(cast: Cast, session: Session) -> Cast:
    session.connection().exec_driver_sql("UPDATE people SET locale = 'en'")
    return cast


def send(client: Browser, cast: Cast, **more: object) -> object:
    data = {"file": (io.BytesIO(PDF), "执照 2026.pdf"), "kind": "licence", "title": "", "audience": "startup"} | more
    return client.post(f"/startups/{cast.startup_a}/documents/new", data=data, content_type="multipart/form-data")


def test_the_houses_own_documents(client: Browser, english: Cast, session: Session) -> None:
    """Rules for everybody, a permit for staff, a lease for who may see people's data; a founder reads the rules alone,
    in the newest version, and no longer once they are withdrawn."""
    client.sign_in(english.manager)
    for kind, title, audience in (("rules", "House rules", "everybody"), ("qualification", "Fire permit", "staff"),
                                  ("agreement", "Lease", "restricted")):  # fmt: skip
        data = {"file": (io.BytesIO(PDF), "a.pdf"), "kind": kind, "title": title, "audience": audience}
        answer = client.post("/documents/new", data=data, content_type="multipart/form-data")
        assert answer.status_code == 303
    wrong = {"file": (io.BytesIO(PDF), "a.pdf"), "kind": "rules", "title": "x", "audience": "startup"}
    assert client.post("/documents/new", data=wrong, content_type="multipart/form-data").status_code == 422
    rules = session.execute(select(Document).where(Document.title == "House rules")).scalar_one()
    assert rules.startup_id is None
    later = {"file": (io.BytesIO(PDF + b"2"), "new.pdf"), "note": "quiet after ten"}
    assert client.post(f"/documents/{rules.id}", data=later, content_type="multipart/form-data").status_code == 303
    every = {"House rules", "Fire permit", "Lease"}
    for actor, seen in ((english.manager, every), (english.front_desk, every - {"Lease"}), (english.auditor, every),
                        (english.founder_a, {"House rules"}), (english.member_a, {"House rules"}), (english.mentor, {"House rules"})):
        page = client.sign_in(actor).get("/documents").get_data(as_text=True)
        assert {title for title in every if title in page} == seen, actor.name
    client.sign_in(english.founder_a)
    assert b"%PDF" in client.get(f"/documents/{rules.id}/versions/2").data
    assert client.post(f"/documents/{rules.id}", data={**later, "file": (io.BytesIO(PDF), "a.pdf")}, content_type="multipart/form-data").status_code == 403
    assert client.post(f"/documents/{rules.id}/withdraw", data={"reason": "x"}).status_code == 403
    assert "Fire permit" not in client.get("/my/documents").get_data(as_text=True)
    client.sign_in(english.manager)
    assert client.post(f"/documents/{rules.id}/withdraw", data={"reason": "new rules"}).status_code == 303
    page = client.get("/documents?kind=rules").get_data(as_text=True)
    assert "House rules" in page and "No longer in use" in page and "Fire permit" not in page
    assert "House rules" not in client.sign_in(english.founder_a).get("/documents").get_data(as_text=True)
    assert client.sign_in(english.other_owner).get("/documents").get_data(as_text=True).count("House rules") == 0


def test_sent_read_and_sent_anew(client: Browser, english: Cast, session: Session) -> None:
    client.sign_in(english.founder_a)
    answer = send(client, english, valid_from="2026-01-05", expires_on="2026-12-31", note="original")
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    for words in ("Business licence", "Version 1", "original", "执照 2026.pdf", "102 KB", hashlib.sha256(PDF).hexdigest(),
                  "Everybody in the startup, and the operator", "5 Jan 2026 –", "31 Dec 2026", "anna"):  # fmt: skip
        assert words in page, words
    got = client.get(f"{answer.location}/versions/1")
    assert (got.status_code, got.data, got.content_type, got.content_length) == (200, PDF, "application/pdf", len(PDF))
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"] and "no-store" in got.headers["Cache-Control"]
    later = {"file": (io.BytesIO(PDF + b"2"), "new.pdf"), "note": "changed the address", "expires_on": "2099-12-31"}
    assert client.post(answer.location, data=later, content_type="multipart/form-data").status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert page.index("Version 2") < page.index("Version 1") and "until 31 Dec 2099" in page
    assert client.get(f"{answer.location}/versions/1").data == PDF, "the earlier version stays"
    listed = client.get("/my/documents").get_data(as_text=True)
    assert "Business licence" in listed and "Valid now" in listed


def test_withdrawn_with_a_reason(client: Browser, english: Cast, session: Session) -> None:
    client.sign_in(english.founder_a)
    address = send(client, english).location
    assert "Say why" in client.post(f"{address}/withdraw", data={"reason": " "}, follow_redirects=True).get_data(as_text=True)
    page = client.post(f"{address}/withdraw", data={"reason": "sent by mistake"}, follow_redirects=True).get_data(as_text=True)
    assert "No longer in use" in page and "sent by mistake" in page and "A new version" not in page
    assert client.post(address, data={"file": (io.BytesIO(PDF), "a.pdf")}).status_code == 409


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (None, "Choose a file first."), ((b"", "a.pdf"), "The file is empty."),
        ((PDF, "a.docx"), "is by its content a file of the kind .pdf"), ((PDF, "pdf"), "kind .pdf"),
        ((b"MZ\x90\x00" + bytes(100), "a.pdf"), "Files of this kind are not taken"),
        ((b"<html><script>alert(1)</script>", "a.html"), "is by its content a file of the kind .txt"),
    ],
)  # fmt: skip
def test_what_is_not_taken(client: Browser, english: Cast, session: Session, file: tuple[bytes, str] | None, says: str) -> None:
    client.sign_in(english.founder_a)
    answer = send(client, english, file=(io.BytesIO(file[0]), file[1]) if file else "")
    assert answer.status_code == 422 and says in answer.get_data(as_text=True)
    assert session.execute(select(Document)).first() is None


def test_a_founder_can_not_choose_what_only_staff_see(client: Browser, english: Cast) -> None:
    client.sign_in(english.founder_a)
    page = client.get(f"/startups/{english.startup_a}/documents/new").get_data(as_text=True)
    assert 'value="founders"' in page and 'value="staff"' not in page
    assert send(client, english, audience="staff").status_code == 422
    client.sign_in(english.manager)
    assert send(client, english, audience="staff").status_code == 303


def test_fifty_megabytes_and_not_one_more(client: Browser, english: Cast) -> None:
    client.sign_in(english.founder_a)
    whole = b"%PDF-1.7\n" + bytes(LARGEST_DOCUMENT - 9)
    answer = send(client, english, file=(io.BytesIO(whole), "a.pdf"))
    assert answer.status_code == 303
    assert client.get(f"{answer.location}/versions/1").data == whole
    answer = send(client, english, file=(io.BytesIO(whole + b"1"), "a.pdf"))
    assert answer.status_code == 422 and "larger than 50 MB" in answer.get_data(as_text=True)
    answer = send(client, english, file=(io.BytesIO(whole + bytes(2 * 1024 * 1024)), "a.pdf"))
    assert answer.status_code == 413, "what is far too large is not even read"


def test_other_routes_keep_their_limit(client: Browser, english: Cast) -> None:
    client.sign_in(english.manager)
    data = {"file": (io.BytesIO(bytes(21 * 1024 * 1024)), "a.xlsx")}
    assert client.post("/imports", data=data, content_type="multipart/form-data").status_code == 413


AT = datetime(2026, 12, 1, 2, tzinfo=UTC)


def letters(session: Session, cast: Cast, now: datetime) -> list[tuple[str, str]]:
    """What the worker writes at a moment: to whom, with which subject."""
    remind_of_documents(session, cast.system, now=now)
    write_notices(session, now=now, base_url="https://x", writers=WRITERS)
    rows = session.execute(select(OutboxMail).where(OutboxMail.created_at == now).order_by(OutboxMail.id)).scalars()
    return [(mail.to_address.split("@")[0], mail.subject) for mail in rows]


def test_told_30_days_before_and_when_it_has_expired_once_each(english: Cast, session: Session) -> None:
    until = date(2026, 12, 31)
    document = add_document(session, english.founder_a, now=NOW, kind="licence", title="Licence", startup_id=english.startup_a,
                            audience="startup", name="a.pdf", content=PDF, expires_on=until)  # fmt: skip
    add_document(session, english.manager, now=NOW, kind="other", title="Inner", startup_id=english.startup_a, audience="staff",
                 name="a.pdf", content=PDF, expires_on=until)  # fmt: skip
    assert letters(session, english, AT - timedelta(days=1)) == [], "31 days before"
    licence, inner = "Expires soon: Licence · 甲科技有限公司", "Expires soon: Inner · 甲科技有限公司"
    assert sorted(letters(session, english, AT)) == [("anna", licence), ("mia", inner), ("mia", licence)]
    assert letters(session, english, AT + timedelta(days=1)) == [], "once"
    over = [(who, subject.replace("Expires soon", "Expired")) for who, subject in (("anna", licence), ("mia", inner), ("mia", licence))]
    assert sorted(letters(session, english, AT + timedelta(days=31))) == over
    add_version(session, english.founder_a, now=NOW, document_id=document.id, name="b.pdf", content=PDF, expires_on=date(2027, 1, 20))
    assert [who for who, _ in letters(session, english, AT + timedelta(days=32))] == ["mia", "anna"], "another day, another letter"


def test_no_letter_about_what_is_not_so_any_more_and_none_to_who_wants_none(english: Cast, session: Session) -> None:
    document = add_document(session, english.founder_a, now=NOW, kind="licence", title="L", startup_id=english.startup_a,
                            audience="founders", name="a.pdf", content=PDF, expires_on=date(2026, 12, 31))  # fmt: skip
    choose_notices(session, english.founder_a, now=NOW, wanted=[kind for kind, may in KINDS.items() if may and kind != "expiry"])
    assert remind_of_documents(session, english.system, now=AT) == 1
    withdraw_document(session, english.founder_a, now=AT, document_id=document.id, reason="x")
    write_notices(session, now=AT, base_url="https://x", writers=WRITERS)
    outcomes = session.execute(select(Notice.person_id, Notice.outcome)).all()
    assert dict(outcomes) == {english.founder_a.person_id: "unwanted", english.manager.person_id: "stale"}
    assert remind_of_documents(session, english.system, now=AT) == 0


def test_evidence_can_be_a_document(client: Browser, english: Cast, session: Session) -> None:
    post = add_post(session, english.founder_a, now=NOW, secret=b"s", startup_id=english.startup_a, name="王小明", role="founder",
                    first=date(2026, 1, 1))  # fmt: skip
    mine = add_document(session, english.founder_a, now=NOW, kind="evidence", title="Certificate 42", startup_id=english.startup_a,
                        audience="founders", name="a.pdf", content=PDF)  # fmt: skip
    theirs = add_document(session, english.founder_b, now=NOW, kind="evidence", title="B", startup_id=english.startup_b,
                          audience="founders", name="a.pdf", content=PDF)  # fmt: skip
    values = {"now": NOW, "post_id": post.id, "category": "graduate", "first": date(2025, 6, 30)}
    standing = claim_standing(session, english.founder_a, document_id=mine.id, **values)
    assert standing.evidence == "Certificate 42"
    with pytest.raises(NotFound):
        claim_standing(session, english.founder_a, document_id=theirs.id, **values)
    with pytest.raises(Refusal, match="Choose one of the startup's"):
        claim_standing(session, english.manager, document_id=theirs.id, **values)
    address = f"/startups/{english.startup_a}/team/{post.id}"
    assert f"/documents/{mine.id}" in client.sign_in(english.founder_a).get(address).get_data(as_text=True)
    assert f"/documents/{mine.id}" not in client.sign_in(english.member_a).get(address).get_data(as_text=True)
