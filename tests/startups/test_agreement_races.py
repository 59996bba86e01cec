"""Two at once: acceptances, a text made while one accepts, deposits; connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from incubator.accounts.actor import Actor
from incubator.accounts.permissions import Role
from incubator.core.errors import Conflict
from incubator.database import set_operator
from incubator.spaces.operations import add_floor, add_unit, create_site
from incubator.startups.models import Acceptance, AgreementText, DepositEntry
from incubator.startups.operations import UnitTerms, sign_residency
from incubator.startups.operations.accepting import accept_text
from incubator.startups.operations.agreement_texts import keep_template, make_text
from incubator.startups.operations.deposits import move_deposit
from incubator.startups.queries import get_startup
from incubator.startups.rules.agreements import Clause
from tests.cast import NOW, Cast, assemble_cast, join
from tests.database import TestDatabase


@dataclass
class Stage:
    engine: Engine
    cast: Cast
    second: Actor
    residency_id: int
    text_id: int
    sha256: str

    def race(self, attempts: Sequence[Callable[[Session], object]]) -> list[BaseException | None]:
        gate = threading.Barrier(len(attempts))
        outcomes: list[BaseException | None] = [None] * len(attempts)

        def run(place: int, attempt: Callable[[Session], object]) -> None:
            with Session(self.engine) as session:
                set_operator(session, self.cast.operator_id)
                session.execute(select(1))
                gate.wait(10)
                try:
                    attempt(session)
                    session.commit()
                except Conflict as error:
                    outcomes[place] = error

        threads = [threading.Thread(target=run, args=each) for each in enumerate(attempts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return outcomes

    def accept(self, actor: Actor) -> Callable[[Session], object]:
        return lambda session: accept_text(session, actor, now=NOW, text_id=self.text_id, side="startup", name="安娜", agrees=True,
                                           sha256=self.sha256, address="::1", agent="")  # fmt: skip


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    engine = create_engine(own_database.settings().database_url, pool_size=20)
    with Session(engine, expire_on_commit=False) as session:
        cast = assemble_cast(session)
        second = join(session, cast.operator_id, "ada", Role.FOUNDER, cast.startup_a)
        set_operator(session, cast.operator_id)
        site = create_site(session, cast.manager, now=NOW, code="NS", name="南山", hours=[("workday", 540, 1080)],
                           open_from=date(2026, 1, 1))  # fmt: skip
        floor = add_floor(session, cast.manager, now=NOW, site=site, name="1F")
        unit = add_unit(session, cast.manager, now=NOW, floor=floor, code="D1", kind="desk", purpose="incubation",
                        area_m2=Decimal("4.50"), in_service_from=date(2026, 1, 1))  # fmt: skip
        startup = get_startup(session, cast.manager, cast.startup_a)
        residency = sign_residency(session, cast.manager, now=NOW, startup=startup, site=site, starts_on=date(2026, 10, 1),
                                   units=[UnitTerms(unit, "unit_month", Decimal(600))])  # fmt: skip
        keep_template(session, cast.manager, now=NOW, kind="agreement", title="协议", clauses=[Clause("一", "{{startup}}")])
        text = make_text(session, cast.manager, now=NOW, residency_id=residency.id)
        keep_template(session, cast.manager, now=NOW, kind="agreement", title="协议", clauses=[Clause("二", "{{startup}}")])
        move_deposit(session, cast.manager, now=NOW, residency_id=residency.id, kind="received", amount_minor=100_000,
                     happened_on=date(2026, 10, 1))  # fmt: skip
        session.commit()
        yield Stage(engine, cast, second, residency.id, text.id, text.sha256.hex())
    engine.dispose()


def count(stage: Stage, what: type, *wanted: object) -> int:
    with Session(stage.engine) as session:
        set_operator(session, stage.cast.operator_id)
        return session.execute(select(func.count()).select_from(what).where(*wanted)).scalar_one()  # type: ignore[arg-type]


def test_of_two_founders_one_accepts(stage: Stage) -> None:
    outcomes = stage.race([stage.accept(stage.cast.founder_a), stage.accept(stage.second)] * 3)
    assert outcomes.count(None) == 1 and count(stage, Acceptance) == 1


def test_a_text_made_while_one_accepts(stage: Stage) -> None:
    """Either it was accepted, and no other was made; or another stands, and nobody has accepted it."""
    remake = lambda session: make_text(session, stage.cast.manager, now=NOW, residency_id=stage.residency_id)  # noqa: E731
    outcomes = stage.race([stage.accept(stage.cast.founder_a), remake])
    assert outcomes.count(None) == 1
    was_accepted = outcomes[0] is None
    assert count(stage, Acceptance) == int(was_accepted)
    assert count(stage, AgreementText) == (1 if was_accepted else 2)
    assert count(stage, AgreementText, AgreementText.void_at.is_(None)) == 1


def test_no_more_is_returned_than_is_held(stage: Stage) -> None:
    """1,000.00 is held; of six who return 300.00 at once three can."""
    give = lambda session: move_deposit(session, stage.cast.manager, now=NOW, residency_id=stage.residency_id, kind="returned",  # noqa: E731
                                        amount_minor=30_000, happened_on=date(2026, 10, 1))  # fmt: skip
    assert stage.race([give] * 6).count(None) == 3
    assert count(stage, DepositEntry, DepositEntry.kind == "returned") == 3
