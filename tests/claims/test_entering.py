"""What is not granted in full is entered line by line or read from a file; all else stays as it was typed."""

from __future__ import annotations

import io
import re
from datetime import datetime
from html import unescape
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incubator.claims.forms.entries import Entries
from incubator.claims.models import Claim, ClaimClawback, ClaimRuling
from incubator.claims.queries.claims import list_lines
from incubator.core.clock import CHINA
from tests.cast import Cast
from tests.claims.story import hand_in, make
from tests.conftest import Browser
from tests.scenarios.october import October

ON = {"on": "2026-11-12"}


@pytest.fixture
def claim(session: Session, cast: Cast, posted: October, scheme_id: int) -> Claim:
    """October's four lines, handed in: A's 1,440.00 and 180.00, B's 1,265.81 and 168.77."""
    made = make(session, cast, scheme_id)
    hand_in(session, cast, made)
    return made


@pytest.fixture
def lines(session: Session, cast: Cast, claim: Claim) -> list[int]:
    """By their numbers in the pack, less one."""
    return [each.line.id for each in list_lines(session, cast.finance, claim.id)]


@pytest.fixture
def browser(client: Browser, cast: Cast) -> Browser:
    return client.sign_in(cast.finance)


def fields(page: str) -> dict[str, str]:
    """What the form would send without a button."""
    inputs = re.findall(r'<input class="form-control[^>]*name="([a-z]+_\d+)" value="([^"]*)"', page)
    chosen = re.findall(r'<select[^>]*name="([a-z]+_\d+)">.*?<option value="(\w+)" selected', page, re.DOTALL)
    hidden = re.findall(r'name="(entered|at)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in [*inputs, *chosen, *hidden]}


def test_all_is_granted_in_full_at_first(session: Session, browser: Browser, claim: Claim) -> None:
    page = browser.get(f"/claims/{claim.id}/ruling").text
    assert "全部明细均足额获批" in page and "granted_" not in page
    assert browser.post(f"/claims/{claim.id}/ruling", data=ON).status_code == 303
    assert set(session.execute(select(ClaimRuling.refused_minor)).scalars()) == {0}


@pytest.mark.parametrize(("search", "numbers"), [
    ("3", {3}), ("inv-2026-000002", {1, 2}), ("甲", {1, 2}), ("乙", {3, 4}), ("nobody", set()), ("99999999999999999999", set()),
    ("%", set()),
])  # fmt: skip
def test_a_line_is_found(browser: Browser, claim: Claim, lines: list[int], search: str, numbers: set[int]) -> None:
    page = browser.post(f"/claims/{claim.id}/ruling", data={**ON, "search": search, "find": "1"})
    found = {lines.index(int(each)) + 1 for each in re.findall(r'name="add" value="(\d+)"', page.text)}
    assert (page.status_code, found) == (200, numbers)


def test_entries_stay_while_one_searches_adds_and_drops(
    session: Session, browser: Browser, claim: Claim, lines: list[int]
) -> None:
    path = f"/claims/{claim.id}/ruling"
    page = browser.post(path, data={**ON, "search": "1", "add": lines[0]}).text
    typed = fields(page) | {f"granted_{lines[0]}": "1000", f"reason_{lines[0]}": "超出<标准>"}
    page = browser.post(path, data={**ON, **typed, "add": lines[2], "note": "见批复"}).text
    typed = fields(page)
    assert typed[f"granted_{lines[0]}"] == "1000" and typed[f"reason_{lines[0]}"] == "超出<标准>" and 'value="见批复"' in page
    typed |= {f"granted_{lines[2]}": "nonsense"}
    wrong = browser.post(path, data={**ON, **typed})
    assert wrong.status_code == 422 and f'id="problem_{lines[2]}"' in wrong.text and "nonsense" in wrong.text
    assert f'id="problem_{lines[0]}"' not in wrong.text and session.execute(select(ClaimRuling)).first() is None
    typed = fields(browser.post(path, data={**ON, **fields(wrong.text), "drop": lines[2]}).text)
    assert f"granted_{lines[2]}" not in typed
    assert browser.post(path, data={**ON, **typed}).status_code == 303
    refused = dict(session.execute(select(ClaimRuling.line_id, ClaimRuling.refused_minor)).all())
    assert refused == {lines[0]: 44_000, lines[1]: 0, lines[2]: 0, lines[3]: 0}


def today() -> str:
    return datetime.now(CHINA).date().isoformat()


def sheet(rows: list[list[Any]], titles: list[str]) -> io.BytesIO:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [titles, *rows]:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def test_the_file_with_all_lines_comes_back(session: Session, browser: Browser, claim: Claim, lines: list[int]) -> None:
    """Its 180.00 are made 0, and its 1,265.81 are made 1,000.00; the others stay as they came."""
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/claims/{claim.id}/ruling.xlsx").data))
    assert book.active is not None
    for row in book.active.iter_rows():
        if row[0].value == 2:
            row[6].value, row[7].value, row[8].value = 0, "不在范围内", "由企业承担（计入下期账单）"
        if row[0].value == 3:
            row[6].value, row[7].value, row[8].value = 1000, "超出标准", "operator"
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    page = browser.post(f"/claims/{claim.id}/ruling", data={**ON, "read": "1", "file": (file, "批复.xlsx")})
    assert page.status_code == 200
    typed = fields(page.text)
    assert {name: value for name, value in typed.items() if name.startswith(("granted", "left"))} == {
        f"granted_{lines[1]}": "0", f"left_{lines[1]}": "startup", f"granted_{lines[2]}": "1000", f"left_{lines[2]}": "operator"}  # fmt: skip
    assert browser.post(f"/claims/{claim.id}/ruling", data={**ON, **typed}).status_code == 303
    refused = dict(session.execute(select(ClaimRuling.line_id, ClaimRuling.refused_minor)).all())
    assert refused == {lines[0]: 0, lines[1]: 18_000, lines[2]: 26_581, lines[3]: 0}


def test_a_file_says_row_by_row_what_is_wrong(browser: Browser, claim: Claim, lines: list[int]) -> None:
    path = f"/claims/{claim.id}/ruling"
    rows = [[1, 1000, "超标", "operator"], [2, 500, "x", "operator"], [9, 1, "x", "operator"], [3, "abc", "x", "operator"],
            [4, 0, "", "operator"], [1, 1000, "超标", "operator"], [4, 0, "x", "nobody"], [None, None], [2, None]]  # fmt: skip
    page = browser.post(path, data={**ON, "read": "1", "file": (sheet(rows, ["行号", "获批金额", "原因", "差额"]), "a.xlsx")})
    assert page.status_code == 422 and "有 6 行有误" in page.text
    for row in (3, 4, 5, 6, 7, 8):
        assert f"第 {row} 行：" in page.text
    assert fields(page.text) == {"entered": "[]", "at": "1"}, "nothing of it was taken"
    for name, content in (("a.xlsx", b"no workbook"), ("a.csv", b"a,b\n1,2\n"), ("a.png", b"\x89PNG\r\n\x1a\n")):
        assert browser.post(path, data={**ON, "read": "1", "file": (io.BytesIO(content), name)}).status_code == 422
    assert browser.post(path, data={**ON, "read": "1"}).status_code == 422
    csv = "行号,获批金额（元）,原因,差额\n1,\"1,000.00\",超标,由运营方承担\n".encode()
    page = browser.post(path, data={**ON, "read": "1", "file": (io.BytesIO(csv), "a.csv")})
    assert page.status_code == 200 and fields(page.text)[f"granted_{lines[0]}"] == "1,000.00"


def test_a_clawback_is_entered_for_granted_lines_alone(
    session: Session, browser: Browser, claim: Claim, lines: list[int]
) -> None:
    answer = {**ON, f"granted_{lines[1]}": "0", f"reason_{lines[1]}": "x", f"left_{lines[1]}": "operator"}
    assert browser.post(f"/claims/{claim.id}/ruling", data=answer).status_code == 303
    assert browser.post(f"/claims/{claim.id}/payments/paid", data={"amount": "2874.58", **ON}).status_code == 303
    path, about = f"/claims/{claim.id}/clawback", {"demanded_on": today(), "due_on": today(), "reason": "核减"}
    page = browser.post(path, data={**about, "search": "甲", "find": "1"}).text
    assert re.findall(r'name="add" value="(\d+)"', page) == [str(lines[0])]
    assert browser.post(path, data=about).status_code == 422
    too_much = browser.post(path, data={**about, f"back_{lines[0]}": "1440.01", f"borne_{lines[0]}": "startup"})
    assert too_much.status_code == 422 and f'id="problem_{lines[0]}"' in too_much.text and 'value="1440.01"' in too_much.text
    assert browser.post(path, data={**about, f"back_{lines[1]}": "1"}).status_code == 422, "nothing was granted of it"
    done = browser.post(path, data={**about, f"back_{lines[0]}": "100", f"borne_{lines[0]}": "startup"})
    assert done.status_code == 303, re.findall(r'alert-danger.*?</div>', done.text, re.DOTALL)
    back = session.execute(select(ClaimClawback)).scalar_one()
    assert (back.line_id, back.amount_minor, back.borne_by) == (lines[0], 10_000, "startup")
    page = browser.post(path, data={**about, "add": lines[0]}).text
    assert "已要求追回 ¥100.00" in page


def test_what_is_packed_comes_back_and_nothing_else_does() -> None:
    names = ("granted", "reason", "left")
    made = Entries(names, {number: {"granted": f"{number}.00", "reason": "“'<", "left": "operator"} for number in range(1, 3_001)})
    packed = made.pack(without=[7, 8])
    assert len(packed) < 200_000
    typed = {"entered": packed, "granted_7": "7.00", "reason_7": "“'<", "left_7": "operator", "other_9": "x", "granted_x": "1"}
    again = Entries.read(names, typed)
    assert set(again.rows) == set(made.rows) - {8} and all(made.rows[each] == row for each, row in again.rows.items())
    for odd in ("", "no json", "{}", "[1, null, [\"x\"], [true, \"1\"], [-1], []]", "[[1, {}, 2, 3, 4]]"):
        assert set(Entries.read(names, {"entered": odd}).rows) <= {1}
