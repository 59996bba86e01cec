"""Lines that people type: what nobody can see has no place in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.texts import is_visible, visible


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("\ufeff深圳\u200b智联\n有限公司 ", "深圳智联 有限公司"),
        ("王\u3000小明", "王 小明"),
        ("John\u00a0 Smith", "John Smith"),
        ("a\x00b\x1b[0m", "ab[0m"),
        ("\u202eevil", "evil"),  # writes the rest from right to left
        ("\u200b\u2060", ""),
        ("\u3164\u2800\u115f", ""),  # printed as nothing, though a letter or a symbol to Unicode
        ("\ufe0f\u0301", ""),  # marks on nothing
        ("José 葛󠄀", "José 葛󠄀"),
    ],
)
def test_what_is_left_of_a_line(typed: str, line: str) -> None:
    assert visible(typed) == line


@given(st.text())
def test_it_is_one_line_and_stays_so(typed: str) -> None:
    line = visible(typed)
    assert visible(line) == line and all(is_visible(char) for char in line) and line == line.strip()
