"""Identifiers with check digits."""

from __future__ import annotations

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError


def normalise_credit_code(text: str) -> str | None:
    """The unified social credit code (GB 32100-2015) in `text`, in capitals without blanks; None if invalid.

    18 characters of 0-9 and A-Z without I O S V Z, the last a check character: 91110000802100433B is one.
    """
    try:
        return str(uscc.validate(text))
    except ValidationError:
        return None


def complete_credit_code(first_17: str) -> str:
    """`first_17` with its check character; ValueError where they are not 17 characters of the alphabet."""
    if len(first_17) != 17:
        raise ValueError("a credit code has 17 characters before its check character")
    return first_17 + str(uscc.calc_check_digit(first_17))
