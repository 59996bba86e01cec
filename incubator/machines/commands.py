"""`flask db`, `flask backup`, `flask restore`, `flask db distribute`: what they are called, and what they say."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import Migrate
from flask_migrate.cli import db as schema_commands

from incubator.core.clock import utc_now
from incubator.database import db
from incubator.machines.backup import make_backup
from incubator.machines.distributing import distribute, make_plan
from incubator.machines.restore import check_backup, restore_backup
from incubator.settings import ROOT, Settings


def init_app(app: Flask) -> None:
    """Give `flask` the commands, and `upgrade` the way to the migrations: no page needs what they read."""
    Migrate(app, db, directory=str(ROOT / "migrations"))
    app.cli.add_command(backup)
    app.cli.add_command(restore)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Restore it into a database made for that, compare, and drop that again.")
@with_appcontext
def backup(path: Path, check: bool) -> None:
    """Write the database and the file store into one archive at PATH (in it, where it is a folder)."""
    made = make_backup(_settings(), path, now=utc_now(), say=click.echo)
    held = f"{made.tables} tables, {made.rows} rows, {made.files} files of the store"
    click.echo(f"{made.path}: {made.size / 1e6:.1f} MB; {held}.")
    if check:
        check_backup(_settings(), made.path, say=click.echo)
        click.echo("Checked: it was restored, and is what it was made of.")
    click.echo("SECRET_KEY and passwords are not in it: keep them apart, and keep them.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only into a database made for that, which is dropped again.")
@with_appcontext
def restore(path: Path, check: bool) -> None:
    """Restore the archive at PATH into the empty database at OWNER_DATABASE_URL and the store at FILE_STORE."""
    made = (check_backup if check else restore_backup)(_settings(), path, say=click.echo)
    done = "It can be restored" if check else "Restored"
    click.echo(f"{done}: {made.tables} tables, {made.rows} rows, {made.files} files of the store, as they were.")
    for sentence in made.advice:
        click.echo(sentence)


@schema_commands.command("distribute")
@click.option("--plan", is_flag=True, help="Only print the statements; needs no Citus.")
@click.option("--give-up-triggers", is_flag=True, help="Do without triggers that ask other tables: no shard can.")
def distribute_tables(plan: bool, give_up_triggers: bool) -> None:
    """Share the tables out over the machines of a Citus cluster, by operator; see docs/scaling.md."""
    url = _settings().owner_database_url
    if plan:
        click.echo(";\n".join(make_plan(url)) + ";")
        return
    count = distribute(url, gives_up_triggers=give_up_triggers, say=click.echo)
    click.echo(f"{count} tables are shared out by operator.")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
