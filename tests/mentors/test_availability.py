"""What a mentor sets and holds at once, and the operator's fields of help."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import local_instant
from incubator.mentors.operations import availability, fields
from incubator.mentors.queries.fields import list_field_rows, read_fields
from incubator.mentors.queries.weeks import get_weeks
from incubator.mentors.rules.hours import Hours, OtherDay, open_on
from incubator.spaces.models import Site
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_mentor, make_site
from tests.reports.test_measure_occupancy import count_statements


@pytest.fixture
def site(session: Session, cast: Cast) -> Site:
    return make_site(session, cast)


def test_hours_hold_at_once(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    availability.set_hours(session, max_, now=NOW, mentor_id=mentor.id, zone="Asia/Shanghai",
                           hours=[Hours(2, 840, 960), Hours(2, 960, 1080), Hours(4, 1140, 1260)])
    availability.set_day(session, max_, now=NOW, mentor_id=mentor.id, on=date(2026, 10, 13), note="出差")
    availability.set_day(session, max_, now=NOW, mentor_id=mentor.id, on=date(2026, 10, 17), opens=600, closes=720)
    availability.set_day(session, max_, now=NOW, mentor_id=mentor.id, on=date(2026, 12, 1))
    week = get_weeks(session, date(2026, 10, 5), date(2026, 10, 18), [mentor.id])[mentor.id]
    assert week.hours == (Hours(2, 840, 1080), Hours(4, 1140, 1260))
    assert week.days == {date(2026, 10, 13): OtherDay(note="出差"), date(2026, 10, 17): OtherDay(600, 720)}
    assert [each.start for each in open_on(week, date(2026, 10, 12), date(2026, 10, 18))] == [
        local_instant(date(2026, 10, 15), 1140, week.zone), local_instant(date(2026, 10, 17), 600, week.zone)
    ]
    availability.clear_day(session, max_, now=NOW, mentor_id=mentor.id, on=date(2026, 10, 13))
    with pytest.raises(NotFound):
        availability.clear_day(session, max_, now=NOW, mentor_id=mentor.id, on=date(2026, 10, 13))
    availability.set_hours(session, cast.manager, now=NOW, mentor_id=mentor.id, zone="Europe/Berlin", hours=[])
    week = get_weeks(session, date(2026, 10, 5), date(2026, 10, 18))[mentor.id]
    assert (str(week.zone), week.hours) == ("Europe/Berlin", ())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"on": date(2026, 9, 30)}, "on"), ({"opens": 600}, "opens"), ({"opens": 600, "closes": 600}, "closes"),
     ({"note": "长" * 61}, "note"), ({"on": date(2300, 1, 1)}, "on")],
)  # fmt: skip
def test_days_that_can_not_be(session: Session, cast: Cast, site: Site, wrong: dict[str, Any], field: str) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    with pytest.raises(Refusal) as refused:
        availability.set_day(session, max_, now=NOW, mentor_id=mentor.id, **({"on": date(2026, 10, 13)} | wrong))
    assert refused.value.field == field


def test_terms_and_where_one_meets(session: Session, cast: Cast, site: Site) -> None:
    mentor, max_ = make_mentor(session, cast, site)
    set_ = availability.set_terms
    set_(session, max_, now=NOW, mentor_id=mentor.id, capacity_hours=12, meeting_place=" 科技园  咖啡馆 ", meeting_link="meeting.tencent.com/p/1")
    assert (mentor.capacity_hours, mentor.meeting_place, mentor.meeting_link) == (12, "科技园 咖啡馆", "https://meeting.tencent.com/p/1")
    for wrong in ("javascript:alert(1)", "http://", "https://a@b.example", "x"):
        with pytest.raises(Refusal) as refused:
            set_(session, max_, now=NOW, mentor_id=mentor.id, capacity_hours=12, meeting_link=wrong)
        assert refused.value.field == "meeting_link"
    with pytest.raises(Refusal):
        set_(session, max_, now=NOW, mentor_id=mentor.id, capacity_hours=201)
    with pytest.raises(Refusal):
        availability.set_hours(session, max_, now=NOW, mentor_id=mentor.id, hours=[], zone="Mars/Base")


def test_weeks_of_many_mentors_are_one_statement(session: Session, cast: Cast, site: Site) -> None:
    ids = [add_mentor_at(session, cast, site, name=name)[0].id for name in ("lin", "wu", "zhou")]
    with count_statements(session) as counted:
        weeks = get_weeks(session, date(2026, 10, 1), date(2026, 10, 31), ids)
    assert (len(counted), set(weeks)) == (1, set(ids))


def test_the_vocabulary(session: Session, cast: Cast) -> None:
    made = fields.adopt_fields(session, cast.manager, now=NOW)
    assert len(made) == 26
    assert [each.name for each in read_fields(session, cast.founder_a, "想申请发明专利，也要找天使轮投资人")] == ["知识产权", "融资"]
    assert [each.name for each in read_fields(session, cast.founder_a, "We need help with NMPA and hiring")] == ["医疗器械注册", "人力资源"]
    with pytest.raises(Conflict):
        fields.adopt_fields(session, cast.manager, now=NOW)
    with pytest.raises(Conflict):
        fields.add_field(session, cast.manager, now=NOW, name="Ｆundraising")
    with pytest.raises(Forbidden):
        fields.add_field(session, cast.finance, now=NOW, name="新领域")
    field = fields.edit_field(session, cast.manager, now=NOW, field_id=made[0].id, name="商业模式", name_en="Models", synonyms="models, 变现，变现")
    assert field.synonyms == ["变现"]
    fields.retire_field(session, cast.manager, now=NOW, field_id=field.id)
    assert read_fields(session, cast.founder_a, "变现") == []
    assert list_field_rows(session, cast.manager)[-1].field is field
    fields.restore_field(session, cast.manager, now=NOW, field_id=field.id)
    assert read_fields(session, cast.founder_a, "变现") == [field]
