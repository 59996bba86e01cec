"""Floor plans with the shapes of units on them; the unit that was chosen of a pool.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "floor_plans": "SELECT, INSERT, UPDATE",
    "unit_shapes": "SELECT, INSERT, UPDATE, DELETE",
}
CHOOSING = ("booking_series", "bookings")


def upgrade() -> None:
    op.create_table(
        "floor_plans",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("floor_plans_name_check")),
        sa.CheckConstraint(
            "greatest(width, height) = 1000 AND least(width, height) >= 50", name=op.f("floor_plans_size_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("floor_plans_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("floor_plans_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("floor_plans_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("floor_plans_pkey")),
    )
    op.create_index(
        "floor_plans_name_idx",
        "floor_plans",
        ["operator_id", "site_id", "name"],
        unique=True,
        postgresql_where="retired_at IS NULL",
    )
    op.create_table(
        "unit_shapes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("points", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.CheckConstraint(
            "cardinality(points) BETWEEN 6 AND 80 AND mod(cardinality(points), 2) = 0",
            name=op.f("unit_shapes_corners_check"),
        ),
        sa.CheckConstraint("0 <= ALL (points) AND 1000 >= ALL (points)", name=op.f("unit_shapes_inside_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "plan_id"],
            ["floor_plans.operator_id", "floor_plans.id"],
            name=op.f("unit_shapes_operator_id_plan_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"], ["units.operator_id", "units.id"], name=op.f("unit_shapes_operator_id_unit_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("unit_shapes_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("unit_shapes_pkey")),
        sa.UniqueConstraint("operator_id", "plan_id", "unit_id", name=op.f("unit_shapes_operator_id_plan_id_unit_id_key")),
    )
    op.create_index(op.f("unit_shapes_operator_id_unit_id_idx"), "unit_shapes", ["operator_id", "unit_id"], unique=False)
    for table in CHOOSING:
        op.add_column(table, sa.Column("unit_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"{table}_operator_id_unit_id_fkey"), table, "units", ["operator_id", "unit_id"], ["operator_id", "id"]
        )
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in CHOOSING:
        op.drop_constraint(op.f(f"{table}_operator_id_unit_id_fkey"), table, type_="foreignkey")
        op.drop_column(table, "unit_id")
    for table in reversed(GRANTS):
        op.drop_table(table)
