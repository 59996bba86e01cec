"""A bank line shared among startups, or a payout of Stripe; the account for letters stands with the bank accounts

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MOVED = ("bank_lines", "bank_shares", "bank_accounts", "dunning_settings")
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"


def upgrade() -> None:
    _bank_shares()
    for table in MOVED:  # what every operator has is moved, so the owner of the tables has to see it
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO bank_shares (operator_id, line_id, startup_id, payment_id, amount_minor) "
        "SELECT operator_id, id, startup_id, payment_id, amount_minor FROM bank_lines WHERE payment_id IS NOT NULL "
        "ORDER BY operator_id, id"
    )
    _bank_lines()
    op.drop_constraint("bank_acts_kind_check", "bank_acts")
    op.create_check_constraint(
        op.f("bank_acts_kind_check"), "bank_acts", "kind IN ('paid', 'refunded', 'payout', 'ignored', 'undone')"
    )
    _letters()
    for table in MOVED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """A line that several startups share, or that is a payout, can't be told the old way: it fails at a CHECK."""
    for name in ("payee", "bank", "account"):
        op.add_column("dunning_settings", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("dunning_settings_bank_check"),
        "dunning_settings",
        "greatest(char_length(payee), char_length(bank), char_length(account)) <= 100",
    )
    op.drop_column("bank_accounts", "is_for_letters")
    op.drop_constraint("bank_acts_kind_check", "bank_acts")
    op.create_check_constraint(
        op.f("bank_acts_kind_check"), "bank_acts", "kind IN ('paid', 'refunded', 'ignored', 'undone')"
    )
    for name in ("state", "payout", "came_in"):
        op.drop_constraint(f"bank_lines_{name}_check", "bank_lines")
    op.drop_index("bank_lines_payout_key", "bank_lines")
    op.drop_column("bank_lines", "payout_id")
    for column, table in (("startup_id", "startups"), ("payment_id", "payments")):
        op.add_column("bank_lines", sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"bank_lines_operator_id_{column}_fkey"),
            "bank_lines",
            table,
            ["operator_id", column],
            ["operator_id", "id"],
        )
    for table in ("bank_lines", "bank_shares"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE bank_lines SET startup_id = one.startup_id, payment_id = one.payment_id FROM bank_shares one "
        "WHERE one.operator_id = bank_lines.operator_id AND one.line_id = bank_lines.id "
        "AND one.amount_minor = bank_lines.amount_minor"
    )
    op.execute("ALTER TABLE bank_lines FORCE ROW LEVEL SECURITY")
    op.create_index(
        "bank_lines_payment_key",
        "bank_lines",
        ["operator_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    for name, check in (
        ("state", "state IN ('open', 'paid', 'refunded', 'ignored')"),
        ("paid", "(state = 'paid') = (payment_id IS NOT NULL)"),
        ("whose", "(payment_id IS NULL) = (startup_id IS NULL)"),
        ("came_in", "payment_id IS NULL OR amount_minor > 0"),
    ):
        op.create_check_constraint(op.f(f"bank_lines_{name}_check"), "bank_lines", check)
    op.execute(f"GRANT UPDATE (startup_id, payment_id) ON bank_lines TO {ROLE}")
    op.drop_table("bank_shares")


def _bank_shares() -> None:
    op.create_table(
        "bank_shares",
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("bank_shares_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "line_id"],
            ["bank_lines.operator_id", "bank_lines.id"],
            name=op.f("bank_shares_operator_id_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("bank_shares_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("bank_shares_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("bank_shares_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_shares_pkey")),
        sa.UniqueConstraint(
            "operator_id", "line_id", "startup_id", name=op.f("bank_shares_operator_id_line_id_startup_id_key")
        ),
        sa.UniqueConstraint("operator_id", "payment_id", name=op.f("bank_shares_operator_id_payment_id_key")),
    )
    op.execute("ALTER TABLE bank_shares ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE bank_shares FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON bank_shares USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON bank_shares TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def _bank_lines() -> None:
    for name in ("state", "paid", "whose", "came_in"):
        op.drop_constraint(f"bank_lines_{name}_check", "bank_lines")
    op.drop_index("bank_lines_payment_key", "bank_lines")
    op.drop_column("bank_lines", "payment_id")
    op.drop_column("bank_lines", "startup_id")
    op.add_column("bank_lines", sa.Column("payout_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("bank_lines_operator_id_payout_id_fkey"),
        "bank_lines",
        "card_payouts",
        ["operator_id", "payout_id"],
        ["operator_id", "id"],
    )
    op.create_index(
        "bank_lines_payout_key",
        "bank_lines",
        ["operator_id", "payout_id"],
        unique=True,
        postgresql_where=sa.text("payout_id IS NOT NULL"),
    )
    op.create_check_constraint(
        op.f("bank_lines_state_check"), "bank_lines", "state IN ('open', 'paid', 'refunded', 'payout', 'ignored')"
    )
    op.create_check_constraint(
        op.f("bank_lines_payout_check"), "bank_lines", "(state = 'payout') = (payout_id IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("bank_lines_came_in_check"), "bank_lines", "state NOT IN ('paid', 'payout') OR amount_minor > 0"
    )
    op.execute(f"GRANT UPDATE (payout_id) ON bank_lines TO {ROLE}")


def _letters() -> None:
    """Each operator's last settings name an account: it becomes one of its bank accounts, or is found among them. An
    entry that is no account number stays in the letters that were made, and is chosen anew."""
    op.add_column("bank_accounts", sa.Column("is_for_letters", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("""
        WITH named AS (
            SELECT DISTINCT ON (operator_id) operator_id, payee, bank, created_at, created_by,
                upper(regexp_replace(account, '[[:space:]-]', '', 'g')) AS number
            FROM dunning_settings WHERE account <> '' AND payee <> '' AND bank <> ''
            ORDER BY operator_id, valid_from DESC, id DESC
        )
        INSERT INTO bank_accounts (operator_id, name, bank, number, is_printed, is_closed, is_for_letters, created_at,
            created_by)
        SELECT operator_id, payee, bank, number, false, false, true, created_at, created_by FROM named
        WHERE number ~ '^[0-9A-Z]{6,34}$'
        ON CONFLICT (operator_id, number) DO UPDATE SET is_for_letters = true
    """)
    op.drop_constraint("dunning_settings_bank_check", "dunning_settings")
    for name in ("payee", "bank", "account"):
        op.drop_column("dunning_settings", name)
