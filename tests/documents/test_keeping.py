"""Documents: who may see and keep them, versions, withdrawal, days of validity."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.accounts.operations import grant_role
from incubator.accounts.permissions import Role
from incubator.accounts.queries import get_actor
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.database import as_operator
from incubator.documents.models import Document, DocumentVersion
from incubator.documents.operations import (
    add_document,
    add_version,
    content_of,
    file_document,
    withdraw_document,
)
from incubator.documents.queries import (
    documents_by_id,
    get_document,
    get_version,
    list_documents,
    list_versions,
    may_add,
)
from incubator.documents.rules import AUDIENCES, may_see, state_on
from incubator.startups.queries.figures import may_fill, require_figures
from tests.cast import NOW, Cast

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PEOPLE = ("owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder_a", "member_a", "founder_b")
SEE = {
    "startup": {"owner", "manager", "front_desk", "finance", "auditor", "founder_a", "member_a"},
    "founders": {"owner", "manager", "finance", "auditor", "founder_a"},
    "staff": {"owner", "manager", "front_desk", "finance", "auditor"},
    "restricted": {"owner", "manager", "finance", "auditor"},
    "everybody": set(PEOPLE),
}
KEEP = {
    "startup": {"owner", "manager", "founder_a"}, "founders": {"owner", "manager", "founder_a"},
    "staff": {"owner", "manager"}, "restricted": {"owner", "manager"}, "everybody": {"owner", "manager"},
}  # fmt: skip


def add(session: Session, cast: Cast, by: Any = None, **more: Any) -> Document:
    values = {"kind": "licence", "title": "营业执照", "startup_id": cast.startup_a, "audience": "startup",
              "name": "执照.pdf", "content": PDF} | more  # fmt: skip
    return add_document(session, by or cast.founder_a, now=NOW, **values)


def whose(cast: Cast, audience: str) -> int | None:
    return None if audience == "everybody" else cast.startup_a


@pytest.mark.parametrize("audience", AUDIENCES)
def test_who_sees_it(session: Session, cast: Cast, audience: str) -> None:
    document = add(session, cast, cast.owner, audience=audience, startup_id=whose(cast, audience))
    seen = set()
    for person in PEOPLE:
        actor = getattr(cast, person)
        try:
            assert get_document(session, actor, document.id) is document
            assert get_version(session, actor, document.id)[1].number == 1
            seen.add(person)
        except NotFound:
            assert not documents_by_id(session, actor, [document.id])
            with pytest.raises(NotFound):
                list_versions(session, actor, document.id)
        else:
            assert list(documents_by_id(session, actor, [document.id])) == [document.id]
    assert seen == SEE[audience]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_who_keeps_it(session: Session, cast: Cast, audience: str) -> None:
    document = add(session, cast, cast.owner, audience=audience, startup_id=whose(cast, audience))
    kept: dict[str, set[str]] = {"add": set(), "version": set(), "withdraw": set()}
    for person in PEOPLE:
        actor = getattr(cast, person)
        tries = {
            "add": lambda actor=actor: add(session, cast, actor, audience=audience, startup_id=whose(cast, audience)),
            "version": lambda actor=actor: add_version(session, actor, now=NOW, document_id=document.id, name="b.pdf", content=PDF),
            "withdraw": lambda actor=actor: withdraw_document(session, actor, now=NOW, document_id=document.id, reason=" "),
        }  # fmt: skip
        for what, do in tries.items():
            try:
                do()
                kept[what].add(person)
            except (Forbidden, NotFound):
                pass
            except Refusal as refusal:
                assert refusal.field == "reason"
                kept[what].add(person)
    assert kept == dict.fromkeys(kept, KEEP[audience])


def test_another_operator_knows_of_nothing(session: Session, cast: Cast) -> None:
    document = add(session, cast)
    assert may_see(cast.other_owner, None, "staff"), "by the rule alone; the row is behind the operator's wall"
    with as_operator(session, cast.other_operator_id), pytest.raises(NotFound):
        get_document(session, cast.other_owner, document.id)


def test_versions_follow_one_another_and_the_earlier_ones_stay(session: Session, cast: Cast) -> None:
    document = add(session, cast, valid_from=date(2026, 1, 1), expires_on=date(2026, 12, 31))
    later = PDF + b"%2\n"
    add_version(session, cast.founder_a, now=NOW + timedelta(days=1), document_id=document.id, name="新.pdf", content=later,
                note="换发", valid_from=date(2027, 1, 1), expires_on=date(2027, 12, 31))  # fmt: skip
    rows = list_versions(session, cast.member_a, document.id)
    assert [(row.version.number, row.version.note, row.by) for row in rows] == [(2, "换发", "anna"), (1, "", "anna")]
    assert [content_of(session, row.file) for row in rows] == [later, PDF]
    assert (document.valid_from, document.expires_on) == (date(2027, 1, 1), date(2027, 12, 31))
    assert get_version(session, cast.member_a, document.id, 1)[2].name == "执照.pdf"
    with pytest.raises(NotFound):
        get_version(session, cast.member_a, document.id, 3)


def test_withdrawn_is_for_good_and_says_why(session: Session, cast: Cast) -> None:
    document = add(session, cast)
    other = add(session, cast, title="章程")
    withdraw_document(session, cast.founder_a, now=NOW, document_id=document.id, reason="上传错了")
    assert (document.withdrawn_reason, document.withdrawn_by) == ("上传错了", cast.founder_a.person_id)
    for again in (
        lambda: withdraw_document(session, cast.owner, now=NOW, document_id=document.id, reason="x"),
        lambda: add_version(session, cast.owner, now=NOW, document_id=document.id, name="a.pdf", content=PDF),
    ):
        with pytest.raises(Conflict):
            again()
    rows = list_documents(session, cast.member_a, startup_id=cast.startup_a).rows
    assert [row.document.id for row in rows] == [other.id, document.id], "what is withdrawn comes last"
    rows = list_documents(session, cast.member_a, startup_id=cast.startup_a, with_withdrawn=False).rows
    assert [row.document.id for row in rows] == [other.id]


def test_a_list_shows_what_one_may_see(session: Session, cast: Cast) -> None:
    for audience in AUDIENCES[:4]:
        add(session, cast, cast.owner, audience=audience)
    add(session, cast, cast.owner, audience="everybody", startup_id=None, kind="rules")
    for person in PEOPLE:
        actor = getattr(cast, person)
        own = {audience for audience in AUDIENCES[:4] if person in SEE[audience]}
        if actor.is_staff or cast.startup_a in actor.startup_ids:
            page = list_documents(session, actor, startup_id=cast.startup_a)
            assert {row.document.audience for row in page.rows} == own, person
            assert page.total == len(own)
        else:
            with pytest.raises(NotFound):
                list_documents(session, actor, startup_id=cast.startup_a)
        house = list_documents(session, actor, startup_id=None)
        assert [row.document.kind for row in house.rows] == ["rules"], person


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "poem"}, "kind"), ({"title": "  "}, "title"), ({"title": "长" * 101}, "title"),
        ({"audience": "world"}, "audience"), ({"content": b""}, "file"), ({"name": "a.docx"}, "file"),
        ({"valid_from": date(2027, 1, 2), "expires_on": date(2027, 1, 1)}, "expires_on"), ({"note": "n" * 201}, "note"),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(session: Session, cast: Cast, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        add(session, cast, **change)
    assert refused.value.field == field
    assert session.execute(select(Document)).first() is None
    assert session.execute(select(DocumentVersion)).first() is None


def test_what_has_a_rule_of_its_own_asks_nothing_more(session: Session, cast: Cast) -> None:
    document = file_document(
        session, cast.member_a, now=NOW, kind="picture", title="漏水", startup_id=cast.startup_a, audience="startup",
        name="a.pdf", content=PDF,
    )  # fmt: skip
    assert document.created_by == cast.member_a.person_id


def test_the_days_of_validity() -> None:
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    days = [date(2025, 12, 31), first, date(2026, 11, 30), date(2026, 12, 1), last, date(2027, 1, 1)]
    assert [state_on(day, first, last) for day in days] == ["coming", "valid", "valid", "soon", "soon", "expired"]
    assert state_on(last, None, None) == "valid"
    assert state_on(last, first, last, is_withdrawn=True) == "withdrawn"
    assert isinstance(NOW, datetime)


def test_a_founder_of_one_startup_is_but_a_member_of_the_other(session: Session, cast: Cast) -> None:
    """Anna founds A and works for B: what is for B's founders is not hers, to read or to add; the figures neither."""
    person = session.execute(select(Person).where(Person.id == cast.founder_a.person_id)).scalar_one()
    grant_role(session, cast.system, now=NOW, person=person, role=Role.MEMBER, startup_id=cast.startup_b)
    anna = get_actor(session, person.id)
    assert anna is not None
    kept = {
        (startup_id, audience): add_document(
            session, cast.manager, now=NOW, kind="letter", title="函", startup_id=startup_id, audience=audience,
            name="a.txt", content=b"words",
        ).id
        for startup_id in (cast.startup_a, cast.startup_b) for audience in ("startup", "founders")
    }  # fmt: skip
    for (startup_id, audience), document_id in kept.items():
        if (startup_id, audience) == (cast.startup_b, "founders"):
            with pytest.raises(NotFound):
                get_document(session, anna, document_id)
        else:
            assert get_document(session, anna, document_id).id == document_id
    seen = documents_by_id(session, anna, list(kept.values()))
    assert set(seen) == set(kept.values()) - {kept[cast.startup_b, "founders"]}
    assert may_add(anna, cast.startup_a) and not may_add(anna, cast.startup_b)
    assert may_fill(anna, cast.startup_a) and not may_fill(anna, cast.startup_b)
    with pytest.raises(Forbidden):
        require_figures(anna, cast.startup_b)
