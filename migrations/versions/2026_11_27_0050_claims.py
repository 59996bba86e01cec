"""Claims: their lines, steps, evidence, rulings and money; accounts and documents that they need.

Revision ID: 0050
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0045"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
TABLES = (
    ("claim_requirements", "SELECT, INSERT", "days"),
    ("claims", "SELECT, INSERT", "state, due_on, authority_number"),
    ("claim_letters", "SELECT, INSERT", ""),
    ("claim_reminders", "SELECT, INSERT", ""),
    ("claim_steps", "SELECT, INSERT", ""),
    ("claim_lines", "SELECT, INSERT", "released_at, released_by, released_reason"),
    ("claim_payments", "SELECT, INSERT", "undone_at, undone_by, undone_reason"),
    ("claim_clawbacks", "SELECT, INSERT", ""),
    ("claim_evidence", "SELECT, INSERT", "removed_at, removed_by"),
    ("claim_rulings", "SELECT, INSERT", ""),
)
EVIDENCE = (
    "agreement", "licence", "payment_proof", "fapiao", "photograph", "social_insurance", "mentor_log",
    "tax_certificate", "other",
)  # fmt: skip
STATES = (
    "draft", "checked", "approved", "submitted", "publicised", "granted", "paid", "audited", "clawed_back",
    "rejected", "withdrawn",
)  # fmt: skip
ACCOUNTS = (
    "bank", "cash", "pos", "stripe", "receivable", "subsidy_receivable", "sponsor_receivable",
    "voucher_receivable", "advances", "deposits", "voucher_payable", "output_vat", "deferred_income",
    "unidentified", "income.rent", "income.property_fee", "income.service_fee", "income.utilities",
    "income.booking", "income.other", "income.interest", "income.withheld", "concessions", "bad_debts",
    "fees",
)  # fmt: skip
NEW_ACCOUNTS = ("income.grants", "subsidy_losses", "subsidy_payable")
ENTRIES = (
    "invoice", "credit_note", "receipt", "clearing", "unclearing", "refund", "deposit", "voucher",
    "write_off", "release", "fee", "payout", "dispute", "grant", "identified", "reversal",
)  # fmt: skip
NEW_ENTRIES = ("subsidy_ruled", "subsidy_paid", "subsidy_demanded", "subsidy_returned")
DOCUMENTS = (
    "licence", "qualification", "right", "agreement", "consent", "offer", "letter", "plan", "application",
    "figures", "evidence", "identity", "handover", "picture", "rules", "other",
)  # fmt: skip
NEW_DOCUMENTS = ("social_insurance", "payment_proof", "photograph", "tax_certificate")


def upgrade() -> None:
    _claim_requirements()
    _claims()
    _claim_letters()
    _claim_reminders()
    _claim_steps()
    _claim_lines()
    _claim_payments()
    _claim_clawbacks()
    _claim_evidence()
    _claim_rulings()
    for table, grant, changes in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
        if changes:
            op.execute(f"GRANT UPDATE ({changes}) ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    _know(ACCOUNTS + NEW_ACCOUNTS, ENTRIES + NEW_ENTRIES, DOCUMENTS + NEW_DOCUMENTS)


def downgrade() -> None:
    """What is booked or filed by the new words can't be told the old way: it fails at a CHECK."""
    _know(ACCOUNTS, ENTRIES, DOCUMENTS)
    for table, _grant, _changes in reversed(TABLES):
        op.drop_table(table)


def _know(accounts: tuple[str, ...], entries: tuple[str, ...], documents: tuple[str, ...]) -> None:
    for table, name, words in (
        ("postings", "debit", accounts), ("postings", "credit", accounts), ("account_codes", "account", accounts),
        ("journal_entries", "kind", entries), ("documents", "kind", documents),
    ):  # fmt: skip
        op.drop_constraint(f"{table}_{name}_check", table)
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, f"{name} IN {words}")


def _claim_requirements() -> None:
    op.create_table(
        "claim_requirements",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("valid_on", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            f"kind IN {EVIDENCE}",
            name=op.f("claim_requirements_kind_check"),
        ),
        sa.CheckConstraint("per IN ('claim', 'startup', 'line')", name=op.f("claim_requirements_per_check")),
        sa.CheckConstraint("valid_on IN ('period', 'submission')", name=op.f("claim_requirements_valid_on_check")),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("claim_requirements_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_requirements_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_id"],
            ["schemes.operator_id", "schemes.id"],
            name=op.f("claim_requirements_operator_id_scheme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_requirements_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_requirements_pkey")),
    )
    op.create_index(
        op.f("claim_requirements_operator_id_scheme_id_idx"),
        "claim_requirements",
        ["operator_id", "scheme_id"],
        unique=False,
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("authority_number", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            f"state IN {STATES}",
            name=op.f("claims_state_check"),
        ),
        sa.CheckConstraint(
            "first_on <= last_on AND extract(day FROM first_on) = 1 AND extract(day FROM last_on + 1) = 1",
            name=op.f("claims_whole_months_check"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("claims_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claims_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_id"],
            ["schemes.operator_id", "schemes.id"],
            name=op.f("claims_operator_id_scheme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("claims_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("claims_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claims_pkey")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("claims_operator_id_year_number_key")),
    )
    op.create_index(
        op.f("claims_operator_id_scheme_id_last_on_idx"),
        "claims",
        ["operator_id", "scheme_id", "last_on"],
        unique=False,
    )
    op.create_index(op.f("claims_operator_id_state_idx"), "claims", ["operator_id", "state"], unique=False)


def _claim_letters() -> None:
    op.create_table(
        "claim_letters",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("is_incoming", sa.Boolean(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("subject <> ''", name=op.f("claim_letters_subject_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_letters_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_letters_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("claim_letters_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_letters_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_letters_pkey")),
        sa.UniqueConstraint("operator_id", "claim_id", "id", name=op.f("claim_letters_operator_id_claim_id_id_key")),
    )


def _claim_reminders() -> None:
    op.create_table(
        "claim_reminders",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("cardinality(kinds) > 0", name=op.f("claim_reminders_kinds_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_reminders_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_reminders_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("claim_reminders_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_reminders_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_reminders_pkey")),
    )
    op.create_index(
        op.f("claim_reminders_operator_id_claim_id_startup_id_idx"),
        "claim_reminders",
        ["operator_id", "claim_id", "startup_id"],
        unique=False,
    )
    op.create_index(
        op.f("claim_reminders_operator_id_startup_id_idx"),
        "claim_reminders",
        ["operator_id", "startup_id"],
        unique=False,
    )


def _claim_steps() -> None:
    op.create_table(
        "claim_steps",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'approved') = (checked_by IS NOT NULL)", name=op.f("claim_steps_checked_check")),
        sa.CheckConstraint(
            f"state IN {STATES}",
            name=op.f("claim_steps_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('checked', 'approved', 'submitted') OR (fingerprint <> '' AND created_by IS NOT NULL)",
            name=op.f("claim_steps_seen_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('rejected', 'withdrawn') OR note <> ''", name=op.f("claim_steps_ended_says_why_check")
        ),
        sa.CheckConstraint("checked_by <> created_by", name=op.f("claim_steps_two_people_check")),
        sa.CheckConstraint("number > 0", name=op.f("claim_steps_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "checked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_steps_operator_id_checked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_steps_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_steps_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("claim_steps_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_steps_pkey")),
        sa.UniqueConstraint(
            "operator_id", "claim_id", "number", name=op.f("claim_steps_operator_id_claim_id_number_key")
        ),
    )


def _claim_lines() -> None:
    op.create_table(
        "claim_lines",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("instalment_id", sa.BigInteger(), nullable=True),
        sa.Column("grant_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("released_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_reason = '')", name=op.f("claim_lines_released_says_why_check")
        ),
        sa.CheckConstraint("num_nonnulls(decision_id, instalment_id, grant_id) = 1", name=op.f("claim_lines_one_source_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_lines_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_lines_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "decision_id"],
            ["subsidy_decisions.operator_id", "subsidy_decisions.id"],
            name=op.f("claim_lines_operator_id_decision_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "instalment_id"],
            ["grant_instalments.operator_id", "grant_instalments.id"],
            name=op.f("claim_lines_operator_id_instalment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "grant_id"],
            ["operator_grants.operator_id", "operator_grants.id"],
            name=op.f("claim_lines_operator_id_grant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "released_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_lines_operator_id_released_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("claim_lines_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_lines_pkey")),
        sa.UniqueConstraint("operator_id", "claim_id", "id", name=op.f("claim_lines_operator_id_claim_id_id_key")),
    )
    op.create_index(
        "claim_lines_decision_once",
        "claim_lines",
        ["operator_id", "decision_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL AND decision_id IS NOT NULL"),
    )
    op.create_index(
        "claim_lines_instalment_once",
        "claim_lines",
        ["operator_id", "instalment_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL AND instalment_id IS NOT NULL"),
    )
    op.create_index(
        "claim_lines_grant_once",
        "claim_lines",
        ["operator_id", "grant_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL AND grant_id IS NOT NULL"),
    )


def _claim_payments() -> None:
    op.create_table(
        "claim_payments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("bank_line_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_reason = '')", name=op.f("claim_payments_undone_check")),
        sa.CheckConstraint("kind IN ('paid', 'returned')", name=op.f("claim_payments_kind_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("claim_payments_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "bank_line_id"],
            ["bank_lines.operator_id", "bank_lines.id"],
            name=op.f("claim_payments_operator_id_bank_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_payments_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_payments_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "undone_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_payments_operator_id_undone_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_payments_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_payments_pkey")),
    )
    op.create_index(
        "claim_payments_bank_line_idx",
        "claim_payments",
        ["operator_id", "bank_line_id"],
        unique=False,
        postgresql_where=sa.text("bank_line_id IS NOT NULL AND undone_at IS NULL"),
    )
    op.create_index(
        op.f("claim_payments_operator_id_claim_id_idx"), "claim_payments", ["operator_id", "claim_id"], unique=False
    )


def _claim_clawbacks() -> None:
    op.create_table(
        "claim_clawbacks",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("demanded_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("borne_by", sa.Text(), nullable=False),
        sa.Column("budget_id", sa.BigInteger(), nullable=True),
        sa.Column("returned_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("borne_by IN ('operator', 'startup')", name=op.f("claim_clawbacks_borne_by_check")),
        sa.CheckConstraint("reason <> ''", name=op.f("claim_clawbacks_reason_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("claim_clawbacks_amount_check")),
        sa.CheckConstraint("demanded_on <= due_on", name=op.f("claim_clawbacks_days_check")),
        sa.CheckConstraint("returned_minor = 0 OR budget_id IS NOT NULL", name=op.f("claim_clawbacks_budget_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "budget_id"],
            ["budgets.operator_id", "budgets.id"],
            name=op.f("claim_clawbacks_operator_id_budget_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id", "line_id"],
            ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
            name=op.f("claim_clawbacks_operator_id_claim_id_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_clawbacks_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_clawbacks_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_clawbacks_pkey")),
    )
    op.create_index(
        op.f("claim_clawbacks_operator_id_claim_id_idx"), "claim_clawbacks", ["operator_id", "claim_id"], unique=False
    )
    op.create_index(
        op.f("claim_clawbacks_operator_id_line_id_idx"), "claim_clawbacks", ["operator_id", "line_id"], unique=False
    )


def _claim_evidence() -> None:
    op.create_table(
        "claim_evidence",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            f"kind IN {EVIDENCE}",
            name=op.f("claim_evidence_kind_check"),
        ),
        sa.CheckConstraint("num_nonnulls(startup_id, line_id) <= 1", name=op.f("claim_evidence_one_subject_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id", "line_id"],
            ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
            name=op.f("claim_evidence_operator_id_claim_id_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id"],
            ["claims.operator_id", "claims.id"],
            name=op.f("claim_evidence_operator_id_claim_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_evidence_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("claim_evidence_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "removed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_evidence_operator_id_removed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("claim_evidence_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_evidence_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_evidence_pkey")),
    )
    op.create_index(
        "claim_evidence_once",
        "claim_evidence",
        [
            "operator_id",
            "claim_id",
            "kind",
            "document_id",
            sa.literal_column("coalesce(startup_id, 0)"),
            sa.literal_column("coalesce(line_id, 0)"),
        ],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _claim_rulings() -> None:
    op.create_table(
        "claim_rulings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("granted_minor", sa.BigInteger(), nullable=False),
        sa.Column("refused_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("left_to", sa.Text(), nullable=True),
        sa.Column("budget_id", sa.BigInteger(), nullable=True),
        sa.Column("returned_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(refused_minor = 0) = (reason = '')", name=op.f("claim_rulings_refused_says_why_check")),
        sa.CheckConstraint("left_to <> 'again' OR granted_minor = 0", name=op.f("claim_rulings_again_is_whole_check")),
        sa.CheckConstraint("left_to IN ('operator', 'startup', 'again')", name=op.f("claim_rulings_left_to_check")),
        sa.CheckConstraint("(refused_minor = 0) = (left_to IS NULL)", name=op.f("claim_rulings_refused_is_left_check")),
        sa.CheckConstraint("returned_minor = 0 OR budget_id IS NOT NULL", name=op.f("claim_rulings_budget_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "budget_id"],
            ["budgets.operator_id", "budgets.id"],
            name=op.f("claim_rulings_operator_id_budget_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "claim_id", "line_id"],
            ["claim_lines.operator_id", "claim_lines.claim_id", "claim_lines.id"],
            name=op.f("claim_rulings_operator_id_claim_id_line_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("claim_rulings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("claim_rulings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("claim_rulings_pkey")),
        sa.UniqueConstraint("operator_id", "line_id", name=op.f("claim_rulings_operator_id_line_id_key")),
    )
