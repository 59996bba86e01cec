"""`make run` with its stand-in for Stripe: a founder on a telephone pays there, and the invoice is paid here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incubator import serve
from incubator.accounts.models import Tenant
from incubator.billing.models import CardPayment, StripeEvent, StripeSettings
from incubator.billing.operations.posting import post_month
from incubator.core.clock import utc_now
from incubator.database import INSTALLATION, as_operator, set_operator
from incubator.jobs.demo.loading import NAME
from incubator.settings import ROOT
from tests.browser import PHONE, open_window
from tests.cast import Peopled
from tests.database import TestDatabase
from tests.scenarios.october import OCTOBER, tell_october
from tests.test_serve import free_port

pytestmark = pytest.mark.browser


@pytest.fixture
def prepared(peopled: Peopled, peopled_database: TestDatabase) -> Iterator[Session]:
    """The cast's operator under the demo's name, with October posted: `make run` takes it for its demo."""
    engine = create_engine(peopled_database.settings().database_url)
    with Session(engine) as session:
        with as_operator(session, INSTALLATION):
            tenant = session.execute(select(Tenant).where(Tenant.tenant_id == peopled.cast.operator_id)).scalar_one()
            tenant.name = NAME
            session.flush()
        set_operator(session, peopled.cast.operator_id)
        october = tell_october(session, peopled.cast)
        post_month(session, peopled.cast.finance, now=utc_now(), site_id=october.site.id, month=OCTOBER)
        session.commit()
        set_operator(session, peopled.cast.operator_id)
        yield session
    engine.dispose()


def start(database: TestDatabase, folder: Path, **more: str) -> tuple[subprocess.Popen[str], str, str]:
    """The process, and where the site and the stand-in are; "" where there is none."""
    environment = {key: value for key, value in os.environ.items() if key not in ("STRIPE_API", "BASE_URL", "DEMO")}
    environment |= {"INSTANCE_FOLDER": str(folder), "PORT": str(free_port()), "DATABASE_URL": database.app_url,
                    "OWNER_DATABASE_URL": database.owner_url} | more  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "incubator.serve"], cwd=ROOT, env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    stand_in = ""
    assert process.stdout
    for line in process.stdout:
        if line.startswith("Stand-in for Stripe (no money moves): "):
            stand_in = line.split("): ")[1].strip()
        if line.startswith("Ready:"):
            return process, line.split()[1], stand_in
    pytest.fail("it ended before it was ready")


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()


def test_a_founder_on_a_telephone_pays_at_the_stand_in(
    peopled: Peopled, prepared: Session, peopled_database: TestDatabase, chromium: Browser, tmp_path: Path
) -> None:
    """A owes 1,155.00. A card is declined, the next one taken; the signed events arrive, the invoice is paid, and the
    stand-in keeps it."""
    process, base, stand_in = start(peopled_database, tmp_path)
    try:
        with open_window(chromium, base) as surf:
            page = surf.page
            page.set_viewport_size(PHONE)
            surf.sign_in(peopled.cast.founder_a)
            surf.go("/pay")
            expect(page.get_by_role("note")).to_contain_text("模拟")
            page.get_by_role("button", name="支付所选账单").click()
            expect(page.get_by_role("heading", name="在 Stripe 模拟服务上付款")).to_be_visible()
            assert page.url.startswith(stand_in)
            expect(page.get_by_role("note")).to_contain_text("不会发生任何资金往来")
            expect(page.get_by_role("note")).to_contain_text("No money moves")
            surf.check_accessible()
            surf.check_no_sideways_scroll()
            page.get_by_role("combobox").select_option("0002")
            page.get_by_role("button", name="银行卡付款").click()
            expect(page.get_by_role("alert")).to_contain_text("被拒绝")
            page.get_by_role("button", name="银行卡付款").click()
            expect(page.get_by_role("heading", name="付款成功，谢谢")).to_be_visible()
            told = page.get_by_text("已通知 3 条，等待 0 条。")
            for _ in range(90):  # it tells the site in the background
                page.goto(stand_in)
                if told.is_visible():
                    break
                page.wait_for_timeout(1000)
            expect(told).to_be_visible()
            surf.check_accessible()
            surf.check_no_sideways_scroll()
        [row] = prepared.execute(select(CardPayment)).scalars()
        assert (row.state, row.amount_minor) == ("paid", 1_155_00)
        assert len(prepared.execute(select(StripeEvent)).all()) == 3, "declined, taken, completed: signed and kept"
        assert prepared.execute(select(StripeSettings.is_on)).scalar_one()
    finally:
        end(process)
    kept = json.loads((tmp_path / "stripe_stand_in.json").read_text())
    assert row.stripe_intent in kept["things"] and kept["told"] == 3, "it is there when it is started again"


@pytest.mark.parametrize("why", [
    {"BASE_URL": "https://incubator.example"}, {"BASE_URL": "http://192.168.1.5:8000"}, {"DEMO": "no"},
    {"STRIPE_API": "http://127.0.0.1:12111"},
])  # fmt: skip
def test_nowhere_else_is_there_a_stand_in(monkeypatch: pytest.MonkeyPatch, why: dict[str, str]) -> None:
    for name, value in {"BASE_URL": "http://127.0.0.1:8000", "DEMO": "", "STRIPE_API": ""}.items():
        monkeypatch.setenv(name, value)
    assert serve._wants_stand_in()
    for name, value in why.items():
        monkeypatch.setenv(name, value)
    assert not serve._wants_stand_in()
