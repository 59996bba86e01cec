"""A log is evidence when both sides have confirmed it; corrected, it is so anew; and every figure is a sum of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incubator.audit.models import AuditEvent
from incubator.core.errors import Conflict, Forbidden, NotFound, Refusal
from incubator.core.periods import Interval
from incubator.mentors.models import MentorSession, SessionEvidence, SessionLog, SessionNote
from incubator.mentors.operations.certificates import certify_hours
from incubator.mentors.operations.feedback import give_feedback
from incubator.mentors.operations.logs import confirm_log, is_as_confirmed, keep_note, write_log
from incubator.mentors.operations.sessions import cancel_session, miss_session
from incubator.mentors.operations.tasks import add_task, end_task
from incubator.mentors.queries.certificates import get_certificate, list_certificates
from incubator.mentors.queries.feedback import answers_about_mentor, get_overall
from incubator.mentors.queries.figures import counts, get_figures, list_evidence
from incubator.mentors.queries.sessions import get_meeting, list_open_tasks
from incubator.mentors.rules.sessions import State
from tests.cast import Cast
from tests.mentors.build import add_mentor_at
from tests.mentors.meeting import Place, at, hold, make_place, meet


@pytest.fixture
def place(session: Session, cast: Cast) -> Place:
    return make_place(session, cast)


@pytest.fixture
def meeting(session: Session, cast: Cast, place: Place) -> MentorSession:
    """Booked for Tuesday, 14:00 to 15:00."""
    return meet(session, cast.founder_a, place, cast.startup_a, at(3, 14))


def write(session: Session, actor: object, meeting: MentorSession, place: Place, **more: object) -> SessionLog:
    said = {
        "now": at(3, 16), "held": Interval(at(3, 14), at(3, 15)), "field_ids": [place.fields[0].id],
        "topics": "估值与条款", "advice": "先谈条款，再谈价格",
    } | more  # fmt: skip
    return write_log(session, actor, session_id=meeting.id, **said)  # type: ignore[arg-type]


def evidence(session: Session) -> list[tuple[int, int, date]]:
    rows = session.execute(select(SessionEvidence).order_by(SessionEvidence.id)).scalars()
    return [(row.session_id, row.minutes, row.on) for row in rows]


def test_with_both_sides_word_it_counts(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    log = write(session, cast.mentor, meeting, place, held=Interval(at(3, 14), at(3, 15, 20)))
    assert evidence(session) == []
    seen = get_meeting(session, cast.founder_a, meeting.id)
    assert seen.row.state(at(3, 16)) is State.TO_CONFIRM and seen.logs[0].sides == {"mentor"}
    confirm_log(session, cast.founder_a, now=at(3, 17), session_id=meeting.id, version=1)
    assert evidence(session) == [(meeting.id, 80, date(2026, 11, 3))]
    seen = get_meeting(session, cast.auditor, meeting.id)
    assert seen.row.state(at(3, 17)) is State.EVIDENT
    assert is_as_confirmed(seen.row, seen.logs[0]) and seen.logs[0].log.sha256 == log.sha256


def test_the_startup_may_write_it_and_the_mentor_confirm(
    session: Session, cast: Cast, place: Place, meeting: MentorSession
) -> None:
    write(session, cast.member_a, meeting, place)
    confirm_log(session, cast.mentor, now=at(3, 17), session_id=meeting.id, version=1)
    assert len(evidence(session)) == 1


def test_confirmed_twice_by_one_side_it_does_not_count(
    session: Session, cast: Cast, place: Place, meeting: MentorSession
) -> None:
    write(session, cast.founder_a, meeting, place)
    confirm_log(session, cast.founder_a, now=at(3, 17), session_id=meeting.id, version=1)
    confirm_log(session, cast.member_a, now=at(3, 17), session_id=meeting.id, version=1)
    assert evidence(session) == []


def test_a_correction_counts_once_both_have_confirmed_it(
    session: Session, cast: Cast, place: Place, meeting: MentorSession
) -> None:
    write(session, cast.mentor, meeting, place)
    confirm_log(session, cast.founder_a, now=at(3, 17), session_id=meeting.id, version=1)
    with pytest.raises(Refusal, match="Say what is different"):
        write(session, cast.mentor, meeting, place, held=Interval(at(3, 14), at(3, 14, 40)))
    write(session, cast.mentor, meeting, place, held=Interval(at(3, 14), at(3, 14, 40)), reason="提前结束", now=at(4, 9))
    wanted = counts(date(2026, 11, 1), date(2026, 11, 30))
    assert [row.evidence.minutes for row in list_evidence(session, cast.auditor, wanted).rows] == [60]
    with pytest.raises(Conflict, match="Another version was written meanwhile"):
        confirm_log(session, cast.founder_a, now=at(4, 10), session_id=meeting.id, version=1)
    confirm_log(session, cast.founder_a, now=at(4, 10), session_id=meeting.id, version=2)
    assert [row.evidence.minutes for row in list_evidence(session, cast.auditor, wanted).rows] == [40]
    assert [minutes for _, minutes, _ in evidence(session)] == [60, 40]  # what was is still there
    assert get_figures(session, cast.auditor, first=date(2026, 11, 1), last=date(2026, 11, 30), now=at(5, 9)).minutes == 40


def test_what_was_written_is_not_changed_by_anybody(
    session: Session, cast: Cast, place: Place, meeting: MentorSession
) -> None:
    write(session, cast.mentor, meeting, place)
    confirm_log(session, cast.founder_a, now=at(3, 17), session_id=meeting.id, version=1)
    for table in ("session_logs", "log_confirmations", "session_evidence", "session_log_fields", "session_feedback"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET operator_id = operator_id"):
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(text(statement))


def test_who_writes_and_confirms(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    for actor in (cast.manager, cast.owner, cast.auditor):
        with pytest.raises(Forbidden):
            write(session, actor, meeting, place)
    with pytest.raises(NotFound):
        write(session, cast.founder_b, meeting, place)
    write(session, cast.mentor, meeting, place)
    with pytest.raises(Forbidden):
        confirm_log(session, cast.manager, now=at(3, 17), session_id=meeting.id, version=1)


def test_what_did_not_take_place_has_no_log(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    with pytest.raises(Conflict, match="It has not begun yet"):
        write(session, cast.mentor, meeting, place, now=at(3, 13))
    with pytest.raises(Refusal, match="in the future"):
        write(session, cast.mentor, meeting, place, now=at(3, 14, 30))
    miss_session(session, cast.founder_a, now=at(3, 14, 20), session_id=meeting.id, missed_by="mentor")
    with pytest.raises(Conflict, match="did not come"):
        write(session, cast.mentor, meeting, place)
    other = meet(session, cast.founder_a, place, cast.startup_a, at(4, 14))
    cancel_session(session, cast.founder_a, now=at(4, 9), session_id=other.id, reason="生病")
    with pytest.raises(Conflict, match="was cancelled"):
        write(session, cast.mentor, other, place, now=at(4, 16), held=Interval(at(4, 14), at(4, 15)))


def test_two_sessions_of_a_mentor_can_not_both_have_been_at_one_time(
    session: Session, cast: Cast, place: Place
) -> None:
    hold(session, cast, place, at(3, 14))
    other = meet(session, cast.founder_b, place, cast.startup_b, at(3, 15), now=at(3, 14, 30))
    with pytest.raises(Conflict, match="max was in another session from") as caught:
        write(session, cast.mentor, other, place, held=Interval(at(3, 14, 30), at(3, 15, 30)))
    assert caught.value.field == "held_from"
    write(session, cast.mentor, other, place, held=Interval(at(3, 15), at(3, 15, 30)))


def test_bad_logs_are_said_at_their_fields(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    for change, field in (
        ({"topics": " \n "}, "topics"), ({"field_ids": []}, "field_ids"), ({"field_ids": [999]}, "field_ids"),
        ({"topics": "x" * 2001}, "topics"), ({"advice": "a\u200bb"}, "advice"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as caught:
            write(session, cast.mentor, meeting, place, **change)
        assert caught.value.field == field


def test_a_note_is_for_its_author_alone(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    keep_note(session, cast.mentor, now=at(3, 16), session_id=meeting.id, text="创始人有点急")
    keep_note(session, cast.mentor, now=at(3, 17), session_id=meeting.id, text="创始人有点急，但很真诚")
    assert session.execute(select(SessionNote.text)).scalars().all() == ["创始人有点急，但很真诚"]
    seen = {name: get_meeting(session, getattr(cast, name), meeting.id).note for name in ("founder_a", "manager", "auditor")}
    assert seen == {"founder_a": None, "manager": None, "auditor": None}
    mine = get_meeting(session, cast.mentor, meeting.id).note
    assert mine is not None and mine.text.endswith("真诚")
    events = session.execute(select(AuditEvent)).scalars()
    assert "真诚" not in repr([(event.before, event.after) for event in events])
    with pytest.raises(Forbidden):
        keep_note(session, cast.manager, now=at(3, 16), session_id=meeting.id, text="x")


def test_tasks_are_the_startups_to_do(session: Session, cast: Cast, place: Place, meeting: MentorSession) -> None:
    task = add_task(session, cast.mentor, now=at(3, 16), session_id=meeting.id, text="整理股东名册", due_on=date(2026, 11, 10))
    open_ = list_open_tasks(session, cast.founder_a, cast.founder_a.startup_ids)
    assert [(each.text, title) for each, title in open_] == [("整理股东名册", "融资计划")]
    with pytest.raises(Conflict, match="drop a task"):
        end_task(session, cast.founder_a, now=at(4, 9), session_id=meeting.id, task_id=task.id, ending="dropped")
    end_task(session, cast.member_a, now=at(4, 9), session_id=meeting.id, task_id=task.id, ending="done")
    assert (task.done_at, task.done_by) == (at(4, 9), cast.member_a.person_id)
    assert list_open_tasks(session, cast.founder_a, cast.founder_a.startup_ids) == []
    with pytest.raises(NotFound):
        end_task(session, cast.founder_b, now=at(4, 9), session_id=meeting.id, task_id=task.id, ending="done")


def test_feedback_is_given_once_and_shown_from_five_on(session: Session, cast: Cast, place: Place) -> None:
    ratings = [5, 4, 5, 5, 4]
    for day, rating in zip((3, 4, 5, 6, 9), ratings, strict=True):
        meeting = hold(session, cast, place, at(day, 14))
        assert answers_about_mentor(session, cast.manager, place.mentor.id) is None
        with pytest.raises(Conflict, match="once it is over"):
            give_feedback(session, cast.founder_a, now=at(day, 14, 30), session_id=meeting.id, rating=5)
        give_feedback(session, cast.founder_a, now=at(day, 16), session_id=meeting.id, rating=rating,
                      remark="有用" if day == 3 else "")  # fmt: skip
        with pytest.raises(Conflict, match="said it already"):
            give_feedback(session, cast.member_a, now=at(day, 16), session_id=meeting.id, rating=1)
    shown = answers_about_mentor(session, cast.manager, place.mentor.id)
    assert shown is not None and (shown.count, str(shown.mean), list(shown.remarks)) == (5, "4.6", ["有用"])
    for_founders = answers_about_mentor(session, cast.founder_b, place.mentor.id)
    assert for_founders is not None and list(for_founders.remarks) == []
    assert str(get_overall(session, cast.auditor)["startup"].mean) == "4.6"
    assert get_overall(session, cast.auditor)["mentor"].mean is None
    with pytest.raises(Refusal, match="five stars"):
        give_feedback(session, cast.mentor, now=at(10, 16), session_id=meeting.id, rating=6)


def test_the_figures_of_november_by_hand(session: Session, cast: Cast, place: Place) -> None:
    """max: 60 min with A on financing; 60 min with B on all three; 45 min with A on equity in the month before."""
    financing, equity, marketing = place.fields
    hold(session, cast, place, at(3, 14), 60, fields=[financing])
    hold(session, cast, place, at(4, 14), 60, founder=cast.founder_b, startup_id=cast.startup_b,
         fields=[financing, equity, marketing])  # fmt: skip
    october = at(1, 14) - timedelta(days=2)  # Friday, 30 October
    hold(session, cast, place, october, 45, fields=[equity])
    other, _actor = add_mentor_at(session, cast, place.site, name="mo")
    found = get_figures(session, cast.auditor, first=date(2026, 10, 1), last=date(2026, 11, 30), now=at(10, 9))
    assert (found.minutes, found.sessions) == (165, 3)
    assert [(each.key, each.minutes, each.sessions) for each in found.by_mentor] == [(place.mentor.id, 165, 3)]
    assert {each.key: each.minutes for each in found.by_startup} == {cast.startup_a: 105, cast.startup_b: 60}
    assert {each.key: (each.minutes, each.sessions) for each in found.by_field} == {
        financing.id: (80, 2), equity.id: (65, 2), marketing.id: (20, 1),
    }  # fmt: skip
    assert [(str(each.key), each.minutes) for each in found.by_month] == [("2026-10-01", 45), ("2026-11-01", 120)]
    assert [(mentor.id, count) for mentor, _, count in found.below] == [(other.id, 0)]
    assert (found.appointed, found.companies, found.needed) == (2, 0, 0)
    november = get_figures(session, cast.auditor, first=date(2026, 11, 1), last=date(2026, 11, 30), now=at(10, 9))
    assert (november.minutes, november.sessions) == (120, 2)
    with pytest.raises(Forbidden):
        get_figures(session, cast.founder_a, first=date(2026, 11, 1), last=date(2026, 11, 30), now=at(10, 9))


def test_a_certificate_is_what_both_sides_have_confirmed(session: Session, cast: Cast, place: Place) -> None:
    first = hold(session, cast, place, at(3, 14), 60)
    meet(session, cast.founder_a, place, cast.startup_a, at(4, 14))
    made = certify_hours(session, cast.manager, now=at(10, 9), mentor_id=place.mentor.id, first=date(2026, 11, 1),
                         last=date(2026, 11, 9))  # fmt: skip
    assert (made.label, made.minutes) == ("MH-2026-0001", 60)
    assert [(line["session_id"], line["minutes"], line["startup_code"]) for line in made.content["lines"]] == [(first.id, 60, "S-A")]
    again = certify_hours(session, cast.manager, now=at(10, 9), mentor_id=place.mentor.id, first=date(2026, 11, 1),
                          last=date(2026, 11, 10))  # fmt: skip
    assert again.label == "MH-2026-0002"
    assert get_certificate(session, cast.mentor, made.id).id == made.id
    assert list_certificates(session, cast.mentor).total == 2
    with pytest.raises(Conflict, match="no evidence"):
        certify_hours(session, cast.manager, now=at(10, 9), mentor_id=place.mentor.id, first=date(2026, 1, 1),
                      last=date(2026, 1, 31))  # fmt: skip
    with pytest.raises(Refusal, match="not over yet"):
        certify_hours(session, cast.manager, now=at(10, 9), mentor_id=place.mentor.id, first=date(2026, 11, 1),
                      last=date(2026, 11, 11))  # fmt: skip
    for actor in (cast.mentor, cast.finance, cast.founder_a):
        with pytest.raises(Forbidden):
            certify_hours(session, actor, now=at(10, 9), mentor_id=place.mentor.id, first=date(2026, 11, 1),
                          last=date(2026, 11, 9))  # fmt: skip
