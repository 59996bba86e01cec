"""Two at once: requests, batches, imports, numbers; and a provider that is slow, deaf, or loses its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from incubator.billing.fapiao_calls import LEASE, call_due
from incubator.billing.fapiao_provider import Declined, DemoProvider, Order, Unanswered
from incubator.billing.fapiao_uploads import import_upload
from incubator.billing.fapiao_wording import is_demo
from incubator.billing.models import DemoFapiao, Fapiao, FapiaoBatch, FapiaoCall, FapiaoEvent, FapiaoFile, FapiaoRequest
from incubator.billing.operations.fapiao_batches import make_batch
from incubator.billing.operations.fapiao_reds import ask_red_letter
from incubator.billing.operations.fapiao_requests import ask_fapiao, release_fapiao, return_fapiao
from incubator.billing.operations.fapiao_results import enter_result
from incubator.billing.operations.fapiao_titles import save_title
from incubator.billing.queries.fapiao_work import count_fapiao_to_do
from incubator.core.errors import Conflict
from incubator.database import set_operator
from tests.billing.fapiao.desk import LATER, TITLE, TODAY, listed, number, papers_of, post_taxed, row_of, set_up
from tests.cast import Cast, assemble_cast
from tests.database import Databases
from tests.racing import race
from tests.scenarios.october import tell_october


class Place:
    """A database with A's invoice in it, and connections that commit."""

    def __init__(self, url: str, cast: Cast | None) -> None:
        self.engine = create_engine(url, pool_size=12, max_overflow=0)
        with Session(self.engine, expire_on_commit=False) as session:
            self.cast = cast or assemble_cast(session)
            set_operator(session, self.cast.operator_id)
            october = tell_october(session, self.cast)
            self.invoices = {name: each.id for name, each in post_taxed(session, self.cast, october).items()}
            set_up(session, self.cast, october.site.id, provider="demo")
            for startup in (october.a, october.b):
                save_title(session, self.cast.finance, now=LATER, startup_id=startup.id, title=TITLE)
            session.commit()

    @contextmanager
    def connection(self) -> Iterator[Session]:
        """One more connection, rolled back at the end unless it commits."""
        with Session(self.engine) as session:
            set_operator(session, self.cast.operator_id)
            yield session

    def ask(self, name: str = "A") -> int:
        with self.connection() as session:
            found = ask_fapiao(session, self.cast.finance, now=LATER, invoice_id=self.invoices[name], kind="ordinary").id
            session.commit()
            return found

    def batch(self, *request_ids: int, way: str = "file") -> int:
        with self.connection() as session:
            found = make_batch(session, self.cast.finance, now=LATER, request_ids=request_ids, way=way).id
            session.commit()
            return found

    def count(self, table: type) -> int:
        with self.connection() as session:
            return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def place(databases: Databases) -> Iterator[Place]:
    with databases.copy() as database:
        found = Place(database.settings().database_url, None)
        yield found
        found.engine.dispose()


def won(outcomes: list[object]) -> tuple[int, list[type]]:
    return sum(not isinstance(each, BaseException) for each in outcomes), sorted(
        {type(each) for each in outcomes if isinstance(each, BaseException)}, key=str)  # fmt: skip


def test_one_invoice_is_asked_for_once_batched_once_and_its_numbers_come_once(place: Place) -> None:
    cast = place.cast
    asks = race(place.connection, [lambda s: ask_fapiao(s, cast.finance, now=LATER, invoice_id=place.invoices["A"], kind="ordinary")] * 4)
    assert won(asks) == (1, [Conflict])
    with place.connection() as session:
        (request_id,) = session.execute(select(FapiaoRequest.id)).scalars()
    other = place.ask("B")
    # each wants the same two, in another order: no deadlock, and one batch
    orders = [[request_id, other], [other, request_id]] * 2
    batches = race(place.connection, [lambda s, ids=ids: make_batch(s, cast.finance, now=LATER, request_ids=ids) for ids in orders])  # type: ignore[misc]
    assert (won(batches), place.count(FapiaoBatch)) == ((1, [Conflict]), 1)
    with place.connection() as session:
        papers = papers_of(session, request_id)
        content = listed([row_of(each, n) for n, each in enumerate(papers, start=1)])
    imports = race(place.connection, [lambda s: import_upload(s, cast.finance, now=LATER, name="a.xlsx", content=content)] * 3)
    assert sorted(each if isinstance(each, int) else -1 for each in imports) == [0, 0, 2]
    with place.connection() as session:
        assert [each.number for each in papers_of(session, request_id)] == [number(1), number(2)]
        issued = select(func.count()).select_from(FapiaoEvent).where(FapiaoEvent.what == "issued")
        assert session.execute(issued).scalar_one() == 2


def test_two_red_letters_and_one_number_at_once(place: Place) -> None:
    cast, request_id = place.cast, place.ask()
    place.batch(request_id)
    with place.connection() as session:
        lease, rest = (each.id for each in papers_of(session, request_id))
    same = [lambda s, p=p: enter_result(s, cast.finance, now=LATER, fapiao_id=p, number=number(1), issued_on=TODAY) for p in (lease, rest)]
    assert won(race(place.connection, same)) == (1, [Conflict])  # type: ignore[arg-type]
    with place.connection() as session:
        issued = next(each for each in papers_of(session, request_id) if each.number)
        issued_id, net = issued.id, issued.net_minor
    reds = race(place.connection, [
        lambda s: ask_red_letter(s, cast.finance, now=LATER, fapiao_id=issued_id, amount_minor=net, reason="stopped")] * 3)  # fmt: skip
    assert won(reds)[0] == 1


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = LATER

    def __call__(self) -> object:
        return self.now


def demo(place: Place, clock: Clock, behave: Callable[[str, Order | None], None]) -> Callable[[str, int], DemoProvider]:
    return lambda _name, operator_id: DemoProvider(place.engine, operator_id, clock, behave)  # type: ignore[arg-type]


def call(place: Place, clock: Clock, behave: Callable[[str, Order | None], None] = lambda _moment, _order: None) -> int:
    return call_due(place.engine, place.cast.operator_id, demo(place, clock, behave), clock)  # type: ignore[arg-type]


def asked_for(place: Place) -> list[tuple[str, int]]:
    with place.connection() as session:
        return [(each.key, each.asked) for each in session.execute(select(DemoFapiao).order_by(DemoFapiao.key)).scalars()]


def test_the_answer_is_lost_after_it_was_issued(place: Place) -> None:
    """Both papers time out after the provider issued them; later it is asked for them, and none is issued twice."""
    clock, request_id = Clock(), place.ask()
    place.batch(request_id, way="provider")

    def lose(moment: str, _order: Order | None) -> None:
        if moment == "issued":
            raise Unanswered("timed out")

    assert (call(place, clock, lose), call(place, clock)) == (0, 0), "and it is not sent again at once"
    clock.now += timedelta(hours=1)
    assert call(place, clock) == 2
    assert [count for _key, count in asked_for(place)] == [1, 1]
    with place.connection() as session:
        papers = papers_of(session, request_id)
        assert all(is_demo(each.number) for each in papers)
        assert session.execute(select(FapiaoRequest.state)).scalar_one() == "issued"
        assert session.execute(select(FapiaoCall.state).distinct()).scalar_one() == "done"
        assert set(session.execute(select(FapiaoFile.form)).scalars()) == {"pdf"}


def test_a_worker_that_is_killed_between_answer_and_commit(place: Place) -> None:
    """Its calls are another's once the lease is over; the number is the same."""
    clock, request_id = Clock(), place.ask()
    place.batch(request_id, way="provider")

    def die(moment: str, _order: Order | None) -> None:
        if moment == "issued":
            raise SystemExit

    with pytest.raises(SystemExit):
        call(place, clock, die)
    assert call(place, clock) == 1, "the other paper; the first is still the dead worker's"
    clock.now += LEASE
    assert call(place, clock) == 1
    assert [count for _key, count in asked_for(place)] == [1, 1]


def test_a_deaf_provider_is_asked_again_and_again_and_nothing_is_issued(place: Place) -> None:
    clock, request_id = Clock(), place.ask()
    place.batch(request_id, way="provider")

    def deaf(_moment: str, _order: Order | None) -> None:
        raise Unanswered("no route")

    for _hour in range(3):
        assert call(place, clock, deaf) == 0
        clock.now += timedelta(hours=2)
    with place.connection() as session:
        assert session.execute(select(FapiaoCall.attempts, FapiaoCall.state)).all() == [(3, "waiting")] * 2
        with pytest.raises(Conflict, match="wait for its answer"):
            return_fapiao(session, place.cast.finance, now=LATER, request_id=request_id, reason="x")
    assert call(place, clock) == 2


def test_what_the_provider_refuses_is_taken_out_and_can_be_asked_anew(place: Place) -> None:
    clock, request_id = Clock(), place.ask()
    place.batch(request_id, way="provider")

    def refuse(_moment: str, _order: Order | None) -> None:
        raise Declined("购买方税号不存在")

    assert call(place, clock, refuse) == 0
    with place.connection() as session:
        assert session.execute(select(FapiaoCall.error).distinct()).scalar_one() == "购买方税号不存在"
        assert count_fapiao_to_do(session) == 2
        release_fapiao(session, place.cast.finance, now=LATER, request_id=request_id, reason="税号有误")
        session.commit()
        assert count_fapiao_to_do(session) == 1
    place.batch(request_id, way="provider")
    assert (call(place, clock), asked_for(place)[0][1]) == (2, 1)


def test_two_workers_and_a_red_letter(place: Place) -> None:
    """Four workers at once issue each paper once; the red-letter one goes the same way and has its confirmation."""
    clock, request_id = Clock(), place.ask()
    place.batch(request_id, way="provider")
    outcomes = race(place.connection, [lambda _session: call(place, clock)] * 4)
    assert sum(each for each in outcomes if isinstance(each, int)) == 2
    with place.connection() as session:
        lease = papers_of(session, request_id)[0]
        red = ask_red_letter(session, place.cast.finance, now=LATER, fapiao_id=lease.id, amount_minor=lease.net_minor, reason="mistake")
        session.commit()
        red_id = red.id
    assert call(place, clock) == 1
    with place.connection() as session:
        red = session.get_one(Fapiao, (place.cast.operator_id, red_id))
        assert (is_demo(red.number), len(red.confirmation)) == (True, 20)
    assert [count for _key, count in asked_for(place)] == [1, 1, 1]
