"""Notices of limits of incubation that are near or crossed.

Revision ID: 0021
Revises: 0020
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("notices", "notice_choices")


def upgrade() -> None:
    for table in TABLES:
        _set_kinds(table, [*_kinds(table), "limit"])


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind = 'limit'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set_kinds(table, [kind for kind in _kinds(table) if kind != "limit"])


def _kinds(table: str) -> list[str]:
    """What the table's kinds can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set_kinds(table: str, kinds: list[str]) -> None:
    op.drop_constraint(op.f(f"{table}_kind_check"), table, type_="check")
    op.create_check_constraint(
        op.f(f"{table}_kind_check"), table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    )
