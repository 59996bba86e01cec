"""Bookings priced by half day, day, night, weekend and use, with a minimum, steps of time, and prices of outsiders.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ITEMS = "tariff_items"
OLD = "'m2_month', 'unit_month', 'hour', 'metered'"
BOOKED = "'hour', 'half_day', 'day', 'night', 'weekend', 'use'"
WINDOWS = {"half_day_minutes": "240", "night_from_minute": "1320", "night_until_minute": "480"}
TARIFF_CHECKS = {
    "half_day": "half_day_minutes BETWEEN 60 AND 720",
    "night": "night_from_minute BETWEEN 720 AND 1439 AND night_until_minute BETWEEN 1 AND 720",
}
ITEM_CHECKS = {
    "of_bookings": "charge_kind = 'booking' OR (NOT outside AND minimum IS NULL AND round_minutes IS NULL)",
    "minimum": "minimum >= 0",
    "round_minutes": "round_minutes BETWEEN 1 AND 1440",
}


def upgrade() -> None:
    for name, default in WINDOWS.items():
        op.add_column("tariffs", sa.Column(name, sa.Integer(), server_default=default, nullable=False))
    op.add_column(ITEMS, sa.Column("outside", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(ITEMS, sa.Column("minimum", sa.Numeric(precision=14, scale=4), nullable=True))
    op.add_column(ITEMS, sa.Column("round_minutes", sa.Integer(), nullable=True))
    for name, condition in TARIFF_CHECKS.items():
        op.create_check_constraint(op.f(f"tariffs_{name}_check"), "tariffs", condition)
    for name, condition in ITEM_CHECKS.items():
        op.create_check_constraint(op.f(f"{ITEMS}_{name}_check"), ITEMS, condition)
    _set("basis", f"basis IN ({OLD}, 'half_day', 'day', 'night', 'weekend', 'use')")
    op.drop_constraint(op.f(f"{ITEMS}_bookings_by_hour_check"), ITEMS, type_="check")
    op.create_check_constraint(op.f(f"{ITEMS}_bookings_by_time_check"), ITEMS,
                               f"(charge_kind = 'booking') = (basis IN ({BOOKED}))")  # fmt: skip
    _one_price("basis", "outside")


def downgrade() -> None:
    op.execute(f"ALTER TABLE {ITEMS} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM {ITEMS} WHERE outside OR basis IN ('half_day', 'day', 'night', 'weekend', 'use')")
    op.execute(f"ALTER TABLE {ITEMS} FORCE ROW LEVEL SECURITY")
    _one_price()
    op.drop_constraint(op.f(f"{ITEMS}_bookings_by_time_check"), ITEMS, type_="check")
    op.create_check_constraint(op.f(f"{ITEMS}_bookings_by_hour_check"), ITEMS,
                               "(charge_kind = 'booking') = (basis = 'hour')")  # fmt: skip
    _set("basis", f"basis IN ({OLD})")
    for name in ITEM_CHECKS:
        op.drop_constraint(op.f(f"{ITEMS}_{name}_check"), ITEMS, type_="check")
    for name in TARIFF_CHECKS:
        op.drop_constraint(op.f(f"tariffs_{name}_check"), "tariffs", type_="check")
    for name in ("round_minutes", "minimum", "outside"):
        op.drop_column(ITEMS, name)
    for name in WINDOWS:
        op.drop_column("tariffs", name)


def _set(check: str, condition: str) -> None:
    name = op.f(f"{ITEMS}_{check}_check")
    op.drop_constraint(name, ITEMS, type_="check")
    op.create_check_constraint(name, ITEMS, condition)


def _one_price(*more: str) -> None:
    op.drop_constraint("tariff_items_one_price", ITEMS, type_="unique")
    op.create_unique_constraint(
        "tariff_items_one_price", ITEMS,
        ["operator_id", "tariff_id", "charge_kind", "unit_kind", "resource_kind", "resource_id", "medium", *more],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
