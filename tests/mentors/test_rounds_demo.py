"""The demo's rounds on a small house: one published, one proposed with a pair changed by hand and a wish that can't be."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incubator.jobs.demo.mentor_rounds import match_mentors
from incubator.mentors.models import MentoringRound, Mentorship
from incubator.mentors.queries.rounds import compare, read_desk
from tests.cast import NOW, Cast
from tests.mentors.rounds_world import make_mentor, make_startup

LATER = NOW + timedelta(days=56)


def test_a_published_and_a_proposed_round(session: Session, cast: Cast) -> None:
    startups = [make_startup(session, f"S-{number:02}", f"演示企业{number}") for number in range(1, 18)]
    for number in range(1, 9):
        make_mentor(session, cast, number)
    match_mentors(session, cast.manager, startups, LATER)
    first, second = session.execute(select(MentoringRound).order_by(MentoringRound.id)).scalars()
    assert first.published_at is not None
    assert session.execute(select(func.count()).select_from(Mentorship)).scalar_one() == 24
    desk = read_desk(session, cast.manager, second.id)
    assert (desk.state, len(desk.shortages), desk.is_stale) == ("proposed", 1, False)
    assert desk.shortages[0].wanted - desk.shortages[0].possible == 1
    assert desk.chosen != desk.proposal and not [each for each in desk.breaches if each.is_hard]
    assert [each.key for each in compare(session, desk)[0]] == ["present", "proposal", "greedy", "last"]


def test_a_house_without_mentors_has_no_rounds(session: Session, cast: Cast) -> None:
    match_mentors(session, cast.manager, [make_startup(session, "S-01", "演示企业")], LATER)
    assert not session.execute(select(MentoringRound)).all()
