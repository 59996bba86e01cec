"""Graduation rules with their criteria; exits with what is to be settled; restarts; alumni who sign in.

Revision ID: 0018
Revises: 0017
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "exit_items": "SELECT, INSERT, UPDATE",
    "exits": "SELECT, INSERT, UPDATE",
    "graduation_criteria": "SELECT, INSERT",
    "graduation_rules": "SELECT, INSERT, UPDATE",
}
KINDS = {"notices": ("exit",), "notice_choices": ("exit",)}
"""What these tables' kinds can be from here on, beside what they could be."""
ROLES = ("owner", "manager", "front_desk", "finance", "auditor", "mentor", "founder", "member")
MEASURES = ("qualification", "financing", "revenue", "sold_or_listed", "months", "rights", "people")
TASKS = ("deposit", "access", "address", "equipment", "documents", "figures", "bookings", "other")
QUALIFICATIONS = ("technology_sme", "high_tech", "innovative_sme", "specialised", "little_giant", "gazelle", "unicorn", "other")


def upgrade() -> None:
    op.create_table(
        "graduation_rules",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("graduation_rules_days_check")),
        sa.CheckConstraint("status IN ('seen', 'recalled', 'own')", name=op.f("graduation_rules_status_check")),
        sa.CheckConstraint("wanted >= 1", name=op.f("graduation_rules_wanted_check")),
        *_keys("graduation_rules", programme_id="programmes", created_by="people"),
    )
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
        for each in ("operator_id", "programme_id")
    ]
    op.execute(
        "ALTER TABLE graduation_rules ADD CONSTRAINT graduation_rules_no_overlap "
        f"EXCLUDE USING gist ({', '.join(same)}, days WITH &&)"
    )
    op.create_table(
        "graduation_criteria",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("sort", sa.Text(), server_default="", nullable=False),
        sa.Column("years", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(f"measure IN {MEASURES}", name=op.f("graduation_criteria_measure_check")),
        sa.CheckConstraint("threshold >= 1", name=op.f("graduation_criteria_threshold_check")),
        sa.CheckConstraint(
            f"CASE WHEN measure = 'qualification' THEN sort IN {QUALIFICATIONS} ELSE sort = '' END",
            name=op.f("graduation_criteria_sort_check"),
        ),
        sa.CheckConstraint(
            "(measure = 'revenue') = (years IS NOT NULL)", name=op.f("graduation_criteria_revenue_years_check")
        ),
        sa.CheckConstraint("years BETWEEN 1 AND 5", name=op.f("graduation_criteria_years_check")),
        *_keys("graduation_criteria", rule_id="graduation_rules"),
        sa.UniqueConstraint(
            "operator_id", "rule_id", "position", name=op.f("graduation_criteria_operator_id_rule_id_position_key")
        ),
    )
    op.create_table(
        "exits",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), server_default="", nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=True),
        sa.Column("findings", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("override_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("notice_days", sa.BigInteger(), nullable=True),
        sa.Column("licence_cancelled_on", sa.Date(), nullable=True),
        sa.Column("keeps_access", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("access_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name=op.f("exits_revoked_check")),
        sa.CheckConstraint("kind IN ('graduated', 'left', 'removed', 'dissolved')", name=op.f("exits_kind_check")),
        sa.CheckConstraint("reason <> ''", name=op.f("exits_reason_check")),
        sa.CheckConstraint(
            "kind = 'graduated' OR (rule_id IS NULL AND override_reason = '' AND NOT keeps_access)",
            name=op.f("exits_graduation_check"),
        ),
        sa.CheckConstraint("kind = 'removed' OR notice_days IS NULL", name=op.f("exits_notice_check")),
        sa.CheckConstraint("notice_days >= 0", name=op.f("exits_notice_days_check")),
        sa.CheckConstraint("kind = 'dissolved' OR licence_cancelled_on IS NULL", name=op.f("exits_licence_check")),
        *_keys("exits", startup_id="startups", rule_id="graduation_rules", decided_by="people", closed_by="people",
               revoked_by="people"),
    )
    op.create_index(op.f("exits_operator_id_kind_happened_on_idx"), "exits", ["operator_id", "kind", "happened_on"])
    op.create_index(op.f("exits_operator_id_startup_id_idx"), "exits", ["operator_id", "startup_id"])
    op.create_index(
        "exits_one_a_day_key", "exits", ["operator_id", "startup_id", "happened_on"], unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "exit_items",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("exit_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("withheld_minor", sa.BigInteger(), nullable=True),
        sa.Column("way", sa.Text(), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"task IN {TASKS}", name=op.f("exit_items_task_check")),
        sa.CheckConstraint("(task = 'other') = (title <> '')", name=op.f("exit_items_title_check")),
        sa.CheckConstraint("outcome IN ('done', 'waived')", name=op.f("exit_items_outcome_check")),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name=op.f("exit_items_settled_check")),
        sa.CheckConstraint(
            "(done_on IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'done')", name=op.f("exit_items_done_on_check")
        ),
        sa.CheckConstraint("outcome IS DISTINCT FROM 'waived' OR remark <> ''", name=op.f("exit_items_waived_check")),
        sa.CheckConstraint(
            "task = 'deposit' OR num_nonnulls(amount_minor, withheld_minor) = 0", name=op.f("exit_items_deposit_check")
        ),
        sa.CheckConstraint("amount_minor >= 0 AND withheld_minor >= 0", name=op.f("exit_items_amounts_check")),
        sa.CheckConstraint(
            "coalesce(withheld_minor, 0) = 0 OR remark <> ''", name=op.f("exit_items_withheld_check")
        ),
        *_keys("exit_items", exit_id="exits", settled_by="people"),
        sa.UniqueConstraint(
            "operator_id", "exit_id", "position", name=op.f("exit_items_operator_id_exit_id_position_key")
        ),
    )
    op.add_column("startups", sa.Column("follows_id", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("startups_follows_check"), "startups", "follows_id <> id")
    op.create_foreign_key(
        op.f("startups_operator_id_follows_id_fkey"), "startups", "startups", ["operator_id", "follows_id"],
        ["operator_id", "id"],
    )
    op.create_index(op.f("startups_operator_id_follows_id_idx"), "startups", ["operator_id", "follows_id"])
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    for table, added in KINDS.items():
        _set_kinds(table, [*_kinds(table), *added])
    _set_roles((*ROLES, "alumnus"), ("founder", "member", "alumnus"))


def downgrade() -> None:
    op.execute("DELETE FROM role_grants WHERE role = 'alumnus'")
    _set_roles(ROLES, ("founder", "member"))
    for table, added in KINDS.items():
        _set_kinds(table, [kind for kind in _kinds(table) if kind not in added])
    op.drop_index(op.f("startups_operator_id_follows_id_idx"), table_name="startups")
    op.drop_constraint(op.f("startups_operator_id_follows_id_fkey"), "startups", type_="foreignkey")
    op.drop_constraint(op.f("startups_follows_check"), "startups", type_="check")
    op.drop_column("startups", "follows_id")
    op.drop_table("exit_items")
    op.drop_table("exits")
    op.drop_table("graduation_criteria")
    op.drop_table("graduation_rules")


def _keys(table: str, **targets: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(
                ["operator_id", column], [f"{target}.operator_id", f"{target}.id"],
                name=op.f(f"{table}_operator_id_{column}_fkey"),
            )
            for column, target in targets.items()
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{table}_pkey")),
    ]


def _set_roles(roles: tuple[str, ...], of_startup: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("role_grants_role_check"), "role_grants", type_="check")
    op.drop_constraint(op.f("role_grants_startup_given_check"), "role_grants", type_="check")
    op.create_check_constraint(op.f("role_grants_role_check"), "role_grants", f"role IN {roles}")
    op.create_check_constraint(
        op.f("role_grants_startup_given_check"), "role_grants", f"(role IN {of_startup}) = (startup_id IS NOT NULL)"
    )


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
