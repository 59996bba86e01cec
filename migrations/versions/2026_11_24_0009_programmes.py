"""Programmes and plans: who is in them, the rules that admit only those, and the hours that they include.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "programmes": "SELECT, INSERT, UPDATE",
    "enrolments": "SELECT, INSERT, UPDATE",
    "plan_allowances": "SELECT, INSERT, UPDATE",
    "booking_rule_programmes": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    op.create_table(
        "programmes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('programme', 'plan')", name=op.f("programmes_kind_check")),
        sa.CheckConstraint("name <> ''", name=op.f("programmes_name_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("programmes_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("programmes_pkey")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("programmes_operator_id_name_key")),
    )
    op.create_table(
        "enrolments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("enrolments_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "programme_id"],
            ["programmes.operator_id", "programmes.id"],
            name=op.f("enrolments_operator_id_programme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("enrolments_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("enrolments_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("enrolments_pkey")),
    )
    op.create_index(
        op.f("enrolments_operator_id_startup_id_idx"), "enrolments", ["operator_id", "startup_id"], unique=False
    )
    op.create_table(
        "booking_rule_programmes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "programme_id"],
            ["programmes.operator_id", "programmes.id"],
            name=op.f("booking_rule_programmes_operator_id_programme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "rule_id"],
            ["booking_rules.operator_id", "booking_rules.id"],
            name=op.f("booking_rule_programmes_operator_id_rule_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("booking_rule_programmes_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("booking_rule_programmes_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "rule_id",
            "programme_id",
            name=op.f("booking_rule_programmes_operator_id_rule_id_programme_id_key"),
        ),
    )
    op.create_index(
        op.f("booking_rule_programmes_operator_id_programme_id_idx"),
        "booking_rule_programmes",
        ["operator_id", "programme_id"],
        unique=False,
    )
    op.create_table(
        "plan_allowances",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("resource_kind", sa.Text(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("plan_allowances_name_check")),
        sa.CheckConstraint("repeats IN ('month', 'once')", name=op.f("plan_allowances_repeats_check")),
        sa.CheckConstraint(
            "resource_kind IN ('meeting_room', 'hall', 'desk', 'instrument', 'parking')",
            name=op.f("plan_allowances_resource_kind_check"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 44640", name=op.f("plan_allowances_minutes_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "programme_id"],
            ["programmes.operator_id", "programmes.id"],
            name=op.f("plan_allowances_operator_id_programme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("plan_allowances_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("plan_allowances_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("plan_allowances_pkey")),
    )
    op.create_index(
        op.f("plan_allowances_operator_id_programme_id_idx"),
        "plan_allowances",
        ["operator_id", "programme_id"],
        unique=False,
    )
    op.add_column("allowances", sa.Column("enrolment_id", sa.BigInteger(), nullable=True))
    op.add_column("allowances", sa.Column("plan_allowance_id", sa.BigInteger(), nullable=True))
    op.create_unique_constraint(
        op.f("allowances_operator_id_enrolment_id_plan_allowance_id_key"),
        "allowances",
        ["operator_id", "enrolment_id", "plan_allowance_id"],
    )
    op.create_foreign_key(
        op.f("allowances_operator_id_enrolment_id_fkey"),
        "allowances",
        "enrolments",
        ["operator_id", "enrolment_id"],
        ["operator_id", "id"],
    )
    op.create_foreign_key(
        op.f("allowances_operator_id_plan_allowance_id_fkey"),
        "allowances",
        "plan_allowances",
        ["operator_id", "plan_allowance_id"],
        ["operator_id", "id"],
    )
    op.create_check_constraint(
        op.f("allowances_included_check"), "allowances", "(enrolment_id IS NULL) = (plan_allowance_id IS NULL)"
    )
    op.create_check_constraint(
        op.f("allowances_one_source_check"), "allowances", "num_nonnulls(residency_id, enrolment_id) < 2"
    )
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
        for each in ("operator_id", "programme_id", "startup_id")
    ]
    op.execute(
        "ALTER TABLE enrolments ADD CONSTRAINT enrolments_no_overlap "
        f"EXCLUDE USING gist ({', '.join(same)}, days WITH &&)"
    )
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for name in ("allowances_one_source_check", "allowances_included_check"):
        op.drop_constraint(op.f(name), "allowances", type_="check")
    op.drop_constraint(op.f("allowances_operator_id_plan_allowance_id_fkey"), "allowances", type_="foreignkey")
    op.drop_constraint(op.f("allowances_operator_id_enrolment_id_fkey"), "allowances", type_="foreignkey")
    op.drop_constraint(
        op.f("allowances_operator_id_enrolment_id_plan_allowance_id_key"), "allowances", type_="unique"
    )
    op.drop_column("allowances", "plan_allowance_id")
    op.drop_column("allowances", "enrolment_id")
    op.drop_index(op.f("plan_allowances_operator_id_programme_id_idx"), table_name="plan_allowances")
    op.drop_table("plan_allowances")
    op.drop_index(op.f("booking_rule_programmes_operator_id_programme_id_idx"), table_name="booking_rule_programmes")
    op.drop_table("booking_rule_programmes")
    op.drop_index(op.f("enrolments_operator_id_startup_id_idx"), table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_table("programmes")
