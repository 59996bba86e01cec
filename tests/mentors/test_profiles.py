"""Mentors, their profiles and who may see and change what."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.models import Person, RoleGrant
from incubator.accounts.operations import end_access
from incubator.accounts.permissions import Role
from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Interval
from incubator.mentors.letters import WRITERS
from incubator.mentors.models import Mentor, MentorProposal
from incubator.mentors.operations import availability, fields
from incubator.mentors.operations.mentors import add_mentor, end_mentor, pause_mentor, resume_mentor
from incubator.mentors.operations.proposals import approve_profile, return_profile, send_profile, withdraw_profile
from incubator.mentors.queries.fields import get_field
from incubator.mentors.queries.profiles import get_mentor, get_mentor_row, list_mentors, my_mentor, profile_of
from incubator.mentors.queries.proposals import get_proposal, last_proposal, list_waiting
from incubator.mentors.rules.profiles import Profile
from incubator.notices.models import Notice
from incubator.notices.writing import write_notices
from incubator.spaces.models import Site, Unit
from incubator.spaces.operations import allocate, release
from incubator.spaces.queries import list_units
from tests.browser import Live
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_field, make_mentor, make_site
from tests.reports.test_measure_occupancy import count_statements

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    return make_site(session, cast)


@pytest.fixture
def profile(session: Session, cast: Cast, site: Site) -> Profile:
    field = make_field(session, cast, "知识产权", "Intellectual property", "专利，商标, IP")
    return Profile(kind="legal", site_id=site.id, headline="锦天律所合伙人", biography="做了二十年专利。", field_ids=(field.id,))


def letters(session: Session) -> list[tuple[str, str]]:
    """Subjects and readers' addresses of what the worker writes now."""
    from_here = session.execute(select(func.count()).select_from(Notice)).scalar_one()
    write_notices(session, now=LATER, base_url="https://x", writers=WRITERS)
    assert from_here
    rows = session.execute(select(Notice.outcome, Person.email).join(Person, Person.id == Notice.person_id).order_by(Notice.id))
    return [(outcome or "", email) for outcome, email in rows]


def test_a_mentor_gets_a_number_and_a_unit_on_no_floor(session: Session, cast: Cast, site: Site) -> None:
    first, _ = make_mentor(session, cast, site)
    second, _ = make_mentor(session, cast, site, name="lin")
    assert (first.label, second.label) == ("M-001", "M-002")
    unit = session.execute(select(Unit).where(Unit.id == first.unit_id)).scalar_one()
    assert (unit.code, unit.kind, unit.floor_id, unit.area_m2, unit.purpose) == ("M-001", "mentor", None, 0, "public_service")
    assert unit.in_service.lower == date(2026, 10, 1)
    assert list_units(session, cast.owner, site.id) == []


def test_somebody_new_is_invited(session: Session, cast: Cast, site: Site) -> None:
    mentor = add_mentor(session, cast.manager, now=NOW, site_id=site.id, kind="investor", name="林晓", email="lin@vc.example")
    person = session.execute(select(Person).where(Person.id == mentor.person_id)).scalar_one()
    role = session.execute(select(RoleGrant.role).where(RoleGrant.person_id == person.id)).scalar_one()
    assert (person.name, role, person.identity_id) == ("林晓", "mentor", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"kind": "wizard"}, "kind"), ({"person_id": None}, "name"), ({"person_id": None, "name": "林"}, "email")],
)
def test_who_can_not_be_made_a_mentor(session: Session, cast: Cast, site: Site, wrong: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"site_id": site.id, "kind": "legal", "person_id": cast.mentor.person_id} | wrong
    with pytest.raises(Refusal) as refused:
        add_mentor(session, cast.manager, now=NOW, **given)
    assert refused.value.field == field


def test_only_who_has_the_role_and_only_once(session: Session, cast: Cast, site: Site) -> None:
    with pytest.raises(Refusal, match="needs the role"):
        add_mentor(session, cast.manager, now=NOW, site_id=site.id, kind="legal", person_id=cast.founder_a.person_id)
    make_mentor(session, cast, site)
    with pytest.raises(Conflict):
        make_mentor(session, cast, site)


@pytest.mark.parametrize("name", ["front_desk", "finance", "auditor", "mentor", "founder_a", "member_a"])
def test_managers_alone_make_mentors(session: Session, cast: Cast, site: Site, name: str) -> None:
    with pytest.raises(Forbidden):
        add_mentor(session, getattr(cast, name), now=NOW, site_id=site.id, kind="legal", person_id=cast.mentor.person_id)


def test_a_profile_waits_and_what_stands_goes_on_standing(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    proposal = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    with pytest.raises(NotFound):
        get_mentor(session, cast.founder_a, mentor.id)
    approve_profile(session, cast.manager, now=NOW, proposal_id=proposal.id)
    assert get_mentor(session, cast.founder_a, mentor.id).headline == "锦天律所合伙人"
    assert (mentor.approved_at, profile_of(session, mentor)) == (NOW, profile)
    changed = replace(profile, headline="锦天律所主任", rate_minor=800_00, takes_vouchers=True)
    send_profile(session, max_, now=LATER, mentor_id=mentor.id, profile=changed)
    assert profile_of(session, mentor) == profile
    (row,) = list_waiting(session, cast.manager).rows
    assert (row.profile, row.is_first) == (changed, False)
    approve_profile(session, cast.manager, now=LATER, proposal_id=row.proposal.id)
    assert (profile_of(session, mentor), mentor.approved_at) == (changed, NOW)
    said = session.execute(select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)).scalar_one()
    assert (said.action, said.before["headline"], said.after["headline"]) == ("approve_profile", "锦天律所合伙人", "锦天律所主任")
    assert set(said.after) == {"headline", "rate_minor", "takes_vouchers"}


def test_a_returned_profile_says_why_and_can_be_sent_again(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    first = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    with pytest.raises(Refusal) as refused:
        return_profile(session, cast.manager, now=NOW, proposal_id=first.id, remark=" ")
    assert refused.value.field == "remark"
    return_profile(session, cast.manager, now=NOW, proposal_id=first.id, remark="请写明执业年限。")
    last = last_proposal(session, mentor)
    assert last is not None and (last.id, last.outcome, last.remark) == (first.id, "returned", "请写明执业年限。")
    with pytest.raises(Conflict):
        approve_profile(session, cast.manager, now=NOW, proposal_id=first.id)
    second = send_profile(session, max_, now=LATER, mentor_id=mentor.id, profile=profile)
    third = send_profile(session, max_, now=LATER, mentor_id=mentor.id, profile=replace(profile, biography="新"))
    assert (second.outcome, third.outcome) == ("replaced", None)
    withdraw_profile(session, max_, now=LATER, mentor_id=mentor.id)
    with pytest.raises(Conflict):
        withdraw_profile(session, max_, now=LATER, mentor_id=mentor.id)


def test_who_is_told(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    first = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    return_profile(session, cast.manager, now=NOW, proposal_id=first.id, remark="再写一句。")
    second = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    assert letters(session) == [("stale", "mia@example.com"), ("written", "max@example.com"), ("written", "mia@example.com")]
    approve_profile(session, cast.manager, now=NOW, proposal_id=second.id)
    assert letters(session)[-1] == ("written", "max@example.com")


def test_what_staff_change_holds_at_once(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    waiting = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=replace(profile, headline="等待"))
    made = send_profile(session, cast.manager, now=NOW, mentor_id=mentor.id, profile=profile)
    assert (made.outcome, made.decided_by, profile_of(session, mentor)) == ("approved", cast.manager.person_id, profile)
    assert waiting.outcome is None
    with pytest.raises(Refusal, match="Nothing is different"):
        send_profile(session, cast.manager, now=NOW, mentor_id=mentor.id, profile=profile)


def test_nobody_approves_their_own_profile(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    """Somebody who manages mentors and is one: their own change waits for a colleague."""
    session.add(RoleGrant(person_id=cast.manager.person_id, role=Role.MENTOR.value))
    session.flush()
    mia = replace(cast.manager, roles=cast.manager.roles | {Role.MENTOR})
    mentor = add_mentor(session, cast.owner, now=NOW, site_id=site.id, kind="policy", person_id=mia.person_id)
    proposal = send_profile(session, mia, now=NOW, mentor_id=mentor.id, profile=replace(profile, kind="policy"))
    assert proposal.outcome is None
    with pytest.raises(Forbidden):
        approve_profile(session, mia, now=NOW, proposal_id=proposal.id)
    approve_profile(session, cast.owner, now=NOW, proposal_id=proposal.id)
    assert mentor.approved_at == NOW


def test_what_others_may_not(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    other, lin = add_mentor_at(session, cast, site, name="lin")
    proposal = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    for actor in (lin, cast.founder_a, cast.member_a):
        with pytest.raises(NotFound):
            get_mentor(session, actor, mentor.id)
        with pytest.raises(NotFound):
            get_proposal(session, actor, proposal.id)
        with pytest.raises(NotFound):
            send_profile(session, actor, now=NOW, mentor_id=mentor.id, profile=profile)
    for actor in (max_, cast.front_desk, cast.finance, cast.auditor, cast.founder_a):
        with pytest.raises(Forbidden):
            send_profile(session, actor, now=NOW, mentor_id=other.id, profile=profile)
        with pytest.raises(Forbidden):
            availability.set_terms(session, actor, now=NOW, mentor_id=other.id, capacity_hours=1)
    for actor in (max_, cast.front_desk):
        with pytest.raises((Forbidden, NotFound)):
            approve_profile(session, actor, now=NOW, proposal_id=proposal.id)
    assert my_mentor(session, lin) is other
    assert my_mentor(session, max_) is mentor


def test_what_is_not_of_the_house_can_not_be_chosen(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    for wrong, field in (({"field_ids": (999_999,)}, "field_ids"), ({"site_ids": (999_999,)}, "site_id"), ({"site_id": 999_999}, "site_id")):
        with pytest.raises(Refusal) as refused:
            send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=replace(profile, **wrong))  # type: ignore[arg-type]
        assert refused.value.field == field


def test_a_retired_field_stays_with_who_has_it(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    send_profile(session, cast.manager, now=NOW, mentor_id=mentor.id, profile=profile)
    fields.retire_field(session, cast.manager, now=NOW, field_id=profile.field_ids[0])
    proposal = send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=replace(profile, headline="新"))
    approve_profile(session, cast.manager, now=NOW, proposal_id=proposal.id)
    other, _ = make_mentor(session, cast, site, name="lin")
    with pytest.raises(Refusal) as refused:
        send_profile(session, cast.manager, now=NOW, mentor_id=other.id, profile=profile)
    assert refused.value.field == "field_ids"


def test_a_mentor_moves_with_their_unit(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, _ = make_mentor(session, cast, site)
    second = make_site(session, cast, code="NS2", name="南山二号")
    moved = replace(profile, site_id=second.id, site_ids=(site.id,))
    send_profile(session, cast.manager, now=NOW, mentor_id=mentor.id, profile=moved)
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id)).scalar_one()
    assert (mentor.site_id, unit.site_id) == (second.id, second.id)
    assert profile_of(session, mentor) == moved


def found(session: Session, actor: Actor, **wanted: Any) -> list[str]:
    return [row.person.name for row in list_mentors(session, actor, now=NOW, **wanted).rows]


def test_the_directory_is_searched_by_synonyms_and_filtered(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    patents = get_field(session, cast.founder_a, profile.field_ids[0])
    money = make_field(session, cast, "融资", "Fundraising", "天使轮")
    far = make_site(session, cast, code="NS2", name="南山二号")
    add_mentor_at(session, cast, site, name="lin", fields=[patents], industries=("65",), languages=("zh", "en"))
    add_mentor_at(session, cast, far, name="wu", fields=[money], kind="investor", site_ids=(site.id,))
    add_mentor_at(session, cast, far, name="zhou", fields=[money, patents], kind="investor")
    make_mentor(session, cast, site)
    founder = cast.founder_a
    assert found(session, founder) == ["lin", "wu", "zhou"]
    assert found(session, founder, search="商标") == ["lin", "zhou"]
    assert found(session, founder, search="怎么谈ＩＰ授权") == ["lin", "zhou"]
    assert found(session, founder, search="天使轮怎么谈") == ["wu", "zhou"]
    assert found(session, founder, search="Fundrais") == ["wu", "zhou"]
    assert found(session, founder, search="LIN") == ["lin"]
    assert found(session, founder, search="%") == []
    assert found(session, founder, field_id=money.id, kind="investor") == ["wu", "zhou"]
    assert found(session, founder, industry="65") == ["lin"]
    assert found(session, founder, language="en") == ["lin"]
    assert found(session, founder, site_id=site.id) == ["lin", "wu"]
    assert found(session, founder, state="unapproved") == ["lin", "wu", "zhou"]
    assert found(session, cast.auditor, state="unapproved") == ["max"]


def test_a_page_of_mentors_is_few_statements(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    for name in ("lin", "wu", "zhou", "he"):
        add_mentor_at(session, cast, site, name=name)
    with count_statements(session) as counted:
        list_mentors(session, cast.founder_a, now=NOW, search="专利")
    assert len(counted) <= 6


def test_states_of_mentors(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = add_mentor_at(session, cast, site, appointed=False)
    assert get_mentor_row(session, max_, mentor.id, NOW).state == "unappointed"
    other, lin = add_mentor_at(session, cast, site, name="lin")
    assert get_mentor_row(session, lin, other.id, NOW).state == "here"
    pause_mentor(session, lin, now=NOW, mentor_id=other.id)
    assert get_mentor_row(session, cast.founder_a, other.id, NOW).state == "paused"
    assert found(session, cast.auditor, state="paused") == ["lin"]
    with pytest.raises(Conflict):
        pause_mentor(session, lin, now=NOW, mentor_id=other.id)
    resume_mentor(session, cast.manager, now=NOW, mentor_id=other.id)
    with pytest.raises(Conflict):
        resume_mentor(session, lin, now=NOW, mentor_id=other.id)
    assert found(session, cast.auditor, state="here") == ["lin"]
    assert found(session, cast.auditor, state="unappointed") == ["max"]


def test_a_mentor_ends_and_comes_back(session: Session, cast: Cast, site: Site, profile: Profile) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    send_profile(session, max_, now=NOW, mentor_id=mentor.id, profile=profile)
    unit = session.execute(select(Unit).where(Unit.id == mentor.unit_id)).scalar_one()
    session_of = Interval(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1))
    allocate(session, cast.manager, now=NOW, holder=("session", 1), units=[unit], start=session_of.start,
             end=session_of.end)  # fmt: skip
    with pytest.raises(Conflict, match=r"sessions to come \(1\)"):
        end_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, reason="离任")
    release(session, cast.manager, now=NOW, holder=("session", 1), reason="x")
    with pytest.raises(Refusal) as refused:
        end_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, reason="")
    assert refused.value.field == "reason"
    with pytest.raises(Forbidden):
        end_mentor(session, max_, now=NOW, mentor_id=mentor.id, reason="离任")
    end_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, reason="离任")
    assert unit.in_service.upper == date(2026, 10, 2)
    assert get_mentor_row(session, max_, mentor.id, NOW + timedelta(days=1)).appointment is None
    with pytest.raises(NotFound):
        get_mentor(session, cast.founder_a, mentor.id)
    with pytest.raises(Conflict):
        availability.set_terms(session, max_, now=NOW, mentor_id=mentor.id, capacity_hours=1)
    assert list_waiting(session, cast.manager).total == 0
    again = add_mentor(session, cast.manager, now=NOW, site_id=site.id, kind="legal", person_id=max_.person_id)
    assert (again.id, again.label, again.ended_at, unit.in_service.upper) == (mentor.id, "M-001", None, None)


def test_another_operator_sees_nobody(session: Session, cast: Cast, site: Site) -> None:
    from_here, _ = add_mentor_at(session, cast, site)
    assert session.execute(select(func.count()).select_from(Mentor)).scalar_one() == 1
    assert session.execute(select(func.count()).select_from(MentorProposal)).scalar_one() == 1
    with pytest.raises(NotFound):
        get_mentor(session, cast.founder_a, from_here.id + 1)


def test_who_has_left_the_house_is_seen_no_more(session: Session, cast: Cast, site: Site) -> None:
    mentor, lin = add_mentor_at(session, cast, site, name="lin")
    end_access(session, cast.owner, now=NOW, person_id=lin.person_id or 0)
    with pytest.raises(NotFound):
        get_mentor(session, cast.founder_a, mentor.id)
    assert found(session, cast.founder_a) == []
    assert found(session, cast.auditor, state="ended") == ["lin"]
    assert get_mentor_row(session, cast.auditor, mentor.id, NOW).state == "ended"


def test_who_had_left_is_invited_again_under_the_same_number(session: Session, cast: Cast, site: Site) -> None:
    mentor, lin = add_mentor_at(session, cast, site, name="lin")
    end_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, reason="离任")
    end_access(session, cast.owner, now=NOW, person_id=lin.person_id or 0)
    again = add_mentor(session, cast.manager, now=NOW, site_id=site.id, kind="legal", name="林", email="lin@example.com")
    assert (again.id, again.ended_at, found(session, cast.founder_a)) == (mentor.id, None, ["林"])


def test_numbers_of_mentors_have_no_gaps(live: Live) -> None:
    """Five are invited at once: M-001 to M-005, and a sixth whose address is known already takes no number."""
    cast = live.cast
    with live.session() as session:
        site_id = make_site(session, cast).id
    barrier, labels = threading.Barrier(6), []

    def add(number: int) -> None:
        with live.session() as session:
            barrier.wait()
            email = "max@example.com" if number == 5 else f"new-{number}@vc.example"
            try:
                made = add_mentor(session, cast.manager, now=NOW, site_id=site_id, kind="investor", name=f"新{number}", email=email)
                labels.append(made.label)
                session.commit()
            except Conflict:
                session.rollback()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(labels) == [f"M-00{number}" for number in range(1, 6)]
