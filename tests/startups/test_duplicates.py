"""Who may be the same: the rule, and the query beside a model that compares everybody with everybody."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.identifiers import complete_credit_code
from incubator.startups.models import Application, ApplicationFounder, Call, Individual, Post, Startup
from incubator.startups.operations import add_programme
from incubator.startups.operations.calls import CallFacts, add_call
from incubator.startups.queries.duplicates import list_duplicates
from incubator.startups.rules.duplicates import Party, name_key, person_key, phone_key, why_same
from tests.cast import NOW, Cast


@pytest.mark.parametrize(("one", "other"), [
    ("芯翼科技有限公司", "芯翼科技"), ("芯翼科技（深圳）有限公司", "芯翼科技(深圳)"), ("芯 翼科技股份有限公司", "芯翼科技有限责任公司"),
    ("Ｘｉｎｙｉ Ltd.", "XINYI Co., Ltd"), ("Xinyi Company Limited", "xinyi"), ("翼飞（有限合伙）", "翼飞合伙企业"),
])  # fmt: skip
def test_a_name_is_known_without_width_blanks_and_legal_form(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [
    ("芯翼科技有限公司", "芯翼生物有限公司"), ("Taco Ltd", "Ta Ltd"), ("有限公司", "公司"), ("深圳芯翼", "芯翼"), ("Zinc", "Z"),
])  # fmt: skip
def test_different_names_stay_different(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_people_and_telephones() -> None:
    assert person_key("张 三") == person_key("张三") and person_key("LI, Ming") == "liming"
    assert phone_key("+86 138-0013-8000") == phone_key("１３８００１３８０００") == "13800138000"
    assert phone_key("12") == ""
    assert why_same(Party("", None), Party("", None)) == ()  # what is not said tells nothing
    assert why_same(Party("甲", "X", ("张三",)), Party("甲公司", "X", ("李四", "张 三"))) == ("credit_code", "name", "founder")


NAMES = st.sampled_from(["芯翼科技有限公司", "芯翼科技", "（芯翼）科技", "Xinyi Ltd", "XINYI CO., LTD.", "拾光", "İstanbul", "ﬁne", "公司"])
PEOPLE = st.lists(st.sampled_from(["林晓", "林 晓", "Li Ming", "周敏"]), max_size=2).map(tuple)
CODES = st.sampled_from([None, *(complete_credit_code(f"91440300MA5XYYW{each}1") for each in "AB")])
MAILS = st.sampled_from(["a@example.com", "A@Example.com", "b@example.com"])
PHONES = st.sampled_from(["", "138 0013 8000", "+86 138-0013-8000", "0755 123", "１３９００１３９０００"])
PARTIES = st.builds(Party, NAMES, CODES, PEOPLE, MAILS.map(lambda each: (each,)), PHONES.map(lambda each: (each,)))


@pytest.fixture
def call(session: Session, cast: Cast) -> Call:
    programme = add_programme(session, cast.manager, now=NOW, kind="programme", name="孵化")
    return add_call(session, cast.manager, now=NOW, programme_id=programme.id, facts=CallFacts("招募", "call", NOW))


def keep(session: Session, call_id: int, number: int, party: Party) -> int:
    """An application that was sent, as the tables have it."""
    kind = "team" if party.credit_code is None else "company"
    made = Application(
        call_id=call_id, number=f"AP-2026-{number:04}", locale="en", name=party.name, kind=kind,
        credit_code=party.credit_code, contact_name="X", contact_email=party.emails[0], contact_phone=party.phones[0],
        created_at=NOW, changed_at=NOW, sent_at=NOW,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(ApplicationFounder(application_id=made.id, position=place, name=name)
                    for place, name in enumerate(party.founders))  # fmt: skip
    return made.id


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parties=st.lists(PARTIES, min_size=1, max_size=5), startup=PARTIES)
def test_the_query_finds_what_the_rule_says(
    session: Session, cast: Cast, call: Call, parties: list[Party], startup: Party
) -> None:
    for table in (ApplicationFounder, Application):
        session.execute(delete(table))
    calls = [call.id]  # a credit code stands once in a call: each application has its own
    for number in range(1, len(parties)):
        made = Call(programme_id=call.programme_id, name="招募", slug=f"call-{number}", opens_at=NOW, created_at=NOW)
        with session.begin_nested():
            known = session.query(Call).filter_by(slug=made.slug).one_or_none()
            calls.append(known.id if known else _add(session, made))
    house = session.get_one(Startup, (cast.operator_id, cast.startup_b))
    house.name, house.contact_email, house.contact_phone = startup.name, startup.emails[0], startup.phones[0]
    house.kind, house.credit_code, house.registered_on = "team", None, None
    if startup.credit_code:
        house.kind, house.credit_code = "company", startup.credit_code
    _found_by(session, cast, startup.founders)
    ids = [keep(session, calls[number], number, party) for number, party in enumerate(parties)]
    session.flush()
    found = list_duplicates(session, cast.auditor, ids)
    for mine, party in zip(ids, parties, strict=True):
        model = {("application", other): why for other, each in zip(ids, parties, strict=True)
                 if other != mine and (why := why_same(party, each))}  # fmt: skip
        if why := why_same(party, startup):
            model["startup", house.id] = why
        told = {("startup", each.startup.id) if each.startup else ("application", each.application.id): each.reasons
                for each in found.get(mine, [])}  # fmt: skip
        assert told == model


def _add(session: Session, call: Call) -> int:
    session.add(call)
    session.flush()
    return call.id


def _found_by(session: Session, cast: Cast, names: tuple[str, ...]) -> None:
    """The startup's founders are these and no others: the posts of before are another startup's."""
    session.query(Post).filter(Post.startup_id == cast.startup_b).update({"role": "employee"})
    for name in names:
        person = Individual(name=name, created_at=NOW)
        session.add(person)
        session.flush()
        session.add(Post(startup_id=cast.startup_b, individual_id=person.id, role="founder", created_at=NOW,
                         days=Range(NOW.date(), None)))  # fmt: skip
    session.flush()


def test_a_whole_page_is_marked_in_four_statements(session: Session, cast: Cast, call: Call) -> None:
    party = Party("芯翼", None, ("林晓",), ("a@example.com",), ("13800138000",))
    ids = [keep(session, call.id, number, party) for number in range(1, 31)]
    session.flush()
    counted: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: counted.append(args[2]))
    found = list_duplicates(session, cast.manager, ids[:10])
    assert len(counted) == 4 and {len(found[each]) for each in ids[:10]} == {20}
