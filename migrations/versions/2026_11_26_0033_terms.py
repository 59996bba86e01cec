"""What a tariff proposes to agreements: the rule for parts of months, steps, deposits, service fees; agreements keep theirs.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

RULE = "proration IN ('calendar_days', 'thirty_days', 'half_months')"
TARIFF_CHECKS = {
    "proration": RULE,
    "steps": "(step_percent IS NULL) = (step_months IS NULL)",
    "step_percent": "step_percent > -100 AND step_percent <= 100 AND step_percent <> 0",
    "step_months": "step_months BETWEEN 1 AND 120",
    "deposit_months": "deposit_months >= 0",
}
ITEMS, PRICES = "tariff_items", "residency_prices"
TWO_KINDS = "(CASE charge_kind WHEN 'rent' THEN 1 ELSE 2 END)::bigint"
THREE_KINDS = "(CASE charge_kind WHEN 'rent' THEN 1 WHEN 'property_fee' THEN 2 ELSE 3 END)::bigint"


def upgrade() -> None:
    for table in ("tariffs", "residencies"):
        op.add_column(table, sa.Column("proration", sa.Text(), server_default="calendar_days", nullable=False))
    op.add_column("tariffs", sa.Column("step_percent", sa.Numeric(precision=6, scale=2), nullable=True))
    op.add_column("tariffs", sa.Column("step_months", sa.Integer(), nullable=True))
    op.add_column("tariffs", sa.Column("deposit_months", sa.Numeric(precision=4, scale=1), nullable=True))
    for name, condition in TARIFF_CHECKS.items():
        op.create_check_constraint(op.f(f"tariffs_{name}_check"), "tariffs", condition)
    op.create_check_constraint(op.f("residencies_proration_check"), "residencies", RULE)
    _set(ITEMS, "charge_kind", "charge_kind IN ('rent', 'property_fee', 'service_fee', 'utilities', 'booking')")
    _set(PRICES, "charge_kind", "charge_kind IN ('rent', 'property_fee', 'service_fee')")
    _set(PRICES, "fee_by_area", "charge_kind <> 'property_fee' OR basis = 'm2_month'")
    _one_on_a_day(THREE_KINDS)


def downgrade() -> None:
    for table in (ITEMS, PRICES):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE charge_kind = 'service_fee'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _one_on_a_day(TWO_KINDS)
    _set(PRICES, "fee_by_area", "charge_kind = 'rent' OR basis = 'm2_month'")
    _set(PRICES, "charge_kind", "charge_kind IN ('rent', 'property_fee')")
    _set(ITEMS, "charge_kind", "charge_kind IN ('rent', 'property_fee', 'utilities', 'booking')")
    op.drop_constraint(op.f("residencies_proration_check"), "residencies", type_="check")
    for name in TARIFF_CHECKS:
        op.drop_constraint(op.f(f"tariffs_{name}_check"), "tariffs", type_="check")
    for name in ("deposit_months", "step_months", "step_percent"):
        op.drop_column("tariffs", name)
    for table in ("residencies", "tariffs"):
        op.drop_column(table, "proration")


def _set(table: str, check: str, condition: str) -> None:
    name = op.f(f"{table}_{check}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _one_on_a_day(kind: str) -> None:
    """Of one unit and kind of charge there is one price on a day; a kind is told by a number, for a text has no range
    type of its own everywhere."""
    equal = op.get_bind().execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"({each}) WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
        for each in ("operator_id", "residency_id", "unit_id", kind)
    ]
    op.execute(f"ALTER TABLE {PRICES} DROP CONSTRAINT residency_prices_no_overlap")
    op.execute(
        f"ALTER TABLE {PRICES} ADD CONSTRAINT residency_prices_no_overlap "
        f"EXCLUDE USING gist ({', '.join(same)}, days WITH &&)"
    )
