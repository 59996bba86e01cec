"""Subsidies: budgets, recorded facts, costs of spaces, grants to the operator, drafts; what a decision keeps beside.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "budget_pools": "SELECT, INSERT",
    "budgets": "SELECT, INSERT, UPDATE (amount_minor, used_minor, reserved_minor, closed_at)",
    "budget_reservations": "SELECT, INSERT, UPDATE (released_at)",
    "recorded_facts": "SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_reason)",
    "site_costs": "SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_reason)",
    "operator_grants": "SELECT, INSERT",
    "scheme_drafts": "SELECT, INSERT, UPDATE",
    "grant_instalments": "SELECT, INSERT, UPDATE (released_at, released_by, evidence)",
}
OUTCOMES = "'granted', 'capped', 'refused', 'not_covered'"
MORE = "'nothing', 'displaced', 'held', 'adjusted'"


def upgrade() -> None:
    op.create_table(
        "budget_pools",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code <> '' AND name <> ''", name=op.f("budget_pools_named_check")),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("budget_pools_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("budget_pools_pkey")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("budget_pools_operator_id_code_key")),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_table(
        "budgets",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("used_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode = 'reserved' OR reserved_minor = 0", name=op.f("budgets_reserved_check")),
        sa.CheckConstraint("mode IN ('first_come', 'reserved', 'pro_rata')", name=op.f("budgets_mode_check")),
        sa.CheckConstraint(
            "0 <= reserved_minor AND reserved_minor <= amount_minor", name=op.f("budgets_not_over_reserved_check")
        ),
        sa.CheckConstraint("0 <= used_minor AND used_minor <= amount_minor", name=op.f("budgets_not_overdrawn_check")),
        sa.CheckConstraint(
            "NOT isempty(days) AND lower_inc(days) AND NOT upper_inf(days)", name=op.f("budgets_days_check")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("budgets_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("budgets_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "pool_id"],
            ["budget_pools.operator_id", "budget_pools.id"],
            name=op.f("budgets_operator_id_pool_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("budgets_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("budgets_pkey")),
        info={
            "grant": "SELECT, INSERT",
            "changes": ("amount_minor", "used_minor", "reserved_minor", "closed_at"),
            "no_overlap": ("pool_id", "days", "true"),
        },
    )
    op.create_table(
        "budget_reservations",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("budget_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("budget_reservations_amount_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "budget_id"],
            ["budgets.operator_id", "budgets.id"],
            name=op.f("budget_reservations_operator_id_budget_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("budget_reservations_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("budget_reservations_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("budget_reservations_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("budget_reservations_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("budget_reservations_pkey")),
        info={"grant": "SELECT, INSERT", "changes": ("released_at",)},
    )
    op.create_index(
        "budget_reservations_one",
        "budget_reservations",
        ["operator_id", "budget_id", "startup_id"],
        unique=True,
        postgresql_where="released_at IS NULL",
    )
    op.create_table(
        "recorded_facts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(site_id IS NOT NULL) = (name LIKE 'site.%')", name=op.f("recorded_facts_party_check")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("recorded_facts_withdrawn_check")
        ),
        sa.CheckConstraint("evidence <> ''", name=op.f("recorded_facts_evidence_check")),
        sa.CheckConstraint(
            "name IN ('startup.first_time', 'startup.strategic', 'startup.credit', 'startup.contribution_yuan', 'site.recognised', 'site.assessment', 'site.approved_on', 'site.recognised_m2', 'site.zones', 'site.zone_companies', 'startup.excluded')",
            name=op.f("recorded_facts_name_check"),
        ),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("recorded_facts_days_check")),
        sa.CheckConstraint("num_nonnulls(startup_id, site_id) = 1", name=op.f("recorded_facts_one_party_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("recorded_facts_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "recorded_by"],
            ["people.operator_id", "people.id"],
            name=op.f("recorded_facts_operator_id_recorded_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("recorded_facts_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("recorded_facts_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("recorded_facts_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("recorded_facts_pkey")),
        info={"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_reason")},
    )
    op.create_index(
        op.f("recorded_facts_operator_id_site_id_idx"), "recorded_facts", ["operator_id", "site_id"], unique=False
    )
    op.create_index(
        op.f("recorded_facts_operator_id_startup_id_idx"), "recorded_facts", ["operator_id", "startup_id"], unique=False
    )
    op.create_table(
        "site_costs",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("site_costs_withdrawn_check")),
        sa.CheckConstraint(
            "kind IN ('own_rent', 'fit_out', 'events', 'electricity', 'network')", name=op.f("site_costs_kind_check")
        ),
        sa.CheckConstraint("title <> '' AND evidence <> ''", name=op.f("site_costs_words_check")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("site_costs_amount_check")),
        sa.CheckConstraint("area_m2 > 0", name=op.f("site_costs_area_check")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("site_costs_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("site_costs_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "recorded_by"],
            ["people.operator_id", "people.id"],
            name=op.f("site_costs_operator_id_recorded_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("site_costs_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("site_costs_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("site_costs_pkey")),
        info={"grant": "SELECT, INSERT", "changes": ("withdrawn_at", "withdrawn_reason")},
    )
    op.create_index(
        op.f("site_costs_operator_id_site_id_first_on_idx"),
        "site_costs",
        ["operator_id", "site_id", "first_on"],
        unique=False,
    )
    op.create_table(
        "operator_grants",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme_version_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="CNY", nullable=False),
        sa.Column("budget_id", sa.BigInteger(), nullable=True),
        sa.Column("adjusts_id", sa.BigInteger(), nullable=True),
        sa.Column("derivation", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'adjusted') = (adjusts_id IS NOT NULL)", name=op.f("operator_grants_adjusts_check")
        ),
        sa.CheckConstraint("every IN ('month', 'quarter', 'year')", name=op.f("operator_grants_every_check")),
        sa.CheckConstraint(
            "item_kind IN ('own_rent', 'fit_out', 'events', 'electricity', 'network', 'tenancy', 'contribution', 'site')",
            name=op.f("operator_grants_item_kind_check"),
        ),
        sa.CheckConstraint(
            "outcome IN ('granted', 'capped', 'adjusted') OR amount_minor = 0",
            name=op.f("operator_grants_refused_is_nothing_check"),
        ),
        sa.CheckConstraint(
            "outcome IN ('granted', 'capped', 'refused', 'not_covered', 'nothing', 'displaced', 'held', 'adjusted')",
            name=op.f("operator_grants_outcome_check"),
        ),
        sa.CheckConstraint(
            "adjusts_id IS NOT NULL OR (amount_minor >= 0 AND held_minor >= 0)",
            name=op.f("operator_grants_amount_check"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "adjusts_id"],
            ["operator_grants.operator_id", "operator_grants.id"],
            name=op.f("operator_grants_operator_id_adjusts_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "budget_id"],
            ["budgets.operator_id", "budgets.id"],
            name=op.f("operator_grants_operator_id_budget_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "recorded_by"],
            ["people.operator_id", "people.id"],
            name=op.f("operator_grants_operator_id_recorded_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_version_id"],
            ["scheme_versions.operator_id", "scheme_versions.id"],
            name=op.f("operator_grants_operator_id_scheme_version_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("operator_grants_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("operator_grants_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("operator_grants_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("operator_grants_pkey")),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_index(
        "operator_grants_once",
        "operator_grants",
        ["operator_id", "scheme_version_id", "site_id", "item_kind", "item_id", "period"],
        unique=True,
        postgresql_where="adjusts_id IS NULL",
    )
    op.create_index(
        op.f("operator_grants_operator_id_site_id_month_idx"),
        "operator_grants",
        ["operator_id", "site_id", "month"],
        unique=False,
    )
    op.create_table(
        "scheme_drafts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("scheme_drafts_name_check")),
        sa.CheckConstraint("NOT isempty(valid)", name=op.f("scheme_drafts_valid_check")),
        sa.CheckConstraint("num_nonnulls(version_id, discarded_at) < 2", name=op.f("scheme_drafts_one_end_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("scheme_drafts_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "scheme_id"],
            ["schemes.operator_id", "schemes.id"],
            name=op.f("scheme_drafts_operator_id_scheme_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("scheme_drafts_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "version_id"],
            ["scheme_versions.operator_id", "scheme_versions.id"],
            name=op.f("scheme_drafts_operator_id_version_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("scheme_drafts_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("scheme_drafts_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("scheme_drafts_operator_id_scheme_id_idx"), "scheme_drafts", ["operator_id", "scheme_id"], unique=False
    )
    op.create_table(
        "grant_instalments",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(released_at IS NULL) = (evidence = '')", name=op.f("grant_instalments_released_check")),
        sa.CheckConstraint("gate IN ('none', 'assessment')", name=op.f("grant_instalments_gate_check")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("grant_instalments_amount_check")),
        sa.CheckConstraint("number >= 1", name=op.f("grant_instalments_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "grant_id"],
            ["operator_grants.operator_id", "operator_grants.id"],
            name=op.f("grant_instalments_operator_id_grant_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "released_by"],
            ["people.operator_id", "people.id"],
            name=op.f("grant_instalments_operator_id_released_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("grant_instalments_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("grant_instalments_pkey")),
        sa.UniqueConstraint(
            "operator_id", "grant_id", "number", name=op.f("grant_instalments_operator_id_grant_id_number_key")
        ),
        info={"grant": "SELECT, INSERT", "changes": ("released_at", "released_by", "evidence")},
    )
    op.add_column("schemes", sa.Column("pool_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("schemes_operator_id_pool_id_fkey"), "schemes", "budget_pools",
                          ["operator_id", "pool_id"], ["operator_id", "id"])  # fmt: skip
    _refuse_overlap("budgets", ("pool_id",), "days")
    _widen_decisions()
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def _widen_decisions() -> None:
    table = "subsidy_decisions"
    op.add_column(table, sa.Column("site_id", sa.BigInteger(), nullable=True))
    op.add_column(table, sa.Column("held_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(table, sa.Column("bearer", sa.Text(), server_default="government", nullable=False))
    op.add_column(table, sa.Column("budget_id", sa.BigInteger(), nullable=True))
    op.add_column(table, sa.Column("adjusts_id", sa.BigInteger(), nullable=True))
    for each in (table, "charges"):
        op.execute(f"ALTER TABLE {each} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE subsidy_decisions SET site_id = charges.site_id FROM charges "
        "WHERE charges.operator_id = subsidy_decisions.operator_id AND charges.id = subsidy_decisions.charge_id"
    )
    for each in (table, "charges"):
        op.execute(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY")
    op.alter_column(table, "site_id", nullable=False)
    for column, target in (("site_id", "sites"), ("budget_id", "budgets"), ("adjusts_id", table)):
        op.create_foreign_key(op.f(f"{table}_operator_id_{column}_fkey"), table, target,
                              ["operator_id", column], ["operator_id", "id"])  # fmt: skip
    op.drop_constraint(op.f("subsidy_decisions_operator_id_charge_id_scheme_version_id_key"), table, type_="unique")
    op.create_index("subsidy_decisions_once", table, ["operator_id", "charge_id", "scheme_version_id"], unique=True,
                    postgresql_where="adjusts_id IS NULL")  # fmt: skip
    for columns in (["operator_id", "adjusts_id"], ["operator_id", "scheme_version_id", "month"]):
        op.create_index(op.f(f"{table}_{'_'.join(columns)}_idx"), table, columns)
    _check("outcome", f"outcome IN ({OUTCOMES}, {MORE})")
    _check("amount", "adjusts_id IS NOT NULL OR 0 <= amount_minor AND amount_minor <= base_minor")
    _check("refused_is_nothing", "outcome IN ('granted', 'capped', 'adjusted') OR amount_minor = 0")
    _check("bearer", "bearer IN ('operator', 'government', 'voucher', 'sponsor')", new=True)
    _check("adjusts", "(outcome = 'adjusted') = (adjusts_id IS NOT NULL)", new=True)
    _check("held", "adjusts_id IS NOT NULL OR held_minor >= 0", new=True)


def _check(name: str, condition: str, *, new: bool = False) -> None:
    constraint = op.f(f"subsidy_decisions_{name}_check")
    if not new:
        op.drop_constraint(constraint, "subsidy_decisions", type_="check")
    op.create_check_constraint(constraint, "subsidy_decisions", condition)


def downgrade() -> None:
    table = "subsidy_decisions"
    op.execute("ALTER TABLE subsidy_decisions NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM subsidy_decisions WHERE outcome IN ({MORE})")  # the release before knows none of them
    op.execute("ALTER TABLE subsidy_decisions FORCE ROW LEVEL SECURITY")
    for name in ("bearer", "adjusts", "held"):
        op.drop_constraint(op.f(f"subsidy_decisions_{name}_check"), table)
    _check("outcome", f"outcome IN ({OUTCOMES})")
    _check("amount", "0 <= amount_minor AND amount_minor <= base_minor")
    _check("refused_is_nothing", "outcome IN ('granted', 'capped') OR amount_minor = 0")
    for name in ("operator_id_scheme_version_id_month_idx", "operator_id_adjusts_id_idx", "once"):
        op.drop_index(f"subsidy_decisions_{name}", table_name=table)
    op.create_unique_constraint(op.f("subsidy_decisions_operator_id_charge_id_scheme_version_id_key"), table,
                                ["operator_id", "charge_id", "scheme_version_id"])  # fmt: skip
    for column in ("adjusts_id", "budget_id", "bearer", "held_minor", "site_id"):
        op.drop_column(table, column)
    op.drop_column("schemes", "pool_id")
    for each in reversed(GRANTS):
        op.drop_table(each)


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


def _refuse_overlap(table: str, columns: tuple[str, ...], days: str) -> None:
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    same = [
        f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&" for each in ("operator_id", *columns)
    ]
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap EXCLUDE USING gist ({', '.join(same)}, {days} WITH &&)"
    )
