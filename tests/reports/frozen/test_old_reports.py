"""Reports that were frozen before there was a chain: the migration gives them their places, the nightly check signs them."""

from __future__ import annotations

from datetime import timedelta

from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator.app import create_app
from incubator.core.periods import Month
from incubator.database import set_operator
from incubator.machines import commands
from incubator.reports.frozen.chain import Fault
from incubator.reports.frozen.freezing import sign_waiting
from incubator.reports.frozen.proving import check_all
from incubator.reports.models import FrozenReport
from incubator.reports.operations import freeze_occupancy
from incubator.settings import ROOT
from tests.cast import assemble_cast
from tests.database import TestDatabase
from tests.reports.world import NOVEMBER_FIRST, OCTOBER, make_october


def test_they_get_their_places_and_their_signatures(own_database: TestDatabase) -> None:
    engine = create_engine(own_database.settings().database_url)
    with Session(engine) as session:
        cast = assemble_cast(session)
        set_operator(session, cast.operator_id)
        world = make_october(session, cast)
        months: list[Month] = [OCTOBER - 2, OCTOBER - 1, OCTOBER]
        for days, month in enumerate(months):
            freeze_occupancy(session, cast.finance, now=NOVEMBER_FIRST + timedelta(days=days), site_id=world.site_id, month=month)
        before = list(session.execute(select(FrozenReport.month, FrozenReport.sha256).order_by(FrozenReport.id)))
        session.commit()
    engine.dispose()
    folder = str(ROOT / "migrations")
    app = create_app(own_database.settings())
    commands.init_app(app)
    with app.app_context():
        downgrade(directory=folder, revision="0044")
        upgrade(directory=folder)
    with Session(engine) as session:
        set_operator(session, cast.operator_id)
        after = list(session.execute(select(FrozenReport.month, FrozenReport.sha256).order_by(FrozenReport.number)))
        assert after == before
        assert check_all(session, cast.auditor) == (3, [Fault("unsigned", number) for number in (1, 2, 3)])
        assert sign_waiting(session, cast.system, now=NOVEMBER_FIRST) == 3
        assert check_all(session, cast.auditor) == (3, [])
        made = freeze_occupancy(session, cast.finance, now=NOVEMBER_FIRST, site_id=world.site_id, month=OCTOBER - 3)
        assert made.number == 4 and check_all(session, cast.auditor) == (4, [])
    engine.dispose()
