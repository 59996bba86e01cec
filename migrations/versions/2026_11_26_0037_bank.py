"""The operator's bank accounts, statements and their lines.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "bank_accounts": "SELECT, INSERT, UPDATE",
    "bank_files": "SELECT, INSERT, DELETE",
    "bank_mappings": "SELECT, INSERT, UPDATE",
    "bank_statements": "SELECT, INSERT",
    "bank_lines": "SELECT, INSERT",
    "bank_acts": "SELECT, INSERT",
}


def upgrade() -> None:
    _bank_accounts()
    _bank_files()
    _bank_mappings()
    _bank_statements()
    _bank_lines()
    _bank_acts()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (state, startup_id, payment_id, refund_id) ON bank_lines TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)


def _bank_accounts() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("is_printed", sa.Boolean(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("bank <> ''", name=op.f("bank_accounts_bank_check")),
        sa.CheckConstraint("name <> ''", name=op.f("bank_accounts_name_check")),
        sa.CheckConstraint("number ~ '^[0-9A-Z]{6,34}$'", name=op.f("bank_accounts_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bank_accounts_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("bank_accounts_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("bank_accounts_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_accounts_pkey")),
        sa.UniqueConstraint("operator_id", "number", name=op.f("bank_accounts_operator_id_number_key")),
    )


def _bank_files() -> None:
    op.create_table(
        "bank_files",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("bank_files_sha256_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "account_id"],
            ["bank_accounts.operator_id", "bank_accounts.id"],
            name=op.f("bank_files_operator_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "uploaded_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bank_files_operator_id_uploaded_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("bank_files_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_files_pkey")),
        sa.UniqueConstraint(
            "operator_id", "account_id", "sha256", name=op.f("bank_files_operator_id_account_id_sha256_key")
        ),
    )


def _bank_mappings() -> None:
    op.create_table(
        "bank_mappings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("places", JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id", "account_id"],
            ["bank_accounts.operator_id", "bank_accounts.id"],
            name=op.f("bank_mappings_operator_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "changed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bank_mappings_operator_id_changed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("bank_mappings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_mappings_pkey")),
        sa.UniqueConstraint(
            "operator_id", "account_id", "shape", name=op.f("bank_mappings_operator_id_account_id_shape_key")
        ),
    )


def _bank_statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("new_lines", sa.Integer(), nullable=False),
        sa.Column("known_lines", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("first_on <= last_on", name=op.f("bank_statements_days_check")),
        sa.CheckConstraint("new_lines >= 0 AND known_lines >= 0", name=op.f("bank_statements_lines_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "account_id"],
            ["bank_accounts.operator_id", "bank_accounts.id"],
            name=op.f("bank_statements_operator_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["bank_files.operator_id", "bank_files.id"],
            name=op.f("bank_statements_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "imported_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bank_statements_operator_id_imported_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("bank_statements_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_statements_pkey")),
    )
    op.create_index(
        op.f("bank_statements_operator_id_account_id_imported_at_idx"),
        "bank_statements",
        ["operator_id", "account_id", "imported_at"],
        unique=False,
    )


def _bank_lines() -> None:
    op.create_table(
        "bank_lines",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("payer_key", sa.Text(), nullable=False),
        sa.Column("payer_account", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'paid') = (payment_id IS NOT NULL)", name=op.f("bank_lines_paid_check")),
        sa.CheckConstraint("(state = 'refunded') = (refund_id IS NOT NULL)", name=op.f("bank_lines_refunded_check")),
        sa.CheckConstraint("state IN ('open', 'paid', 'refunded', 'ignored')", name=op.f("bank_lines_state_check")),
        sa.CheckConstraint("(payment_id IS NULL) = (startup_id IS NULL)", name=op.f("bank_lines_whose_check")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("bank_lines_amount_check")),
        sa.CheckConstraint("payment_id IS NULL OR amount_minor > 0", name=op.f("bank_lines_came_in_check")),
        sa.CheckConstraint("refund_id IS NULL OR amount_minor < 0", name=op.f("bank_lines_went_out_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "account_id"],
            ["bank_accounts.operator_id", "bank_accounts.id"],
            name=op.f("bank_lines_operator_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("bank_lines_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "refund_id"],
            ["refunds.operator_id", "refunds.id"],
            name=op.f("bank_lines_operator_id_refund_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("bank_lines_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "statement_id"],
            ["bank_statements.operator_id", "bank_statements.id"],
            name=op.f("bank_lines_operator_id_statement_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("bank_lines_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_lines_pkey")),
        sa.UniqueConstraint(
            "operator_id", "account_id", "fingerprint", name=op.f("bank_lines_operator_id_account_id_fingerprint_key")
        ),
    )
    op.create_index(
        "bank_lines_open_idx",
        "bank_lines",
        ["operator_id", "booked_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("bank_lines_operator_id_account_id_booked_on_idx"),
        "bank_lines",
        ["operator_id", "account_id", "booked_on"],
        unique=False,
    )
    op.create_index(
        "bank_lines_payer_account_idx",
        "bank_lines",
        ["operator_id", "payer_account"],
        unique=False,
        postgresql_where=sa.text("state = 'paid'"),
    )
    op.create_index(
        "bank_lines_payer_idx",
        "bank_lines",
        ["operator_id", "payer_key"],
        unique=False,
        postgresql_where=sa.text("state = 'paid'"),
    )
    op.create_index(
        "bank_lines_payment_key",
        "bank_lines",
        ["operator_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.create_index(
        "bank_lines_refund_key",
        "bank_lines",
        ["operator_id", "refund_id"],
        unique=True,
        postgresql_where=sa.text("refund_id IS NOT NULL"),
    )


def _bank_acts() -> None:
    op.create_table(
        "bank_acts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('paid', 'refunded', 'ignored', 'undone')", name=op.f("bank_acts_kind_check")),
        sa.CheckConstraint("kind NOT IN ('ignored', 'undone') OR reason <> ''", name=op.f("bank_acts_reason_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bank_acts_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "line_id"],
            ["bank_lines.operator_id", "bank_lines.id"],
            name=op.f("bank_acts_operator_id_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("bank_acts_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "refund_id"],
            ["refunds.operator_id", "refunds.id"],
            name=op.f("bank_acts_operator_id_refund_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("bank_acts_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bank_acts_pkey")),
    )
    op.create_index(op.f("bank_acts_operator_id_line_id_idx"), "bank_acts", ["operator_id", "line_id"], unique=False)
    op.create_index(
        "bank_acts_refund_idx",
        "bank_acts",
        ["operator_id", "refund_id"],
        unique=False,
        postgresql_where=sa.text("refund_id IS NOT NULL"),
    )
    # ### end Alembic commands ###
