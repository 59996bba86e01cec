"""`make run`: the whole product on one machine.

Starts the embedded PostgreSQL under `instance/` (unless DATABASE_URL names another), migrates, loads the demo
operator once (unless DEMO=no), serves the site and the jobs, and ends every process that it started when it is
told to stop.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from incubator import postgres
from incubator.settings import INSTANCE, ROOT

DATABASE = "incubator"
FIRST_PORT = 8000
PATIENCE_SECONDS = 15


def main() -> int:
    """Serve until Ctrl-C or SIGTERM; the exit status is 0 then, and 1 where a part of it died."""
    INSTANCE.mkdir(exist_ok=True)
    with ExitStack() as stack:
        if not _only_one(stack):
            say("It is running already in another window (instance/run.lock).")
            return 1
        environment = {"LOG_LEVEL": "warning"} | os.environ | {"PYTHONUNBUFFERED": "1"}
        if not environment.get("DATABASE_URL"):
            environment |= _embedded_database(stack)
        port = _free_port()
        environment.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
        python = sys.executable
        subprocess.run([python, "-m", "flask", "--app", "wsgi", "db", "upgrade"], env=environment, cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        if os.environ.get("DEMO") != "no":
            subprocess.run([python, "-m", "incubator.jobs.demo"], env=environment, cwd=ROOT, check=True)
        stopped = _listen_for_the_end()
        web = [python, "-m", "gunicorn", "wsgi:app", "--config", "gunicorn.conf.py", "--bind", f"127.0.0.1:{port}",
               "--log-level", "warning"]  # fmt: skip
        worker = [python, "-m", "incubator.jobs.worker"]
        children = [_start(stack, command, environment) for command in (web, worker)]
        if _answers(port, children):
            say(f"Ready: {environment['BASE_URL']}  (Ctrl-C ends it)")
        while not stopped and all(child.poll() is None for child in children):
            time.sleep(0.2)
        return 0 if stopped else 1


def _only_one(stack: ExitStack) -> bool:
    lock = stack.enter_context(Path(INSTANCE, "run.lock").open("w"))  # noqa: SIM115  the stack closes it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _embedded_database(stack: ExitStack) -> dict[str, str]:
    server = postgres.start(Path(INSTANCE, "postgres"), stop_with_process=False)
    stack.callback(server.stop)
    postgres.ensure_database(server, DATABASE)
    return {
        "DATABASE_URL": postgres.app_url(server, DATABASE),
        "OWNER_DATABASE_URL": postgres.owner_url(server, DATABASE),
    }


def _free_port() -> int:
    """PORT, or the first free one from 8000 on."""
    if "PORT" in os.environ:
        return int(os.environ["PORT"])
    for port in range(FIRST_PORT, FIRST_PORT + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port from {FIRST_PORT} to {FIRST_PORT + 49}; set PORT.")


def _start(stack: ExitStack, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # a session of its own, so that the terminal's Ctrl-C reaches it once: from us
    child = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    stack.callback(_end, child)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and see that its whole process group is gone."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _listen_for_the_end() -> list[int]:
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return stopped


def _answers(port: int, children: list[subprocess.Popen[bytes]]) -> bool:
    """Whether the site answers within 30 s; False as soon as a process died."""
    for _ in range(300):
        if any(child.poll() is not None for child in children):
            return False
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return True
        except (URLError, OSError):
            time.sleep(0.1)
    return False


def say(sentence: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
