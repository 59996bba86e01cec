"""Pages of frozen reports: the list, one report of a common kind, the keys; who sees them, and what bad addresses come to."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from incubator.database import as_operator
from incubator.documents.models import SigningKey
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.subsidies import SUBSIDIES
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October

SEERS = ("owner", "manager", "finance", "auditor")
OTHERS = ("front_desk", "founder_a", "member_a", "founder_b", "mentor")
MONTH = Period("month", OCTOBER.first)


def base(october: October, kind: str = "subsidies") -> str:
    return f"/reports/frozen/{kind}/{october.site.id}/2026-10"


def freeze_october(session: Session, cast: Cast, october: October, reason: str = "") -> FrozenReport:
    return freeze(session, cast.finance, now=AFTER_OCTOBER + timedelta(days=9), kind=SUBSIDIES,
                  question=Question(MONTH, october.site.id), reason=reason)  # fmt: skip


def pages(october: October) -> list[str]:
    return ["/reports", "/reports/keys", base(october), f"{base(october)}?version=live", f"{base(october)}?verify=1",
            base(october, "mentoring"), "/reports/frozen/qualification/all/2026-10"]  # fmt: skip


@pytest.mark.parametrize("who", SEERS)
def test_seen_by(session: Session, cast: Cast, client: Browser, october: October, posted: object, who: str) -> None:
    freeze_october(session, cast, october)
    client.sign_in(getattr(cast, who))
    for path in pages(october):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("who", OTHERS)
def test_not_seen_by(session: Session, cast: Cast, client: Browser, october: October, posted: object, who: str) -> None:
    freeze_october(session, cast, october)
    client.sign_in(getattr(cast, who))
    for path in [*pages(october), f"{base(october)}/export.json"]:
        assert client.get(path).status_code == 403, path
    assert client.post(f"{base(october)}/freeze").status_code == 403


def test_another_operators_reports_are_not_there(
    session: Session, cast: Cast, client: Browser, october: October, posted: object
) -> None:
    freeze_october(session, cast, october)
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    for path in (base(october), f"{base(october)}/export.csv", base(october, "mentoring")):
        assert client.get(path).status_code == 404, path
    assert "export.pdf" not in client.get("/reports/frozen/qualification/all/2026-10").text


@pytest.mark.parametrize(
    "path",
    ["subsidies/all/2026-10", "qualification/{site}/2026-10", "occupancy/{site}/2026-10", "figures_month/{site}/2026-10",
     "nothing/{site}/2026-10", "subsidies/{site}/2026", "subsidies/{site}/2026-13", "subsidies/{site}/x", "subsidies/x/2026-10",
     "subsidies/99999999999999999999/2026-10", "subsidies/{site}/2026-10?version=7", "subsidies/{site}/2026-10?version=²",
     "subsidies/{site}/2026-10/export.exe", "subsidies/{site}/2026-10/export.csv?table=none"],
)  # fmt: skip
def test_an_address_that_is_none(
    session: Session, cast: Cast, client: Browser, october: October, posted: object, path: str
) -> None:
    freeze_october(session, cast, october)
    assert client.sign_in(cast.owner).get(f"/reports/frozen/{path.format(site=october.site.id)}").status_code == 404


def test_frozen_by_hand_verified_corrected_and_frozen_anew(
    session: Session, cast: Cast, client: Browser, october: October, posted: object
) -> None:
    path = base(october)
    client.sign_in(cast.finance)
    assert "3,054.58" in client.get(path).text and "冻结本期" in client.get(path).text
    done = client.post(f"{path}/freeze")
    assert (done.status_code, done.headers["Location"]) == (303, f"{path}?version=1")
    assert client.post(f"{path}/freeze").status_code == 422
    again = client.post(f"{path}/freeze", data={"reason": "没有变化"})
    assert again.status_code == 409 and "没有任何变化" in again.text
    page = client.get(f"{path}?verify=1").text
    assert "没有一个字节被改动" in page and "声明、链值与签名均未改动" in page and "没有缺号" in page
    session.execute(text("UPDATE sites SET name = '新名' WHERE id = :id"), {"id": october.site.id})
    session.expire_all()
    assert "其他内容有所不同" in client.get(f"{path}?verify=1").text
    assert client.post(f"{path}/freeze", data={"reason": "场地更名"}).status_code == 303
    second = client.get(path).text
    assert "场地更名" in second and "与上一版本相比有 1 处不同" in second and "新名" in second
    assert "版本 2" in client.get(f"{path}?version=1").text


def test_the_files_say_what_was_frozen_whatever_happens_later(
    session: Session, cast: Cast, client: Browser, october: October, posted: object
) -> None:
    frozen = freeze_october(session, cast, october)
    client.sign_in(cast.auditor)
    formats = ("xlsx", "csv", "pdf", "json")

    def files() -> list[bytes]:
        return [client.get(f"{base(october)}/export.{each}?version=1").data for each in formats]

    before = files()
    session.execute(text("UPDATE sites SET name = '改名以后'"))
    session.execute(text("UPDATE startups SET name = '改名企业'"))
    session.expire_all()
    book, table, paper, data = files()
    assert [book, table, paper, data] == before
    assert data == frozen.content.encode() and paper.startswith(b"%PDF")
    sheets = openpyxl.load_workbook(io.BytesIO(book))
    everything = "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row)
    assert frozen.sha256.hex() in everything and f"/verify/{cast.operator_id:x}-{frozen.public_token}" in everything
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert sum(float(row["补贴（元）"]) for row in rows) == 3054.58


def test_the_list_says_what_is_frozen(
    session: Session, cast: Cast, client: Browser, october: October, posted: object
) -> None:
    freeze_october(session, cast, october)
    page = client.sign_in(cast.auditor).get("/reports").text
    assert f'href="{base(october)}"' in page and "补贴报告" in page and "资质达标报告" in page
    assert re.search(r"补贴报告, 2026年10月: 已冻结", page) or "补贴报告" in page


def test_an_owner_retires_a_key_on_the_page(
    session: Session, cast: Cast, client: Browser, october: October, posted: object
) -> None:
    freeze_october(session, cast, october)
    key_id = session.execute(select(SigningKey.id)).scalar_one()
    assert client.sign_in(cast.manager).post(f"/reports/keys/{key_id}/retire", data={"reason": "x"}).status_code == 403
    client.sign_in(cast.owner)
    assert client.post(f"/reports/keys/{key_id}/retire", data={"reason": " "}).status_code == 422
    assert client.post(f"/reports/keys/{key_id}/retire", data={"reason": "每年更换"}).status_code == 303
    page = client.get("/reports/keys").text
    assert "每年更换" in page and "已停用" in page
    assert client.post("/reports/keys/999999/retire", data={"reason": "x"}).status_code == 404
    assert session.execute(select(func.count()).select_from(SigningKey)).scalar_one() == 2
    secret = session.execute(select(SigningKey.sealed_secret)).scalars().first()
    assert secret and secret not in page


def test_an_operator_without_sites(session: Session, cast: Cast, client: Browser) -> None:
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    assert "还没有场地" in client.get("/reports").text
    assert client.get("/reports/keys").status_code == 200
