"""gunicorn as `make run` starts it, on a database of the bench; what it holds, and how soon it answers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from bench.browsing import Client
from incubator.settings import ROOT
from tests.database import TestDatabase

PORT = 8790
SECRET = "for the bench only"
EMPTY_PORT = 8791
PROCESSES = 2


@contextmanager
def serving(database: TestDatabase | None) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The product with two processes, or (None) nothing but an empty view; and the seconds to the first page."""
    port, module, page = (PORT, "wsgi:app", "/sign-in") if database else (EMPTY_PORT, "bench.nothing:app", "/")
    environment = os.environ | {
        "SECRET_KEY": SECRET, "BASE_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "warning",
        "WEB_CONCURRENCY": str(PROCESSES), "PASSWORD_HASHING": "fast-for-tests",
    }  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the first start compiles, as it does where the product runs
    if database:
        environment |= {"DATABASE_URL": database.app_url, "OWNER_DATABASE_URL": database.owner_url}
    command = [sys.executable, "-m", "gunicorn", module, "--config", "gunicorn.conf.py", "--log-level", "warning",
               "--bind", f"127.0.0.1:{port}"]  # fmt: skip
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        seconds = _wait(port, page, begun)
        while len(_workers(process.pid)) < PROCESSES:  # the first answers before the second is there
            time.sleep(0.02)
        yield process, seconds
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, page: str, begun: float) -> float:
    while time.perf_counter() - begun < 60:
        try:
            if Client(port).get(page) == 200:
                return time.perf_counter() - begun
        except (OSError, HTTPException):
            time.sleep(0.02)
    raise TimeoutError("gunicorn does not answer")


def memory_mb(pid: int) -> tuple[float, float]:
    """What gunicorn's workers hold, and its parent beside them; pages that they share are divided among them, by the
    kernel."""
    return sum(map(_held_mb, _workers(pid))), _held_mb(pid)


def _workers(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def _held_mb(pid: int) -> float:
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024
