"""Pages of lists, and the page that an address asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.paging import Page, page_number, row_id


@given(st.integers(1, 30), st.integers(0, 500), st.integers(1, 60))
def test_the_rows_of_a_page_are_those_of_the_slice(number: int, total: int, size: int) -> None:
    rows = list(range(1, total + 1))[(number - 1) * size : number * size]
    page = Page(rows, number, total, size)
    assert (page.first, page.last) == ((rows[0], rows[-1]) if rows else (0, 0))
    assert page.pages == max(1, -(-total // size))


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("7", 7), ("100000", 100_000), ("100001", 1), ("0", 1), ("-1", 1), ("1.5", 1), ("", 1), (None, 1),
     ("２", 1), ("²", 1), ("1" * 5000, 1), ("007", 7), (" 3", 1), ("3; DROP TABLE", 1)],
)  # fmt: skip
def test_the_page_asked_for(text: str | None, number: int) -> None:
    assert page_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "+1", "1.0", " 1", "٣", "9223372036854775808", "9" * 5000])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        row_id(text)


def test_an_id_fits_a_bigint() -> None:
    assert (row_id("7"), row_id("9223372036854775807")) == (7, 2**63 - 1)
