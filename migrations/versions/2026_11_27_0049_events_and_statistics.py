"""Events of a site with who came and what proves it; what is stated and explained of a year's statistics

Revision ID: 0049
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "events": "SELECT, INSERT, UPDATE",
    "event_results": "SELECT, INSERT",
    "event_parties": "SELECT, INSERT",
    "event_documents": "SELECT, INSERT",
    "event_costs": "SELECT, INSERT, DELETE",
    "statistic_values": "SELECT, INSERT",
    "statistic_notes": "SELECT, INSERT",
}


def upgrade() -> None:
    _events()
    _results()
    _belongings()
    _statistics()
    for table, grant in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (withdrawn_at, withdrawn_reason) ON statistic_values TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table in reversed(GRANTS):
        op.drop_table(table)


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), server_default="", nullable=False),
        sa.Column("period", TSTZRANGE(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(booking_id IS NULL) = (place <> '')", name=op.f("events_place_check")),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancelled_reason = '')", name=op.f("events_cancelled_says_why_check")
        ),
        sa.CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("events_cancelled_check")),
        sa.CheckConstraint("audience IN ('tenants', 'public')", name=op.f("events_audience_check")),
        sa.CheckConstraint(
            "kind IN ('competition', 'roadshow', 'forum', 'training', 'salon', 'visit', 'other')",
            name=op.f("events_kind_check"),
        ),
        sa.CheckConstraint("state IN ('planned', 'held', 'cancelled')", name=op.f("events_state_check")),
        sa.CheckConstraint("title <> ''", name=op.f("events_title_check")),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name=op.f("events_period_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "booking_id"],
            ["bookings.operator_id", "bookings.id"],
            name=op.f("events_operator_id_booking_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "cancelled_by"],
            ["people.operator_id", "people.id"],
            name=op.f("events_operator_id_cancelled_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("events_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"], ["sites.operator_id", "sites.id"], name=op.f("events_operator_id_site_id_fkey")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("events_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("events_pkey")),
    )
    op.create_index(
        "events_booking_key",
        "events",
        ["operator_id", "booking_id"],
        unique=True,
        postgresql_where=sa.text("booking_id IS NOT NULL AND cancelled_at IS NULL"),
    )
    op.create_index("events_site_start_idx", "events", ["operator_id", "site_id", sa.text("lower(period)")])
    op.create_index("events_start_idx", "events", ["operator_id", sa.text("lower(period)")])


def _results() -> None:
    op.create_table(
        "event_results",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("counted_from", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(number = 1) = (reason = '')", name=op.f("event_results_reason_check")),
        sa.CheckConstraint("counted_from <> ''", name=op.f("event_results_counted_from_check")),
        sa.CheckConstraint("number >= 1", name=op.f("event_results_number_check")),
        sa.CheckConstraint("participants BETWEEN 1 AND 100000", name=op.f("event_results_participants_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "event_id"],
            ["events.operator_id", "events.id"],
            name=op.f("event_results_operator_id_event_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "recorded_by"],
            ["people.operator_id", "people.id"],
            name=op.f("event_results_operator_id_recorded_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("event_results_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("event_results_pkey")),
        sa.UniqueConstraint(
            "operator_id", "event_id", "number", name=op.f("event_results_operator_id_event_id_number_key")
        ),
    )
    op.create_table(
        "event_parties",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("result_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(startup_id, person_id) = 1", name=op.f("event_parties_one_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("event_parties_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "result_id"],
            ["event_results.operator_id", "event_results.id"],
            name=op.f("event_parties_operator_id_result_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("event_parties_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("event_parties_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("event_parties_pkey")),
        sa.UniqueConstraint(
            "operator_id", "result_id", "person_id", name=op.f("event_parties_operator_id_result_id_person_id_key")
        ),
        sa.UniqueConstraint(
            "operator_id", "result_id", "startup_id", name=op.f("event_parties_operator_id_result_id_startup_id_key")
        ),
    )
    op.create_index(op.f("event_parties_operator_id_person_id_idx"), "event_parties", ["operator_id", "person_id"])
    op.create_index(op.f("event_parties_operator_id_startup_id_idx"), "event_parties", ["operator_id", "startup_id"])


def _belongings() -> None:
    op.create_table(
        "event_documents",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("event_documents_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "event_id"],
            ["events.operator_id", "events.id"],
            name=op.f("event_documents_operator_id_event_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("event_documents_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("event_documents_pkey")),
        sa.UniqueConstraint("operator_id", "document_id", name=op.f("event_documents_operator_id_document_id_key")),
    )
    op.create_index(op.f("event_documents_operator_id_event_id_idx"), "event_documents", ["operator_id", "event_id"])
    op.create_table(
        "event_costs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("cost_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "cost_id"],
            ["site_costs.operator_id", "site_costs.id"],
            name=op.f("event_costs_operator_id_cost_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "event_id"],
            ["events.operator_id", "events.id"],
            name=op.f("event_costs_operator_id_event_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("event_costs_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("event_costs_pkey")),
        sa.UniqueConstraint("operator_id", "cost_id", name=op.f("event_costs_operator_id_cost_id_key")),
    )
    op.create_index(op.f("event_costs_operator_id_event_id_idx"), "event_costs", ["operator_id", "event_id"])


def _statistics() -> None:
    op.create_table(
        "statistic_values",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("figure", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("statistic_values_withdrawn_check")
        ),
        sa.CheckConstraint("code <> '' AND evidence <> ''", name=op.f("statistic_values_words_check")),
        sa.CheckConstraint("figure >= 0", name=op.f("statistic_values_figure_check")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("statistic_values_year_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("statistic_values_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("statistic_values_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("statistic_values_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("statistic_values_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("statistic_values_pkey")),
    )
    op.create_index(
        op.f("statistic_values_operator_id_site_id_year_idx"), "statistic_values", ["operator_id", "site_id", "year"]
    )
    op.create_table(
        "statistic_notes",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("code <> ''", name=op.f("statistic_notes_code_check")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("statistic_notes_year_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("statistic_notes_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("statistic_notes_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("statistic_notes_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("statistic_notes_pkey")),
    )
    op.create_index(
        op.f("statistic_notes_operator_id_site_id_year_idx"), "statistic_notes", ["operator_id", "site_id", "year"]
    )
