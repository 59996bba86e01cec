"""Indicators and figures of startups, what has used them, and achievements.

Revision ID: 0015
Revises: 0014
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "achievements": "SELECT, INSERT, UPDATE",
    "figure_checks": "SELECT, INSERT, UPDATE",
    "figure_locks": "SELECT, INSERT",
    "figure_rhythms": "SELECT, INSERT, UPDATE",
    "figure_sheets": "SELECT, INSERT, UPDATE",
    "figure_versions": "SELECT, INSERT, UPDATE",
    "figures": "SELECT, INSERT, UPDATE",
    "indicators": "SELECT, INSERT, UPDATE",
}
KINDS = {
    "notices": ("figures",),
    "notice_choices": ("figures",),
    "frozen_reports": ("figures_month", "figures_quarter", "figures_half", "figures_year"),
}
"""What these tables' kinds can be from here on, beside what they could be."""


def upgrade() -> None:
    op.create_table(
        "figure_checks",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("left_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=True),
        sa.Column("right_codes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("factor", sa.Numeric(precision=12, scale=4), server_default="1", nullable=False),
        sa.Column("constant", sa.Numeric(precision=20, scale=4), server_default="0", nullable=False),
        sa.Column("percent", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("sentence_en", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "comparison IN ('at_most', 'at_least', 'equal')", name=op.f("figure_checks_comparison_check")
        ),
        sa.CheckConstraint("level IN ('hard', 'soft')", name=op.f("figure_checks_level_check")),
        sa.CheckConstraint("rhythm IN ('month', 'quarter', 'half', 'year')", name=op.f("figure_checks_rhythm_check")),
        sa.CheckConstraint("sentence <> ''", name=op.f("figure_checks_sentence_check")),
        sa.CheckConstraint("(comparison IS NULL) = (percent IS NOT NULL)", name=op.f("figure_checks_one_form_check")),
        sa.CheckConstraint("cardinality(left_codes) >= 1", name=op.f("figure_checks_left_check")),
        sa.CheckConstraint(
            "comparison IS NOT NULL OR (cardinality(left_codes) = 1 AND cardinality(right_codes) = 0)",
            name=op.f("figure_checks_change_check"),
        ),
        sa.CheckConstraint("percent > 0", name=op.f("figure_checks_percent_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("figure_checks_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figure_checks_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_table(
        "figure_rhythms",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("due_days", sa.BigInteger(), nullable=False),
        sa.Column("asked_from", sa.Date(), nullable=False),
        sa.Column("alumni_years", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("rhythm IN ('month', 'quarter', 'half', 'year')", name=op.f("figure_rhythms_rhythm_check")),
        sa.CheckConstraint("alumni_years BETWEEN 0 AND 10", name=op.f("figure_rhythms_alumni_years_check")),
        sa.CheckConstraint("due_days BETWEEN 1 AND 180", name=op.f("figure_rhythms_due_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("figure_rhythms_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figure_rhythms_pkey")),
        sa.UniqueConstraint("operator_id", "rhythm", name=op.f("figure_rhythms_operator_id_rhythm_key")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_table(
        "indicators",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_en", sa.Text(), server_default="", nullable=False),
        sa.Column("in_thousands", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("adds_up", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("help", sa.Text(), server_default="", nullable=False),
        sa.Column("help_en", sa.Text(), server_default="", nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("needs_evidence", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("indicators_code_check")),
        sa.CheckConstraint("kind <> 'percent' OR NOT adds_up", name=op.f("indicators_adds_up_check")),
        sa.CheckConstraint("kind = 'money' OR NOT in_thousands", name=op.f("indicators_in_thousands_check")),
        sa.CheckConstraint(
            "kind IN ('count', 'decimal') OR (unit = '' AND unit_en = '')", name=op.f("indicators_unit_check")
        ),
        sa.CheckConstraint("kind IN ('count', 'money', 'decimal', 'percent')", name=op.f("indicators_kind_check")),
        sa.CheckConstraint("name <> ''", name=op.f("indicators_name_check")),
        sa.CheckConstraint("rhythm IN ('month', 'quarter', 'half', 'year')", name=op.f("indicators_rhythm_check")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("indicators_days_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("indicators_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("indicators_pkey")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("indicators_operator_id_code_key")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_table(
        "figure_sheets",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "MOD(EXTRACT(month FROM starts_on)::int - 1, CASE rhythm WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half' THEN 6 WHEN 'year' THEN 12 END) = 0",
            name=op.f("figure_sheets_calendar_check"),
        ),
        sa.CheckConstraint(
            "ends_on = (starts_on + make_interval(months => CASE rhythm WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half' THEN 6 WHEN 'year' THEN 12 END))::date - 1",
            name=op.f("figure_sheets_ends_on_check"),
        ),
        sa.CheckConstraint("rhythm IN ('month', 'quarter', 'half', 'year')", name=op.f("figure_sheets_rhythm_check")),
        sa.CheckConstraint("EXTRACT(day FROM starts_on) = 1", name=op.f("figure_sheets_starts_on_check")),
        sa.CheckConstraint("due_on > ends_on", name=op.f("figure_sheets_due_on_check")),
        sa.CheckConstraint("told BETWEEN 0 AND 5", name=op.f("figure_sheets_told_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("figure_sheets_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("figure_sheets_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figure_sheets_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "startup_id",
            "rhythm",
            "starts_on",
            name=op.f("figure_sheets_operator_id_startup_id_rhythm_starts_on_key"),
        ),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("figure_sheets_operator_id_rhythm_starts_on_idx"),
        "figure_sheets",
        ["operator_id", "rhythm", "starts_on"],
        unique=False,
    )
    op.create_table(
        "achievements",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty", sa.Text(), server_default="", nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(kind = 'financing' AND sort IN ('seed', 'angel', 'pre_a', 'a', 'b', 'c', 'later', 'strategic', 'loan', 'other')) OR (kind = 'right_applied' AND sort IN ('invention', 'utility_model', 'design', 'software', 'layout', 'plant_variety', 'trademark', 'other')) OR (kind = 'right_granted' AND sort IN ('invention', 'utility_model', 'design', 'software', 'layout', 'plant_variety', 'trademark', 'other')) OR (kind = 'qualification' AND sort IN ('technology_sme', 'high_tech', 'innovative_sme', 'specialised', 'little_giant', 'gazelle', 'unicorn', 'other')) OR (kind = 'listing' AND sort IN ('main', 'chinext', 'star', 'bse', 'neeq', 'regional', 'overseas', 'other')) OR (kind = 'acquisition' AND sort IN ('')) OR (kind = 'award' AND sort IN (''))",
            name=op.f("achievements_sort_check"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("achievements_withdrawn_check")
        ),
        sa.CheckConstraint("kind <> 'financing' OR amount_minor > 0", name=op.f("achievements_financing_amount_check")),
        sa.CheckConstraint("title <> ''", name=op.f("achievements_title_check")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("achievements_amount_check")),
        sa.CheckConstraint("valid_until >= happened_on", name=op.f("achievements_valid_until_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "claimed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("achievements_operator_id_claimed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "confirmed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("achievements_operator_id_confirmed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("achievements_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("achievements_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "withdrawn_by"],
            ["people.operator_id", "people.id"],
            name=op.f("achievements_operator_id_withdrawn_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("achievements_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("achievements_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("achievements_operator_id_kind_happened_on_idx"),
        "achievements",
        ["operator_id", "kind", "happened_on"],
        unique=False,
    )
    op.create_index(
        op.f("achievements_operator_id_startup_id_kind_idx"),
        "achievements",
        ["operator_id", "startup_id", "kind"],
        unique=False,
    )
    op.create_table(
        "figure_versions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sheet_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(returned_at IS NULL) = (remark = '')", name=op.f("figure_versions_remark_check")),
        sa.CheckConstraint("number > 1 OR reason = ''", name=op.f("figure_versions_reason_check")),
        sa.CheckConstraint("num_nonnulls(returned_at, confirmed_at) <= 1", name=op.f("figure_versions_one_end_check")),
        sa.CheckConstraint("number >= 1", name=op.f("figure_versions_number_check")),
        sa.CheckConstraint(
            "submitted_at IS NOT NULL OR num_nonnulls(returned_at, confirmed_at) = 0",
            name=op.f("figure_versions_submitted_first_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "confirmed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("figure_versions_operator_id_confirmed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("figure_versions_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "returned_by"],
            ["people.operator_id", "people.id"],
            name=op.f("figure_versions_operator_id_returned_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "sheet_id"],
            ["figure_sheets.operator_id", "figure_sheets.id"],
            name=op.f("figure_versions_operator_id_sheet_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "submitted_by"],
            ["people.operator_id", "people.id"],
            name=op.f("figure_versions_operator_id_submitted_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("figure_versions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figure_versions_pkey")),
        sa.UniqueConstraint(
            "operator_id", "sheet_id", "number", name=op.f("figure_versions_operator_id_sheet_id_number_key")
        ),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        "figure_versions_open_idx",
        "figure_versions",
        ["operator_id", "sheet_id"],
        unique=True,
        postgresql_where="returned_at IS NULL AND confirmed_at IS NULL",
    )
    op.create_table(
        "figure_locks",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("used_kind", sa.Text(), nullable=False),
        sa.Column("used_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("label <> ''", name=op.f("figure_locks_label_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "locked_by"],
            ["people.operator_id", "people.id"],
            name=op.f("figure_locks_operator_id_locked_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "version_id"],
            ["figure_versions.operator_id", "figure_versions.id"],
            name=op.f("figure_locks_operator_id_version_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("figure_locks_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figure_locks_pkey")),
        sa.UniqueConstraint(
            "operator_id",
            "version_id",
            "used_kind",
            "used_id",
            name=op.f("figure_locks_operator_id_version_id_used_kind_used_id_key"),
        ),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_table(
        "figures",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("indicator_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("figures_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "indicator_id"],
            ["indicators.operator_id", "indicators.id"],
            name=op.f("figures_operator_id_indicator_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "version_id"],
            ["figure_versions.operator_id", "figure_versions.id"],
            name=op.f("figures_operator_id_version_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("figures_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("figures_pkey")),
        sa.UniqueConstraint(
            "operator_id", "version_id", "indicator_id", name=op.f("figures_operator_id_version_id_indicator_id_key")
        ),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("figures_operator_id_indicator_id_idx"), "figures", ["operator_id", "indicator_id"], unique=False
    )
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    for table, added in KINDS.items():
        _set_kinds(table, [*_kinds(table), *added])


def downgrade() -> None:
    for table, added in KINDS.items():
        _set_kinds(table, [kind for kind in _kinds(table) if kind not in added])
    op.drop_index(op.f("figures_operator_id_indicator_id_idx"), table_name="figures")
    op.drop_table("figures")
    op.drop_table("figure_locks")
    op.drop_index(
        "figure_versions_open_idx",
        table_name="figure_versions",
        postgresql_where="returned_at IS NULL AND confirmed_at IS NULL",
    )
    op.drop_table("figure_versions")
    op.drop_index(op.f("achievements_operator_id_startup_id_kind_idx"), table_name="achievements")
    op.drop_index(op.f("achievements_operator_id_kind_happened_on_idx"), table_name="achievements")
    op.drop_table("achievements")
    op.drop_index(op.f("figure_sheets_operator_id_rhythm_starts_on_idx"), table_name="figure_sheets")
    op.drop_table("figure_sheets")
    op.drop_table("indicators")
    op.drop_table("figure_rhythms")
    op.drop_table("figure_checks")


def _kinds(table: str) -> list[str]:
    """What the table's kinds can be now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": f"{table}_kind_check"},
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set_kinds(table: str, kinds: list[str]) -> None:
    op.drop_constraint(op.f(f"{table}_kind_check"), table, type_="check")
    op.create_check_constraint(
        op.f(f"{table}_kind_check"), table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    )
