"""What the operations of this package share: lines that people type, and codes that must be their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incubator.core.errors import Refusal
from incubator.core.texts import one_line

__all__ = ["LONGEST_CODE", "LONGEST_FLOOR", "LONGEST_NAME", "LONGEST_TEXT", "one_line", "unique"]

LONGEST_CODE, LONGEST_FLOOR, LONGEST_NAME, LONGEST_TEXT = 20, 50, 100, 200


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
