"""Who is suggested for a need: read from the tables, in few statements, and as the rules say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from incubator.core.errors import Forbidden, NotFound
from incubator.mentors.models import HelpField, Mentor, MentoringNeed, MentorSession, Mentorship, SessionFeedback
from incubator.mentors.operations.appointments import end_appointment
from incubator.mentors.operations.availability import set_day
from incubator.mentors.operations.conflicts import declare_conflict
from incubator.mentors.operations.mentors import end_mentor, pause_mentor
from incubator.mentors.operations.needs import NeedFacts, end_need, state_need
from incubator.mentors.operations.settings import set_settings
from incubator.mentors.queries.ranking import compare_weights, rank_for_need, rank_pairs
from incubator.mentors.rules.hours import Hours
from incubator.mentors.rules.ranking import Weights
from incubator.mentors.rules.vocabulary import SCORE_PARTS
from incubator.spaces.models import Site
from incubator.startups.models import Startup
from tests.cast import NOW, Cast
from tests.mentors.build import add_mentor_at, make_field, make_site

SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAYS = (Hours(2, 14 * 60, 16 * 60),)


@dataclass
class Place:
    """Two fields, two sites 12 km apart, three mentors, and a need of startup A."""

    finance: HelpField
    law: HelpField
    here: Site
    there: Site
    first: Mentor
    second: Mentor
    third: Mentor
    need: MentoringNeed


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    finance, law = make_field(session, cast, "融资"), make_field(session, cast, "法务")
    here, there = make_site(session, cast), make_site(session, cast, "NS2", "南山二号")
    # a tenth of a degree to the north is 11.1 km: with 0.108 it is 12
    here.latitude, here.longitude = Decimal("22.5"), Decimal("113.9")
    there.latitude, there.longitude = Decimal("22.608"), Decimal("113.9")
    session.get_one(Startup, (cast.operator_id, cast.startup_a)).industry_code = "6513"
    first, _ = add_mentor_at(session, cast, here, fields=[finance, law], name="lea", hours=TUESDAYS, industries=("65",),
                             stages=("seed",), languages=("zh", "en"))  # fmt: skip
    second, _ = add_mentor_at(session, cast, there, fields=[law], name="ben", hours=TUESDAYS, industries=("64",),
                              stages=("prototype",), languages=("zh",))  # fmt: skip
    third, _ = add_mentor_at(session, cast, here, fields=[law], name="cai", hours=TUESDAYS)
    need = state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a, facts=NeedFacts(
        "找天使投资", stage="seed", languages=("en",), times=("afternoon",), site_id=here.id,
        field_ids=(finance.id, law.id),
    ))  # fmt: skip
    return Place(finance, law, here, there, first, second, third, need)


def meet(
    session: Session, cast: Cast, mentor: Mentor, start: datetime, minutes: int = 60, rating: int | None = None,
    **more: object,
) -> MentorSession:  # fmt: skip
    meeting = MentorSession(
        mentor_id=mentor.id, startup_id=cast.startup_b, site_id=mentor.site_id, title="辅导", way="online", booked_at=NOW,
        period=Range(start, start + timedelta(minutes=minutes)), **more,
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    if rating:
        session.add(SessionFeedback(session_id=meeting.id, side="startup", person_id=cast.founder_b.person_id,
                                    rating=rating, given_at=NOW))  # fmt: skip
        session.flush()
    return meeting


def parts(session: Session, cast: Cast, need: MentoringNeed) -> dict[int, dict[str, int]]:
    found = rank_for_need(session, cast.manager, need, now=NOW)
    return {each.face.id: each.score.parts for each in found.page.rows}


def at(day: int, hour: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def test_the_parts_are_those_of_the_tables(session: Session, cast: Cast, place: Place) -> None:
    found = parts(session, cast, place.need)
    assert list(found) == [place.first.id, place.third.id, place.second.id]
    assert found[place.first.id] == {
        "expertise": 1000, "industry": 1000, "stage": 1000, "language": 1000, "hours": 1000, "feedback": 500,
        "load": 1000, "distance": 1000, "exploration": 1000,
    }  # fmt: skip
    assert found[place.second.id] == {
        "expertise": 500, "industry": 500, "stage": 500, "language": 0, "hours": 1000, "feedback": 500,
        "load": 1000, "distance": 760, "exploration": 1000,
    }  # fmt: skip
    assert found[place.third.id] == {
        "expertise": 500, "industry": 500, "stage": 500, "language": 0, "hours": 1000, "feedback": 500,
        "load": 1000, "distance": 1000, "exploration": 1000,
    }  # fmt: skip


def test_sessions_take_hours_fill_the_month_and_make_known(session: Session, cast: Cast, place: Place) -> None:
    """Both Tuesdays of the fortnight are taken but for half an hour; three hours and a half of eight in October."""
    meet(session, cast, place.first, at(6, 14), 120)
    meet(session, cast, place.first, at(13, 14), 90)
    meet(session, cast, place.first, at(20, 14), cancelled_at=NOW, cancel_reason="x")
    meet(session, cast, place.first, at(8, 14, month=9), rating=5)
    session.add(Mentorship(startup_id=cast.startup_b, mentor_id=place.first.id, made_at=NOW,
                           days=Range(date(2026, 9, 1), date(2027, 1, 1))))  # fmt: skip
    session.flush()
    found = parts(session, cast, place.need)[place.first.id]
    assert (found["hours"], found["load"], found["exploration"]) == (500, 563, 400)
    assert found["feedback"] == 500, "one answer tells nothing"


def test_feedback_counts_from_five_answers_on(session: Session, cast: Cast, place: Place) -> None:
    """Five answers of 4 and one of 2 in the house: its mean is 22/6; (20 + 5 × 22/6) / 10 = 3.8333: 708."""
    for day in range(1, 6):
        meet(session, cast, place.first, at(day, 14, month=9), rating=4)
    meet(session, cast, place.third, at(1, 14, month=9), rating=2)
    found = parts(session, cast, place.need)
    assert found[place.first.id]["feedback"] == 708
    assert found[place.third.id]["feedback"] == found[place.second.id]["feedback"] == 667


def test_other_days_and_the_days_of_an_appointment_limit_what_is_free(
    session: Session, cast: Cast, place: Place
) -> None:
    set_day(session, cast.manager, now=NOW, mentor_id=place.first.id, on=date(2026, 10, 6), opens=None, closes=None)
    set_day(session, cast.manager, now=NOW, mentor_id=place.first.id, on=date(2026, 10, 13), opens=17 * 60 + 15,
            closes=19 * 60)  # fmt: skip
    assert parts(session, cast, place.need)[place.first.id]["hours"] == 750  # until 18:00 it is afternoon
    appointment = place.second
    ended = end_appointment(session, cast.manager, now=NOW, appointment_id=letter_of(session, appointment),
                            last=date(2026, 10, 5), reason="x")  # fmt: skip
    assert ended.last == date(2026, 10, 5)
    assert parts(session, cast, place.need)[place.second.id]["hours"] == 0, "its Tuesdays come after its last day"


def letter_of(session: Session, mentor: Mentor) -> int:
    from_all = session.connection().exec_driver_sql(
        f"SELECT id FROM mentor_appointments WHERE mentor_id = {mentor.id}"
    )
    return int(from_all.scalar_one())


def test_who_is_missing_is_named_with_the_reason_to_staff_only(session: Session, cast: Cast, place: Place) -> None:
    declare_conflict(session, cast.manager, now=NOW, mentor_id=place.first.id, startup_id=cast.startup_a,
                     kind="invested")  # fmt: skip
    pause_mentor(session, cast.manager, now=NOW, mentor_id=place.second.id)
    place.third.capacity_hours = 0
    late, _ = add_mentor_at(session, cast, place.here, fields=[place.law], name="dov", appointed=False)
    full, _ = add_mentor_at(session, cast, place.here, fields=[place.law], name="eva", capacity_hours=1)
    meet(session, cast, full, at(28, 9), 60)
    gone, _ = add_mentor_at(session, cast, place.here, fields=[place.law], name="fay")
    end_mentor(session, cast.manager, now=NOW, mentor_id=gone.id, reason="x")
    found = rank_for_need(session, cast.manager, place.need, now=NOW)
    assert found.page.rows == []
    assert [(each.face.id, each.reason, each.conflict) for each in found.missing] == [
        (place.first.id, "conflict", "invested"), (place.second.id, "paused", ""), (place.third.id, "no_capacity", ""),
        (late.id, "unappointed", ""), (full.id, "used_up", ""), (gone.id, "ended", ""),
    ]  # fmt: skip
    own = rank_for_need(session, cast.founder_a, place.need, now=NOW)
    assert (own.missing, own.missing_total) == ((), 0)


def test_the_conflict_is_with_that_startup_only(session: Session, cast: Cast, place: Place) -> None:
    declare_conflict(session, cast.manager, now=NOW, mentor_id=place.first.id, startup_id=cast.startup_b,
                     kind="family")  # fmt: skip
    assert place.first.id in parts(session, cast, place.need)
    pairs = rank_pairs(session, cast.manager, startup_ids=[cast.startup_a, cast.startup_b],
                       mentor_ids=[place.first.id, place.second.id], now=NOW)  # fmt: skip
    a, b = cast.startup_a, cast.startup_b
    assert set(pairs) == {(a, place.first.id), (a, place.second.id), (b, place.second.id)}


def test_pairs_have_the_scores_of_the_need(session: Session, cast: Cast, place: Place) -> None:
    for day in range(1, 6):
        meet(session, cast, place.third, at(day, 14, month=9), rating=5)
    ids = [place.first.id, place.second.id]
    ranked = {each.face.id: each.score for each in rank_for_need(session, cast.manager, place.need, now=NOW).page.rows}
    pairs = rank_pairs(session, cast.manager, startup_ids=[cast.startup_a], mentor_ids=ids, now=NOW)
    assert pairs == {(cast.startup_a, each): ranked[each] for each in ids}


def test_a_pair_wants_what_all_open_needs_want(session: Session, cast: Cast, place: Place) -> None:
    state_need(session, cast.founder_a, now=NOW, startup_id=cast.startup_a,
               facts=NeedFacts("合同", field_ids=(place.law.id,), site_id=place.here.id))  # fmt: skip
    end_need(session, cast.founder_a, now=NOW, need_id=place.need.id, ending="met")
    (found,) = rank_pairs(session, cast.manager, startup_ids=[cast.startup_a], mentor_ids=[place.second.id],
                          now=NOW).values()  # fmt: skip
    assert (found.parts["expertise"], found.parts["language"]) == (1000, 1000), "only the one that is open"
    nothing = rank_pairs(session, cast.manager, startup_ids=[cast.startup_b], mentor_ids=[place.second.id], now=NOW)
    assert nothing[cast.startup_b, place.second.id].parts["expertise"] == 1000, "no need: no field is asked"
    # of this month no hour is left: a reason today, and none against a pair for half a year
    place.second.capacity_hours = 1
    meet(session, cast, place.second, at(28, 9), 60)
    assert place.second.id not in parts(session, cast, place.need)
    assert rank_pairs(session, cast.manager, startup_ids=[cast.startup_b], mentor_ids=[place.second.id], now=NOW)


def test_weights_are_the_operators(session: Session, cast: Cast, place: Place) -> None:
    set_settings(session, cast.manager, now=NOW, numbers=dict.fromkeys(SCORE_PARTS, 0) | {"distance": 10})
    found = rank_for_need(session, cast.manager, place.need, now=NOW)
    assert [(each.face.id, each.score.total) for each in found.page.rows] == [
        (place.first.id, 1000), (place.third.id, 1000), (place.second.id, 760)]  # fmt: skip
    assert found.page.rows[2].points["distance"] == 760
    compared = compare_weights(session, cast.manager, place.need.id, Weights(), now=NOW)
    assert next((move.face.id, move.place, move.place_then) for move in compared.moves) == (place.first.id, 1, 1)
    assert {move.face.id: move.places_up for move in compared.moves}[place.second.id] == 0
    with pytest.raises(Forbidden):
        compare_weights(session, cast.auditor, place.need.id, Weights(), now=NOW)


def test_the_list_has_pages(session: Session, cast: Cast, place: Place) -> None:
    found = rank_for_need(session, cast.manager, place.need, now=NOW, page=2, limit=2)
    assert [(each.place, each.face.id) for each in found.page.rows] == [(3, place.second.id)]
    assert (found.page.total, found.page.pages) == (3, 2)
    assert rank_for_need(session, cast.manager, place.need, now=NOW, page=9).page.rows == []


def test_only_ones_own_needs_are_ranked(session: Session, cast: Cast, place: Place) -> None:
    for actor, refused in ((cast.founder_b, NotFound), (cast.mentor, NotFound), (cast.front_desk, Forbidden)):
        with pytest.raises(refused):
            rank_for_need(session, actor, place.need, now=NOW)
    with pytest.raises(Forbidden):
        rank_pairs(session, cast.founder_a, startup_ids=[cast.startup_a], mentor_ids=[place.first.id], now=NOW)


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    """The statements that are asked in the block."""
    asked: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_five_statements_for_a_need_and_four_for_pairs(session: Session, cast: Cast, place: Place) -> None:
    """However many mentors and startups; `bench/ranking.py` does the same with 2,000 mentors and measures it."""
    for number in range(4):
        add_mentor_at(session, cast, place.there, fields=[place.law], name=f"n{number}")
    everybody = list(session.execute(select(Mentor.id)).scalars())
    session.flush()
    with counting(session) as asked:
        found = rank_for_need(session, cast.manager, place.need, now=NOW)
    assert len(found.page.rows) == 7
    assert len(asked) <= 5, "\n".join(asked)
    with counting(session) as asked:
        rank_pairs(session, cast.manager, startup_ids=[cast.startup_a, cast.startup_b], mentor_ids=everybody, now=NOW)
    assert len(asked) <= 4, "\n".join(asked)
