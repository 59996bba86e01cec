"""`make run`: the whole product on one machine.

Starts the embedded PostgreSQL under `instance/` (unless DATABASE_URL names another), migrates, loads the demo
operator once (unless DEMO=no), serves the site and the jobs, and ends every process that it started when it is
told to stop. The site and the jobs are forked from this process, which has read the code already: a second start
reads it once instead of four times.

With the demo comes a stand-in for Stripe, so that its founders can pay: only on this machine's own address, and not
where STRIPE_API names another one.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from flask_migrate import upgrade
from gunicorn.app.wsgiapp import WSGIApplication
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incubator import postgres
from incubator.app import create_app
from incubator.billing import card_keys
from incubator.connections import engine_options
from incubator.core import sealing
from incubator.core.clock import utc_now
from incubator.jobs import worker
from incubator.jobs.demo import __main__ as demo
from incubator.jobs.demo.stand_in import open_account
from incubator.machines import commands
from incubator.settings import INSTANCE, ROOT, Settings
from incubator.stand_ins.stripe import server as stripe

DATABASE = "incubator"
FIRST_PORT = 8000
FIRST_STRIPE_PORT = 8050
PATIENCE_SECONDS = 15
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Serve until Ctrl-C or SIGTERM; the exit status is 0 then, and 1 where a part of it died."""
    INSTANCE.mkdir(exist_ok=True)
    with ExitStack() as stack:
        if not _only_one(stack):
            say("It is running already in another window (instance/run.lock).")
            return 1
        os.environ.setdefault("LOG_LEVEL", "warning")
        port = _free_port()
        if not os.environ.get("DATABASE_URL"):
            os.environ |= _embedded_database(stack)
        os.environ.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
        _migrate()
        if os.environ.get("DEMO") != "no":
            demo.main()
        account = _open_stand_in() if _wants_stand_in() else None
        stopped = _listen_for_the_end()
        children = [_start(stack, _serve_site, port), _start(stack, worker.main, [])]
        if account is not None:
            children.append(_start(stack, stripe.serve, account))
            say(f"Stand-in for Stripe (no money moves): {os.environ['STRIPE_API']}")
        if _answers(port, children):
            say(f"Ready: {os.environ['BASE_URL']}  (Ctrl-C ends it)")
        while not stopped and all(child.is_alive() for child in children):
            time.sleep(0.2)
        return 0 if stopped else 1


def _migrate() -> None:
    app = create_app()
    commands.init_app(app)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))


def _wants_stand_in() -> bool:
    """With the demo, on loopback, unless Stripe is looked for elsewhere."""
    here = urlsplit(os.environ["BASE_URL"]).hostname in ("127.0.0.1", "localhost", "::1")
    return here and os.environ.get("DEMO") != "no" and not os.environ.get("STRIPE_API")


def _open_stand_in() -> stripe.Options:
    """The demo's account at the stand-in; the site and the jobs look for Stripe there from here on."""
    port = _first_free(FIRST_STRIPE_PORT)
    os.environ["STRIPE_API"] = f"http://{stripe.HOST}:{port}"
    settings = Settings.from_environment()
    sealing.use(settings.sealing_keys)
    card_keys.use(settings.stripe_api)
    options = engine_options(settings.database_url == settings.owner_database_url)
    engine = create_engine(settings.database_url, connect_args=options["connect_args"])
    with Session(engine) as session:
        token, known = open_account(session, now=utc_now())
        session.commit()
    engine.dispose()
    return stripe.Options(port, Path(INSTANCE, "stripe_stand_in.json"), f"{settings.base_url}/stripe/webhooks/{token}",
                          known)  # fmt: skip


def _serve_site(port: int) -> None:
    """What `gunicorn wsgi:app` does."""
    sys.argv = ["gunicorn", "wsgi:app", "--config", str(ROOT / "gunicorn.conf.py"), "--chdir", str(ROOT),
                "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]  # fmt: skip
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()


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
    """PORT, or the first free one from 8000 on; SystemExit with a sentence where there is none."""
    wanted = os.environ.get("PORT", "")
    if wanted:
        if not (wanted.isdecimal() and 0 < int(wanted) < 65_536):
            raise SystemExit(f"PORT={wanted} is no port; choose one from 1 to 65535.")
        if not _is_free(int(wanted)):
            raise SystemExit(f"Port {wanted} is taken by another program; choose another, or leave PORT away.")
        return int(wanted)
    return _first_free(FIRST_PORT)


def _first_free(first: int) -> int:
    for port in range(first, first + 50):
        if _is_free(port):
            return port
    raise SystemExit(f"No free port from {first} to {first + 49}; set PORT.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _start(stack: ExitStack, serve: Callable[..., object], argument: object) -> ForkProcess:
    child = multiprocessing.get_context("fork").Process(target=_apart, args=(serve, argument))
    child.start()
    stack.callback(_end, child)
    return child


def _apart(serve: Callable[..., object], argument: object) -> None:
    # a session of its own, so that the terminal's Ctrl-C reaches it once: from us
    os.setsid()
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)
    serve(argument)


def _end(child: ForkProcess) -> None:
    """Ask it to stop, and see that its whole process group is gone."""
    assert child.pid
    child.terminate()
    child.join(PATIENCE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.join()


def _listen_for_the_end() -> list[int]:
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    for number in ENDS:
        signal.signal(number, stop)
    return stopped


def _answers(port: int, children: list[ForkProcess]) -> bool:
    """Whether the site answers within 30 s; False as soon as a process died."""
    for _ in range(300):
        if not all(child.is_alive() for child in children):
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
