"""Corrections among others who correct and post at the same time, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.billing.models import Charge, Invoice
from incubator.billing.operations.posting import rerate_startup
from incubator.startups.models import Startup
from incubator.startups.operations import edit_startup
from incubator.subsidies.models import Decision
from tests.billing.stage import Posting, Stage
from tests.database import TestDatabase
from tests.racing import race
from tests.scenarios.october import OCTOBER

NOVEMBER = OCTOBER + 1
LATER = datetime(2026, 12, 3, 1, tzinfo=UTC)


@pytest.fixture
def stage(own_database: TestDatabase) -> Iterator[Stage]:
    """A has 1,620.00, 5,400.00 and what is left of 10,000.00, 2,980.00; and was not registered in October at all."""
    made = Stage(own_database)
    with made.connection() as session:
        for site in made.sites:
            made.post(session, Posting(site, OCTOBER))
        startup = session.execute(select(Startup).where(Startup.id == made.cast.startup_a)).scalar_one()
        edit_startup(session, made.cast.manager, now=LATER, startup=startup, name=startup.name, kind="company",
                     credit_code=startup.credit_code, registered_on=date(2026, 11, 2))  # fmt: skip
        session.commit()
    assert made.granted()[made.cast.startup_a] == 1_000_000
    yield made
    made.engine.dispose()


def rerate(stage: Stage, session: Session) -> list[Decision]:
    return rerate_startup(session, stage.cast.finance, now=LATER, startup_id=stage.cast.startup_a, reason="登记日期有误")


def test_of_several_who_correct_at_once_one_writes(stage: Stage) -> None:
    def attempt(session: Session) -> int:
        return len(rerate(stage, session))

    outcomes = race(stage.connection, [attempt] * 4)
    assert sorted(outcomes, key=str) == [0, 0, 0, 4], outcomes
    assert stage.granted()[stage.cast.startup_a] == 0


def test_who_posts_meanwhile_waits_and_carries_the_corrections(stage: Stage) -> None:
    posting = Posting(stage.sites[1], NOVEMBER, LATER)
    with stage.connection() as first:
        rerate(stage, first)
        with stage.waiting_for(posting) as outcomes:
            assert outcomes == [], "it waits"
            first.commit()
    assert outcomes == [None]
    with stage.connection() as session:
        invoice = session.execute(select(Invoice).where(Invoice.month == NOVEMBER.first)).scalar_one()
        # 5,400.00 for November out of a cap that is free again, −5,400.00 for October
        assert (invoice.gross_minor, invoice.subsidy_minor, invoice.net_minor) == (900_000, 0, 900_000)


def test_what_was_posted_before_the_cap_was_free_is_corrected_too(stage: Stage) -> None:
    with stage.connection() as session:
        (november,) = stage.post(session, Posting(stage.sites[1], NOVEMBER, LATER))
        assert november.subsidy_minor == 0, "the cap was used up in October"
        session.commit()
    with stage.connection() as session:
        # −10,000.00 for October, and November's 5,400.00
        assert sum(each.amount_minor for each in rerate(stage, session)) == -460_000


def test_one_correction_stands_on_one_invoice_however_many_post(stage: Stage) -> None:
    with stage.connection() as session:
        rerate(stage, session)
        session.commit()
    stage.race([Posting(site, month, LATER) for site in stage.sites for month in (NOVEMBER,)] * 2)
    with stage.connection() as session:
        adjusted = session.execute(select(Decision.id).where(Decision.adjusts_id.is_not(None))).scalars().all()
        carried = session.execute(select(Charge.source_id).where(Charge.source_kind == "adjustment")).scalars().all()
    assert sorted(carried) == sorted(adjusted) and len(adjusted) == 4
