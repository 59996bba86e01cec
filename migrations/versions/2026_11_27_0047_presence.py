"""Presence: sources, what they posted, badges, notes on findings, sums that stay.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "presence_sources": "SELECT, INSERT, UPDATE",
    "presence_batches": "SELECT, INSERT",
    "presence_events": "SELECT, INSERT, DELETE",
    "presence_badges": "SELECT, INSERT",
    "presence_notes": "SELECT, INSERT",
    "presence_settings": "SELECT, INSERT, UPDATE",
    "presence_months": "SELECT, INSERT",
}


def upgrade() -> None:
    _presence_sources()
    _presence_batches()
    _presence_events()
    _presence_badges()
    _presence_notes()
    _presence_settings()
    _presence_months()
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {granted} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (accepted, known, refused) ON presence_batches TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)


def _presence_sources() -> None:
    op.create_table(
        "presence_sources",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("secret_ends", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('door', 'wifi', 'desk', 'sensor', 'social_insurance')", name=op.f("presence_sources_kind_check")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("presence_sources_name_check")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 100000", name=op.f("presence_sources_capacity_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("presence_sources_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("presence_sources_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_sources_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_sources_pkey")),
        sa.UniqueConstraint(
            "operator_id", "site_id", "name", name=op.f("presence_sources_operator_id_site_id_name_key")
        ),
        sa.UniqueConstraint("operator_id", "token", name=op.f("presence_sources_operator_id_token_key")),
    )


def _presence_batches() -> None:
    op.create_table(
        "presence_batches",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("way IN ('api', 'file')", name=op.f("presence_batches_way_check")),
        sa.CheckConstraint("least(accepted, known, refused) >= 0", name=op.f("presence_batches_counts_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("presence_batches_sha256_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "received_by"],
            ["people.operator_id", "people.id"],
            name=op.f("presence_batches_operator_id_received_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "source_id"],
            ["presence_sources.operator_id", "presence_sources.id"],
            name=op.f("presence_batches_operator_id_source_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_batches_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_batches_pkey")),
    )
    op.create_index(
        op.f("presence_batches_operator_id_source_id_id_idx"),
        "presence_batches",
        ["operator_id", "source_id", "id"],
        unique=False,
    )


def _presence_events() -> None:
    op.create_table(
        "presence_events",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("person_hash", sa.LargeBinary(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'",
            name=op.f("presence_events_session_check"),
        ),
        sa.CheckConstraint(
            "external_id <> '' AND char_length(external_id) <= 100", name=op.f("presence_events_external_id_check")
        ),
        sa.CheckConstraint(
            "kind IN ('door', 'wifi', 'desk', 'sensor', 'social_insurance')", name=op.f("presence_events_kind_check")
        ),
        sa.CheckConstraint("count BETWEEN 0 AND 100000", name=op.f("presence_events_count_check")),
        sa.CheckConstraint(
            "num_nonnulls(person_hash, startup_id, count) > 0", name=op.f("presence_events_says_something_check")
        ),
        sa.CheckConstraint("octet_length(person_hash) = 32", name=op.f("presence_events_person_hash_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "batch_id"],
            ["presence_batches.operator_id", "presence_batches.id"],
            name=op.f("presence_events_operator_id_batch_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("presence_events_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "source_id"],
            ["presence_sources.operator_id", "presence_sources.id"],
            name=op.f("presence_events_operator_id_source_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("presence_events_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"],
            ["units.operator_id", "units.id"],
            name=op.f("presence_events_operator_id_unit_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_events_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_events_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "source_id",
            "external_id",
            name=op.f("presence_events_operator_id_source_id_external_id_key"),
        ),
    )
    op.create_index(
        "presence_events_insured_idx",
        "presence_events",
        ["operator_id", "on_date"],
        unique=False,
        postgresql_where="kind = 'social_insurance'",
    )
    op.create_index(
        op.f("presence_events_operator_id_site_id_on_date_idx"),
        "presence_events",
        ["operator_id", "site_id", "on_date"],
        unique=False,
    )


def _presence_badges() -> None:
    op.create_table(
        "presence_badges",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_hash", sa.LargeBinary(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("days", DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("presence_badges_days_check")),
        sa.CheckConstraint("octet_length(person_hash) = 32", name=op.f("presence_badges_person_hash_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("presence_badges_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("presence_badges_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_badges_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_badges_pkey")),
    )
    op.create_index(
        op.f("presence_badges_operator_id_person_hash_idx"),
        "presence_badges",
        ["operator_id", "person_hash"],
        unique=False,
    )


def _presence_notes() -> None:
    op.create_table(
        "presence_notes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('never_present', 'over_capacity', 'sensor_over', 'one_in_many', 'out_of_hours')",
            name=op.f("presence_notes_kind_check"),
        ),
        sa.CheckConstraint("note <> '' AND char_length(note) <= 500", name=op.f("presence_notes_note_check")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("presence_notes_month_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("presence_notes_sha256_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("presence_notes_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("presence_notes_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_notes_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_notes_pkey")),
    )
    op.create_index(
        op.f("presence_notes_operator_id_site_id_month_idx"),
        "presence_notes",
        ["operator_id", "site_id", "month"],
        unique=False,
    )


def _presence_settings() -> None:
    op.create_table(
        "presence_settings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("m2_per_person", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("keep_days BETWEEN 62 AND 3660", name=op.f("presence_settings_keep_days_check")),
        sa.CheckConstraint("m2_per_person BETWEEN 1 AND 100", name=op.f("presence_settings_m2_per_person_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "changed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("presence_settings_operator_id_changed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_settings_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_settings_pkey")),
        sa.UniqueConstraint("operator_id", name=op.f("presence_settings_operator_id_key")),
    )


def _presence_months() -> None:
    op.create_table(
        "presence_months",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("erased >= 0", name=op.f("presence_months_erased_check")),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("presence_months_month_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("presence_months_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("presence_months_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("presence_months_pkey")),
        sa.UniqueConstraint(
            "operator_id", "site_id", "month", name=op.f("presence_months_operator_id_site_id_month_key")
        ),
    )
