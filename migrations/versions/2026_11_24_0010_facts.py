"""Facts of startups: capital, industry, addresses; their people, posts and categories.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "individuals": "SELECT, INSERT, UPDATE",
    "posts": "SELECT, INSERT, UPDATE",
    "registered_addresses": "SELECT, INSERT, UPDATE",
    "standings": "SELECT, INSERT, UPDATE",
}
APART = (
    ("posts", ("startup_id", "individual_id")),
    ("registered_addresses", ("startup_id",)),
)
"""No two rows of the same ones on one day."""
CAPITAL = {
    "startups_industry_code_check": "industry_code ~ '^([0-9]{2,4})?$'",
    "startups_team_no_capital_check": "kind = 'company' OR num_nonnulls(capital_minor, paid_in_minor) = 0",
    "startups_capital_check": "capital_minor >= 0 AND paid_in_minor >= 0",
    "startups_paid_in_check": "paid_in_minor <= capital_minor",
}


def upgrade() -> None:
    op.create_table(
        "individuals",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("id_kind", sa.Text(), nullable=True),
        sa.Column("id_hash", sa.LargeBinary(), nullable=True),
        sa.Column("id_tail", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id_kind IN ('resident', 'passport', 'permit')", name=op.f("individuals_id_kind_check")),
        sa.CheckConstraint("name <> ''", name=op.f("individuals_name_check")),
        sa.CheckConstraint("(id_kind IS NULL) = (id_hash IS NULL)", name=op.f("individuals_identity_check")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("individuals_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("individuals_pkey")),
        sa.UniqueConstraint("operator_id", "id_hash", name=op.f("individuals_operator_id_id_hash_key")),
    )
    op.create_index(op.f("individuals_operator_id_name_idx"), "individuals", ["operator_id", "name"], unique=False)
    op.create_table(
        "posts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("individual_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("share_bp", sa.BigInteger(), nullable=True),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('founder', 'employee')", name=op.f("posts_role_check")),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("posts_days_check")),
        sa.CheckConstraint("share_bp BETWEEN 0 AND 10000", name=op.f("posts_share_bp_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("posts_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "individual_id"],
            ["individuals.operator_id", "individuals.id"],
            name=op.f("posts_operator_id_individual_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("posts_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("posts_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("posts_pkey")),
    )
    op.create_index(
        op.f("posts_operator_id_individual_id_idx"), "posts", ["operator_id", "individual_id"], unique=False
    )
    op.create_table(
        "registered_addresses",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("consent_number", sa.BigInteger(), nullable=True),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("address <> ''", name=op.f("registered_addresses_address_check")),
        sa.CheckConstraint(
            "(consent_number IS NULL) = (consent_on IS NULL)", name=op.f("registered_addresses_consent_check")
        ),
        sa.CheckConstraint(
            "(site_id IS NULL) = (consent_number IS NULL)", name=op.f("registered_addresses_consent_at_site_check")
        ),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("registered_addresses_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("registered_addresses_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "site_id"],
            ["sites.operator_id", "sites.id"],
            name=op.f("registered_addresses_operator_id_site_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("registered_addresses_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("registered_addresses_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("registered_addresses_pkey")),
        sa.UniqueConstraint(
            "operator_id", "consent_number", name=op.f("registered_addresses_operator_id_consent_number_key")
        ),
    )
    op.create_index(
        op.f("registered_addresses_operator_id_site_id_idx"),
        "registered_addresses",
        ["operator_id", "site_id"],
        unique=False,
    )
    op.create_table(
        "standings",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("individual_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "category IN ('student', 'graduate', 'fresh_graduate', 'returnee', 'researcher', 'serial', 'executive', 'veteran', 'returning_migrant', 'unemployed', 'disabled', 'hmt')",
            name=op.f("standings_category_check"),
        ),
        sa.CheckConstraint("evidence <> ''", name=op.f("standings_evidence_check")),
        sa.CheckConstraint("NOT isempty(days) AND lower_inc(days)", name=op.f("standings_days_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "confirmed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("standings_operator_id_confirmed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("standings_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "individual_id"],
            ["individuals.operator_id", "individuals.id"],
            name=op.f("standings_operator_id_individual_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("standings_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("standings_pkey")),
    )
    op.create_index(
        op.f("standings_operator_id_individual_id_idx"), "standings", ["operator_id", "individual_id"], unique=False
    )
    op.add_column("startups", sa.Column("industry_code", sa.Text(), server_default="", nullable=False))
    op.add_column("startups", sa.Column("capital_minor", sa.BigInteger(), nullable=True))
    op.add_column("startups", sa.Column("paid_in_minor", sa.BigInteger(), nullable=True))
    op.add_column("startups", sa.Column("capital_currency", sa.Text(), server_default="CNY", nullable=False))
    for name, condition in CAPITAL.items():
        op.create_check_constraint(op.f(name), "startups", condition)
    connection = op.get_bind()
    equal = connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")).scalar()
    for table, keys in APART:
        same = [
            f"{each} WITH =" if equal else f"int8range({each}, {each}, '[]') WITH &&"
            for each in ("operator_id", *keys)
        ]
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap "
            f"EXCLUDE USING gist ({', '.join(same)}, days WITH &&)"
        )
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for name in CAPITAL:
        op.drop_constraint(op.f(name), "startups", type_="check")

    op.drop_column("startups", "capital_currency")
    op.drop_column("startups", "paid_in_minor")
    op.drop_column("startups", "capital_minor")
    op.drop_column("startups", "industry_code")
    op.drop_index(op.f("standings_operator_id_individual_id_idx"), table_name="standings")
    op.drop_table("standings")
    op.drop_index(op.f("registered_addresses_operator_id_site_id_idx"), table_name="registered_addresses")
    op.drop_table("registered_addresses")
    op.drop_index(op.f("posts_operator_id_individual_id_idx"), table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("individuals_operator_id_name_idx"), table_name="individuals")
    op.drop_table("individuals")
