"""Notices and their letters, secret addresses, attendance, waits.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "access_keys": "SELECT, INSERT, UPDATE",
    "notice_choices": "SELECT, INSERT, UPDATE, DELETE",
    "notices": "SELECT, INSERT, UPDATE",
    "waits": "SELECT, INSERT, UPDATE",
}

RULE_CHECKS = {
    "check_in": "check_in_minutes BETWEEN 5 AND 240",
    "strikes": "strikes_most BETWEEN 1 AND 100",
    "strikes_days": "strikes_days BETWEEN 1 AND 366",
    "pause": "pause_days BETWEEN 1 AND 366",
    "whole_strikes": "num_nonnulls(strikes_most, strikes_days, pause_days) IN (0, 3)",
}
BOOKING_CHECKS = {
    "arrival_source": "arrival_source IN ('door', 'front_desk', 'person')",
    "arrival": "(arrived_at IS NULL) = (arrival_source IS NULL)",
    "one_outcome": "num_nonnulls(arrived_at, no_show_at, cancelled_at) <= 1",
    "no_show_was_asked": "no_show_at IS NULL OR check_in_until IS NOT NULL",
    "left_after_coming": "left_at IS NULL OR (no_show_at IS NULL AND cancelled_at IS NULL)",
    "whole_excuse": "num_nonnulls(excused_at, excuse) IN (0, 2)",
    "excused_no_show": "excused_at IS NULL OR no_show_at IS NOT NULL",
}
KINDS = (
    "kind IN ('confirmation', 'change', 'cancellation', 'reminder', 'approval', 'waitlist', 'arrival', 'closure', "
    "'visit')"
)
MISSED = "check_in_until IS NOT NULL AND arrived_at IS NULL AND no_show_at IS NULL AND cancelled_at IS NULL"
HOLDERS = "holder_kind IN ('residency', 'booking', 'closure', 'buffer', 'offer')"
HOLDERS_BEFORE = "holder_kind IN ('residency', 'booking', 'closure', 'buffer')"


def upgrade() -> None:
    op.create_table(
        "access_keys",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('person_feed', 'startup_feed', 'resource_feed', 'door', 'pass')",
            name=op.f("access_keys_kind_check"),
        ),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("access_keys_token_hash_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("access_keys_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("access_keys_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("access_keys_pkey")),
        sa.UniqueConstraint("operator_id", "token_hash", name=op.f("access_keys_operator_id_token_hash_key")),
    )
    op.create_index(
        "access_keys_live_key",
        "access_keys",
        ["operator_id", "kind", "opens_id"],
        unique=True,
        postgresql_where="revoked_at IS NULL",
    )
    op.create_table(
        "notice_choices",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            KINDS,
            name=op.f("notice_choices_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("notice_choices_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("notice_choices_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "person_id", "kind", name=op.f("notice_choices_pkey")),
    )
    op.create_table(
        "notices",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("to_address", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="zh_Hans", nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            KINDS,
            name=op.f("notices_kind_check"),
        ),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("notices_locale_check")),
        sa.CheckConstraint("outcome IN ('written', 'unwanted', 'stale')", name=op.f("notices_outcome_check")),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name=op.f("notices_settled_check")),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR to_address IS NOT NULL OR settled_at IS NOT NULL",
            name=op.f("notices_a_reader_check"),
        ),
        sa.CheckConstraint("person_id IS NULL OR to_address IS NULL", name=op.f("notices_one_reader_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("notices_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("notices_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("notices_pkey")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("notices_operator_id_key_key")),
    )
    op.create_index(
        op.f("notices_operator_id_subject_kind_subject_id_idx"),
        "notices",
        ["operator_id", "subject_kind", "subject_id"],
        unique=False,
    )
    op.create_index(
        "notices_waiting_idx", "notices", ["operator_id", "id"], unique=False, postgresql_where="settled_at IS NULL"
    )
    op.create_table(
        "waits",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("wanted", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("attendees", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered", postgresql.TSTZRANGE(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(booking_id IS NOT NULL) = (end_reason = 'taken' AND end_reason IS NOT NULL)",
            name=op.f("waits_taken_check"),
        ),
        sa.CheckConstraint(
            "end_reason IN ('taken', 'withdrawn', 'passed', 'lapsed')", name=op.f("waits_end_reason_check")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("waits_end_check")),
        sa.CheckConstraint(
            "NOT isempty(wanted) AND NOT lower_inf(wanted) AND NOT upper_inf(wanted)", name=op.f("waits_wanted_check")
        ),
        sa.CheckConstraint("minutes BETWEEN 5 AND 44640", name=op.f("waits_minutes_check")),
        sa.CheckConstraint(
            "num_nonnulls(offered, offered_at, offer_until) IN (0, 3)", name=op.f("waits_whole_offer_check")
        ),
        sa.CheckConstraint("offered <@ wanted", name=op.f("waits_offered_as_wanted_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "booking_id"],
            ["bookings.operator_id", "bookings.id"],
            name=op.f("waits_operator_id_booking_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("waits_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "resource_id"],
            ["resources.operator_id", "resources.id"],
            name=op.f("waits_operator_id_resource_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("waits_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("waits_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("waits_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("waits_pkey")),
    )
    op.create_index(
        "waits_line_idx",
        "waits",
        ["operator_id", "resource_id", "id"],
        unique=False,
        postgresql_where="ended_at IS NULL",
    )
    op.create_index(
        "waits_offer_idx",
        "waits",
        ["operator_id", "offer_until"],
        unique=False,
        postgresql_where="ended_at IS NULL AND offer_until IS NOT NULL",
    )
    op.create_index(
        op.f("waits_operator_id_person_id_id_idx"), "waits", ["operator_id", "person_id", "id"], unique=False
    )
    op.add_column("booking_rules", sa.Column("check_in_minutes", sa.Integer(), nullable=True))
    op.add_column("booking_rules", sa.Column("strikes_most", sa.Integer(), nullable=True))
    op.add_column("booking_rules", sa.Column("strikes_days", sa.Integer(), nullable=True))
    op.add_column("booking_rules", sa.Column("pause_days", sa.Integer(), nullable=True))
    op.add_column("bookings", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("bookings", sa.Column("check_in_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("arrived_by", sa.BigInteger(), nullable=True))
    op.add_column("bookings", sa.Column("arrival_source", sa.Text(), nullable=True))
    op.add_column("bookings", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("excused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("bookings", sa.Column("excused_by", sa.BigInteger(), nullable=True))
    op.add_column("bookings", sa.Column("excuse", sa.Text(), nullable=True))
    op.create_index(
        "bookings_check_in_idx",
        "bookings",
        ["operator_id", "check_in_until"],
        unique=False,
        postgresql_where=MISSED,
    )
    op.create_index(
        "bookings_no_show_idx",
        "bookings",
        ["operator_id", "booked_by", "no_show_at"],
        unique=False,
        postgresql_where="no_show_at IS NOT NULL AND excused_at IS NULL",
    )
    op.create_foreign_key(
        op.f("bookings_operator_id_excused_by_fkey"),
        "bookings",
        "people",
        ["operator_id", "excused_by"],
        ["operator_id", "id"],
    )
    op.create_foreign_key(
        op.f("bookings_operator_id_arrived_by_fkey"),
        "bookings",
        "people",
        ["operator_id", "arrived_by"],
        ["operator_id", "id"],
    )
    op.add_column("outbox_mails", sa.Column("calendar_body", sa.Text(), server_default="", nullable=False))
    for name, check in RULE_CHECKS.items():
        op.create_check_constraint(op.f(f"booking_rules_{name}_check"), "booking_rules", check)
    for name, check in BOOKING_CHECKS.items():
        op.create_check_constraint(op.f(f"bookings_{name}_check"), "bookings", check)
    op.drop_constraint(op.f("allocations_holder_kind_check"), "allocations")
    op.create_check_constraint(op.f("allocations_holder_kind_check"), "allocations", HOLDERS)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.execute("DELETE FROM allocations WHERE holder_kind = 'offer'")  # nobody's use, and nothing rests on it
    op.drop_constraint(op.f("allocations_holder_kind_check"), "allocations")
    op.create_check_constraint(op.f("allocations_holder_kind_check"), "allocations", HOLDERS_BEFORE)
    for name in BOOKING_CHECKS:
        op.drop_constraint(op.f(f"bookings_{name}_check"), "bookings")
    for name in RULE_CHECKS:
        op.drop_constraint(op.f(f"booking_rules_{name}_check"), "booking_rules")

    op.drop_column("outbox_mails", "calendar_body")
    op.drop_constraint(op.f("bookings_operator_id_arrived_by_fkey"), "bookings", type_="foreignkey")
    op.drop_constraint(op.f("bookings_operator_id_excused_by_fkey"), "bookings", type_="foreignkey")
    op.drop_index(
        "bookings_no_show_idx", table_name="bookings", postgresql_where="no_show_at IS NOT NULL AND excused_at IS NULL"
    )
    op.drop_index(
        "bookings_check_in_idx",
        table_name="bookings",
        postgresql_where=MISSED,
    )
    op.drop_column("bookings", "excuse")
    op.drop_column("bookings", "excused_by")
    op.drop_column("bookings", "excused_at")
    op.drop_column("bookings", "no_show_at")
    op.drop_column("bookings", "left_at")
    op.drop_column("bookings", "arrival_source")
    op.drop_column("bookings", "arrived_by")
    op.drop_column("bookings", "arrived_at")
    op.drop_column("bookings", "check_in_until")
    op.drop_column("bookings", "revision")
    op.drop_column("booking_rules", "pause_days")
    op.drop_column("booking_rules", "strikes_days")
    op.drop_column("booking_rules", "strikes_most")
    op.drop_column("booking_rules", "check_in_minutes")
    op.drop_index(op.f("waits_operator_id_person_id_id_idx"), table_name="waits")
    op.drop_index(
        "waits_offer_idx", table_name="waits", postgresql_where="ended_at IS NULL AND offer_until IS NOT NULL"
    )
    op.drop_index("waits_line_idx", table_name="waits", postgresql_where="ended_at IS NULL")
    op.drop_table("waits")
    op.drop_index("notices_waiting_idx", table_name="notices", postgresql_where="settled_at IS NULL")
    op.drop_index(op.f("notices_operator_id_subject_kind_subject_id_idx"), table_name="notices")
    op.drop_table("notices")
    op.drop_table("notice_choices")
    op.drop_index("access_keys_live_key", table_name="access_keys", postgresql_where="revoked_at IS NULL")
    op.drop_table("access_keys")
