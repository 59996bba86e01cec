"""Agreements amended: prices by day, the state before and after, deposit and notice; units held for somebody.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {"residency_amendments": "SELECT, INSERT", "unit_holds": "SELECT, INSERT, UPDATE"}
KINDS = "kind IN ('renewal', 'move', 'enlargement', 'return', 'price', 'mixed')"
HOLDERS = "holder_kind IN ('residency', 'booking', 'closure', 'buffer', 'offer', 'hold')"
HOLDERS_BEFORE = "holder_kind IN ('residency', 'booking', 'closure', 'buffer', 'offer')"
FACTS = {
    "residencies_deposit_check": "deposit_minor >= 0",
    "residencies_notice_check": "notice_days BETWEEN 0 AND 730",
}
PRICES = {
    "residency_prices_days_check": "isempty(days) OR lower_inc(days)",
    "residency_prices_reason_check": "reason IN ('', 'free', 'step')",
    "residency_prices_free_check": "reason <> 'free' OR unit_price = 0",
}
ONE_PRICE = "residency_prices_operator_id_residency_id_unit_id_charge_kind_key"


def upgrade() -> None:
    op.add_column("residencies", sa.Column("deposit_minor", sa.BigInteger(), nullable=True))
    op.add_column("residencies", sa.Column("notice_days", sa.Integer(), nullable=True))
    for name, condition in FACTS.items():
        op.create_check_constraint(op.f(name), "residencies", condition)
    _give_prices_days()
    op.create_table(
        "residency_amendments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("residency_amendments_number_check")),
        sa.CheckConstraint(KINDS, name=op.f("residency_amendments_kind_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("residency_amendments_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("residency_amendments_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("residency_amendments_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("residency_amendments_pkey")),
        sa.UniqueConstraint(
            "operator_id", "residency_id", "number", name=op.f("residency_amendments_operator_id_residency_id_number_key")
        ),
    )
    op.create_table(
        "unit_holds",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("for_whom", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("residency_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("for_whom <> ''", name=op.f("unit_holds_for_whom_check")),
        sa.CheckConstraint(
            "NOT isempty(days) AND NOT lower_inf(days) AND NOT upper_inf(days)", name=op.f("unit_holds_days_check")
        ),
        sa.CheckConstraint("ending IN ('signed', 'released', 'lapsed')", name=op.f("unit_holds_ending_check")),
        sa.CheckConstraint("(released_at IS NULL) = (ending IS NULL)", name=op.f("unit_holds_released_check")),
        sa.CheckConstraint("(ending = 'signed') = (residency_id IS NOT NULL)", name=op.f("unit_holds_signed_check")),
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column],
                [f"{table}.operator_id", f"{table}.id"],
                name=op.f(f"unit_holds_operator_id_{column}_fkey"),
            )
            for column, table in (
                ("site_id", "sites"),
                ("startup_id", "startups"),
                ("created_by", "people"),
                ("released_by", "people"),
                ("residency_id", "residencies"),
            )
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("unit_holds_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("unit_holds_pkey")),
    )
    op.create_index(op.f("unit_holds_operator_id_site_id_idx"), "unit_holds", ["operator_id", "site_id"], unique=False)
    op.drop_constraint(op.f("allocations_holder_kind_check"), "allocations")
    op.create_check_constraint(op.f("allocations_holder_kind_check"), "allocations", HOLDERS)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (days) ON residency_prices TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def _give_prices_days() -> None:
    """Each holds from the agreement's first day on, until the agreement ends: as before."""
    op.add_column("residency_prices", sa.Column("days", postgresql.DATERANGE(), nullable=True))
    op.add_column("residency_prices", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.execute("ALTER TABLE residency_prices NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE residencies NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE residency_prices p SET days = daterange(r.starts_on, NULL) FROM residencies r "
        "WHERE r.operator_id = p.operator_id AND r.id = p.residency_id"
    )
    op.execute("ALTER TABLE residencies FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE residency_prices FORCE ROW LEVEL SECURITY")
    op.alter_column("residency_prices", "days", nullable=False)
    for name, condition in PRICES.items():
        op.create_check_constraint(op.f(name), "residency_prices", condition)
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
        for each in ("operator_id", "residency_id", "unit_id")
    ]
    # a text has no range type of its own everywhere: the two kinds are told apart by a number
    kind = "(CASE charge_kind WHEN 'rent' THEN 1 ELSE 2 END)::bigint"
    same.append(f"({kind}) WITH =" if equal else f"int8range({kind}, {kind}, '[]') WITH &&")
    op.execute(
        "ALTER TABLE residency_prices ADD CONSTRAINT residency_prices_no_overlap "
        f"EXCLUDE USING gist ({', '.join(same)}, days WITH &&)"
    )
    op.create_index(
        op.f("residency_prices_operator_id_residency_id_idx"),
        "residency_prices",
        ["operator_id", "residency_id"],
        unique=False,
    )
    # its name was too long for the database, which has it cut short
    found = "SELECT conname FROM pg_constraint WHERE conrelid = 'residency_prices'::regclass AND contype = 'u'"
    for name in connection.execute(sa.text(found)).scalars().all():
        op.execute(f'ALTER TABLE residency_prices DROP CONSTRAINT "{name}"')


def downgrade() -> None:
    op.execute("DELETE FROM allocations WHERE holder_kind = 'hold'")  # nobody's use, and nothing rests on it
    op.drop_constraint(op.f("allocations_holder_kind_check"), "allocations")
    op.create_check_constraint(op.f("allocations_holder_kind_check"), "allocations", HOLDERS_BEFORE)
    op.drop_index(op.f("unit_holds_operator_id_site_id_idx"), table_name="unit_holds")
    op.drop_table("unit_holds")
    op.drop_table("residency_amendments")
    op.execute(f"REVOKE UPDATE (days) ON residency_prices FROM {ROLE}")
    op.drop_index(op.f("residency_prices_operator_id_residency_id_idx"), table_name="residency_prices")
    op.execute("ALTER TABLE residency_prices DROP CONSTRAINT residency_prices_no_overlap")
    for name in PRICES:
        op.drop_constraint(op.f(name), "residency_prices", type_="check")
    op.drop_column("residency_prices", "reason")
    op.drop_column("residency_prices", "days")
    # holds as far as no price was amended: the schema before has one price of a unit
    op.create_unique_constraint(
        op.f(ONE_PRICE), "residency_prices", ["operator_id", "residency_id", "unit_id", "charge_kind"]
    )
    for name in FACTS:
        op.drop_constraint(op.f(name), "residencies", type_="check")
    op.drop_column("residencies", "notice_days")
    op.drop_column("residencies", "deposit_minor")
