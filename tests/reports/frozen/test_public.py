"""The public page: what whoever holds the paper is told, and what they are never shown."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from incubator.database import as_operator
from incubator.documents.signing import fingerprint, public_keys
from incubator.reports.frozen.chain import printed_code, public_code
from incubator.reports.frozen.freezing import freeze
from incubator.reports.frozen.kind import Question
from incubator.reports.frozen.subsidies import SUBSIDIES
from incubator.reports.models import FrozenReport
from incubator.startups.rules.periods import Period
from tests.cast import Cast
from tests.conftest import Browser
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, October


@pytest.fixture
def frozen(session: Session, cast: Cast, october: October, posted: object) -> FrozenReport:
    return freeze_october(session, cast, october)


def freeze_october(session: Session, cast: Cast, october: October, reason: str = "") -> FrozenReport:
    return freeze(session, cast.finance, now=AFTER_OCTOBER + timedelta(days=9), kind=SUBSIDIES,
                  question=Question(Period("month", OCTOBER.first), october.site.id), reason=reason)  # fmt: skip


def code_of(frozen: FrozenReport) -> str:
    return public_code(frozen.operator_id, frozen.public_token)


def plain(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def test_it_says_what_the_paper_is_and_nothing_of_its_content(
    session: Session, cast: Cast, client: Browser, frozen: FrozenReport
) -> None:
    answer = client.get(f"/verify/{code_of(frozen)}")
    page = plain(answer.text)
    for said in ("核验通过", "补贴报告", "南山创客空间", "南山一号", "subsidies/1", "最新版本",
                 fingerprint(public_keys(session)[0].public_key), printed_code(code_of(frozen))):  # fmt: skip
        assert said in page, said
    assert frozen.sha256.hex() in re.sub(r"\s", "", page)
    for never in ("3,054.58", "3054", "甲科技", "S-A", "永修"):
        assert never not in page, never
    assert answer.headers["X-Robots-Tag"].startswith("noindex") and 'content="noindex"' in answer.text


def test_a_later_version_is_said(session: Session, cast: Cast, client: Browser, october: October, frozen: FrozenReport) -> None:
    session.execute(text("UPDATE sites SET name = '新名' WHERE id = :id"), {"id": october.site.id})
    session.expire_all()
    second = freeze_october(session, cast, october, "秘密的原因")
    first = plain(client.get(f"/verify/{code_of(frozen)}").text)
    assert "已被后续版本取代：版本 2" in first and "南山一号" in first and "秘密的原因" not in first
    assert "秘密的原因" not in client.get(f"/verify/{code_of(second)}").text


def test_a_code_that_is_none_is_not_there(client: Browser, cast: Cast, frozen: FrozenReport) -> None:
    code = code_of(frozen)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    other = public_code(cast.other_operator_id, frozen.public_token)
    answers = [client.get(f"/verify/{each}") for each in (wrong, other, f"fffffff-{frozen.public_token}", "x", "0-" + frozen.public_token, "a" * 200)]
    assert {each.status_code for each in answers} == {404}
    assert len({plain(each.text) for each in answers}) == 1
    assert client.post(f"/verify/{wrong}", data={"sha256": "0" * 64}).status_code == 404


def test_a_code_is_typed(client: Browser, frozen: FrozenReport) -> None:
    code = code_of(frozen)
    assert "核验报告" in client.get("/verify").text
    done = client.post("/verify", data={"code": f" {printed_code(code).lower()} "})
    assert (done.status_code, done.headers["Location"]) == (303, f"/verify/{code}")
    for typed in ("", "A3-XXXX", "<script>"):
        refused = client.post("/verify", data={"code": typed})
        assert refused.status_code == 422 and "这不是报告编码" in refused.text and "<script>" not in refused.text.replace('<script src', '')


def test_is_this_file_the_same(client: Browser, frozen: FrozenReport) -> None:
    path = f"/verify/{code_of(frozen)}"
    data = frozen.content.encode()
    same = client.post(path, data={"file": (io.BytesIO(data), "subsidies.json")})
    assert same.status_code == 200 and "逐字节相同" in same.text
    other = client.post(path, data={"file": (io.BytesIO(data + b" "), "subsidies.json")})
    assert "这是另一个文件" in other.text
    assert "逐字节相同" in client.post(path, data={"sha256": f" {frozen.sha256.hex().upper()} "}).text
    assert "这是另一个文件" in client.post(path, data={"sha256": "0" * 64}).text
    for typed in ("", "xyz", "0" * 63):
        assert client.post(path, data={"sha256": typed}).status_code == 422


def test_who_is_signed_in_elsewhere_sees_the_same(
    session: Session, cast: Cast, client: Browser, frozen: FrozenReport
) -> None:
    with as_operator(session, cast.other_operator_id):
        client.sign_in(cast.other_owner)
    page = client.get(f"/verify/{code_of(frozen)}")
    assert page.status_code == 200 and "核验通过" in page.text and "南山创客空间" in page.text


def test_the_operators_keys(session: Session, client: Browser, cast: Cast, frozen: FrozenReport) -> None:
    [key] = public_keys(session)
    page = client.get(f"/verify/keys/{cast.operator_id:x}")
    assert page.status_code == 200 and key.public_key.hex() in page.text
    for operator in ("0", "zz", f"{cast.other_operator_id:x}", "ffffffffffffffffff"):
        assert client.get(f"/verify/keys/{operator}").status_code == 404


def test_in_english(client: Browser, frozen: FrozenReport) -> None:
    page = client.get(f"/verify/{code_of(frozen)}", headers={"Accept-Language": "en"}).text
    assert "Verified" in page and "Subsidy report" in page and "Is a file the same?" in page
