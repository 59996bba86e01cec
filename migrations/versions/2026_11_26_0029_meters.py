"""Meters, their readings, prices in tiers; what meters counted can be charged.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {"meters": "SELECT, INSERT", "meter_readings": "SELECT, INSERT", "tariff_tiers": "SELECT, INSERT"}
CHANGES = ("number", "place", "digits", "factor", "removed_on")
MEDIA = "medium IN ('electricity', 'water', 'gas', 'network')"
ITEMS = "tariff_items"


def upgrade() -> None:
    _meters()
    _tiers()
    op.drop_constraint(op.f("charges_source_kind_check"), "charges", type_="check")
    op.create_check_constraint(op.f("charges_source_kind_check"), "charges",
                               "source_kind IN ('residency_price', 'booking', 'meter')")  # fmt: skip
    op.drop_constraint(op.f("charges_operator_id_source_kind_source_id_month_key"), "charges", type_="unique")
    op.create_index("charges_once_key", "charges", ["operator_id", "source_kind", "source_id", "month"], unique=True,
                    postgresql_where="source_kind <> 'meter'")  # fmt: skip
    op.create_index("charges_metered_once_key", "charges", ["operator_id", "source_id", "startup_id", "month"],
                    unique=True, postgresql_where="source_kind = 'meter'")  # fmt: skip
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE ({', '.join(CHANGES)}) ON meters TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    _delete("charges", "source_kind = 'meter'", before=("invoice_lines", "charge_id"))
    op.drop_index("charges_metered_once_key", "charges")
    op.drop_index("charges_once_key", "charges")
    op.create_unique_constraint(op.f("charges_operator_id_source_kind_source_id_month_key"), "charges",
                                ["operator_id", "source_kind", "source_id", "month"])  # fmt: skip
    op.drop_constraint(op.f("charges_source_kind_check"), "charges", type_="check")
    op.create_check_constraint(op.f("charges_source_kind_check"), "charges",
                               "source_kind IN ('residency_price', 'booking')")  # fmt: skip
    op.drop_table("tariff_tiers")
    _delete(ITEMS, "basis = 'metered'")
    for name in ("metered", "utilities_by_medium", "medium"):
        op.drop_constraint(op.f(f"{ITEMS}_{name}_check"), ITEMS, type_="check")
    op.drop_constraint("tariff_items_one_price", ITEMS, type_="unique")
    _set(ITEMS, "one_subject", "num_nonnulls(unit_kind, resource_kind, resource_id) = 1")
    _set(ITEMS, "bookings_of_resources", "(charge_kind = 'booking') = (unit_kind IS NULL)")
    _set(ITEMS, "basis", "basis IN ('m2_month', 'unit_month', 'hour')")
    op.drop_column(ITEMS, "medium")
    _one_price("unit_kind", "resource_kind", "resource_id")
    op.drop_table("meter_readings")
    op.drop_table("meters")


def _meters() -> None:
    op.create_table(
        "meters",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("shared_by", sa.Text(), nullable=True),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(MEDIA, name=op.f("meters_medium_check")),
        sa.CheckConstraint("shared_by IN ('area', 'headcount')", name=op.f("meters_shared_by_check")),
        sa.CheckConstraint("(unit_id IS NULL) = (shared_by IS NOT NULL)", name=op.f("meters_shared_check")),
        sa.CheckConstraint("number <> ''", name=op.f("meters_number_check")),
        sa.CheckConstraint("digits BETWEEN 3 AND 10", name=op.f("meters_digits_check")),
        sa.CheckConstraint("factor > 0", name=op.f("meters_factor_check")),
        sa.CheckConstraint("removed_on >= installed_on", name=op.f("meters_removed_check")),
        *_keys("meters", site_id="sites", unit_id="units", created_by="people"),
    )
    op.create_index("meters_number_key", "meters", ["operator_id", "site_id", "medium", "number"], unique=True,
                    postgresql_where="removed_on IS NULL")  # fmt: skip
    op.create_index(op.f("meters_operator_id_unit_id_idx"), "meters", ["operator_id", "unit_id"])
    op.create_table(
        "meter_readings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reading", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("next_start", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=10, scale=4), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("photo_file_id", sa.BigInteger(), nullable=True),
        sa.Column("small_file_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("supersedes_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('start', 'reading', 'exchange', 'withdrawn')",
                           name=op.f("meter_readings_kind_check")),
        sa.CheckConstraint("reading >= 0 AND reading < power(10::numeric, digits)",
                           name=op.f("meter_readings_reading_check")),
        sa.CheckConstraint("(kind = 'exchange') = (next_start IS NOT NULL)",
                           name=op.f("meter_readings_exchange_check")),
        sa.CheckConstraint("next_start >= 0", name=op.f("meter_readings_next_start_check")),
        sa.CheckConstraint("digits BETWEEN 3 AND 10", name=op.f("meter_readings_digits_check")),
        sa.CheckConstraint("factor > 0", name=op.f("meter_readings_factor_check")),
        sa.CheckConstraint("source IN ('typed', 'imported')", name=op.f("meter_readings_source_check")),
        sa.CheckConstraint("(photo_file_id IS NULL) = (small_file_id IS NULL)",
                           name=op.f("meter_readings_photo_check")),
        sa.CheckConstraint("kind <> 'withdrawn' OR (supersedes_id IS NOT NULL AND note <> '')",
                           name=op.f("meter_readings_withdrawn_check")),
        sa.UniqueConstraint("operator_id", "supersedes_id", name=op.f("meter_readings_operator_id_supersedes_id_key")),
        *_keys("meter_readings", meter_id="meters", supersedes_id="meter_readings", photo_file_id="stored_files",
               small_file_id="stored_files", created_by="people"),
    )  # fmt: skip
    op.create_index("meter_readings_day_key", "meter_readings", ["operator_id", "meter_id", "read_on"], unique=True,
                    postgresql_where="supersedes_id IS NULL")  # fmt: skip


def _tiers() -> None:
    op.add_column(ITEMS, sa.Column("medium", sa.Text(), nullable=True))
    op.drop_constraint("tariff_items_one_price", ITEMS, type_="unique")
    _one_price("unit_kind", "resource_kind", "resource_id", "medium")
    _set(ITEMS, "basis", "basis IN ('m2_month', 'unit_month', 'hour', 'metered')")
    _set(ITEMS, "one_subject", "num_nonnulls(unit_kind, resource_kind, resource_id, medium) = 1")
    _set(ITEMS, "bookings_of_resources",
         "(charge_kind = 'booking') = (num_nonnulls(resource_kind, resource_id) = 1)")  # fmt: skip
    for name, condition in {
        "medium": MEDIA,
        "utilities_by_medium": "(charge_kind = 'utilities') = (medium IS NOT NULL)",
        "metered": "(basis = 'metered') = (medium IS NOT NULL)",
    }.items():
        op.create_check_constraint(op.f(f"{ITEMS}_{name}_check"), ITEMS, condition)
    op.create_table(
        "tariff_tiers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tariff_item_id", sa.BigInteger(), nullable=False),
        sa.Column("above", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.CheckConstraint("above > 0", name=op.f("tariff_tiers_above_check")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("tariff_tiers_unit_price_check")),
        sa.UniqueConstraint("operator_id", "tariff_item_id", "above",
                            name=op.f("tariff_tiers_operator_id_tariff_item_id_above_key")),
        *_keys("tariff_tiers", tariff_item_id="tariff_items"),
    )  # fmt: skip


def _keys(table: str, **targets: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(["operator_id", column], [f"{target}.operator_id", f"{target}.id"],
                                    name=op.f(f"{table}_operator_id_{column}_fkey"))
            for column, target in targets.items()
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{table}_pkey")),
    ]  # fmt: skip


def _set(table: str, check: str, condition: str) -> None:
    name = op.f(f"{table}_{check}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _one_price(*subjects: str) -> None:
    op.create_unique_constraint(
        "tariff_items_one_price", ITEMS, ["operator_id", "tariff_id", "charge_kind", *subjects],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def _delete(table: str, condition: str, before: tuple[str, str] | None = None) -> None:
    """Of every operator: the owner of a table sees no row while row-level security is forced on it."""
    tables = [table, *([before[0]] if before else [])]
    for each in tables:
        op.execute(f"ALTER TABLE {each} NO FORCE ROW LEVEL SECURITY")
    if before:
        op.execute(f"DELETE FROM {before[0]} WHERE {before[1]} IN (SELECT id FROM {table} WHERE {condition})")
    op.execute(f"DELETE FROM {table} WHERE {condition}")
    for each in tables:
        op.execute(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY")
