"""The pages of the trail."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.accounts.models import Person
from incubator.accounts.operations import edit_profile, grant_role
from incubator.accounts.permissions import Role
from incubator.audit.models import AuditEvent
from incubator.audit.operations import record
from incubator.settings import ROOT
from incubator.web.trail_actions import ACTIONS
from incubator.web.trail_fields import FIELDS
from incubator.web.trail_names import SUBJECTS
from tests.cast import NOW, Cast
from tests.conftest import Browser


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("manager", 200), ("finance", 200), ("auditor", 200), ("front_desk", 403), ("mentor", 403),
     ("founder_a", 403), ("member_a", 403), ("founder_b", 403)],
)  # fmt: skip
def test_who_sees_it(client: Browser, cast: Cast, who: str, status: int) -> None:
    client.sign_in(getattr(cast, who))
    for path in ("/audit", "/audit/1", "/audit/verify"):
        assert client.get(path).status_code == status


def test_an_operator_sees_its_own(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.other_owner)
    page = client.get("/audit").get_data(as_text=True)
    assert "别家孵化器" in page and "fiona" not in page
    assert client.get("/audit/30").status_code == 404


def test_before_and_after_in_words(client: Browser, cast: Cast, session: Session) -> None:
    edit_profile(session, cast.finance, now=NOW, name="费欧娜", phone="0755")
    number = session.execute(select(AuditEvent.number).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    client.sign_in(cast.auditor)
    page = client.get(f"/audit/{number}").get_data(as_text=True)
    for words in ("修改个人资料", "姓名" if "姓名" in page else "名称", "fiona", "费欧娜", "电话", "2026年10月1日 09:00"):
        assert words in page, words
    person = session.execute(select(Person).where(Person.id == cast.finance.person_id)).scalar_one()
    grant_role(session, cast.owner, now=NOW, person=person, role=Role.MENTOR)
    assert "导师" in client.get(f"/audit/{number + 1}").get_data(as_text=True)


def test_ids_money_and_days_are_written_for_readers(client: Browser, cast: Cast, session: Session) -> None:
    record(session, cast.owner, "edit_startup", ("startups", cast.startup_a), now=NOW,
           after={"startup_id": cast.startup_a, "net_minor": 108000, "on": "2026-10-10", "units": ["D1", "D2"],
                  "state": "done", "odd": {"nested": True}, "none": None})  # fmt: skip
    number = session.execute(select(AuditEvent.number).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    client.sign_in(cast.owner)
    page = client.get(f"/audit/{number}").get_data(as_text=True)
    for words in ("甲科技有限公司", "¥1,080.00", "2026年10月10日", "D1、D2", "nested：是"):
        assert words in page, words


ODD = ("9999-12-31T23:59", "0001-01-01", "0001-01-01T00:00", "2026-13-45", "2026-11-24T99:99", "2026-10-10T10:00+99:99", "%(x)s",
       "{{ 1 }}", "<b>", "=1+1", "\u202e", "1e999", "-")  # fmt: skip


@pytest.mark.parametrize("value", ODD)
def test_no_text_makes_the_trail_unreadable(client: Browser, cast: Cast, session: Session, value: str) -> None:
    """It is for ever: an event can't be deleted. Every field that the trail has words for, with a text in it."""
    fields = [*FIELDS, "unknown"]
    record(session, cast.owner, "edit_startup", ("startups", cast.startup_a), now=NOW,
           before=dict.fromkeys(fields, value),
           after={field: [value, {"deep": {field: value}}] for field in fields})  # fmt: skip
    number = session.execute(select(AuditEvent.number).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    client.sign_in(cast.auditor)
    for page in ("/audit", "/audit/verify", f"/audit/{number}"):
        assert client.get(page).status_code == 200, page


def test_a_name_that_looks_like_a_day_stays_as_it_was_typed(client: Browser, cast: Cast, session: Session) -> None:
    record(session, cast.owner, "add_floor", ("floors", 1), now=NOW, after={"name": "2026-11-24", "on": "2026-11-24"})
    client.sign_in(cast.auditor)
    page = client.get("/audit").text
    assert "2026-11-24" in page and "2026年11月24日" in page


def test_filters(client: Browser, cast: Cast, session: Session) -> None:
    edit_profile(session, cast.finance, now=NOW, name="F", phone="")
    client.sign_in(cast.owner)

    def count(query: str) -> int:
        return client.get(f"/audit?{query}").get_data(as_text=True).count('class="trail-link"')

    assert count(f"person={cast.finance.person_id}") == 1
    assert count("action=edit_profile") == 1
    assert count(f"subject=people&id={cast.finance.person_id}") >= 3
    assert count("person=0") > 5
    assert "没有此类记录" in client.get("/audit?action=nothing_like_it").get_data(as_text=True)


@pytest.mark.parametrize(
    "query", ["person=x", "person=-1", f"id={'9' * 40}", "action=%00", "subject=%27", "page=0", "page=-3", "id=1"]
)
def test_nonsense_in_the_address_does_no_harm(client: Browser, cast: Cast, query: str) -> None:
    client.sign_in(cast.owner)
    assert client.get(f"/audit?{query}").status_code == 200


def test_it_pages_and_the_pages_keep_the_filter(client: Browser, cast: Cast, session: Session) -> None:
    for step in range(55):
        record(session, cast.owner, "edit_unit", ("units", step), now=NOW)
    client.sign_in(cast.owner)
    page = client.get("/audit?action=edit_unit").get_data(as_text=True)
    assert page.count('class="trail-link"') == 50 and "/audit?action=edit_unit&amp;page=2" in page
    assert client.get("/audit?action=edit_unit&page=2").get_data(as_text=True).count('class="trail-link"') == 5


def test_verify_says_that_it_is_whole(client: Browser, cast: Cast) -> None:
    client.sign_in(cast.auditor)
    assert "链条完整" in client.get("/audit/verify").get_data(as_text=True)


def recorded() -> Iterator[tuple[str, str, str]]:
    """Every action and kind of subject that the code records, with its place."""
    for path in sorted(Path(ROOT, "incubator").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 3):
                continue
            action, subject = node.args[2], node.args[3]
            kind = subject.elts[0] if isinstance(subject, ast.Tuple) else None
            if isinstance(action, ast.Constant):
                name = kind.value if isinstance(kind, ast.Constant) else ""
                yield str(action.value), str(name), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_recorded_action_has_words() -> None:
    found = list(recorded())
    assert len(found) > 30
    assert not [f"{place}: {action}" for action, _, place in found if action not in ACTIONS]
    assert not [f"{place}: {kind}" for _, kind, place in found if kind and kind not in SUBJECTS]


def test_an_outsider_computes_the_seal_from_what_the_page_gives(client: Browser, cast: Cast, session: Session) -> None:
    record(session, cast.owner, "add_floor", ("floors", 1), now=NOW, after={"name": "三层", "area": "1.50"})
    event = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    client.sign_in(cast.auditor)
    answer = client.get(f"/audit/{event.number}/content.json")
    assert hashlib.sha256(event.previous_hash + answer.data).digest() == event.hash
    page = client.get(f"/audit/{event.number}").text
    assert event.previous_hash.hex() in page and event.hash.hex() in page and f"entry-{event.number}.json" in page
    assert client.get("/audit/999999999/content.json").status_code == 404
    assert client.sign_in(cast.founder_a).get(f"/audit/{event.number}/content.json").status_code == 403
