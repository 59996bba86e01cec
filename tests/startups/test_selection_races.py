"""An offer under real concurrency: connections of their own, as the application's role, all at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.connections import engine_options
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.startups.models import Application, PlaceOffer, ReviewScore, Startup
from incubator.startups.operations import decisions as deciding
from incubator.startups.operations import reviews as reviewing
from incubator.startups.operations import stages as staging
from incubator.startups.operations.withdrawing import withdraw_application
from tests.cast import NOW, assemble_cast
from tests.database import TestDatabase
from tests.startups.choosing import DUE, apply, make_call, make_stage

RACERS = 8
Attempt = Callable[[Session], object]


class Course:
    """A committed call with a stage and one application, on a database of its own."""

    def __init__(self, database: TestDatabase) -> None:
        options = engine_options(takes_role=False) | {"pool_size": RACERS + 4, "max_overflow": 0}
        self.engine = create_engine(database.settings().database_url, **options)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = assemble_cast(session)
            call = make_call(session, self.cast)
            self.stage, self.lines = make_stage(session, self.cast, call)
            (self.application,) = apply(session, call, 1)
            session.commit()

    def session(self) -> Session:
        session = Session(self.engine, expire_on_commit=False)
        set_operator(session, self.cast.operator_id)
        return session

    def offer(self) -> PlaceOffer:
        with self.session() as session:
            decision = deciding.decide(
                session, self.cast.manager, now=NOW, application_id=self.application.id, stage_id=self.stage.id,
                outcome="offer", reason="第一名", terms="两个工位", expires_on=DUE,
            )  # fmt: skip
            session.commit()
            return session.execute(select(PlaceOffer).where(PlaceOffer.decision_id == decision.id)).scalar_one()

    def race(self, attempts: Sequence[Attempt]) -> list[object]:
        gate, results = threading.Barrier(len(attempts)), [None] * len(attempts)

        def run(place: int, attempt: Attempt) -> None:
            with self.session() as session:
                session.execute(select(func.count()).select_from(Startup))
                gate.wait(10)
                try:
                    results[place] = attempt(session)  # type: ignore[call-overload]
                    session.commit()
                except Exception as error:
                    results[place] = error  # type: ignore[call-overload]

        threads = [threading.Thread(target=run, args=each) for each in enumerate(attempts)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        return list(results)


def test_one_acceptance_wins_and_there_is_one_startup(own_database: TestDatabase) -> None:
    course = Course(own_database)
    offer = course.offer()

    def accept(name: str) -> Attempt:
        return lambda session: deciding.accept_offer(session, now=NOW, decision_id=offer.decision_id, name=name, address="")

    results = course.race([accept(f"第{each}位") for each in range(RACERS)])
    assert sum(isinstance(each, tuple) for each in results) == 1, results
    assert all(isinstance(each, (tuple, Conflict)) for each in results), results
    with course.session() as session:
        assert session.execute(select(func.count()).select_from(Startup).where(Startup.name == course.application.name)).scalar_one() == 1
    course.engine.dispose()


def test_accepted_withdrawn_declined_lapsed_or_decided_one_end_only(own_database: TestDatabase) -> None:
    course, later = Course(own_database), NOW + timedelta(days=30)
    cast = course.cast
    for _round in range(5):
        offer = course.offer()
        results = course.race([
            lambda s, o=offer: deciding.withdraw_offer(s, cast.manager, now=NOW, offer_id=o.id, reason="名额调整"),  # type: ignore[misc]
            lambda s, o=offer: deciding.decline_offer(s, now=NOW, decision_id=o.decision_id),  # type: ignore[misc]
            lambda s: deciding.lapse_place_offers(s, cast.system, now=later),
            lambda s: deciding.decide(s, cast.owner, now=later, application_id=course.application.id, outcome="decline", reason="过期"),
        ])  # fmt: skip
        assert not any(isinstance(each, Exception) and not isinstance(each, Conflict) for each in results), results
        with course.session() as session:
            row = session.execute(select(PlaceOffer).where(PlaceOffer.id == offer.id)).scalar_one()
            assert sum(each is not None for each in (row.accepted_at, row.declined_at, row.withdrawn_at, row.lapsed_at)) == 1
    course.engine.dispose()


def test_an_offer_is_accepted_or_goes_with_its_application(own_database: TestDatabase) -> None:
    course = Course(own_database)
    offer, cast = course.offer(), course.cast
    results = course.race([
        lambda s: withdraw_application(s, cast.system, now=NOW, application_id=course.application.id),
        lambda s: deciding.accept_offer(s, now=NOW, decision_id=offer.decision_id, name="张三丰", address=""),
    ])  # fmt: skip
    assert sum(isinstance(each, Conflict) for each in results) == 1, results
    with course.session() as session:
        row = session.execute(select(PlaceOffer).where(PlaceOffer.id == offer.id)).scalar_one()
        application = session.get_one(Application, (cast.operator_id, course.application.id))
        assert (row.accepted_at is None, application.admitted_at is None) == (row.withdrawn_at is not None,) * 2
        assert (row.withdrawn_at is None) == (application.withdrawn_at is None)
    course.engine.dispose()


def test_a_rubric_is_not_changed_under_a_submitted_review(own_database: TestDatabase) -> None:
    course = Course(own_database)
    cast, line = course.cast, course.lines[0]
    with course.session() as session:
        mine = reviewing.assign_reviewer(session, cast.manager, now=NOW, stage_id=course.stage.id,
                                         application_id=course.application.id, person_id=cast.mentor.person_id or 0)  # fmt: skip
        session.commit()
    scores = {each.id: 5 for each in course.lines}
    submitted, edited = course.race([
        lambda s: reviewing.submit_review(s, cast.mentor, now=NOW, review_id=mine.id, scores=scores),
        lambda s: staging.edit_criterion(s, cast.manager, now=NOW, criterion_id=line.id, label="团队", highest=3, weight=50),
    ])  # fmt: skip
    assert isinstance(submitted, Exception) != isinstance(edited, Exception), (submitted, edited)
    with course.session() as session:
        highest = session.execute(select(ReviewScore.score).where(ReviewScore.criterion_id == line.id)).scalars().all()
        assert highest == ([5] if isinstance(edited, Exception) else [])
        assert session.get_one(Application, (cast.operator_id, course.application.id)).taken_up_at == NOW
    course.engine.dispose()
