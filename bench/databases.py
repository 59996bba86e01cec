"""Where the bench's databases are: in a server of their own, which keeps what it has committed as a real one does."""

from __future__ import annotations

import os

from incubator import i18n, postgres
from incubator.settings import INSTANCE
from tests.database import Databases


def durable(name: str) -> Databases:
    """Databases with PostgreSQL's default durability. The tests' own server forgets them at a crash, and is quicker."""
    i18n.compile_catalogues()
    os.environ.setdefault("LOG_LEVEL", "warning")
    if "TEST_DATABASE_URL" not in os.environ:
        server = postgres.start(INSTANCE / "bench-postgres", stop_with_process=False)
        os.environ["TEST_DATABASE_URL"] = postgres.owner_url(server, "postgres")
    return Databases(f"{name}{os.getpid()}")
