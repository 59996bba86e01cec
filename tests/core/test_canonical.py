"""Canonical JSON: the same data is the same bytes; what is not plain is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.canonical import canonical_json, plain

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, places=4)
    | st.binary(max_size=4)
)
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(data)
def test_what_is_read_back_gives_the_same_bytes(value: object) -> None:
    written = canonical_json(value)
    assert canonical_json(json.loads(written)) == written
    assert plain(plain(value)) == plain(value)


@given(data)
def test_the_quick_way_writes_what_the_standard_says(value: object) -> None:
    assert canonical_json(value) == canonical_json(plain(value)) == rfc8785.dumps(plain(value))


@given(st.dictionaries(st.text("abcé中😀", max_size=3), st.integers(-5, 5), max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(list(value.items())))) == canonical_json(value)


def test_an_example_by_hand() -> None:
    value = {
        "b": Decimal("80.00"),
        "a": date(2026, 10, 1),
        "中": [(1, True), None],
        "at": datetime(2026, 10, 1, tzinfo=UTC),
    }
    expected = '{"a":"2026-10-01","at":"2026-10-01T00:00:00+00:00","b":"80.00","中":[[1,true],null]}'
    assert canonical_json(value) == expected.encode()


def test_sets_are_sorted_bytes_are_hex_and_decimals_have_no_exponent() -> None:
    assert plain({"x", "a"}) == ["a", "x"]
    assert plain(b"\x00\xff") == "00ff"
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("1.50")) == "1.50"


@pytest.mark.parametrize("value", [1.5, [1, {"a": 0.1}], {"a": float("nan")}])
def test_a_float_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_json(value)


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 10, 1, 9), Decimal("NaN"), {1: "a", "1": "b"}, 2**53, object(), "\ud800"],
    ids=["no offset", "no number", "one key twice", "beyond 2^53", "unknown", "half a character"],
)
def test_what_does_not_say_one_thing_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical_json({"value": value} if not isinstance(value, dict) else value)
