"""Doing a sweep for one operator, and writing down that it was done."""

from __future__ import annotations

import logging
import time
from uuid import uuid4

from msgspec import Struct
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from incubator.core.errors import Refusal
from incubator.jobs.models import SweepState
from incubator.jobs.performing import database_now, operator_session
from incubator.jobs.sweep import Surroundings, Sweep

log = logging.getLogger("incubator.worker")

SIGN_OF_LIFE = 60.0
"""Seconds between two signs of life of a sweep that finds nothing: what is seldom news costs seldom a write."""

AWAY = ("08", "57P")
"""How PostgreSQL's codes begin where the connection or the server ends; without any code there was no connection."""
WAITS = frozenset({"55P03", "40001", "40P01", "25P03"})
"""Somebody else holds the rows (lock not available, serialisation failure, deadlock), or this machine stood still in a
transaction until the server ended it: the next time."""


class Looked(Struct, frozen=True):
    """What one look came to."""

    found: int
    took_ms: int
    reference: str = ""
    """Empty: it did not fail."""


class Sweeper:
    """Does sweeps and keeps in mind when it last wrote of each; nothing is lost with it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._at = surroundings
        self._written: dict[tuple[int, str], tuple[float, str]] = {}

    def sweep(self, sweep: Sweep, operator_id: int) -> None:
        """Look once. A failure ends no thread: it is logged, stands on the page, and the next look comes in its time.

        DBAPIError where the database is away: there is nobody to tell, then.
        """
        looked = self._look(sweep, operator_id)
        key = (operator_id, sweep.name)
        last_written, last_reference = self._written.get(key, (float("-inf"), ""))
        is_news = bool(looked.found or looked.reference) or bool(last_reference)
        if is_news or time.monotonic() - last_written >= SIGN_OF_LIFE:
            self._write(sweep, operator_id, looked)
            self._written[key] = (time.monotonic(), looked.reference)

    def _look(self, sweep: Sweep, operator_id: int) -> Looked:
        started = time.monotonic()
        found, reference = 0, ""
        try:
            found = sweep.look(self._at, operator_id)
        except Refusal as refusal:  # somebody else is at the same row: the next time
            log.info("%s of operator %s waits: %s", sweep.name, operator_id, refusal)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if not state or state.startswith(AWAY):
                raise
            if state in WAITS:
                log.info("%s of operator %s waits: %s", sweep.name, operator_id, state)
            else:
                reference = _log(sweep, operator_id)
        except Exception:
            reference = _log(sweep, operator_id)
        return Looked(found, round(1000 * (time.monotonic() - started)), reference)

    def _write(self, sweep: Sweep, operator_id: int, looked: Looked) -> None:
        with operator_session(self._at.engine, operator_id) as session:
            now = database_now(session)
            new = {
                "operator_id": operator_id, "sweep": sweep.name, "looked_at": now, "took_ms": looked.took_ms,
                "found": looked.found, "found_at": now if looked.found else None,
                "failures": 1 if looked.reference else 0, "failed_at": now if looked.reference else None,
                "reference": looked.reference,
            }  # fmt: skip
            said = insert(SweepState).values(new)
            changes = {"looked_at": now, "took_ms": looked.took_ms, "failures": 0}
            if looked.found:
                changes |= {"found": looked.found, "found_at": now}
            if looked.reference:
                changes |= {"failures": SweepState.failures + 1, "failed_at": now, "reference": looked.reference}
            session.execute(said.on_conflict_do_update(
                index_elements=["operator_id", "sweep"],
                set_=changes,
            ))  # fmt: skip


def _log(sweep: Sweep, operator_id: int) -> str:
    reference = uuid4().hex[:8]
    log.exception("%s of operator %s failed: fault %s", sweep.name, operator_id, reference)
    return reference
