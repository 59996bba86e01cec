"""Bookings and mentor sessions by voucher; what is taken back after a settlement; payments of settlements.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
ENTRIES, ORDERS, PROVIDERS, PAYMENTS = "voucher_entries", "voucher_orders", "service_providers", "settlement_payments"
OLD_KINDS = "'issue', 'reserve', 'release', 'redeem', 'return', 'expire', 'settle'"
CHECKS = {
    (ORDERS, "of_one"): (
        "(provider_id IS NULL) = (source_kind IS NOT NULL)",
        "(provider_id IS NULL) = (source_kind IS NOT DISTINCT FROM 'booking')",
    ),
    (ENTRIES, "kind"): (f"kind IN ({OLD_KINDS})", f"kind IN ({OLD_KINDS}, 'recover', 'deduct')"),
    (ENTRIES, "of_an_order"): (
        "(kind IN ('reserve', 'release', 'redeem', 'return')) = (order_id IS NOT NULL)",
        "(kind IN ('reserve', 'release', 'redeem', 'return', 'recover')) = (order_id IS NOT NULL)",
    ),
    (ENTRIES, "of_a_redemption"): (
        "(kind IN ('return', 'settle')) = (of_id IS NOT NULL)",
        "(kind IN ('return', 'settle', 'recover', 'deduct')) = (of_id IS NOT NULL)",
    ),
    (ENTRIES, "settlement"): (
        "(kind = 'settle') = (settlement_id IS NOT NULL)",
        "(kind IN ('settle', 'deduct')) = (settlement_id IS NOT NULL)",
    ),
    (ENTRIES, "evidence"): (
        "(kind = 'redeem') = (document_id IS NOT NULL)",
        "num_nonnulls(document_id, charge_id) = (kind = 'redeem')::int",
    ),
    (ENTRIES, "return_says_why"): (
        "kind <> 'return' OR reason <> ''", "kind NOT IN ('return', 'recover') OR reason <> ''",
    ),
    ("voucher_settlements", "total"): ("total_minor > 0", "total_minor >= 0"),
}  # fmt: skip
"""Each with what it was, and what it is now."""
PAYMENT_CHECKS = {
    "number": "number >= 1",
    "kind": "kind IN ('pay', 'undo')",
    "by_turns": "(kind = 'pay') = (number % 2 = 1)",
    "way": "way IN ('transfer', 'cheque', 'cash', 'other')",
    "paid": "num_nonnulls(paid_on, way) = CASE WHEN kind = 'pay' THEN 2 ELSE 0 END",
    "undone": "kind = 'pay' OR (reference = '' AND document_id IS NULL)",
    "undone_says_why": "(kind = 'undo') = (reason <> '')",
}


def upgrade() -> None:
    op.add_column(PROVIDERS, sa.Column("mentor_id", sa.BigInteger(), nullable=True))
    _points_at(PROVIDERS, "mentor_id", "mentors")
    op.create_unique_constraint(
        op.f("service_providers_operator_id_mentor_id_key"), PROVIDERS, ["operator_id", "mentor_id"]
    )
    op.add_column(ENTRIES, sa.Column("charge_id", sa.BigInteger(), nullable=True))
    op.add_column(ENTRIES, sa.Column("invoice", sa.Text(), server_default="", nullable=False))
    _points_at(ENTRIES, "charge_id", "charges")
    op.create_check_constraint(op.f(f"{ENTRIES}_invoice_check"), ENTRIES, "(charge_id IS NULL) = (invoice = '')")
    op.create_index("voucher_entries_charged_key", ENTRIES, ["operator_id", "charge_id"], unique=True,
                    postgresql_where="charge_id IS NOT NULL")  # fmt: skip
    op.create_index("voucher_entries_deducted_key", ENTRIES, ["operator_id", "of_id"], unique=True,
                    postgresql_where="kind = 'deduct'")  # fmt: skip
    for (table, name), (_before, now) in CHECKS.items():
        _set(table, name, now)
    op.create_table(
        PAYMENTS,
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("settlement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("way", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        *(sa.CheckConstraint(condition, name=op.f(f"{PAYMENTS}_{name}_check"))
          for name, condition in PAYMENT_CHECKS.items()),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{PAYMENTS}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{PAYMENTS}_pkey")),
        sa.UniqueConstraint("operator_id", "settlement_id", "number",
                            name=op.f(f"{PAYMENTS}_operator_id_settlement_id_number_key")),
    )  # fmt: skip
    for column, target in {"settlement_id": "voucher_settlements", "document_id": "documents",
                           "created_by": "people"}.items():  # fmt: skip
        _points_at(PAYMENTS, column, target)
    op.execute(f"ALTER TABLE {PAYMENTS} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {PAYMENTS} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON {PAYMENTS} USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT ON {PAYMENTS} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    """Back to vouchers of providers alone: what only the newer entries say goes with them."""
    op.drop_table(PAYMENTS)
    for table in (ENTRIES, ORDERS):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM {ENTRIES} WHERE kind IN ('recover', 'deduct') OR charge_id IS NOT NULL")
    op.execute(f"UPDATE {ORDERS} SET source_kind = NULL, source_id = NULL WHERE provider_id IS NOT NULL")
    for table in (ENTRIES, ORDERS):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for (table, name), (before, _now) in CHECKS.items():
        _set(table, name, before)
    op.drop_index("voucher_entries_deducted_key", ENTRIES)
    op.drop_index("voucher_entries_charged_key", ENTRIES)
    op.drop_column(ENTRIES, "invoice")
    op.drop_column(ENTRIES, "charge_id")
    op.drop_column(PROVIDERS, "mentor_id")


def _set(table: str, check: str, condition: str) -> None:
    name = op.f(f"{table}_{check}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _points_at(table: str, column: str, target: str) -> None:
    op.create_foreign_key(op.f(f"{table}_operator_id_{column}_fkey"), table, target, ["operator_id", column],
                          ["operator_id", "id"])  # fmt: skip
