"""The books: entries and postings, payments, clearings, refunds, open items, closed months, codes of accounts.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
ACCOUNTS = (
    "'bank', 'cash', 'pos', 'stripe', 'receivable', 'subsidy_receivable', 'sponsor_receivable', "
    "'voucher_receivable', 'advances', 'deposits', 'voucher_payable', 'output_vat', 'deferred_income', "
    "'unidentified', 'income.rent', 'income.property_fee', 'income.service_fee', 'income.utilities', "
    "'income.booking', 'income.other', 'income.interest', 'income.withheld', 'concessions', 'bad_debts', "
    "'fees'"
)
KINDS = (
    "'invoice', 'credit_note', 'receipt', 'clearing', 'unclearing', 'refund', 'deposit', 'voucher', "
    "'write_off', 'release', 'fee', 'payout', 'dispute', 'grant', 'identified', 'reversal'"
)
GRANTS = {
    "account_codes": "SELECT, INSERT",
    "closed_months": "SELECT, INSERT",
    "journal_entries": "SELECT, INSERT",
    "payments": "SELECT, INSERT",
    "clearings": "SELECT, INSERT",
    "open_items": "SELECT, INSERT, UPDATE",
    "postings": "SELECT, INSERT",
    "refunds": "SELECT, INSERT",
}
REFUSE = """
CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM closed_months
               WHERE operator_id = NEW.operator_id AND month >= date_trunc('month', NEW.booked_on)::date) THEN
        RAISE EXCEPTION 'the month of % is closed', NEW.booked_on USING ERRCODE = 'check_violation',
            CONSTRAINT = 'journal_entries_open_month_check';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    _account_codes()
    _closed_months()
    _journal_entries()
    _payments()
    _clearings()
    _open_items()
    _postings()
    _refunds()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    op.execute(REFUSE)
    op.execute("CREATE TRIGGER refuse_closed_month BEFORE INSERT ON journal_entries "
               "FOR EACH ROW EXECUTE FUNCTION refuse_closed_month()")  # fmt: skip


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_closed_month()")


def _account_codes() -> None:
    op.create_table(
        "account_codes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            f"account IN ({ACCOUNTS})",
            name=op.f("account_codes_account_check"),
        ),
        sa.CheckConstraint("code ~ '^[0-9A-Za-z.-]{1,20}$'", name=op.f("account_codes_code_check")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("account_codes_name_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("account_codes_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("account_codes_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("account_codes_pkey")),
    )
    op.create_index(
        op.f("account_codes_operator_id_account_valid_from_idx"),
        "account_codes",
        ["operator_id", "account", "valid_from"],
        unique=False,
    )


def _closed_months() -> None:
    op.create_table(
        "closed_months",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("turnover_minor", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("month = date_trunc('month', month)", name=op.f("closed_months_month_check")),
        sa.CheckConstraint("turnover_minor >= 0 AND entries >= 0", name=op.f("closed_months_not_negative_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "closed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("closed_months_operator_id_closed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("closed_months_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("closed_months_pkey")),
        sa.UniqueConstraint("operator_id", "month", name=op.f("closed_months_operator_id_month_key")),
    )


def _journal_entries() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("says", JSONB(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("journal_entries_reversal_check")
        ),
        sa.CheckConstraint(
            f"kind IN ({KINDS})",
            name=op.f("journal_entries_kind_check"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("journal_entries_number_check")),
        sa.CheckConstraint("year = extract(year FROM booked_on)", name=op.f("journal_entries_year_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "posted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("journal_entries_operator_id_posted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "reverses_id"],
            ["journal_entries.operator_id", "journal_entries.id"],
            name=op.f("journal_entries_operator_id_reverses_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("journal_entries_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("journal_entries_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("journal_entries_pkey")),
        sa.UniqueConstraint("operator_id", "reverses_id", name=op.f("journal_entries_operator_id_reverses_id_key")),
        sa.UniqueConstraint(
            "operator_id",
            "source_kind",
            "source_id",
            "kind",
            name=op.f("journal_entries_operator_id_source_kind_source_id_kind_key"),
        ),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("journal_entries_operator_id_year_number_key")),
    )
    op.create_index(
        op.f("journal_entries_operator_id_booked_on_idx"), "journal_entries", ["operator_id", "booked_on"], unique=False
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("payer", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "way IN ('bank', 'cash', 'pos', 'stripe', 'deposit', 'credit_note')", name=op.f("payments_way_check")
        ),
        sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name=op.f("payments_source_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("payments_amount_check")),
        sa.CheckConstraint("number > 0", name=op.f("payments_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("payments_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("payments_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("payments_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("payments_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("payments_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "source_kind",
            "source_id",
            "startup_id",
            name=op.f("payments_operator_id_source_kind_source_id_startup_id_key"),
        ),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("payments_operator_id_year_number_key")),
    )
    op.create_index(
        op.f("payments_operator_id_received_on_idx"), "payments", ["operator_id", "received_on"], unique=False
    )
    op.create_index(
        op.f("payments_operator_id_startup_id_received_on_idx"),
        "payments",
        ["operator_id", "startup_id", "received_on"],
        unique=False,
    )


def _clearings() -> None:
    op.create_table(
        "clearings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(undoes_id IS NOT NULL) = (reason <> '')", name=op.f("clearings_undone_says_why_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("clearings_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("clearings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("clearings_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("clearings_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("clearings_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "undoes_id"],
            ["clearings.operator_id", "clearings.id"],
            name=op.f("clearings_operator_id_undoes_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("clearings_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("clearings_pkey")),
        sa.UniqueConstraint("operator_id", "undoes_id", name=op.f("clearings_operator_id_undoes_id_key")),
    )
    op.create_index(
        op.f("clearings_operator_id_invoice_id_idx"), "clearings", ["operator_id", "invoice_id"], unique=False
    )
    op.create_index(
        op.f("clearings_operator_id_payment_id_idx"), "clearings", ["operator_id", "payment_id"], unique=False
    )
    op.create_index(
        op.f("clearings_operator_id_startup_id_cleared_on_idx"),
        "clearings",
        ["operator_id", "startup_id", "cleared_on"],
        unique=False,
    )


def _open_items() -> None:
    op.create_table(
        "open_items",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("original_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(invoice_id IS NULL) = (due_on IS NULL)", name=op.f("open_items_due_on_check")),
        sa.CheckConstraint("num_nonnulls(invoice_id, payment_id) = 1", name=op.f("open_items_of_one_check")),
        sa.CheckConstraint("open_minor BETWEEN 0 AND original_minor", name=op.f("open_items_open_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("open_items_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("open_items_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("open_items_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("open_items_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("open_items_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("open_items_pkey")),
        sa.UniqueConstraint("operator_id", "invoice_id", name=op.f("open_items_operator_id_invoice_id_key")),
        sa.UniqueConstraint("operator_id", "payment_id", name=op.f("open_items_operator_id_payment_id_key")),
    )
    op.create_index(
        "open_items_due_idx",
        "open_items",
        ["operator_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("open_minor > 0"),
    )
    op.create_index(
        "open_items_of_startup_idx",
        "open_items",
        ["operator_id", "startup_id"],
        unique=False,
        postgresql_where=sa.text("open_minor > 0"),
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("scheme_id", sa.BigInteger(), nullable=True),
        sa.Column("charge_kind", sa.Text(), nullable=True),
        sa.Column("tax_rate", sa.Numeric(precision=5, scale=4), nullable=True),
        sa.CheckConstraint(
            "'advances' NOT IN (debit, credit) OR payment_id IS NOT NULL", name=op.f("postings_of_a_payment_check")
        ),
        sa.CheckConstraint(
            "'receivable' NOT IN (debit, credit) OR invoice_id IS NOT NULL", name=op.f("postings_of_an_invoice_check")
        ),
        sa.CheckConstraint(
            f"credit IN ({ACCOUNTS})",
            name=op.f("postings_credit_check"),
        ),
        sa.CheckConstraint(
            f"debit IN ({ACCOUNTS})",
            name=op.f("postings_debit_check"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("postings_amount_check")),
        sa.CheckConstraint("debit <> credit", name=op.f("postings_two_sides_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "entry_id"],
            ["journal_entries.operator_id", "journal_entries.id"],
            name=op.f("postings_operator_id_entry_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("postings_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("postings_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_id"],
            ["schemes.operator_id", "schemes.id"],
            name=op.f("postings_operator_id_scheme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("postings_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("postings_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "entry_id", "line", name=op.f("postings_pkey")),
    )
    op.create_index(op.f("postings_operator_id_booked_on_idx"), "postings", ["operator_id", "booked_on"], unique=False)
    op.create_index(
        op.f("postings_operator_id_invoice_id_idx"),
        "postings",
        ["operator_id", "invoice_id"],
        unique=False,
        postgresql_where="invoice_id IS NOT NULL",
    )
    op.create_index(
        op.f("postings_operator_id_payment_id_idx"),
        "postings",
        ["operator_id", "payment_id"],
        unique=False,
        postgresql_where="payment_id IS NOT NULL",
    )
    op.create_index(
        op.f("postings_operator_id_startup_id_booked_on_idx"),
        "postings",
        ["operator_id", "startup_id", "booked_on"],
        unique=False,
    )


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("refunds_reason_check")),
        sa.CheckConstraint("way IN ('bank', 'cash', 'pos', 'stripe')", name=op.f("refunds_way_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("refunds_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("refunds_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "payment_id"],
            ["payments.operator_id", "payments.id"],
            name=op.f("refunds_operator_id_payment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("refunds_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "undoes_id"],
            ["refunds.operator_id", "refunds.id"],
            name=op.f("refunds_operator_id_undoes_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("refunds_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("refunds_pkey")),
        sa.UniqueConstraint("operator_id", "undoes_id", name=op.f("refunds_operator_id_undoes_id_key")),
    )
    op.create_index(op.f("refunds_operator_id_payment_id_idx"), "refunds", ["operator_id", "payment_id"], unique=False)
    op.create_index(
        op.f("refunds_operator_id_startup_id_refunded_on_idx"),
        "refunds",
        ["operator_id", "startup_id", "refunded_on"],
        unique=False,
    )
    # ### end Alembic commands ###
