"""Saved reports: questions under a name, who is told of them, what they said.

Revision ID: 0048
Revises: 0047
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
TOLD = ("notices", "notice_choices")
"""Whose kinds can be `report`, too, from here on."""
GRANTS = {
    "saved_reports": "SELECT, INSERT, UPDATE",
    "saved_report_readers": "SELECT, INSERT, DELETE",
    "saved_report_runs": "SELECT, INSERT",
}


def upgrade() -> None:
    for table in TOLD:
        _tell_of(table, [*_told(table), "report"])
    _saved_reports()
    _saved_report_readers()
    _saved_report_runs()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in TOLD:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.delete(sa.table(table, sa.column("kind"))).where(sa.column("kind") == "report"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _tell_of(table, [kind for kind in _told(table) if kind != "report"])


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


def _saved_reports() -> None:
    op.create_table(
        "saved_reports",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("rhythm", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> '' AND char_length(name) <= 100", name=op.f("saved_reports_name_check")),
        sa.CheckConstraint("rhythm IN ('', 'daily', 'weekly', 'monthly')", name=op.f("saved_reports_rhythm_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("saved_reports_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("saved_reports_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("saved_reports_pkey")),
    )
    op.create_index(
        "saved_reports_name_key",
        "saved_reports",
        ["operator_id", "created_by", "name"],
        unique=True,
        postgresql_where="removed_at IS NULL",
    )


def _saved_report_readers() -> None:
    op.create_table(
        "saved_report_readers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("saved_report_readers_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "report_id"],
            ["saved_reports.operator_id", "saved_reports.id"],
            name=op.f("saved_report_readers_operator_id_report_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("saved_report_readers_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "report_id", "person_id", name=op.f("saved_report_readers_pkey")),
    )


def _saved_report_runs() -> None:
    op.create_table(
        "saved_report_runs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("frozen_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("saved_report_runs_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "frozen_id"],
            ["frozen_reports.operator_id", "frozen_reports.id"],
            name=op.f("saved_report_runs_operator_id_frozen_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "report_id"],
            ["saved_reports.operator_id", "saved_reports.id"],
            name=op.f("saved_report_runs_operator_id_report_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("saved_report_runs_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("saved_report_runs_pkey")),
        sa.UniqueConstraint(
            "operator_id", "report_id", "on_date", name=op.f("saved_report_runs_operator_id_report_id_on_date_key")
        ),
    )
