"""The portal: requests with their target times, announcements, the directory, and rights of members.

Revision ID: 0016
Revises: 0015
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "request_categories": "SELECT, INSERT, UPDATE",
    "service_levels": "SELECT, INSERT, UPDATE",
    "requests": "SELECT, INSERT, UPDATE",
    "request_messages": "SELECT, INSERT",
    "request_photos": "SELECT, INSERT",
    "announcements": "SELECT, INSERT, UPDATE",
    "announcement_targets": "SELECT, INSERT, DELETE",
    "announcement_readings": "SELECT, INSERT",
    "directory_entries": "SELECT, INSERT, UPDATE",
}
KINDS = ("request", "announcement")
"""What people are told of, in addition to what there was."""


def upgrade() -> None:
    op.create_table(
        "request_categories",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("responsible_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "name <> ''",
            name=op.f("request_categories_name_check"),
        ),
        sa.CheckConstraint(
            "priority IN ('low', 'normal', 'high', 'urgent')",
            name=op.f("request_categories_priority_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("request_categories_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "responsible_id"], ["people.operator_id", "people.id"],
            name=op.f("request_categories_operator_id_responsible_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("request_categories_pkey")),
        sa.UniqueConstraint(
            "operator_id", "name",
            name=op.f("request_categories_operator_id_name_key"),
        ),
    )
    op.create_table(
        "service_levels",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("answer_minutes", sa.Integer(), nullable=False),
        sa.Column("resolve_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            '0 < answer_minutes AND answer_minutes <= resolve_minutes AND resolve_minutes <= 60000',
            name=op.f("service_levels_minutes_check"),
        ),
        sa.CheckConstraint(
            "priority IN ('low', 'normal', 'high', 'urgent')",
            name=op.f("service_levels_priority_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("service_levels_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"],
            name=op.f("service_levels_operator_id_site_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("service_levels_pkey")),
        sa.UniqueConstraint(
            "operator_id", "site_id", "priority",
            name=op.f("service_levels_operator_id_site_id_priority_key"),
        ),
    )
    op.create_table(
        "requests",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=True),
        sa.Column("assigned_to", sa.BigInteger(), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_minutes", sa.Integer(), nullable=True),
        sa.Column("resolve_target", sa.Integer(), nullable=False),
        sa.Column("waited_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_minutes", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("rating_remark", sa.Text(), server_default="", nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            'closed_at IS NULL OR resolved_at IS NOT NULL',
            name=op.f("requests_closed_is_resolved_check"),
        ),
        sa.CheckConstraint(
            'waited_minutes >= 0 AND reopened >= 0 AND resolve_target > 0',
            name=op.f("requests_counts_check"),
        ),
        sa.CheckConstraint(
            'number > 0',
            name=op.f("requests_number_check"),
        ),
        sa.CheckConstraint(
            'resolved_at IS NULL OR waiting_since IS NULL',
            name=op.f("requests_one_turn_check"),
        ),
        sa.CheckConstraint(
            "priority IN ('low', 'normal', 'high', 'urgent')",
            name=op.f("requests_priority_check"),
        ),
        sa.CheckConstraint(
            'rating BETWEEN 1 AND 5',
            name=op.f("requests_rating_check"),
        ),
        sa.CheckConstraint(
            "rating IS NOT NULL OR rating_remark = ''",
            name=op.f("requests_rating_remark_check"),
        ),
        sa.CheckConstraint(
            '(resolved_at IS NULL) = (resolve_minutes IS NULL)',
            name=op.f("requests_resolved_in_check"),
        ),
        sa.CheckConstraint(
            "title <> ''",
            name=op.f("requests_title_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "assigned_to"], ["people.operator_id", "people.id"],
            name=op.f("requests_operator_id_assigned_to_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "category_id"], ["request_categories.operator_id", "request_categories.id"],
            name=op.f("requests_operator_id_category_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("requests_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "opened_by"], ["people.operator_id", "people.id"],
            name=op.f("requests_operator_id_opened_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"],
            name=op.f("requests_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"], ["startups.operator_id", "startups.id"],
            name=op.f("requests_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"], ["units.operator_id", "units.id"],
            name=op.f("requests_operator_id_unit_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("requests_pkey")),
        sa.UniqueConstraint(
            "operator_id", "opened_by", "form_key",
            name=op.f("requests_operator_id_opened_by_form_key_key"),
        ),
        sa.UniqueConstraint(
            "operator_id", "year", "number",
            name=op.f("requests_operator_id_year_number_key"),
        ),
    )
    op.create_index(
        op.f("requests_operator_id_opened_at_idx"), "requests", ["operator_id", "opened_at"], unique=False,
    )
    op.create_index(
        op.f("requests_operator_id_startup_id_last_message_at_idx"), "requests", ["operator_id", "startup_id", "last_message_at"], unique=False,
    )
    op.create_index(
        op.f("requests_to_close_idx"), "requests", ["operator_id", "resolved_at"], unique=False,
        postgresql_where="resolved_at IS NOT NULL AND closed_at IS NULL",
    )
    op.create_index(
        op.f("requests_unresolved_idx"), "requests", ["operator_id", "resolve_due_at"], unique=False,
        postgresql_where="resolved_at IS NULL",
    )
    op.create_table(
        "request_messages",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('message', 'note', 'resolution', 'reopening', 'change')",
            name=op.f("request_messages_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("request_messages_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"], ["people.operator_id", "people.id"],
            name=op.f("request_messages_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "request_id"], ["requests.operator_id", "requests.id"],
            name=op.f("request_messages_operator_id_request_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("request_messages_pkey")),
    )
    op.create_index(
        op.f("request_messages_operator_id_request_id_idx"), "request_messages", ["operator_id", "request_id"], unique=False,
    )
    op.create_table(
        "request_photos",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("small_file_id", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            'width > 0 AND height > 0',
            name=op.f("request_photos_size_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"], ["stored_files.operator_id", "stored_files.id"],
            name=op.f("request_photos_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("request_photos_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "message_id"], ["request_messages.operator_id", "request_messages.id"],
            name=op.f("request_photos_operator_id_message_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "request_id"], ["requests.operator_id", "requests.id"],
            name=op.f("request_photos_operator_id_request_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "small_file_id"], ["stored_files.operator_id", "stored_files.id"],
            name=op.f("request_photos_operator_id_small_file_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("request_photos_pkey")),
    )
    op.create_index(
        op.f("request_photos_operator_id_request_id_idx"), "request_photos", ["operator_id", "request_id"], unique=False,
    )
    op.create_table(
        "announcements",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), server_default="", nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "audience IN ('all', 'sites', 'programmes', 'staff')",
            name=op.f("announcements_audience_check"),
        ),
        sa.CheckConstraint(
            'until_on IS NULL OR until_on >= from_on',
            name=op.f("announcements_days_check"),
        ),
        sa.CheckConstraint(
            'by_mail OR mailed_at IS NULL',
            name=op.f("announcements_mailed_check"),
        ),
        sa.CheckConstraint(
            "title <> '' AND body <> ''",
            name=op.f("announcements_words_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("announcements_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "published_by"], ["people.operator_id", "people.id"],
            name=op.f("announcements_operator_id_published_by_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("announcements_pkey")),
    )
    op.create_index(
        op.f("announcements_operator_id_from_on_idx"), "announcements", ["operator_id", "from_on"], unique=False,
    )
    op.create_table(
        "announcement_targets",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("programme_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            'num_nonnulls(site_id, programme_id) = 1',
            name=op.f("announcement_targets_one_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "announcement_id"], ["announcements.operator_id", "announcements.id"],
            name=op.f("announcement_targets_operator_id_announcement_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("announcement_targets_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "programme_id"], ["programmes.operator_id", "programmes.id"],
            name=op.f("announcement_targets_operator_id_programme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"],
            name=op.f("announcement_targets_operator_id_site_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("announcement_targets_pkey")),
    )
    op.create_index(
        op.f("announcement_targets_operator_id_announcement_id_idx"), "announcement_targets", ["operator_id", "announcement_id"], unique=False,
    )
    op.create_table(
        "announcement_readings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "announcement_id"], ["announcements.operator_id", "announcements.id"],
            name=op.f("announcement_readings_operator_id_announcement_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("announcement_readings_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"], ["people.operator_id", "people.id"],
            name=op.f("announcement_readings_operator_id_person_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "announcement_id", "person_id", name=op.f("announcement_readings_pkey")),
    )
    op.create_index(
        op.f("announcement_readings_operator_id_person_id_idx"), "announcement_readings", ["operator_id", "person_id"], unique=False,
    )
    op.create_table(
        "directory_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("blurb", sa.Text(), server_default="", nullable=False),
        sa.Column("blurb_en", sa.Text(), server_default="", nullable=False),
        sa.Column("website", sa.Text(), server_default="", nullable=False),
        sa.Column("offers", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("seeks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("contact", sa.Text(), server_default="none", nullable=False),
        sa.Column("logo_id", sa.BigInteger(), nullable=True),
        sa.Column("logo_width", sa.Integer(), nullable=True),
        sa.Column("logo_height", sa.Integer(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "contact IN ('none', 'founders', 'contact')",
            name=op.f("directory_entries_contact_check"),
        ),
        sa.CheckConstraint(
            "NOT listed OR blurb <> ''",
            name=op.f("directory_entries_listed_says_something_check"),
        ),
        sa.CheckConstraint(
            'num_nonnulls(logo_id, logo_width, logo_height) IN (0, 3)',
            name=op.f("directory_entries_logo_check"),
        ),
        sa.CheckConstraint(
            "website = '' OR website ~ '^https?://'",
            name=op.f("directory_entries_website_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"],
            name=op.f("directory_entries_operator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "logo_id"], ["stored_files.operator_id", "stored_files.id"],
            name=op.f("directory_entries_operator_id_logo_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"], ["startups.operator_id", "startups.id"],
            name=op.f("directory_entries_operator_id_startup_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("directory_entries_pkey")),
        sa.UniqueConstraint(
            "operator_id", "startup_id",
            name=op.f("directory_entries_operator_id_startup_id_key"),
        ),
    )
    op.add_column("role_grants", sa.Column("may_book", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("role_grants", sa.Column("sees_invoices", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(
        op.f("role_grants_rights_of_members_check"), "role_grants",
        "role = 'member' OR (may_book AND NOT sees_invoices)",
    )
    for table in ("notices", "notice_choices"):
        _set_kinds(table, [*(each for each in _kinds(table) if each not in KINDS), *KINDS])
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in ("notices", "notice_choices"):
        op.execute(f"DELETE FROM {table} WHERE kind IN {KINDS}")
        _set_kinds(table, [each for each in _kinds(table) if each not in KINDS])
    op.drop_constraint(op.f("role_grants_rights_of_members_check"), "role_grants")
    op.drop_column("role_grants", "sees_invoices")
    op.drop_column("role_grants", "may_book")
    op.drop_table("directory_entries")
    op.drop_table("announcement_readings")
    op.drop_table("announcement_targets")
    op.drop_table("announcements")
    op.drop_table("request_photos")
    op.drop_table("request_messages")
    op.drop_table("requests")
    op.drop_table("service_levels")
    op.drop_table("request_categories")


def _kinds(table: str) -> list[str]:
    """The kinds that the table admits so far."""
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"
    found = op.get_bind().execute(sa.text(query), {"name": f"{table}_kind_check"}).scalar_one()
    return re.findall(r"'(\w+)'", found)


def _set_kinds(table: str, kinds: list[str]) -> None:
    op.drop_constraint(op.f(f"{table}_kind_check"), table)
    op.create_check_constraint(op.f(f"{table}_kind_check"), table, f"kind IN {tuple(kinds)}")
