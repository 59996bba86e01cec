"""Workers that are at work at once: forked from one process that has read the code, as `make run` forks its own.

`python -m incubator.jobs.worker` reads 1,200 modules first, one and a half seconds of CPU each time; the tests that kill workers
start forty. What is run is the command's own `main`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection

from incubator.jobs import worker

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.jobs.probes", "incubator.jobs.worker"])


def _work(environment: Mapping[str, str], arguments: Sequence[str], said: Connection) -> None:
    os.dup2(said.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    sys.exit(worker.main(arguments))


class Worker:
    """A process of its own, with the manners of `subprocess.Popen`; `log` is all that it has said."""

    def __init__(self, environment: Mapping[str, str], arguments: Sequence[str]) -> None:
        self._said, given = _forks.Pipe(duplex=False)
        os.set_blocking(self._said.fileno(), False)
        self._process = _forks.Process(target=_work, args=(dict(environment), list(arguments), given), daemon=True)
        self._process.start()
        given.close()
        self._log = b""

    @property
    def log(self) -> str:
        try:
            while some := os.read(self._said.fileno(), 65_536):
                self._log += some
        except BlockingIOError:
            pass  # that was all so far
        return self._log.decode(errors="replace")

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        if self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Dead now, whatever it was doing."""
        self.send_signal(signal.SIGCONT)
        self.kill()
        self.wait()
        self._said.close()
