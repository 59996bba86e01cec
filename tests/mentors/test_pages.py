"""Pages of mentors: who opens them, what a form says, and that a button does what it says."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.core.clock import utc_now
from incubator.mentors.models import HelpField, Mentor, MentorAppointment, MentorConflict, MentorDay, MentorHours
from incubator.mentors.operations.appointments import appoint_mentor, file_letters
from incubator.mentors.operations.conflicts import declare_conflict
from incubator.mentors.queries.profiles import profile_of
from incubator.mentors.queries.proposals import last_proposal
from incubator.spaces.models import Site
from tests.cast import NOW, Cast
from tests.conftest import Browser
from tests.mentors.build import add_mentor_at, make_field, make_mentor, make_site


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    return make_site(session, cast)


@pytest.fixture
def field(session: Session, cast: Cast, site: Site) -> HelpField:
    return make_field(session, cast, "知识产权", "Intellectual property", "专利")


def said(site: Site, field: HelpField, **other: object) -> dict[str, object]:
    return {"kind": "legal", "engagement": "part_time", "headline": "锦天律所合伙人", "biography": "做了二十年专利。",
            "languages": ["zh", "en"], "field_ids": [field.id], "site_id": site.id} | other  # fmt: skip


def test_a_mentor_writes_and_a_manager_approves(client: Browser, session: Session, cast: Cast, site: Site, field: HelpField) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    client.sign_in(max_)
    assert client.get(f"/mentors/{mentor.id}/profile").status_code == 200
    answer = client.post(f"/mentors/{mentor.id}/profile", data=said(site, field, rate="800.50", takes_vouchers="y"))
    assert answer.headers["Location"] == "/my/mentor"
    assert "锦天律所合伙人" in client.get("/my/mentor").text
    assert client.get(f"/mentors/{mentor.id}/profile").text.count("800.50") == 1
    client.sign_in(cast.founder_a)
    assert client.get(f"/mentors/{mentor.id}").status_code == 404
    client.sign_in(cast.manager)
    last = last_proposal(session, mentor)
    assert last is not None
    assert "锦天律所合伙人" in client.get(f"/mentors/proposals/{last.id}").text
    assert client.post(f"/mentors/proposals/{last.id}/return", data={"remark": ""}).status_code == 422
    assert client.post(f"/mentors/proposals/{last.id}/approve").status_code == 303
    client.sign_in(cast.founder_a)
    page = client.get(f"/mentors/{mentor.id}").text
    assert "锦天律所合伙人" in page and "800.50" in page
    assert profile_of(session, mentor).rate_minor == 800_50
    assert "max" in client.get("/mentors?q=专利").text


@pytest.mark.parametrize(
    "wrong",
    [{"headline": ""}, {"biography": ""}, {"field_ids": []}, {"languages": []}, {"rate": "x"}, {"rate": "1.005"}, {"rate": "0"},
     {"rate": "NaN"}, {"takes_vouchers": "y"}, {"kind": "wizard"}, {"site_id": 999_999}, {"field_ids": [999_999]}, {"industries": ["zz"]},
     {"headline": "长" * 121}],
)  # fmt: skip
def test_a_wrong_profile_is_shown_again(client: Browser, session: Session, cast: Cast, site: Site, field: HelpField, wrong: dict[str, object]) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    client.sign_in(max_)
    answer = client.post(f"/mentors/{mentor.id}/profile", data=said(site, field) | wrong)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.text
    assert last_proposal(session, mentor) is None


def test_a_returned_profile_says_what_to_mend(client: Browser, session: Session, cast: Cast, site: Site, field: HelpField) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    client.sign_in(max_).post(f"/mentors/{mentor.id}/profile", data=said(site, field))
    last = last_proposal(session, mentor)
    assert last is not None
    client.sign_in(cast.manager).post(f"/mentors/proposals/{last.id}/return", data={"remark": "请写明执业年限。"})
    client.sign_in(max_)
    assert "请写明执业年限。" in client.get("/my/mentor").text
    assert "请写明执业年限。" in client.get(f"/mentors/{mentor.id}/profile").text


WEEK = {"zone": "Asia/Shanghai", "opens_2_0": "14:00", "closes_2_0": "18:00", "opens_2_1": "20:00", "closes_2_1": "00:00"}


def test_the_week_is_kept(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    client.sign_in(max_)
    assert client.post(f"/mentors/{mentor.id}/hours", data=WEEK).status_code == 303
    rows = session.execute(select(MentorHours).order_by(MentorHours.opens_minute)).scalars().all()
    assert [(row.weekday, row.opens_minute, row.closes_minute) for row in rows] == [(2, 840, 1080), (2, 1200, 1440)]
    page = client.get(f"/mentors/{mentor.id}/hours").text
    assert 'name="closes_2_1" value="00:00"' in page
    for wrong in ({"closes_2_0": ""}, {"closes_2_0": "13:00"}, {"opens_2_1": "17:00"}, {"opens_2_1": "25:00"}, {"zone": "Mars/Base"}):
        answer = client.post(f"/mentors/{mentor.id}/hours", data=WEEK | wrong)
        assert (answer.status_code, "invalid-feedback" in answer.text) == (422, True), wrong
        assert f'value="{wrong.get("opens_2_1", "14:00")}"' in answer.text
    assert client.post(f"/mentors/{mentor.id}/days", data={"on": "2199-05-01", "note": "假期"}).status_code == 303
    assert client.post(f"/mentors/{mentor.id}/days", data={"on": "2199-05-02", "opens": "10:00"}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/days", data={"on": ""}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/days/2199-05-01/clear").status_code == 303
    assert client.post(f"/mentors/{mentor.id}/days/tomorrow/clear").status_code == 404
    assert session.execute(select(MentorDay)).first() is None
    assert client.post(f"/mentors/{mentor.id}/terms", data={"capacity_hours": "12"}).status_code == 303
    assert client.post(f"/mentors/{mentor.id}/terms", data={"capacity_hours": "-1"}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/terms", data={"capacity_hours": "4", "meeting_link": "ftp://x"}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/pause").status_code == 303
    session.refresh(mentor)
    assert (mentor.capacity_hours, mentor.paused_at is not None) == (12, True)


def test_a_mentor_is_made_and_appointed(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    client.sign_in(cast.manager)
    made = {"who": "new", "name": "林晓", "email": "lin@vc.example", "locale": "zh_Hans", "kind": "investor", "site_id": site.id}
    assert client.post("/mentors/new", data=made | {"email": "lin"}).status_code == 422
    assert client.post("/mentors/new", data=made | {"name": ""}).status_code == 422
    assert client.post("/mentors/new", data=made).status_code == 303
    assert client.post("/mentors/new", data=made).status_code == 409
    mentor = session.execute(select(Mentor)).scalar_one()
    term = {"title": "创业导师", "first": "2026-10-01", "last": "2027-09-30"}
    assert client.post(f"/mentors/{mentor.id}/appointments/new", data=term | {"last": "2026-09-30"}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/appointments/new", data=term).status_code == 303
    assert client.post(f"/mentors/{mentor.id}/appointments/new", data=term).status_code == 409
    made_ = session.execute(select(MentorAppointment)).scalar_one()
    assert client.get("/mentors/appointments?which=all").text.count(made_.label) == 1
    for _ in range(2):
        letter = client.get(f"/mentors/appointments/{made_.id}/letter.pdf")
        assert (letter.status_code, letter.data[:5]) == (200, b"%PDF-")
        file_letters(session, cast.system, now=NOW)
    assert client.get(f"/mentors/appointments/{made_.id}/end").status_code == 200
    ends = {"last": "2026-12-31", "reason": "调任"}
    assert client.post(f"/mentors/appointments/{made_.id}/end", data=ends | {"reason": ""}).status_code == 422
    assert client.post(f"/mentors/appointments/{made_.id}/end", data=ends).status_code == 303
    assert client.post(f"/mentors/{mentor.id}/end", data={"reason": ""}).status_code == 422
    assert client.post(f"/mentors/{mentor.id}/end", data={"reason": "离任"}).status_code == 303
    session.refresh(mentor)
    assert mentor.ended_at is not None


def test_the_letter_is_the_mentors_own(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    _, max_ = add_mentor_at(session, cast, site)
    _, lin = add_mentor_at(session, cast, site, name="lin")
    file_letters(session, cast.system, now=NOW)
    first = session.execute(select(MentorAppointment.id).order_by(MentorAppointment.id)).scalars().first()
    answers = {}
    for actor in (max_, lin, cast.founder_a, cast.auditor):
        answers[actor.name] = client.sign_in(actor).get(f"/mentors/appointments/{first}/letter.pdf").status_code
    assert answers == {"max": 200, "lin": 404, "anna": 404, "arthur": 200}


def test_a_founder_declares_a_conflict(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = add_mentor_at(session, cast, site)
    client.sign_in(cast.founder_a)
    there = f"/mentors/{mentor.id}/conflicts"
    assert "乙科技" not in client.get(there).text
    assert client.post(there, data={"startup_id": cast.startup_b, "kind": "family"}).status_code == 422
    assert client.post(there, data={"startup_id": cast.startup_a, "kind": "other"}).status_code == 422
    assert client.post(there, data={"startup_id": cast.startup_a, "kind": "family"}).status_code == 303
    assert client.post(there, data={"startup_id": cast.startup_a, "kind": "family"}).status_code == 409
    conflict = session.execute(select(MentorConflict)).scalar_one()
    client.sign_in(cast.founder_b)
    assert "甲科技" not in client.get(there).text
    assert client.get(f"/mentors/conflicts/{conflict.id}/end").status_code == 404
    client.sign_in(max_)
    assert client.post(there, data={"startup": "科技", "kind": "invested"}).status_code == 422
    assert client.post(there, data={"startup": "乙科技有限公司", "kind": "invested"}).status_code == 303
    client.sign_in(cast.manager)
    assert client.post(f"/mentors/conflicts/{conflict.id}/end", data={"reason": ""}).status_code == 422
    assert client.post(f"/mentors/conflicts/{conflict.id}/end", data={"reason": "误报"}).status_code == 303
    assert client.get("/mentors/conflicts").text.count("甲科技") == 1


def test_fields_are_kept(client: Browser, session: Session, cast: Cast) -> None:
    client.sign_in(cast.manager)
    assert client.get("/mentors/fields").status_code == 200
    assert client.post("/mentors/fields/adopt").status_code == 303
    assert client.post("/mentors/fields/new", data={"name": "融资"}).status_code == 409
    assert client.post("/mentors/fields/new", data={"name": ""}).status_code == 422
    assert client.post("/mentors/fields/new", data={"name": "碳管理", "synonyms": "碳中和，ESG"}).status_code == 303
    field = session.execute(select(HelpField).where(HelpField.name == "碳管理")).scalar_one()
    assert "碳中和, ESG" in client.get(f"/mentors/fields/{field.id}").text
    assert client.post(f"/mentors/fields/{field.id}", data={"name": "碳管理", "synonyms": "，".join("词" * 1 + str(n) for n in range(41))}).status_code == 422
    assert client.post(f"/mentors/fields/{field.id}/retire").status_code == 303
    assert client.post(f"/mentors/fields/{field.id}/restore").status_code == 303


def test_what_the_address_asks_for_and_is_not(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    add_mentor_at(session, cast, site)
    client.sign_in(cast.founder_a)
    for query in ("?field=999999", "?field=x", "?kind=x", "?industry=%00", "?industry=99", "?language=x", "?site=9999", "?state=ended", "?page=9", "?q=%00"):
        assert client.get("/mentors" + query).status_code == 200, query
    assert client.get("/mentors/99999999").status_code == 404
    assert client.get("/mentors/proposals/1").status_code == 403


def test_a_mentor_without_a_profile(client: Browser, cast: Cast) -> None:
    assert client.sign_in(cast.mentor).get("/my/mentor").status_code == 200


def test_a_conflict_is_said_to_its_startup_alone(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    mentor, _ = add_mentor_at(session, cast, site)
    declare_conflict(session, cast.manager, now=utc_now(), mentor_id=mentor.id, startup_id=cast.startup_a, kind="invested")
    assert "alert-warning" in client.sign_in(cast.founder_a).get(f"/mentors/{mentor.id}").text
    page = client.sign_in(cast.founder_b).get(f"/mentors/{mentor.id}").text
    assert "alert-warning" not in page and "甲科技" not in page


def test_a_year_is_proposed_after_the_last(client: Browser, session: Session, cast: Cast, site: Site) -> None:
    mentor, _ = add_mentor_at(session, cast, site, appointed=False)
    appoint_mentor(session, cast.manager, now=NOW, mentor_id=mentor.id, title="首席导师", first=date(2190, 3, 1), last=date(2192, 2, 28))
    page = client.sign_in(cast.manager).get(f"/mentors/{mentor.id}/appointments/new").text
    assert 'value="2192-02-29"' in page and 'value="2193-02-27"' in page and "首席导师" in page
