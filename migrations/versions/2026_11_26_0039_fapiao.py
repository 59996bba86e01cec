"""Fapiaos: titles, settings, requests, papers, batches, files, imports, events, calls of a provider.

Revision ID: 0039
Revises: 0038
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "demo_fapiaos": "SELECT, INSERT, UPDATE",
    "fapiao_places": "SELECT, INSERT",
    "fapiao_settings": "SELECT, INSERT",
    "fapiao_titles": "SELECT, INSERT",
    "fapiao_batches": "SELECT, INSERT",
    "fapiao_imports": "SELECT, INSERT",
    "fapiao_requests": "SELECT, INSERT, UPDATE",
    "fapiaos": "SELECT, INSERT, UPDATE",
    "fapiao_calls": "SELECT, INSERT, UPDATE",
    "fapiao_events": "SELECT, INSERT",
    "fapiao_files": "SELECT, INSERT",
}


def upgrade() -> None:
    for table in ("notices", "notice_choices"):
        _tell_of(table, [*_told(table), "fapiao"])
    _demo_fapiaos()
    _fapiao_places()
    _fapiao_settings()
    _fapiao_titles()
    _fapiao_batches()
    _fapiao_imports()
    _fapiao_requests()
    _fapiaos()
    _fapiao_calls()
    _fapiao_events()
    _fapiao_files()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)
    for table in ("notices", "notice_choices"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.delete(sa.table(table, sa.column("kind"))).where(sa.column("kind") == "fapiao"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _tell_of(table, [kind for kind in _told(table) if kind != "fapiao"])


def _told(table: str) -> list[str]:
    """What the kind can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _tell_of(table: str, kinds: list[str]) -> None:
    name = op.f(f"{table}_kind_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})")


def _demo_fapiaos() -> None:
    op.create_table(
        "demo_fapiaos",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("confirmation", sa.Text(), server_default="", nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("asked", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("demo_fapiaos_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("demo_fapiaos_pkey")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("demo_fapiaos_operator_id_key_key")),
        sa.UniqueConstraint("operator_id", "number", name=op.f("demo_fapiaos_operator_id_number_key")),
    )


def _fapiao_places() -> None:
    op.create_table(
        "fapiao_places",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("is_other_city", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "region <> '' AND address <> '' AND certificate <> ''", name=op.f("fapiao_places_complete_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_places_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("fapiao_places_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_places_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_places_pkey")),
    )
    op.create_index(
        op.f("fapiao_places_operator_id_site_id_idx"), "fapiao_places", ["operator_id", "site_id"], unique=False
    )


def _fapiao_settings() -> None:
    op.create_table(
        "fapiao_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("codes", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("provider IN ('none', 'demo')", name=op.f("fapiao_settings_provider_check")),
        sa.CheckConstraint("timing IN ('posting', 'payment')", name=op.f("fapiao_settings_timing_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_settings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_settings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_settings_pkey")),
    )


def _fapiao_titles() -> None:
    op.create_table(
        "fapiao_titles",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), server_default="", nullable=False),
        sa.Column("general_taxpayer", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("bank", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("buyer = 'individual' OR tax_number <> ''", name=op.f("fapiao_titles_tax_number_check")),
        sa.CheckConstraint("buyer IN ('company', 'individual')", name=op.f("fapiao_titles_buyer_check")),
        sa.CheckConstraint(
            "kind = 'ordinary' OR (buyer = 'company' AND general_taxpayer AND address <> '' "
            "AND phone <> '' AND bank <> '' AND account <> '')",
            name=op.f("fapiao_titles_special_is_complete_check"),
        ),
        sa.CheckConstraint("kind IN ('ordinary', 'special')", name=op.f("fapiao_titles_kind_check")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("fapiao_titles_name_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_titles_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("fapiao_titles_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_titles_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_titles_pkey")),
        sa.UniqueConstraint(
            "operator_id", "startup_id", "version", name=op.f("fapiao_titles_operator_id_startup_id_version_key")
        ),
    )


def _fapiao_batches() -> None:
    op.create_table(
        "fapiao_batches",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(way = 'file') = (file_id IS NOT NULL)", name=op.f("fapiao_batches_file_check")),
        sa.CheckConstraint("way IN ('file', 'provider')", name=op.f("fapiao_batches_way_check")),
        sa.CheckConstraint("(file_id IS NULL) = (sha256 IS NULL)", name=op.f("fapiao_batches_hash_check")),
        sa.CheckConstraint(
            "number > 0 AND requests > 0 AND papers >= requests AND net_minor > 0",
            name=op.f("fapiao_batches_not_empty_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("fapiao_batches_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_batches_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_batches_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_batches_pkey")),
        sa.UniqueConstraint("operator_id", "year", "number", name=op.f("fapiao_batches_operator_id_year_number_key")),
    )


def _fapiao_imports() -> None:
    op.create_table(
        "fapiao_imports",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("fapiao_imports_hash_check")),
        sa.CheckConstraint("papers > 0", name=op.f("fapiao_imports_papers_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("fapiao_imports_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "imported_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_imports_operator_id_imported_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_imports_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_imports_pkey")),
    )


def _fapiao_requests() -> None:
    op.create_table(
        "fapiao_requests",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("title_id", sa.BigInteger(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked' AND batch_id IS NULL) OR (state = 'batched' AND batch_id IS NOT "
            "NULL) OR state NOT IN ('asked', 'batched')",
            name=op.f("fapiao_requests_batch_check"),
        ),
        sa.CheckConstraint("kind IN ('ordinary', 'special')", name=op.f("fapiao_requests_kind_check")),
        sa.CheckConstraint("state <> 'returned' OR reason <> ''", name=op.f("fapiao_requests_returned_says_why_check")),
        sa.CheckConstraint(
            "state IN ('asked', 'returned', 'withdrawn', 'batched', 'issued', 'reversed')",
            name=op.f("fapiao_requests_state_check"),
        ),
        sa.CheckConstraint(
            "net_minor > 0 AND tax_minor BETWEEN 0 AND net_minor", name=op.f("fapiao_requests_amounts_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "asked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_requests_operator_id_asked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "batch_id"],
            ["fapiao_batches.operator_id", "fapiao_batches.id"],
            name=op.f("fapiao_requests_operator_id_batch_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("fapiao_requests_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("fapiao_requests_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "title_id"],
            ["fapiao_titles.operator_id", "fapiao_titles.id"],
            name=op.f("fapiao_requests_operator_id_title_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_requests_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_requests_pkey")),
    )
    op.create_index(
        "fapiao_requests_living_key",
        "fapiao_requests",
        ["operator_id", "invoice_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'batched', 'issued')"),
    )
    op.create_index(
        op.f("fapiao_requests_operator_id_batch_id_idx"), "fapiao_requests", ["operator_id", "batch_id"], unique=False
    )
    op.create_index(
        op.f("fapiao_requests_operator_id_startup_id_idx"),
        "fapiao_requests",
        ["operator_id", "startup_id"],
        unique=False,
    )
    op.create_index(
        op.f("fapiao_requests_operator_id_state_asked_at_idx"),
        "fapiao_requests",
        ["operator_id", "state", "asked_at"],
        unique=False,
    )


def _fapiaos() -> None:
    op.create_table(
        "fapiaos",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("confirmation", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("business IN ('general', 'lease')", name=op.f("fapiaos_business_check")),
        sa.CheckConstraint("kind IN ('ordinary', 'special')", name=op.f("fapiaos_kind_check")),
        sa.CheckConstraint("number ~ '^[0-9]{20}$'", name=op.f("fapiaos_number_check")),
        sa.CheckConstraint("reason IN ('mistake', 'stopped', 'allowance')", name=op.f("fapiaos_reason_check")),
        sa.CheckConstraint(
            "reverses_id IS NOT NULL OR (given_up_at IS NULL AND confirmation = '')",
            name=op.f("fapiaos_red_only_check"),
        ),
        sa.CheckConstraint(
            "reverses_id IS NULL OR number IS NULL OR confirmation ~ '^[0-9A-Za-z]{1,32}$'",
            name=op.f("fapiaos_confirmed_check"),
        ),
        sa.CheckConstraint("serial ~ '^[A-Z0-9]{1,20}$'", name=op.f("fapiaos_serial_check")),
        sa.CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name=op.f("fapiaos_issued_check")),
        sa.CheckConstraint("(reverses_id IS NULL) = (reason IS NULL)", name=op.f("fapiaos_red_says_why_check")),
        sa.CheckConstraint("given_up_at IS NULL OR number IS NULL", name=op.f("fapiaos_one_end_check")),
        sa.CheckConstraint("net_minor > 0 AND tax_minor BETWEEN 0 AND net_minor", name=op.f("fapiaos_amounts_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiaos_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "invoice_id"],
            ["invoices.operator_id", "invoices.id"],
            name=op.f("fapiaos_operator_id_invoice_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "request_id"],
            ["fapiao_requests.operator_id", "fapiao_requests.id"],
            name=op.f("fapiaos_operator_id_request_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "reverses_id"],
            ["fapiaos.operator_id", "fapiaos.id"],
            name=op.f("fapiaos_operator_id_reverses_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("fapiaos_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("fapiaos_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiaos_pkey")),
        sa.UniqueConstraint("operator_id", "number", name=op.f("fapiaos_operator_id_number_key")),
        sa.UniqueConstraint("operator_id", "serial", name=op.f("fapiaos_operator_id_serial_key")),
    )
    op.create_index(op.f("fapiaos_operator_id_invoice_id_idx"), "fapiaos", ["operator_id", "invoice_id"], unique=False)
    op.create_index(op.f("fapiaos_operator_id_request_id_idx"), "fapiaos", ["operator_id", "request_id"], unique=False)
    op.create_index(
        "fapiaos_red_waiting_key",
        "fapiaos",
        ["operator_id", "reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id IS NOT NULL AND number IS NULL AND given_up_at IS NULL"),
    )


def _fapiao_calls() -> None:
    op.create_table(
        "fapiao_calls",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("fapiao_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("fapiao_calls_settled_check")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed', 'dropped')", name=op.f("fapiao_calls_state_check")),
        sa.CheckConstraint("attempts >= 0", name=op.f("fapiao_calls_attempts_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "fapiao_id"],
            ["fapiaos.operator_id", "fapiaos.id"],
            name=op.f("fapiao_calls_operator_id_fapiao_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("fapiao_calls_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_calls_pkey")),
        sa.UniqueConstraint("operator_id", "fapiao_id", name=op.f("fapiao_calls_operator_id_fapiao_id_key")),
    )
    op.create_index(
        "fapiao_calls_due_idx",
        "fapiao_calls",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _fapiao_events() -> None:
    op.create_table(
        "fapiao_events",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("fapiao_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "what IN ('asked', 'returned', 'withdrawn', 'batched', 'released', 'issued', "
            "'filed', 'red_asked', 'red_given_up', 'red_issued')",
            name=op.f("fapiao_events_what_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "done_by"],
            ["people.operator_id", "people.id"],
            name=op.f("fapiao_events_operator_id_done_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "fapiao_id"],
            ["fapiaos.operator_id", "fapiaos.id"],
            name=op.f("fapiao_events_operator_id_fapiao_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "request_id"],
            ["fapiao_requests.operator_id", "fapiao_requests.id"],
            name=op.f("fapiao_events_operator_id_request_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fapiao_events_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("fapiao_events_pkey")),
    )
    op.create_index(
        op.f("fapiao_events_operator_id_request_id_idx"), "fapiao_events", ["operator_id", "request_id"], unique=False
    )


def _fapiao_files() -> None:
    op.create_table(
        "fapiao_files",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("fapiao_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("form IN ('pdf', 'ofd', 'xml')", name=op.f("fapiao_files_form_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "fapiao_id"],
            ["fapiaos.operator_id", "fapiaos.id"],
            name=op.f("fapiao_files_operator_id_fapiao_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("fapiao_files_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("fapiao_files_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "fapiao_id", "form", name=op.f("fapiao_files_pkey")),
    )
    # ### end Alembic commands ###
