"""VAT: the operator's status and the rates by kind of charge, prices without it, and what of a charge it is.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
STATUS = "status IN ('general', 'small')"
KINDS = "charge_kind IN ('rent', 'property_fee', 'service_fee', 'utilities', 'booking')"
INCLUDING = ("tariffs", "residencies")


def upgrade() -> None:
    _statuses()
    _rates()
    for table in ("tax_statuses", "tax_rates"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    for table in INCLUDING:
        op.add_column(table, sa.Column("tax_included", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("charges", sa.Column("tax_rate", sa.Numeric(precision=5, scale=4), nullable=True))
    op.add_column("charges", sa.Column("tax_minor", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("charges_tax_rate_check"), "charges", "tax_rate >= 0 AND tax_rate < 1")
    op.create_check_constraint(op.f("charges_taxed_check"), "charges", "(tax_rate IS NULL) = (tax_minor IS NULL)")
    op.create_check_constraint(op.f("charges_tax_check"), "charges", "tax_minor BETWEEN 0 AND gross_minor")
    op.add_column("invoice_lines", sa.Column("tax_minor", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("invoice_lines_tax_check"), "invoice_lines", "abs(tax_minor) <= abs(net_minor)")


def downgrade() -> None:
    op.drop_constraint(op.f("invoice_lines_tax_check"), "invoice_lines", type_="check")
    op.drop_column("invoice_lines", "tax_minor")
    for name in ("tax", "taxed", "tax_rate"):
        op.drop_constraint(op.f(f"charges_{name}_check"), "charges", type_="check")
    for name in ("tax_minor", "tax_rate"):
        op.drop_column("charges", name)
    for table in INCLUDING:
        op.drop_column(table, "tax_included")
    op.drop_table("tax_rates")
    op.drop_table("tax_statuses")


def _statuses() -> None:
    op.create_table(
        "tax_statuses",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(STATUS, name=op.f("tax_statuses_status_check")),
        *_keys("tax_statuses"),
    )
    op.create_index(op.f("tax_statuses_operator_id_valid_from_idx"), "tax_statuses", ["operator_id", "valid_from"])


def _rates() -> None:
    op.create_table(
        "tax_rates",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("charge_kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(STATUS, name=op.f("tax_rates_status_check")),
        sa.CheckConstraint(KINDS, name=op.f("tax_rates_charge_kind_check")),
        sa.CheckConstraint("rate >= 0 AND rate < 1", name=op.f("tax_rates_rate_check")),
        sa.CheckConstraint("source <> ''", name=op.f("tax_rates_source_check")),
        *_keys("tax_rates"),
    )
    op.create_index(op.f("tax_rates_operator_id_status_charge_kind_valid_from_idx"), "tax_rates",
                    ["operator_id", "status", "charge_kind", "valid_from"])  # fmt: skip


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["operator_id", "created_by"], ["people.operator_id", "people.id"],
                                name=op.f(f"{table}_operator_id_created_by_fkey")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{table}_pkey")),
    ]  # fmt: skip
