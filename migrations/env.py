"""Alembic's environment: migrations run as the owner of the tables, on OWNER_DATABASE_URL."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

import incubator.models  # noqa: F401  the metadata must be whole
from incubator.database import Base


def run() -> None:
    """Apply the migrations in one transaction, waiting at most 5 s for any lock."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run_on(connection)
        return
    engine = create_engine(current_app.config["SETTINGS"].owner_database_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        _run_on(connection)


def _run_on(connection: object) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run()
