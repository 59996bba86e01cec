"""Documents with versions; a file's content may lie in a store; proof of a category may be a document.

Revision ID: 0011
Revises: 0010
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {"documents": "SELECT, INSERT, UPDATE", "document_versions": "SELECT, INSERT"}
KINDS = (
    "licence", "qualification", "right", "agreement", "consent", "offer", "letter", "plan", "application", "figures",
    "evidence", "identity", "handover", "picture", "rules", "other",
)
AUDIENCES = ("startup", "founders", "staff", "restricted", "everybody")


def upgrade() -> None:
    op.alter_column("stored_files", "content", nullable=True)
    op.create_check_constraint(op.f("stored_files_not_empty_check"), "stored_files", "size > 0")
    # read a piece at a time, which a compressed value does not allow
    op.execute("ALTER TABLE stored_files ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "documents",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("startup_id", sa.BigInteger(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("documents_kind_check")),
        sa.CheckConstraint("title <> ''", name=op.f("documents_title_check")),
        sa.CheckConstraint(f"audience IN {AUDIENCES}", name=op.f("documents_audience_check")),
        sa.CheckConstraint(
            "startup_id IS NOT NULL OR audience NOT IN ('startup', 'founders')",
            name=op.f("documents_audience_of_startup_check"),
        ),
        sa.CheckConstraint(
            "startup_id IS NULL OR audience <> 'everybody'", name=op.f("documents_of_one_startup_check")
        ),
        sa.CheckConstraint("expires_on >= valid_from", name=op.f("documents_validity_check")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f("documents_withdrawn_says_why_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("documents_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "startup_id"],
            ["startups.operator_id", "startups.id"],
            name=op.f("documents_operator_id_startup_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "withdrawn_by"],
            ["people.operator_id", "people.id"],
            name=op.f("documents_operator_id_withdrawn_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("documents_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("documents_pkey")),
    )
    op.create_index(op.f("documents_operator_id_startup_id_idx"), "documents", ["operator_id", "startup_id"])
    op.create_index(
        "documents_expiring_idx", "documents", ["operator_id", "expires_on"],
        postgresql_where=sa.text("expires_on IS NOT NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "document_versions",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("document_versions_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("document_versions_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("document_versions_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("document_versions_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("document_versions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("document_versions_pkey")),
        sa.UniqueConstraint(
            "operator_id", "document_id", "number", name=op.f("document_versions_operator_id_document_id_number_key")
        ),
    )
    op.create_index(op.f("document_versions_operator_id_file_id_idx"), "document_versions", ["operator_id", "file_id"])
    op.add_column("standings", sa.Column("document_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("standings_operator_id_document_id_fkey"), "standings", "documents", ["operator_id", "document_id"],
        ["operator_id", "id"],
    )
    _set_kinds(add="expiry")
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def _set_kinds(add: str = "", drop: str = "") -> None:
    """What can be told of is what could be before, and one more (or less)."""
    for table in ("notices", "notice_choices"):
        name = op.f(f"{table}_kind_check")
        definition = op.get_bind().execute(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
        ).scalar_one()
        kinds = [kind for kind in re.findall(r"'(\w+)'", definition) if kind not in (add, drop)]
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN {(*kinds, *([add] if add else []))}")


def downgrade() -> None:
    _set_kinds(drop="expiry")
    op.drop_column("standings", "document_id")
    op.drop_index(op.f("document_versions_operator_id_file_id_idx"), table_name="document_versions")
    op.drop_table("document_versions")
    op.drop_index("documents_expiring_idx", table_name="documents")
    op.drop_index(op.f("documents_operator_id_startup_id_idx"), table_name="documents")
    op.drop_table("documents")
    op.execute("ALTER TABLE stored_files ALTER COLUMN content SET STORAGE EXTENDED")
    op.drop_constraint(op.f("stored_files_not_empty_check"), "stored_files", type_="check")
    op.alter_column("stored_files", "content", nullable=False)
