"""Credit codes: our answer, python-stdnum's, and the arithmetic of GB 32100-2015 done here once more."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import uscc

from incubator.core.identifiers import complete_credit_code, normalise_credit_code

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [pow(3, place, 31) for place in range(17)]


def checks_out(code: str) -> bool:
    """GB 32100-2015: the weighted sum of the first 17 values and the check value is 0 modulo 31."""
    values = [ALPHABET.index(character) for character in code]
    return (sum(value * weight for value, weight in zip(values, WEIGHTS, strict=False)) + values[17]) % 31 == 0


firsts = st.builds(
    lambda digits, letters: digits + letters,
    st.text("0123456789", min_size=8, max_size=8),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("code", ["91110000802100433B", "91110000600037341L", "91440300MA5ABCDE1H"])
def test_codes_that_hold(code: str) -> None:
    assert checks_out(code)
    assert normalise_credit_code(code) == code


@given(firsts)
def test_a_completed_code_holds_by_every_reckoning(first_17: str) -> None:
    code = complete_credit_code(first_17)
    assert code[:17] == first_17
    assert normalise_credit_code(code) == code == uscc.validate(code)
    assert checks_out(code)


@given(firsts, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_seen(first_17: str, place: int, other: str) -> None:
    code = complete_credit_code(first_17)
    assume(code[place] != other)
    wrong = code[:place] + other + code[place + 1 :]
    assert normalise_credit_code(wrong) is None
    assert not uscc.is_valid(wrong)


@given(firsts, st.integers(0, 16))
def test_two_characters_exchanged_are_seen(first_17: str, place: int) -> None:
    code = complete_credit_code(first_17)
    assume(code[place] != code[place + 1])
    exchanged = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    # exchanging the last two can make a code that holds: their weights are 28 and 1
    assert (
        (normalise_credit_code(exchanged) is not None)
        == (checks_out(exchanged) and exchanged[:8].isdigit())
        == uscc.is_valid(exchanged)
    )
    if place < 16:
        assert normalise_credit_code(exchanged) is None


@given(st.text(max_size=20))
def test_any_text_has_stdnum_s_answer(text: str) -> None:
    if text.isascii():
        assert (normalise_credit_code(text) is not None) == uscc.is_valid(text)
    else:
        assert normalise_credit_code(text) is None or normalise_credit_code(text).isascii()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "written",
    [
        "91110000802100433b",
        " 91110000802100433B ",
        "9111 0000 8021 0043 3B",
        "91110000-80210043-3B",
        "９１１１００００８０２１００４３３Ｂ",
    ],
)
def test_how_people_write_it(written: str) -> None:
    assert normalise_credit_code(written) == "91110000802100433B"


@pytest.mark.parametrize(
    "text", ["", "91110000802100433", "91110000802100433BB", "9111000080210043OB", "统一社会信用代码", "\x00"]
)
def test_what_is_none(text: str) -> None:
    assert normalise_credit_code(text) is None


@pytest.mark.parametrize(
    "first_17", ["", "9111000080210043", "911100008021004330", "A1110000802100433", "9144030OMA5ABCDE1"]
)
def test_what_cannot_be_completed(first_17: str) -> None:
    with pytest.raises(ValueError):
        complete_credit_code(first_17)
