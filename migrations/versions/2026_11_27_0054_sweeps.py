"""How the sweeps are; and people are told of jobs

Revision ID: 0054
Revises: 0052
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0052"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"


def upgrade() -> None:
    op.create_table(
        "job_sweeps",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sweep", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("found", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(found_at IS NULL) = (found = 0)", name=op.f("job_sweeps_found_check")),
        sa.CheckConstraint("failures = 0 OR failed_at IS NOT NULL", name=op.f("job_sweeps_failed_check")),
        sa.CheckConstraint("took_ms >= 0 AND found >= 0 AND failures >= 0", name=op.f("job_sweeps_counts_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"],
                                name=op.f("job_sweeps_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("job_sweeps_pkey")),
        sa.UniqueConstraint("operator_id", "sweep", name=op.f("job_sweeps_operator_id_sweep_key")),
    )  # fmt: skip
    op.execute("ALTER TABLE job_sweeps ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE job_sweeps FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON job_sweeps USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON job_sweeps TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    for table in ("notices", "notice_choices"):
        _tell_of(table, [*_told(table), "job"])


def downgrade() -> None:
    op.drop_table("job_sweeps")
    for table in ("notices", "notice_choices"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.delete(sa.table(table, sa.column("kind"))).where(sa.column("kind") == "job"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _tell_of(table, [kind for kind in _told(table) if kind != "job"])


def _told(table: str) -> list[str]:
    """What the kind can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _tell_of(table: str, kinds: list[str]) -> None:
    name = op.f(f"{table}_kind_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})")
