"""Real concurrency: each attempt in a thread, connection and transaction of its own, all let go at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

Attempt = Callable[[Session], object]


def race(connect: Callable[[], AbstractContextManager[Session]], attempts: Sequence[Attempt]) -> list[object]:
    """What each attempt gave, or the exception that ended it; who comes through is committed."""
    gate = threading.Barrier(len(attempts))
    outcomes: list[object] = [None] * len(attempts)

    def run(index: int) -> None:
        with connect() as session:
            session.connection()
            gate.wait()
            try:
                outcomes[index] = attempts[index](session)
                session.commit()
            except BaseException as error:
                outcomes[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(attempts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
