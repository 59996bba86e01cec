"""In real browsers: from closing the month to a verified pack, and a reviewer who follows a figure on a telephone."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from incubator.accounts.actor import system_actor
from incubator.accounts.operations.keys import issue_key
from incubator.claims.models import Claim, ClaimReviewer
from incubator.claims.operations.evidence import require_evidence
from incubator.core.clock import CHINA, utc_now
from incubator.documents.operations import add_document
from incubator.jobs.operations import claim as take_run
from incubator.jobs.packing import MAKE_PACK
from incubator.jobs.performing import perform
from incubator.jobs.rules import LEASE
from tests.browser import PHONE, Live, Surfer, open_window
from tests.scenarios.october import tell_october

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def site(live: Live) -> int:
    """October of the example, not posted yet; scheme Y asks for a licence, which A has brought."""
    with live.session() as session:
        october, cast = tell_october(session, live.cast), live.cast
        add_document(session, cast.manager, now=utc_now(), kind="licence", title="营业执照", startup_id=cast.startup_a,
                     audience="startup", name="licence.pdf", content=PDF, valid_from=date(2026, 1, 1))  # fmt: skip
        scheme_id = session.connection().exec_driver_sql("SELECT min(id) FROM schemes").scalar_one()
        require_evidence(session, cast.finance, now=utc_now(), scheme_id=scheme_id, kind="licence", per="startup",
                         is_required=False, valid_on="period", first_on=date(2026, 1, 1))  # fmt: skip
        return october.site.id


@pytest.mark.browser
def test_from_closing_the_month_to_a_verified_pack(
    live: Live, surf: Surfer, chromium: Browser, site: int, tmp_path: Path
) -> None:  # fmt: skip
    page = surf.sign_in(live.cast.finance)
    surf.go(f"/billing/{site}/2026-10")
    page.get_by_role("button", name="出具 3 份账单").click()
    page.wait_for_load_state()
    surf.go(f"/reports/occupancy/{site}/2026-10")
    page.get_by_role("button", name="冻结为版本 1").click()
    page.wait_for_load_state()

    surf.go("/claims/new")
    page.fill("input[name=first_on]", "2026-10-01")
    page.fill("input[name=last_on]", "2026-10-31")
    page.locator("form[method=get] .card-footer button").click()
    page.locator("section form[method=post] button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("CLM-")
    claim_id = int(page.url.rstrip("/").rpartition("/")[2])
    surf.go(f"/claims/{claim_id}/steps/checked")
    page.fill("textarea[name=note], input[name=note]", "随后补交")
    page.locator("form.card-footer button").click()
    page.wait_for_url(f"**/claims/{claim_id}")

    with open_window(chromium, live.url) as other:  # a second person
        other.sign_in(live.cast.owner)
        other.go(f"/claims/{claim_id}/steps/approved")
        other.page.locator("form.card-footer button").click()
        other.page.wait_for_url(f"**/claims/{claim_id}")
        other.go(f"/claims/{claim_id}/reviewers/new")
        other.page.fill("input[name=name]", "李审计")
        other.page.fill("input[name=organisation]", "市科技局")
        other.page.fill("input[name=email]", "li@example.org")
        other.page.fill("input[name=until]", (utc_now().astimezone(CHINA).date() + timedelta(days=30)).isoformat())
        other.check_accessible()
        other.page.locator("form .card-footer button").click()
        expect(other.page.get_by_text("li@example.org")).to_be_visible()

    surf.go(f"/claims/{claim_id}/packs")
    page.get_by_role("button", name="生成材料包").click()
    expect(page.get_by_text("材料包正在后台生成")).to_be_visible()
    surf.check_accessible()
    work(live)
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    pack = tmp_path / "pack.zip"
    download.value.save_as(pack)
    surf.check_accessible()
    surf.go("/verifier")
    with page.expect_download() as download:
        page.get_by_role("link", name="verify.py").click()
    download.value.save_as(tmp_path / "verify.py")
    done = subprocess.run([sys.executable, "-I", "-S", "verify.py", "pack.zip", "--strict"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0 and "核验通过" in done.stdout and "3054.58" in done.stdout, done

    with live.session() as session:
        reviewer = session.execute(select(ClaimReviewer)).scalar_one()
        assert session.execute(select(Claim.state)).scalar_one() == "approved"
        token = issue_key(session, system_actor(live.cast.operator_id), now=utc_now(), kind="review", opens_id=reviewer.id)
    with open_window(chromium, live.url) as phone:
        phone.page.set_viewport_size(PHONE)
        look(phone, token)
    surf.go(f"/claims/{claim_id}/reviewers")
    expect(page.get_by_text("licence.pdf")).to_be_visible()
    expect(page.get_by_text("面积如何计算？")).to_be_visible()
    surf.check_accessible()


def work(live: Live) -> None:
    """What the worker does about it, while the page looks every two seconds."""
    with live.session() as session:
        run = take_run(session, now=utc_now(), worker="w", jobs=[MAKE_PACK.name])
    assert run is not None
    assert perform(live.engine, {MAKE_PACK.name: MAKE_PACK}, run, lease=LEASE)


def look(phone: Surfer, token: str) -> None:
    """A reviewer on a telephone: the total, a line of A's, its file; a remark."""
    page = phone.go(f"/review/open/{token}")
    expect(page.get_by_text("叁仟零伍拾肆元伍角捌分")).to_be_visible()
    assert page.url.endswith("/review") and token not in page.content()
    phone.check_no_sideways_scroll()
    phone.check_accessible()
    page.get_by_role("link", name="¥3,054.58").click()
    page.locator("#lines a.record-head").filter(has_text="甲科技有限公司").first.click()  # one
    phone.check_no_sideways_scroll()
    phone.check_accessible()
    with page.expect_download() as download:
        page.get_by_role("link", name="营业执照").click()  # two
    assert download.value.path().read_bytes() == PDF
    page.fill("textarea[name=words]", "面积如何计算？")
    page.get_by_role("button", name="发送意见").click()
    expect(page.get_by_text("您的意见已记录")).to_be_visible()
    page.locator(".card a[href*='/review/invoices/']").first.click()
    phone.check_no_sideways_scroll()
    phone.check_accessible()
