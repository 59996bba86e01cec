"""`python -m incubator.jobs.demo`: load the demo once, and say who can sign in."""

from __future__ import annotations

import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incubator import models
from incubator.connections import engine_options
from incubator.core import sealing
from incubator.core.clock import utc_now
from incubator.jobs.demo.loading import PASSWORD, is_loaded, load_demo
from incubator.settings import Settings

SIGN_INS = ("owner", "manager", "front-desk", "finance", "auditor", "mentor", "founder", "member")


def main() -> int:
    """Load unless it is there; print the sign-ins either way."""
    assert models
    settings = Settings.from_environment()
    sealing.use(settings.sealing_keys)  # the demo's reports are signed
    options = engine_options(settings.database_url == settings.owner_database_url)
    engine = create_engine(settings.database_url, connect_args=options["connect_args"])
    with Session(engine) as session:
        if not is_loaded(session):
            say("Loading the demo: three sites, sixty startups, a year of bookings …")
            started = time.monotonic()
            load_demo(session, now=utc_now())
            session.commit()
            say(f"… done in {time.monotonic() - started:.0f} s.")
    say("Sign in with one of these, password " + PASSWORD + ":")
    for name in SIGN_INS:
        say(f"  {name:<10}  {name}@demo.example")
    return 0


def say(sentence: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
