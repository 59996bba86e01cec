"""A round under real concurrency: connections of their own, as the application's role, all at one moment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.mentors.models import Mentorship
from incubator.mentors.operations import assigning
from incubator.mentors.queries.rounds import read_desk
from incubator.mentors.rules.assignment import Limits
from tests.cast import NOW, assemble_cast
from tests.database import TestDatabase
from tests.mentors.rounds_world import make_world
from tests.racing import Attempt, race

RACERS = 6


class Course:
    """A committed round that is proposed, on a database of its own."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": RACERS + 2, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            self.world = make_world(session, self.cast, startups=Limits(0, 1), mentors=Limits(0, 1))
            self.round_id = self.world.round.id
            rank = self.world.rank([900, 890, 10], [880, 5, 20], [30, 40, 50])
            assigning.propose_round(session, self.cast.manager, now=NOW, round_id=self.round_id, rank=rank)
            session.commit()

    def session(self) -> Session:
        session = Session(self.engine, expire_on_commit=False)
        set_operator(session, self.cast.operator_id)
        return session

    def race(self, attempts: Sequence[Attempt]) -> list[object]:
        return race(self.session, attempts)


def test_of_many_who_publish_at_once_one_does(own_database: TestDatabase) -> None:
    course = Course(own_database)

    def publish(session: Session) -> int:
        return len(assigning.publish_round(session, course.cast.manager, now=NOW, round_id=course.round_id))

    results = course.race([publish] * RACERS)
    assert [each for each in results if not isinstance(each, Conflict)] == [3]
    with course.session() as session:
        assert session.execute(select(func.count()).select_from(Mentorship)).scalar_one() == 3


def test_a_pair_that_two_move_at_once_is_moved_once(own_database: TestDatabase) -> None:
    course = Course(own_database)
    (a, b, c), (x, y, z) = course.world.startups, course.world.mentors

    def swap_with(other: int, has: int) -> Attempt:
        taken, given = [(a, y), (other, has)], [(a, has), (other, y)]
        return lambda session: assigning.change_pairs(session, course.cast.manager, now=NOW, round_id=course.round_id,
                                                      taken=taken, given=given)  # fmt: skip

    results = course.race([swap_with(b, x), swap_with(c, z)] * 2)
    assert sum(isinstance(each, int) for each in results) == 1
    assert sum(isinstance(each, Conflict) for each in results) == 3
    with course.session() as session:
        chosen = read_desk(session, course.cast.manager, course.round_id).chosen
    assert len(chosen) == 3 and len({pair[0] for pair in chosen}) == len({pair[1] for pair in chosen}) == 3
