"""The first schema: every table, its row-level security, the application role and what it may do.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"

GRANTS = {
    "operators": "SELECT, INSERT, UPDATE",
    "audit_events": "SELECT, INSERT",
    "audit_heads": "SELECT, INSERT, UPDATE",
    "identities": "SELECT, INSERT, UPDATE, DELETE",
    "number_series": "SELECT, INSERT, UPDATE",
    "outbox_mails": "SELECT, INSERT, UPDATE, DELETE",
    "people": "SELECT, INSERT, UPDATE, DELETE",
    "rate_windows": "SELECT, INSERT, UPDATE, DELETE",
    "schemes": "SELECT, INSERT, UPDATE, DELETE",
    "sites": "SELECT, INSERT, UPDATE, DELETE",
    "startups": "SELECT, INSERT, UPDATE",
    "tenants": "SELECT, INSERT, UPDATE, DELETE",
    "affiliations": "SELECT, INSERT, UPDATE, DELETE",
    "calendar_overrides": "SELECT, INSERT, UPDATE, DELETE",
    "closures": "SELECT, INSERT, UPDATE, DELETE",
    "floors": "SELECT, INSERT, UPDATE, DELETE",
    "frozen_reports": "SELECT, INSERT",
    "invoices": "SELECT, INSERT",
    "job_runs": "SELECT, INSERT, UPDATE, DELETE",
    "opening_hours": "SELECT, INSERT, UPDATE, DELETE",
    "residencies": "SELECT, INSERT, UPDATE",
    "resources": "SELECT, INSERT, UPDATE, DELETE",
    "role_grants": "SELECT, INSERT, UPDATE, DELETE",
    "scheme_versions": "SELECT, INSERT",
    "sign_in_sessions": "SELECT, INSERT, UPDATE, DELETE",
    "single_use_links": "SELECT, INSERT, UPDATE, DELETE",
    "stored_files": "SELECT, INSERT",
    "tariffs": "SELECT, INSERT, UPDATE",
    "bookings": "SELECT, INSERT, UPDATE, DELETE",
    "tariff_items": "SELECT, INSERT",
    "units": "SELECT, INSERT, UPDATE, DELETE",
    "allocations": "SELECT, INSERT, UPDATE",
    "charges": "SELECT, INSERT",
    "residency_prices": "SELECT, INSERT",
    "resource_units": "SELECT, INSERT, UPDATE, DELETE",
    "invoice_lines": "SELECT, INSERT",
    "subsidy_decisions": "SELECT, INSERT",
}
"""Every table with what the application role may do; SELECT, INSERT: its rows are written once."""


def upgrade() -> None:
    create_role()
    create_tables()
    for table, grant in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    keep_apart()
    # the installation itself is operator 0
    op.execute("SET LOCAL app.operator_id = '0'")
    op.execute("INSERT INTO operators (operator_id, name, locale, currency) VALUES (0, 'installation', 'en', 'CNY')")


def create_role() -> None:
    """The role of the web and the jobs; one that is there already, of another database on the server, serves too."""
    op.execute(f"""
        DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$""")
    # who migrates may take the role; where another made it and keeps it to himself, taking it says so later
    op.execute(f"""
        DO $$ BEGIN GRANT {ROLE} TO CURRENT_USER;
        EXCEPTION WHEN insufficient_privilege THEN NULL; END $$""")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")


def keep_apart() -> None:
    """No two allocations of a unit overlap, no two tariffs of a site: in the form that the server can hold.

    Equality where it has btree_gist (Citus accepts only this one), the same said with one-element ranges where it
    has not, as the PostgreSQL that comes in a wheel.
    """
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist'")).scalar()
    if equal:
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for table, key, period, where in (
        ("allocations", "unit_id", "period", "voided_at IS NULL"),
        ("tariffs", "site_id", "valid", "true"),
    ):
        same = [f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
                for each in ("operator_id", key)]  # fmt: skip
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap "
            f"EXCLUDE USING gist ({', '.join(same)}, {period} WITH &&) WHERE ({where})"
        )


def create_tables() -> None:
    op.create_table(
        "operators",
        sa.Column("operator_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("operators_locale_check")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("operators_name_length_check")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("operators_pkey")),
    )
    op.create_table(
        "audit_events",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("audit_events_number_positive_check")),
        sa.CheckConstraint(
            "octet_length(hash) = 32 AND octet_length(previous_hash) = 32", name=op.f("audit_events_hash_length_check")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("audit_events_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "number", name=op.f("audit_events_pkey")),
    )
    op.create_index(
        op.f("audit_events_operator_id_action_number_idx"),
        "audit_events",
        ["operator_id", "action", "number"],
        unique=False,
    )
    op.create_index(
        op.f("audit_events_operator_id_person_id_number_idx"),
        "audit_events",
        ["operator_id", "person_id", "number"],
        unique=False,
    )
    op.create_index(
        op.f("audit_events_operator_id_subject_kind_subject_id_idx"),
        "audit_events",
        ["operator_id", "subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "audit_heads",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("audit_heads_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("audit_heads_pkey")),
    )
    op.create_table(
        "identities",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("identities_locale_check")),
        sa.CheckConstraint("operator_id = 0", name=op.f("identities_of_installation_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("identities_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("identities_pkey")),
    )
    op.create_index(
        "identities_email_key", "identities", ["operator_id", sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "number_series",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name=op.f("number_series_last_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("number_series_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "series", "year", name=op.f("number_series_pkey")),
    )
    op.create_table(
        "outbox_mails",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("outbox_mails_attempts_check")),
        sa.CheckConstraint("failed_at IS NULL OR error IS NOT NULL", name=op.f("outbox_mails_failed_says_why_check")),
        sa.CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name=op.f("outbox_mails_one_end_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("outbox_mails_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("outbox_mails_pkey")),
    )
    op.create_index(
        "outbox_mails_due_idx",
        "outbox_mails",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where="sent_at IS NULL AND failed_at IS NULL",
    )
    op.create_table(
        "people",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), server_default="auto", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("people_locale_check")),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("people_theme_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("people_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("people_pkey")),
        sa.UniqueConstraint("operator_id", "identity_id", name=op.f("people_operator_id_identity_id_key")),
    )
    op.create_index("people_email_key", "people", ["operator_id", sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "rate_windows",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("operator_id = 0", name=op.f("rate_windows_of_installation_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("rate_windows_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "key", name=op.f("rate_windows_pkey")),
    )
    op.create_index(
        op.f("rate_windows_operator_id_expires_at_idx"), "rate_windows", ["operator_id", "expires_at"], unique=False
    )
    op.create_table(
        "schemes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("issuer", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("schemes_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("schemes_pkey")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("schemes_operator_id_code_key")),
    )
    op.create_table(
        "sites",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("calendar IN ('CN', 'weekdays')", name=op.f("sites_calendar_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("sites_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("sites_pkey")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("sites_operator_id_code_key")),
    )
    op.create_table(
        "startups",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("industry", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_name", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_email", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'company') = (credit_code IS NOT NULL)", name=op.f("startups_company_has_code_check")
        ),
        sa.CheckConstraint(
            "kind = 'company' OR registered_on IS NULL", name=op.f("startups_team_not_registered_check")
        ),
        sa.CheckConstraint("kind IN ('team', 'company')", name=op.f("startups_kind_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("startups_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("startups_pkey")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("startups_operator_id_code_key")),
        sa.UniqueConstraint("operator_id", "credit_code", name=op.f("startups_operator_id_credit_code_key")),
    )
    op.create_index(op.f("startups_operator_id_name_idx"), "startups", ["operator_id", "name"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("operator_id = 0", name=op.f("tenants_of_installation_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("tenants_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "tenant_id", name=op.f("tenants_pkey")),
    )
    op.create_table(
        "affiliations",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("operator_id = 0", name=op.f("affiliations_of_installation_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "identity_id"],
            ["identities.operator_id", "identities.id"],
            name=op.f("affiliations_operator_id_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "tenant_id"],
            ["tenants.operator_id", "tenants.tenant_id"],
            name=op.f("affiliations_operator_id_tenant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("affiliations_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "identity_id", "tenant_id", name=op.f("affiliations_pkey")),
    )
    op.create_table(
        "calendar_overrides",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("day_kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "day_kind IN ('workday', 'restday', 'closed')", name=op.f("calendar_overrides_day_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("calendar_overrides_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("calendar_overrides_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("calendar_overrides_pkey")),
        sa.UniqueConstraint(
            "operator_id", "site_id", "on_date", name=op.f("calendar_overrides_operator_id_site_id_on_date_key")
        ),
    )
    op.create_table(
        "closures",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("closures_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("closures_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("closures_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("closures_pkey")),
    )
    op.create_table(
        "floors",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("floors_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("floors_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("floors_pkey")),
        sa.UniqueConstraint("operator_id", "site_id", "name", name=op.f("floors_operator_id_site_id_name_key")),
    )
    op.create_table(
        "frozen_reports",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "figures",
            postgresql.JSONB(astext_type=sa.Text()),
            sa.Computed("(content::jsonb) -> 'figures'", persisted=True),
            nullable=False,
        ),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('occupancy')", name=op.f("frozen_reports_kind_check")),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("frozen_reports_reason_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("frozen_reports_hash_length_check")),
        sa.CheckConstraint("version >= 1", name=op.f("frozen_reports_version_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "frozen_by"],
            ["people.operator_id", "people.id"],
            name=op.f("frozen_reports_operator_id_frozen_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("frozen_reports_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("frozen_reports_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("frozen_reports_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "kind",
            "site_id",
            "month",
            "version",
            name=op.f("frozen_reports_operator_id_kind_site_id_month_version_key"),
        ),
    )
    op.create_table(
        "invoices",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("parties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("gross_minor = net_minor + subsidy_minor", name=op.f("invoices_adds_up_check")),
        sa.CheckConstraint("net_minor >= 0 AND subsidy_minor >= 0", name=op.f("invoices_not_negative_check")),
        sa.CheckConstraint("number > 0", name=op.f("invoices_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "posted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("invoices_operator_id_posted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("invoices_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("invoices_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("invoices_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("invoices_pkey")),
        sa.UniqueConstraint(
            "operator_id", "series", "year", "number", name=op.f("invoices_operator_id_series_year_number_key")
        ),
    )
    op.create_index(
        op.f("invoices_operator_id_site_id_month_idx"), "invoices", ["operator_id", "site_id", "month"], unique=False
    )
    op.create_index(
        op.f("invoices_operator_id_startup_id_month_idx"),
        "invoices",
        ["operator_id", "startup_id", "month"],
        unique=False,
    )
    op.create_table(
        "job_runs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("progress_total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_values", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("job_runs_lease_check")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("job_runs_finished_check")
        ),
        sa.CheckConstraint("state <> 'failed' OR error IS NOT NULL", name=op.f("job_runs_failed_says_why_check")),
        sa.CheckConstraint("state <> 'running' OR claimed_by IS NOT NULL", name=op.f("job_runs_claimed_by_check")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("job_runs_state_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "requested_by"],
            ["people.operator_id", "people.id"],
            name=op.f("job_runs_operator_id_requested_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("job_runs_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("job_runs_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("job_runs_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "job",
            "site_id",
            "period",
            name=op.f("job_runs_operator_id_job_site_id_period_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "job_runs_due_idx",
        "job_runs",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where="state IN ('waiting', 'running')",
    )
    op.create_table(
        "opening_hours",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("day_kind", sa.Text(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint("day_kind IN ('workday', 'restday')", name=op.f("opening_hours_day_kind_check")),
        sa.CheckConstraint(
            "0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440",
            name=op.f("opening_hours_order_check"),
        ),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("opening_hours_valid_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("opening_hours_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("opening_hours_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("opening_hours_pkey")),
    )
    op.create_index(
        op.f("opening_hours_operator_id_site_id_idx"), "opening_hours", ["operator_id", "site_id"], unique=False
    )
    op.create_table(
        "residencies",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("residencies_term_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("residencies_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("residencies_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("residencies_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("residencies_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("residencies_pkey")),
        sa.UniqueConstraint("operator_id", "number", name=op.f("residencies_operator_id_number_key")),
    )
    op.create_index(
        op.f("residencies_operator_id_site_id_idx"), "residencies", ["operator_id", "site_id"], unique=False
    )
    op.create_index(
        op.f("residencies_operator_id_startup_id_idx"), "residencies", ["operator_id", "startup_id"], unique=False
    )
    op.create_table(
        "resources",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("takes", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("granularity_minutes", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('meeting_room', 'hall', 'desk', 'instrument', 'parking')", name=op.f("resources_kind_check")
        ),
        sa.CheckConstraint("takes IN ('all', 'any')", name=op.f("resources_takes_check")),
        sa.CheckConstraint("capacity >= 1", name=op.f("resources_capacity_check")),
        sa.CheckConstraint("granularity_minutes BETWEEN 5 AND 1440", name=op.f("resources_granularity_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("resources_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("resources_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("resources_pkey")),
        sa.UniqueConstraint("operator_id", "site_id", "code", name=op.f("resources_operator_id_site_id_code_key")),
    )
    op.create_table(
        "role_grants",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(role IN ('founder', 'member')) = (startup_id IS NOT NULL)", name=op.f("role_grants_startup_given_check")
        ),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'front_desk', 'finance', 'auditor', 'mentor', 'founder', 'member')",
            name=op.f("role_grants_role_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("role_grants_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("role_grants_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("role_grants_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("role_grants_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "person_id",
            "role",
            "startup_id",
            name=op.f("role_grants_operator_id_person_id_role_startup_id_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("role_grants_operator_id_startup_id_idx"), "role_grants", ["operator_id", "startup_id"], unique=False
    )
    op.create_table(
        "scheme_versions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("scheme_versions_valid_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("scheme_versions_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_id"],
            ["schemes.operator_id", "schemes.id"],
            name=op.f("scheme_versions_operator_id_scheme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("scheme_versions_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("scheme_versions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("scheme_versions_pkey")),
        sa.UniqueConstraint(
            "operator_id", "scheme_id", "version", name=op.f("scheme_versions_operator_id_scheme_id_version_key")
        ),
    )
    op.create_table(
        "sign_in_sessions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("operator_id = 0", name=op.f("sign_in_sessions_of_installation_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "identity_id"],
            ["identities.operator_id", "identities.id"],
            name=op.f("sign_in_sessions_operator_id_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("sign_in_sessions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("sign_in_sessions_pkey")),
        sa.UniqueConstraint("operator_id", "token_hash", name=op.f("sign_in_sessions_operator_id_token_hash_key")),
    )
    op.create_index(
        op.f("sign_in_sessions_operator_id_identity_id_idx"),
        "sign_in_sessions",
        ["operator_id", "identity_id"],
        unique=False,
    )
    op.create_table(
        "single_use_links",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'invitation') = (tenant_id IS NOT NULL) AND (tenant_id IS NULL) = (person_id IS NULL)",
            name=op.f("single_use_links_person_given_check"),
        ),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("single_use_links_locale_check")),
        sa.CheckConstraint(
            "purpose <> 'confirmation' OR identity_id IS NOT NULL", name=op.f("single_use_links_identity_given_check")
        ),
        sa.CheckConstraint(
            "purpose IN ('invitation', 'reset', 'confirmation')", name=op.f("single_use_links_purpose_check")
        ),
        sa.CheckConstraint(
            "(mailed_at IS NULL) = (token_hash IS NULL)", name=op.f("single_use_links_mailed_has_token_check")
        ),
        sa.CheckConstraint("operator_id = 0", name=op.f("single_use_links_of_installation_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "identity_id"],
            ["identities.operator_id", "identities.id"],
            name=op.f("single_use_links_operator_id_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "tenant_id"],
            ["tenants.operator_id", "tenants.tenant_id"],
            name=op.f("single_use_links_operator_id_tenant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("single_use_links_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("single_use_links_pkey")),
        sa.UniqueConstraint("operator_id", "token_hash", name=op.f("single_use_links_operator_id_token_hash_key")),
    )
    op.create_index(
        op.f("single_use_links_operator_id_identity_id_idx"),
        "single_use_links",
        ["operator_id", "identity_id"],
        unique=False,
    )
    op.create_index(
        op.f("single_use_links_operator_id_tenant_id_person_id_idx"),
        "single_use_links",
        ["operator_id", "tenant_id", "person_id"],
        unique=False,
    )
    op.create_index(
        "single_use_links_unmailed_idx",
        "single_use_links",
        ["operator_id", "id"],
        unique=False,
        postgresql_where="mailed_at IS NULL",
    )
    op.create_table(
        "stored_files",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("stored_by", sa.BigInteger(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("stored_files_hash_length_check")),
        sa.CheckConstraint("size = octet_length(content)", name=op.f("stored_files_size_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "stored_by"],
            ["people.operator_id", "people.id"],
            name=op.f("stored_files_operator_id_stored_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("stored_files_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("stored_files_pkey")),
    )
    op.create_table(
        "tariffs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("tariffs_valid_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("tariffs_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("tariffs_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("tariffs_pkey")),
        sa.UniqueConstraint("operator_id", "site_id", "name", name=op.f("tariffs_operator_id_site_id_name_key")),
    )
    op.create_table(
        "bookings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("booked_by", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("attendees", sa.Integer(), nullable=True),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("bookings_cancel_reason_check")
        ),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)",
            name=op.f("bookings_period_check"),
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("bookings_price_check")),
        sa.CheckConstraint("startup_id IS NOT NULL OR price_minor = 0", name=op.f("bookings_own_use_is_free_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "booked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bookings_operator_id_booked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "cancelled_by"],
            ["people.operator_id", "people.id"],
            name=op.f("bookings_operator_id_cancelled_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("bookings_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("bookings_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("bookings_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("bookings_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("bookings_pkey")),
        sa.UniqueConstraint(
            "operator_id", "booked_by", "request_key", name=op.f("bookings_operator_id_booked_by_request_key_key")
        ),
    )
    op.create_index(
        "bookings_site_start_idx",
        "bookings",
        ["operator_id", "site_id", sa.literal_column("lower(period)")],
        unique=False,
    )
    op.create_index(
        "bookings_startup_start_idx",
        "bookings",
        ["operator_id", "startup_id", sa.literal_column("lower(period)")],
        unique=False,
    )
    op.create_table(
        "tariff_items",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_kind", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("unit_kind", sa.Text(), nullable=True),
        sa.Column("resource_kind", sa.Text(), nullable=True),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(charge_kind = 'booking') = (basis = 'hour')", name=op.f("tariff_items_bookings_by_hour_check")
        ),
        sa.CheckConstraint(
            "(charge_kind = 'booking') = (unit_kind IS NULL)", name=op.f("tariff_items_bookings_of_resources_check")
        ),
        sa.CheckConstraint("basis IN ('m2_month', 'unit_month', 'hour')", name=op.f("tariff_items_basis_check")),
        sa.CheckConstraint(
            "charge_kind IN ('rent', 'property_fee', 'utilities', 'booking')",
            name=op.f("tariff_items_charge_kind_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(unit_kind, resource_kind, resource_id) = 1", name=op.f("tariff_items_one_subject_check")
        ),
        sa.CheckConstraint("unit_price >= 0", name=op.f("tariff_items_unit_price_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("tariff_items_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "tariff_id"],
            ["tariffs.operator_id", "tariffs.id"],
            name=op.f("tariff_items_operator_id_tariff_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("tariff_items_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("tariff_items_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "tariff_id",
            "charge_kind",
            "unit_kind",
            "resource_kind",
            "resource_id",
            name="tariff_items_one_price",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "units",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("floor_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("in_service", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('desk', 'office', 'room', 'hall', 'instrument', 'parking')", name=op.f("units_kind_check")
        ),
        sa.CheckConstraint("purpose IN ('incubation', 'public_service', 'operator')", name=op.f("units_purpose_check")),
        sa.CheckConstraint("NOT isempty(in_service)", name=op.f("units_in_service_check")),
        sa.CheckConstraint("area_m2 >= 0", name=op.f("units_area_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "floor_id"],
            ["floors.operator_id", "floors.id"],
            name=op.f("units_operator_id_floor_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("units_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("units_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("units_pkey")),
        sa.UniqueConstraint("operator_id", "site_id", "code", name=op.f("units_operator_id_site_id_code_key")),
    )
    op.create_index(op.f("units_operator_id_floor_id_idx"), "units", ["operator_id", "floor_id"], unique=False)
    op.create_table(
        "allocations",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("holder_kind", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.BigInteger(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "holder_kind IN ('residency', 'booking', 'closure')", name=op.f("allocations_holder_kind_check")
        ),
        sa.CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name=op.f("allocations_void_reason_check")),
        sa.CheckConstraint("NOT isempty(period) AND NOT lower_inf(period)", name=op.f("allocations_period_check")),
        sa.CheckConstraint("lower_inc(period) AND NOT upper_inc(period)", name=op.f("allocations_half_open_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("allocations_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("allocations_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"],
            ["units.operator_id", "units.id"],
            name=op.f("allocations_operator_id_unit_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "voided_by"],
            ["people.operator_id", "people.id"],
            name=op.f("allocations_operator_id_voided_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("allocations_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("allocations_pkey")),
    )
    op.create_index(
        op.f("allocations_operator_id_holder_kind_holder_id_idx"),
        "allocations",
        ["operator_id", "holder_kind", "holder_id"],
        unique=False,
    )
    op.create_index(
        "allocations_period_idx",
        "allocations",
        ["period"],
        unique=False,
        postgresql_using="gist",
        postgresql_where="voided_at IS NULL",
    )
    op.create_table(
        "charges",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("derivation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source_kind IN ('residency_price', 'booking')", name=op.f("charges_source_kind_check")),
        sa.CheckConstraint("gross_minor >= 0", name=op.f("charges_gross_check")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("charges_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("charges_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("charges_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("charges_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"], ["units.operator_id", "units.id"], name=op.f("charges_operator_id_unit_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("charges_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("charges_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "source_kind",
            "source_id",
            "month",
            name=op.f("charges_operator_id_source_kind_source_id_month_key"),
        ),
    )
    op.create_index(
        op.f("charges_operator_id_site_id_month_idx"), "charges", ["operator_id", "site_id", "month"], unique=False
    )
    op.create_index(
        op.f("charges_operator_id_startup_id_month_idx"),
        "charges",
        ["operator_id", "startup_id", "month"],
        unique=False,
    )
    op.create_table(
        "residency_prices",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_kind", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("basis IN ('m2_month', 'unit_month')", name=op.f("residency_prices_basis_check")),
        sa.CheckConstraint(
            "charge_kind = 'rent' OR basis = 'm2_month'", name=op.f("residency_prices_fee_by_area_check")
        ),
        sa.CheckConstraint("charge_kind IN ('rent', 'property_fee')", name=op.f("residency_prices_charge_kind_check")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("residency_prices_unit_price_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("residency_prices_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"],
            ["units.operator_id", "units.id"],
            name=op.f("residency_prices_operator_id_unit_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("residency_prices_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("residency_prices_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "residency_id",
            "unit_id",
            "charge_kind",
            name=op.f("residency_prices_operator_id_residency_id_unit_id_charge_kind_key"),
        ),
    )
    op.create_table(
        "resource_units",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("resource_units_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"],
            ["units.operator_id", "units.id"],
            name=op.f("resource_units_operator_id_unit_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("resource_units_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "resource_id", "unit_id", name=op.f("resource_units_pkey")),
    )
    op.create_index(
        op.f("resource_units_operator_id_unit_id_idx"), "resource_units", ["operator_id", "unit_id"], unique=False
    )
    op.create_table(
        "invoice_lines",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("gross_minor = net_minor + subsidy_minor", name=op.f("invoice_lines_adds_up_check")),
        sa.CheckConstraint("net_minor >= 0 AND subsidy_minor >= 0", name=op.f("invoice_lines_not_negative_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "charge_id"],
            ["charges.operator_id", "charges.id"],
            name=op.f("invoice_lines_operator_id_charge_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("invoice_lines_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("invoice_lines_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "invoice_id", "line", name=op.f("invoice_lines_pkey")),
        sa.UniqueConstraint("operator_id", "charge_id", name=op.f("invoice_lines_operator_id_charge_id_key")),
    )
    op.create_table(
        "subsidy_decisions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme_version_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("derivation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('granted', 'capped') OR amount_minor = 0",
            name=op.f("subsidy_decisions_refused_is_nothing_check"),
        ),
        sa.CheckConstraint(
            "outcome IN ('granted', 'capped', 'refused', 'not_covered')", name=op.f("subsidy_decisions_outcome_check")
        ),
        sa.CheckConstraint(
            "0 <= amount_minor AND amount_minor <= base_minor", name=op.f("subsidy_decisions_amount_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "charge_id"],
            ["charges.operator_id", "charges.id"],
            name=op.f("subsidy_decisions_operator_id_charge_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_version_id"],
            ["scheme_versions.operator_id", "scheme_versions.id"],
            name=op.f("subsidy_decisions_operator_id_scheme_version_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("subsidy_decisions_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("subsidy_decisions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("subsidy_decisions_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "charge_id",
            "scheme_version_id",
            name=op.f("subsidy_decisions_operator_id_charge_id_scheme_version_id_key"),
        ),
    )
    op.create_index(
        op.f("subsidy_decisions_operator_id_startup_id_month_idx"),
        "subsidy_decisions",
        ["operator_id", "startup_id", "month"],
        unique=False,
    )


def downgrade() -> None:
    """Everything goes, except the role: other databases of the server may use it."""
    op.execute("DROP TABLE " + ", ".join(GRANTS) + " CASCADE")
