"""Vouchers: series, providers, applications, vouchers with their ledgers, orders, settlements.

Revision ID: 0028
Revises: 0027
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "service_providers": "SELECT, INSERT, UPDATE",
    "voucher_series": "SELECT, INSERT, UPDATE",
    "voucher_applications": "SELECT, INSERT, UPDATE",
    "voucher_settlements": "SELECT, INSERT",
    "voucher_years": "SELECT, INSERT, UPDATE",
    "vouchers": "SELECT, INSERT, UPDATE",
    "voucher_orders": "SELECT, INSERT",
    "voucher_entries": "SELECT, INSERT",
}
KINDS = ("notices", "notice_choices")
"""Whose kinds can be `voucher`, too, from here on."""


def upgrade() -> None:
    for table in KINDS:
        _set(table, [*_kinds(table), "voucher"])
    op.create_table(
        "service_providers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("offers", sa.Text(), server_default="", nullable=False),
        sa.Column("uses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("bank", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("contact", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f('service_providers_name_check')),
        sa.CheckConstraint("uses <@ ARRAY['services', 'instruments', 'mentors', 'training']::text[] AND cardinality(uses) > 0", name=op.f('service_providers_uses_check')),
        sa.UniqueConstraint("operator_id", "credit_code", name=op.f("service_providers_operator_id_credit_code_key")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("service_providers_operator_id_name_key")),
        *_keys("service_providers"),
    )
    op.create_table(
        "voucher_series",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False),
        sa.Column("committed_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("face_minor", sa.BigInteger(), nullable=False),
        sa.Column("share_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("yearly_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("uses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("registered_months", sa.Integer(), nullable=True),
        sa.Column("most_each", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("code <> '' AND name <> '' AND issuer <> '' AND source <> ''", name=op.f('voucher_series_said_check')),
        sa.CheckConstraint("issued_by IN ('application', 'rule')", name=op.f('voucher_series_issued_by_check')),
        sa.CheckConstraint("uses <@ ARRAY['services', 'instruments', 'mentors', 'training']::text[] AND cardinality(uses) > 0", name=op.f('voucher_series_uses_check')),
        sa.CheckConstraint("who IN ('companies', 'all')", name=op.f('voucher_series_who_check')),
        sa.CheckConstraint("committed_minor BETWEEN 0 AND budget_minor", name=op.f("voucher_series_budget_check")),
        sa.CheckConstraint("face_minor > 0", name=op.f("voucher_series_face_check")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("voucher_series_days_check")),
        sa.CheckConstraint("most_each BETWEEN 1 AND 100", name=op.f("voucher_series_most_each_check")),
        sa.CheckConstraint("registered_months > 0", name=op.f("voucher_series_registered_months_check")),
        sa.CheckConstraint("share_percent > 0 AND share_percent <= 100", name=op.f("voucher_series_share_check")),
        sa.CheckConstraint("valid_days BETWEEN 1 AND 1830", name=op.f("voucher_series_valid_days_check")),
        sa.CheckConstraint("yearly_limit_minor > 0", name=op.f("voucher_series_yearly_limit_check")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("voucher_series_operator_id_code_key")),
        *_keys("voucher_series", created_by="people"),
    )
    op.create_table(
        "voucher_applications",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("outcome IN ('approved', 'refused', 'withdrawn')", name=op.f('voucher_applications_outcome_check')),
        sa.CheckConstraint("outcome IS DISTINCT FROM 'refused' OR reason <> ''", name=op.f('voucher_applications_refused_says_why_check')),
        sa.CheckConstraint("purpose <> ''", name=op.f('voucher_applications_purpose_check')),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("voucher_applications_decided_check")),
        *_keys("voucher_applications", decided_by="people", sent_by="people", series_id="voucher_series", startup_id="startups"),
    )
    op.create_index("voucher_applications_open_key", "voucher_applications", ["operator_id", "series_id", "startup_id"], unique=True, postgresql_where="decided_at IS NULL")
    op.create_index(op.f("voucher_applications_operator_id_startup_id_idx"), "voucher_applications", ["operator_id", "startup_id"])
    op.create_table(
        "voucher_settlements",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_id", sa.BigInteger(), nullable=False),
        sa.Column("workbook_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("last_on >= first_on", name=op.f("voucher_settlements_days_check")),
        sa.CheckConstraint("number >= 1", name=op.f("voucher_settlements_number_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("voucher_settlements_sha256_check")),
        sa.CheckConstraint("total_minor > 0", name=op.f("voucher_settlements_total_check")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("voucher_settlements_operator_id_year_number_key")),
        *_keys("voucher_settlements", made_by="people", pdf_id="documents", provider_id="service_providers", workbook_id="documents"),
    )
    op.create_index(op.f("voucher_settlements_operator_id_provider_id_idx"), "voucher_settlements", ["operator_id", "provider_id"])
    op.create_table(
        "voucher_years",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("used_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("used_minor <= limit_minor", name=op.f("voucher_years_limit_check")),
        sa.CheckConstraint("used_minor >= 0", name=op.f("voucher_years_used_check")),
        sa.UniqueConstraint("operator_id", "series_id", "startup_id", "year", name=op.f("voucher_years_operator_id_series_id_startup_id_year_key")),
        *_keys("voucher_years", series_id="voucher_series", startup_id="startups"),
    )
    op.create_table(
        "vouchers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=True),
        sa.Column("face_minor", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("code_salt", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("face_minor > 0", name=op.f("vouchers_face_check")),
        sa.CheckConstraint("number >= 1", name=op.f("vouchers_number_check")),
        sa.CheckConstraint("octet_length(code_salt) = 16", name=op.f("vouchers_code_salt_check")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("vouchers_validity_check")),
        sa.UniqueConstraint("operator_id", "application_id", name=op.f("vouchers_operator_id_application_id_key")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("vouchers_operator_id_year_number_key")),
        *_keys("vouchers", application_id="voucher_applications", issued_by="people", series_id="voucher_series", startup_id="startups"),
    )
    op.create_index(op.f("vouchers_operator_id_series_id_idx"), "vouchers", ["operator_id", "series_id"])
    op.create_index(op.f("vouchers_operator_id_startup_id_idx"), "vouchers", ["operator_id", "startup_id"])
    op.create_index(op.f("vouchers_operator_id_valid_until_idx"), "vouchers", ["operator_id", "valid_until"])
    op.create_table(
        "voucher_orders",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("share_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("covered_minor", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("source_kind IN ('booking', 'mentor_session')", name=op.f('voucher_orders_source_kind_check')),
        sa.CheckConstraint("title <> ''", name=op.f('voucher_orders_title_check')),
        sa.CheckConstraint("use IN ('services', 'instruments', 'mentors', 'training')", name=op.f('voucher_orders_use_check')),
        sa.CheckConstraint("(provider_id IS NULL) = (source_kind IS NOT NULL)", name=op.f("voucher_orders_of_one_check")),
        sa.CheckConstraint("(source_kind IS NULL) = (source_id IS NULL)", name=op.f("voucher_orders_source_check")),
        sa.CheckConstraint("covered_minor > 0 AND covered_minor <= gross_minor", name=op.f("voucher_orders_covered_check")),
        sa.CheckConstraint("number >= 1", name=op.f("voucher_orders_number_check")),
        sa.CheckConstraint("share_percent > 0 AND share_percent <= 100", name=op.f("voucher_orders_share_check")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("voucher_orders_operator_id_year_number_key")),
        *_keys("voucher_orders", ordered_by="people", provider_id="service_providers", startup_id="startups", voucher_id="vouchers"),
    )
    op.create_index(op.f("voucher_orders_operator_id_provider_id_idx"), "voucher_orders", ["operator_id", "provider_id"])
    op.create_index(op.f("voucher_orders_operator_id_startup_id_idx"), "voucher_orders", ["operator_id", "startup_id"])
    op.create_index(op.f("voucher_orders_operator_id_voucher_id_idx"), "voucher_orders", ["operator_id", "voucher_id"])
    op.create_index("voucher_orders_source_idx", "voucher_orders", ["operator_id", "source_kind", "source_id"], postgresql_where="source_kind IS NOT NULL")
    op.create_table(
        "voucher_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("voucher_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("reserved_minor", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("expired_minor", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("of_id", sa.BigInteger(), nullable=True),
        sa.Column("settlement_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("gross_minor", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(kind = 'issue') = (number = 1)", name=op.f('voucher_entries_issue_is_first_check')),
        sa.CheckConstraint("(kind = 'redeem') = (document_id IS NOT NULL)", name=op.f('voucher_entries_evidence_check')),
        sa.CheckConstraint("(kind = 'redeem') = (gross_minor IS NOT NULL)", name=op.f('voucher_entries_gross_check')),
        sa.CheckConstraint("(kind = 'settle') = (settlement_id IS NOT NULL)", name=op.f('voucher_entries_settlement_check')),
        sa.CheckConstraint("(kind IN ('reserve', 'release', 'redeem', 'return')) = (order_id IS NOT NULL)", name=op.f('voucher_entries_of_an_order_check')),
        sa.CheckConstraint("(kind IN ('return', 'settle')) = (of_id IS NOT NULL)", name=op.f('voucher_entries_of_a_redemption_check')),
        sa.CheckConstraint("kind <> 'return' OR reason <> ''", name=op.f('voucher_entries_return_says_why_check')),
        sa.CheckConstraint("kind IN ('issue', 'reserve', 'release', 'redeem', 'return', 'expire', 'settle')", name=op.f('voucher_entries_kind_check')),
        sa.CheckConstraint("amount_minor > 0", name=op.f("voucher_entries_amount_check")),
        sa.CheckConstraint("expired_minor >= 0", name=op.f("voucher_entries_expired_check")),
        sa.CheckConstraint("gross_minor >= amount_minor", name=op.f("voucher_entries_gross_covers_check")),
        sa.CheckConstraint("left_minor >= 0", name=op.f("voucher_entries_left_check")),
        sa.CheckConstraint("number >= 1", name=op.f("voucher_entries_number_check")),
        sa.CheckConstraint("redeemed_minor >= 0", name=op.f("voucher_entries_redeemed_check")),
        sa.CheckConstraint("reserved_minor >= 0", name=op.f("voucher_entries_reserved_check")),
        sa.CheckConstraint("settled_minor >= 0", name=op.f("voucher_entries_settled_check")),
        sa.UniqueConstraint("operator_id", "voucher_id", "number", name=op.f("voucher_entries_operator_id_voucher_id_number_key")),
        *_keys("voucher_entries", created_by="people", document_id="documents", of_id="voucher_entries", order_id="voucher_orders", settlement_id="voucher_settlements", voucher_id="vouchers"),
    )
    op.create_index(op.f("voucher_entries_operator_id_order_id_idx"), "voucher_entries", ["operator_id", "order_id"])
    op.create_index(op.f("voucher_entries_operator_id_settlement_id_idx"), "voucher_entries", ["operator_id", "settlement_id"])
    op.create_index("voucher_entries_redeemed_idx", "voucher_entries", ["operator_id", "happened_on"], postgresql_where="kind = 'redeem'")
    op.create_index("voucher_entries_settled_key", "voucher_entries", ["operator_id", "of_id"], unique=True, postgresql_where="kind = 'settle'")
    for table, grant in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in KINDS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"DELETE FROM {table} WHERE kind = 'voucher'")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set(table, [kind for kind in _kinds(table) if kind != "voucher"])


def _keys(table: str, **targets: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column],
                [f"{target}.operator_id", f"{target}.id"],
                name=op.f(f"{table}_operator_id_{column}_fkey"),
            )
            for column, target in targets.items()
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{table}_pkey")),
    ]


def _kinds(table: str) -> list[str]:
    """What the kind can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set(table: str, words: list[str]) -> None:
    name = op.f(f"{table}_kind_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({', '.join(repr(word) for word in words)})")
