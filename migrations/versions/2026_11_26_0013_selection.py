"""Selection: stages with a rubric, reviews and their scores, decisions, offers of a place.

Revision ID: 0013
Revises: 0012
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "selection_stages": "SELECT, INSERT, UPDATE",
    "rubric_lines": "SELECT, INSERT, UPDATE, DELETE",
    "reviews": "SELECT, INSERT, UPDATE",
    "review_scores": "SELECT, INSERT, UPDATE, DELETE",
    "selection_decisions": "SELECT, INSERT",
    "place_offers": "SELECT, INSERT, UPDATE",
}
KINDS = (
    ("access_keys", "decision"),
    ("notices", "review"),
    ("notices", "selection"),
    ("notice_choices", "review"),
    ("notice_choices", "selection"),
)
"""Kinds that are more from now on."""


def upgrade() -> None:
    op.create_table(
        "selection_stages",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("reviews_wanted", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("selection_stages_name_check")),
        sa.CheckConstraint("position BETWEEN 1 AND 20", name=op.f("selection_stages_position_check")),
        sa.CheckConstraint("reviews_wanted BETWEEN 1 AND 20", name=op.f("selection_stages_reviews_wanted_check")),
        sa.CheckConstraint("version >= 1", name=op.f("selection_stages_version_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "call_id"],
            ["calls.operator_id", "calls.id"],
            name=op.f("selection_stages_operator_id_call_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("selection_stages_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("selection_stages_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("selection_stages_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "call_id",
            "position",
            "version",
            name=op.f("selection_stages_operator_id_call_id_position_version_key"),
        ),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        "selection_stages_live_key",
        "selection_stages",
        ["operator_id", "call_id", "position"],
        unique=True,
        postgresql_where="retired_at IS NULL",
    )
    op.create_table(
        "rubric_lines",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), server_default="", nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("lowest", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("lowest_means", sa.Text(), server_default="", nullable=False),
        sa.Column("lowest_means_en", sa.Text(), server_default="", nullable=False),
        sa.Column("middle_means", sa.Text(), server_default="", nullable=False),
        sa.Column("middle_means_en", sa.Text(), server_default="", nullable=False),
        sa.Column("highest_means", sa.Text(), server_default="", nullable=False),
        sa.Column("highest_means_en", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("label <> ''", name=op.f("rubric_lines_label_check")),
        sa.CheckConstraint(
            "lowest >= 0 AND highest > lowest AND highest - lowest <= 10", name=op.f("rubric_lines_scale_check")
        ),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("rubric_lines_weight_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "stage_id"],
            ["selection_stages.operator_id", "selection_stages.id"],
            name=op.f("rubric_lines_operator_id_stage_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("rubric_lines_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("rubric_lines_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE, DELETE"},
    )
    op.create_index(
        op.f("rubric_lines_operator_id_stage_id_idx"), "rubric_lines", ["operator_id", "stage_id"], unique=False
    )
    op.create_table(
        "reviews",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.BigInteger(), nullable=True),
        sa.Column("conflict_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conflict_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("to_panel", sa.Text(), server_default="", nullable=False),
        sa.Column("to_applicant", sa.Text(), server_default="", nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(conflict_at IS NULL) = (conflict_reason = '')", name=op.f("reviews_conflict_says_why_check")
        ),
        sa.CheckConstraint("submitted_at IS NULL OR withdrawn_at IS NULL", name=op.f("reviews_submitted_stays_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "application_id"],
            ["applications.operator_id", "applications.id"],
            name=op.f("reviews_operator_id_application_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "assigned_by"],
            ["people.operator_id", "people.id"],
            name=op.f("reviews_operator_id_assigned_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("reviews_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "stage_id"],
            ["selection_stages.operator_id", "selection_stages.id"],
            name=op.f("reviews_operator_id_stage_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("reviews_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("reviews_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "stage_id",
            "application_id",
            "person_id",
            name=op.f("reviews_operator_id_stage_id_application_id_person_id_key"),
        ),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("reviews_operator_id_application_id_idx"), "reviews", ["operator_id", "application_id"], unique=False
    )
    op.create_index(op.f("reviews_operator_id_person_id_idx"), "reviews", ["operator_id", "person_id"], unique=False)
    op.create_table(
        "selection_decisions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("to_applicant", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('advance', 'offer', 'waitlist', 'decline', 'return')",
            name=op.f("selection_decisions_outcome_check"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("selection_decisions_reason_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "application_id"],
            ["applications.operator_id", "applications.id"],
            name=op.f("selection_decisions_operator_id_application_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "decided_by"],
            ["people.operator_id", "people.id"],
            name=op.f("selection_decisions_operator_id_decided_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "stage_id"],
            ["selection_stages.operator_id", "selection_stages.id"],
            name=op.f("selection_decisions_operator_id_stage_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("selection_decisions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("selection_decisions_pkey")),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_index(
        op.f("selection_decisions_operator_id_application_id_idx"),
        "selection_decisions",
        ["operator_id", "application_id"],
        unique=False,
    )
    op.create_index(
        op.f("selection_decisions_operator_id_stage_id_idx"),
        "selection_decisions",
        ["operator_id", "stage_id"],
        unique=False,
    )
    op.create_table(
        "place_offers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_name", sa.Text(), server_default="", nullable=False),
        sa.Column("accepted_from", sa.Text(), server_default="", nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_name = '')", name=op.f("place_offers_accepted_by_name_check")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("place_offers_withdrawn_says_why_check")
        ),
        sa.CheckConstraint("accepted_at < expires_at", name=op.f("place_offers_accepted_in_time_check")),
        sa.CheckConstraint("expires_at > made_at", name=op.f("place_offers_some_time_check")),
        sa.CheckConstraint(
            "num_nonnulls(accepted_at, declined_at, withdrawn_at, lapsed_at) <= 1",
            name=op.f("place_offers_one_end_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "application_id"],
            ["applications.operator_id", "applications.id"],
            name=op.f("place_offers_operator_id_application_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "decision_id"],
            ["selection_decisions.operator_id", "selection_decisions.id"],
            name=op.f("place_offers_operator_id_decision_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("place_offers_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "withdrawn_by"],
            ["people.operator_id", "people.id"],
            name=op.f("place_offers_operator_id_withdrawn_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("place_offers_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("place_offers_pkey")),
        sa.UniqueConstraint("operator_id", "decision_id", name=op.f("place_offers_operator_id_decision_id_key")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        "place_offers_accepted_key",
        "place_offers",
        ["operator_id", "application_id"],
        unique=True,
        postgresql_where="accepted_at IS NOT NULL",
    )
    op.create_index(
        "place_offers_open_key",
        "place_offers",
        ["operator_id", "application_id"],
        unique=True,
        postgresql_where="accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL AND lapsed_at IS NULL",
    )
    op.create_table(
        "review_scores",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("criterion_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score >= 0", name=op.f("review_scores_score_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "criterion_id"],
            ["rubric_lines.operator_id", "rubric_lines.id"],
            name=op.f("review_scores_operator_id_criterion_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "review_id"],
            ["reviews.operator_id", "reviews.id"],
            name=op.f("review_scores_operator_id_review_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("review_scores_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("review_scores_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "review_id",
            "criterion_id",
            name=op.f("review_scores_operator_id_review_id_criterion_id_key"),
        ),
        info={"grant": "SELECT, INSERT, UPDATE, DELETE"},
    )
    op.create_index(
        op.f("review_scores_operator_id_criterion_id_idx"),
        "review_scores",
        ["operator_id", "criterion_id"],
        unique=False,
    )
    for table, kind in KINDS:
        _set_kinds(table, lambda kinds, kind=kind: [*kinds, kind])
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table, gone in KINDS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.text(f"DELETE FROM {table} WHERE kind = '{gone}'"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set_kinds(table, lambda kinds, gone=gone: [kind for kind in kinds if kind != gone])
    op.drop_index(op.f("review_scores_operator_id_criterion_id_idx"), table_name="review_scores")
    op.drop_table("review_scores")
    op.drop_index(
        "place_offers_open_key",
        table_name="place_offers",
        postgresql_where="accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL AND lapsed_at IS NULL",
    )
    op.drop_index("place_offers_accepted_key", table_name="place_offers", postgresql_where="accepted_at IS NOT NULL")
    op.drop_table("place_offers")
    op.drop_index(op.f("selection_decisions_operator_id_stage_id_idx"), table_name="selection_decisions")
    op.drop_index(op.f("selection_decisions_operator_id_application_id_idx"), table_name="selection_decisions")
    op.drop_table("selection_decisions")
    op.drop_index(op.f("reviews_operator_id_person_id_idx"), table_name="reviews")
    op.drop_index(op.f("reviews_operator_id_application_id_idx"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_index(op.f("rubric_lines_operator_id_stage_id_idx"), table_name="rubric_lines")
    op.drop_table("rubric_lines")
    op.drop_index("selection_stages_live_key", table_name="selection_stages", postgresql_where="retired_at IS NULL")
    op.drop_table("selection_stages")


def _set_kinds(table, change) -> None:
    """Let a table's CHECK of kinds have others than it has now, whichever those are."""
    name = f"{table}_kind_check"
    found = (
        op.get_bind()
        .execute(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name})
        .scalar_one()
    )
    kinds = change(re.findall(r"'(\w+)'", found))
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})")
