"""Packs of claims as they were handed in; reviewers from outside, what they looked at and remarked.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
TABLES = (
    ("claim_packs", "SELECT, INSERT", ""),
    ("claim_reviewers", "SELECT, INSERT", "revoked_at, revoked_by"),
    ("review_remarks", "SELECT, INSERT", ""),
    ("review_visits", "SELECT, INSERT", ""),
)
KEYS = ("person_feed", "startup_feed", "resource_feed", "door", "pass", "application", "decision")
NEW_KEYS = ("review",)


def upgrade() -> None:
    _claim_packs()
    _claim_reviewers()
    _review_remarks()
    _review_visits()
    for table, grant, changes in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")
        if changes:
            op.execute(f"GRANT UPDATE ({changes}) ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    _know(KEYS + NEW_KEYS)


def downgrade() -> None:
    """Addresses of reviewers can't be told the old way: it fails at a CHECK."""
    _know(KEYS)
    for table, _grant, _changes in reversed(TABLES):
        op.drop_table(table)


def _know(kinds: tuple[str, ...]) -> None:
    op.drop_constraint("access_keys_kind_check", "access_keys")
    op.create_check_constraint(op.f("access_keys_kind_check"), "access_keys", f"kind IN {kinds}")


def _fkey(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["operator_id", column], [f"{other}.operator_id", f"{other}.id"],
        name=op.f(f"{table}_operator_id_{column}_fkey"),
    )  # fmt: skip


def _of_claim(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["operator_id", "claim_id", column], [f"{other}.operator_id", f"{other}.claim_id", f"{other}.id"],
        name=op.f(f"{table}_operator_id_claim_id_{column}_fkey"),
    )  # fmt: skip


def _ids(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f(f"{table}_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f(f"{table}_pkey")),
    ]


def _claim_packs() -> None:
    op.create_table(
        "claim_packs",
        *_ids("claim_packs"),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("manifest_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("signing_key_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("claim_packs_number_check")),
        sa.CheckConstraint("octet_length(manifest_sha256) = 32", name=op.f("claim_packs_hash_length_check")),
        _fkey("claim_packs", "claim_id", "claims"),
        _fkey("claim_packs", "file_id", "stored_files"),
        _fkey("claim_packs", "signing_key_id", "signing_keys"),
        _fkey("claim_packs", "created_by", "people"),
        sa.UniqueConstraint("operator_id", "claim_id", "number", name=op.f("claim_packs_operator_id_claim_id_number_key")),
        sa.UniqueConstraint(
            "operator_id", "claim_id", "manifest_sha256",
            name=op.f("claim_packs_operator_id_claim_id_manifest_sha256_key"),
        ),
    )  # fmt: skip


def _claim_reviewers() -> None:
    op.create_table(
        "claim_reviewers",
        *_ids("claim_reviewers"),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "name <> '' AND organisation <> '' AND email <> ''", name=op.f("claim_reviewers_words_check")
        ),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f("claim_reviewers_locale_check")),
        sa.CheckConstraint(
            "ends_at > created_at AND ends_at <= created_at + interval '91 days'",
            name=op.f("claim_reviewers_days_check"),
        ),
        _fkey("claim_reviewers", "claim_id", "claims"),
        _fkey("claim_reviewers", "created_by", "people"),
        _fkey("claim_reviewers", "revoked_by", "people"),
        sa.UniqueConstraint("operator_id", "claim_id", "id", name=op.f("claim_reviewers_operator_id_claim_id_id_key")),
    )


def _review_remarks() -> None:
    op.create_table(
        "review_remarks",
        *_ids("review_remarks"),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=False),
        sa.Column("answers_id", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("words <> ''", name=op.f("review_remarks_words_check")),
        sa.CheckConstraint(
            "(answers_id IS NULL) = (created_by IS NULL)", name=op.f("review_remarks_staff_answer_check")
        ),
        _of_claim("review_remarks", "line_id", "claim_lines"),
        _of_claim("review_remarks", "reviewer_id", "claim_reviewers"),
        _fkey("review_remarks", "answers_id", "review_remarks"),
        _fkey("review_remarks", "created_by", "people"),
    )
    op.create_index(op.f("review_remarks_operator_id_claim_id_id_idx"), "review_remarks", ["operator_id", "claim_id", "id"])


def _review_visits() -> None:
    op.create_table(
        "review_visits",
        *_ids("review_visits"),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('claim', 'line', 'invoice', 'agreement', 'file', 'pack')", name=op.f("review_visits_what_check")
        ),
        _of_claim("review_visits", "reviewer_id", "claim_reviewers"),
    )
    op.create_index(op.f("review_visits_operator_id_claim_id_id_idx"), "review_visits", ["operator_id", "claim_id", "id"])
    op.create_index(op.f("review_visits_operator_id_reviewer_id_idx"), "review_visits", ["operator_id", "reviewer_id"])
