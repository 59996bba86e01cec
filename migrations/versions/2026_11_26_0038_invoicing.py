"""Credit notes, one-off charges, exclusions, approvals, write-offs and instalments.

Revision ID: 0038
Revises: 0036
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "invoicing_settings": "SELECT, INSERT, UPDATE",
    "approvals": "SELECT, INSERT",
    "billing_exclusions": "SELECT, INSERT",
    "one_off_charges": "SELECT, INSERT",
    "credit_notes": "SELECT, INSERT",
    "instalments": "SELECT, INSERT",
    "write_offs": "SELECT, INSERT",
    "credit_note_lines": "SELECT, INSERT",
}
CHANGES = {
    "approvals": "decided_at, decided_by, is_approved, note",
    "billing_exclusions": "lifted_at, lifted_by",
    "one_off_charges": "withdrawn_at, withdrawn_by, withdrawn_reason",
}
KINDS = "'rent', 'property_fee', 'service_fee', 'utilities', 'booking'"
SOURCES = "'residency_price', 'booking', 'meter', 'adjustment'"
OUTCOMES = "'granted', 'capped', 'refused', 'not_covered', 'nothing', 'displaced', 'held', 'adjusted'"
TOLD = ("notices", "notice_choices")
"""Whose kinds can be `invoice`, too, from here on."""
CHECKS = {
    ("charges", "source_kind"): (f"source_kind IN ({SOURCES})", f"source_kind IN ({SOURCES}, 'one_off')"),
    ("tax_rates", "charge_kind"): (f"charge_kind IN ({KINDS})", f"charge_kind IN ({KINDS}, 'other', 'interest')"),
    ("subsidy_decisions", "outcome"): (f"outcome IN ({OUTCOMES})", f"outcome IN ({OUTCOMES}, 'credited')"),
    ("subsidy_decisions", "adjusts"): (
        "(outcome = 'adjusted') = (adjusts_id IS NOT NULL)",
        "(outcome IN ('adjusted', 'credited')) = (adjusts_id IS NOT NULL)",
    ),
    ("subsidy_decisions", "refused_is_nothing"): (
        "outcome IN ('granted', 'capped', 'adjusted') OR amount_minor = 0",
        "outcome IN ('granted', 'capped', 'adjusted', 'credited') OR amount_minor = 0",
    ),
}
"""Each with what it was, and what it is now."""
ONCE = {
    "charges_adjustments_once": (["operator_id", "source_id"], "source_kind = 'adjustment'"),
    "charges_metered_once_key": (["operator_id", "source_id", "startup_id", "month"], "source_kind = 'meter'"),
    "charges_once_key": (["operator_id", "source_kind", "source_id", "month"], "source_kind <> 'meter'"),
}
"""What is charged once, and from now on once in each round."""


def upgrade() -> None:
    _invoicing_settings()
    _approvals()
    _billing_exclusions()
    _one_off_charges()
    _credit_notes()
    _instalments()
    _write_offs()
    _credit_note_lines()
    op.add_column("charges", sa.Column("round", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("charges_round_check"), "charges", "round >= 0")
    for name, (columns, where) in ONCE.items():
        op.drop_index(name, "charges")
        op.create_index(name, "charges", [*columns, "round"], unique=True, postgresql_where=where)
    for (table, name), (_before, condition) in CHECKS.items():
        _set(table, name, condition)
    for table in TOLD:
        _tell_of(table, [*_told(table), "invoice"])
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    for table, columns in CHANGES.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    """Refused by the older constraints where something was taken back, or charged without a tariff, since."""
    for table in reversed(GRANTS):
        op.drop_table(table)
    for (table, name), (before, _now) in CHECKS.items():
        _set(table, name, before)
    for name, (columns, where) in ONCE.items():
        op.drop_index(name, "charges")
        op.create_index(name, "charges", columns, unique=True, postgresql_where=where)
    for table in TOLD:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.delete(sa.table(table, sa.column("kind"))).where(sa.column("kind") == "invoice"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _tell_of(table, [kind for kind in _told(table) if kind != "invoice"])
    op.drop_constraint(op.f("charges_round_check"), "charges", type_="check")
    op.drop_column("charges", "round")


def _set(table: str, check: str, condition: str) -> None:
    name = op.f(f"{table}_{check}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _told(table: str) -> list[str]:
    """What the kind can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _tell_of(table: str, kinds: list[str]) -> None:
    _set(table, "kind", f"kind IN ({', '.join(repr(kind) for kind in kinds)})")


def _invoicing_settings() -> None:
    op.create_table(
        "invoicing_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("jump_percent", sa.Integer(), server_default="30", nullable=False),
        sa.Column("approve_runs", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("approve_credit_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("approve_credit_minor >= 0", name=op.f("invoicing_settings_approve_credit_check")),
        sa.CheckConstraint("jump_percent BETWEEN 1 AND 1000", name=op.f("invoicing_settings_jump_percent_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("invoicing_settings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("invoicing_settings_pkey")),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("says", JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(what = 'month_run') = (month IS NOT NULL)", name=op.f("approvals_month_check")),
        sa.CheckConstraint(
            "is_approved IS DISTINCT FROM false OR note <> ''", name=op.f("approvals_refused_says_why_check")
        ),
        sa.CheckConstraint("what IN ('month_run', 'credit_note', 'write_off')", name=op.f("approvals_what_check")),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("approvals_two_people_check")),
        sa.CheckConstraint(
            "num_nonnulls(decided_at, decided_by, is_approved) IN (0, 3)", name=op.f("approvals_decided_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "asked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("approvals_operator_id_asked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "decided_by"],
            ["people.operator_id", "people.id"],
            name=op.f("approvals_operator_id_decided_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("approvals_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("approvals_pkey")),
    )
    op.create_index(
        "approvals_once_key",
        "approvals",
        ["operator_id", "what", "subject_id", "fingerprint"],
        unique=True,
        postgresql_where="is_approved IS DISTINCT FROM false",
    )
    op.create_index(
        "approvals_open_idx", "approvals", ["operator_id", "id"], unique=False, postgresql_where="decided_at IS NULL"
    )


def _billing_exclusions() -> None:
    op.create_table(
        "billing_exclusions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("month = date_trunc('month', month)", name=op.f("billing_exclusions_month_check")),
        sa.CheckConstraint("reason <> ''", name=op.f("billing_exclusions_reason_check")),
        sa.CheckConstraint("lifted_at IS NOT NULL OR lifted_by IS NULL", name=op.f("billing_exclusions_lifted_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("billing_exclusions_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "lifted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("billing_exclusions_operator_id_lifted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("billing_exclusions_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("billing_exclusions_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("billing_exclusions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("billing_exclusions_pkey")),
    )
    op.create_index(
        "billing_exclusions_once_key",
        "billing_exclusions",
        ["operator_id", "site_id", "startup_id", "month"],
        unique=True,
        postgresql_where="lifted_at IS NULL",
    )
    op.create_index(
        op.f("billing_exclusions_operator_id_site_id_month_idx"),
        "billing_exclusions",
        ["operator_id", "site_id", "month"],
        unique=False,
    )


def _one_off_charges() -> None:
    op.create_table(
        "one_off_charges",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_taxed_in", sa.Boolean(), nullable=False),
        sa.Column("is_subsidised", sa.Boolean(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("one_off_charges_withdrawn_check")
        ),
        sa.CheckConstraint("description <> ''", name=op.f("one_off_charges_description_check")),
        sa.CheckConstraint(
            "kind IN ('other', 'interest', 'rent', 'property_fee', 'service_fee', 'utilities', 'booking')",
            name=op.f("one_off_charges_kind_check"),
        ),
        sa.CheckConstraint("month = date_trunc('month', month)", name=op.f("one_off_charges_month_check")),
        sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name=op.f("one_off_charges_source_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("one_off_charges_amount_check")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("one_off_charges_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("one_off_charges_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("one_off_charges_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("one_off_charges_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "withdrawn_by"],
            ["people.operator_id", "people.id"],
            name=op.f("one_off_charges_operator_id_withdrawn_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("one_off_charges_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("one_off_charges_pkey")),
    )
    op.create_index(
        op.f("one_off_charges_operator_id_site_id_month_idx"),
        "one_off_charges",
        ["operator_id", "site_id", "month"],
        unique=False,
    )
    op.create_index(
        op.f("one_off_charges_operator_id_startup_id_idx"),
        "one_off_charges",
        ["operator_id", "startup_id"],
        unique=False,
    )
    op.create_index(
        "one_off_charges_source_key",
        "one_off_charges",
        ["operator_id", "source_kind", "source_id"],
        unique=True,
        postgresql_where="source_id IS NOT NULL AND withdrawn_at IS NULL",
    )


def _credit_notes() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_anew", sa.Boolean(), nullable=False),
        sa.Column("parties", JSONB(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("credit_notes_reason_check")),
        sa.CheckConstraint("gross_minor = net_minor + subsidy_minor", name=op.f("credit_notes_adds_up_check")),
        sa.CheckConstraint("gross_minor >= 0 AND net_minor >= 0", name=op.f("credit_notes_not_negative_check")),
        sa.CheckConstraint("number > 0", name=op.f("credit_notes_number_check")),
        sa.CheckConstraint("settled_minor BETWEEN 0 AND net_minor", name=op.f("credit_notes_settled_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("credit_notes_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "posted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("credit_notes_operator_id_posted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("credit_notes_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("credit_notes_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("credit_notes_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("credit_notes_pkey")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("credit_notes_operator_id_year_number_key")),
    )
    op.create_index(
        "credit_notes_anew_key", "credit_notes", ["operator_id", "invoice_id"], unique=True, postgresql_where="is_anew"
    )
    op.create_index(
        op.f("credit_notes_operator_id_invoice_id_idx"), "credit_notes", ["operator_id", "invoice_id"], unique=False
    )
    op.create_index(
        op.f("credit_notes_operator_id_startup_id_issued_on_idx"),
        "credit_notes",
        ["operator_id", "startup_id", "issued_on"],
        unique=False,
    )


def _instalments() -> None:
    op.create_table(
        "instalments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("instalments_amount_check")),
        sa.CheckConstraint("plan >= 1 AND part >= 1", name=op.f("instalments_numbers_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("instalments_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("instalments_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("instalments_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("instalments_pkey")),
        sa.UniqueConstraint(
            "operator_id", "invoice_id", "plan", "part", name=op.f("instalments_operator_id_invoice_id_plan_part_key")
        ),
    )


def _write_offs() -> None:
    op.create_table(
        "write_offs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=True),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("write_offs_reason_check")),
        sa.CheckConstraint("(approval_id IS NULL) = (undoes_id IS NOT NULL)", name=op.f("write_offs_approved_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("write_offs_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "approval_id"],
            ["approvals.operator_id", "approvals.id"],
            name=op.f("write_offs_operator_id_approval_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("write_offs_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("write_offs_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("write_offs_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "undoes_id"],
            ["write_offs.operator_id", "write_offs.id"],
            name=op.f("write_offs_operator_id_undoes_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("write_offs_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("write_offs_pkey")),
        sa.UniqueConstraint("operator_id", "approval_id", name=op.f("write_offs_operator_id_approval_id_key")),
        sa.UniqueConstraint("operator_id", "undoes_id", name=op.f("write_offs_operator_id_undoes_id_key")),
    )
    op.create_index(
        op.f("write_offs_operator_id_invoice_id_idx"), "write_offs", ["operator_id", "invoice_id"], unique=False
    )


def _credit_note_lines() -> None:
    op.create_table(
        "credit_note_lines",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("credit_note_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_line", sa.Integer(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=True),
        sa.Column("borne_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("abs(tax_minor) <= abs(net_minor)", name=op.f("credit_note_lines_tax_check")),
        sa.CheckConstraint("gross_minor = net_minor + subsidy_minor", name=op.f("credit_note_lines_adds_up_check")),
        sa.CheckConstraint("gross_minor >= 0 AND borne_minor >= 0", name=op.f("credit_note_lines_not_negative_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "credit_note_id"],
            ["credit_notes.operator_id", "credit_notes.id"],
            name=op.f("credit_note_lines_operator_id_credit_note_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id", "invoice_line"],
            ["invoice_lines.operator_id", "invoice_lines.invoice_id", "invoice_lines.line"],
            name=op.f("credit_note_lines_operator_id_invoice_id_invoice_line_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("credit_note_lines_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "credit_note_id", "line", name=op.f("credit_note_lines_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "credit_note_id",
            "invoice_line",
            name=op.f("credit_note_lines_operator_id_credit_note_id_invoice_line_key"),
        ),
    )
    op.create_index(
        op.f("credit_note_lines_operator_id_invoice_id_invoice_line_idx"),
        "credit_note_lines",
        ["operator_id", "invoice_id", "invoice_line"],
        unique=False,
    )
