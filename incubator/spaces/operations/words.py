"""What the operations of this package share: lines that people type, and codes that must be their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.core.errors import N_, Refusal
from incubator.core.texts import visible

LONGEST_CODE, LONGEST_FLOOR, LONGEST_NAME, LONGEST_TEXT = 20, 50, 100, 200


def one_line(text: str, field: str, longest: int) -> str:
    """`text` without blanks around it or in rows; refused where it is longer, or holds what nobody can see."""
    line = " ".join(text.split())
    if len(line) > longest:
        raise Refusal(N_("This may be at most %(longest)s characters long."), field=field, longest=longest)
    if line != visible(line):
        raise Refusal(N_("This holds characters that can't be printed."), field=field)
    return line


@contextmanager
def unique(session: Session, constraint: str, refusal: Refusal) -> Iterator[None]:
    """Write what is changed inside the block; `refusal` where another was first with what `constraint` keeps."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != constraint:
            raise
        raise refusal from error
