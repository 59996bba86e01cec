"""Identifiers with check digits."""

from __future__ import annotations

from unicodedata import normalize

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError


def normalise_credit_code(text: str) -> str | None:
    """The unified social credit code (GB 32100-2015) in `text`, in capitals without blanks; None if invalid.

    18 characters, the first eight digits, the others of 0-9 and A-Z without I O S V Z, the last a check
    character: 91110000802100433B is one, 91110000802100434B is none. Full-width characters, as a Chinese
    keyboard types them, are read as plain ones.
    """
    try:
        return str(uscc.validate(normalize("NFKC", text)))
    except ValidationError:
        return None


def complete_credit_code(first_17: str) -> str:
    """`first_17` with its check character; ValueError where no such code can begin so."""
    code = normalise_credit_code(first_17 + str(uscc.calc_check_digit(first_17)))
    if len(first_17) != 17 or code is None:
        raise ValueError(f"no credit code begins with {first_17!r}")
    return code
