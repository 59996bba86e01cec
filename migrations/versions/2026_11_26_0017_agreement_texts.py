"""The text of agreements and its acceptance, deposits, handover lists.

Revision ID: 0017
Revises: 0016
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "agreement_templates": "SELECT, INSERT",
    "agreement_texts": "SELECT, INSERT",
    "acceptances": "SELECT, INSERT",
    "deposit_entries": "SELECT, INSERT",
    "handovers": "SELECT, INSERT, UPDATE",
    "handover_items": "SELECT, INSERT, UPDATE",
    "handover_photos": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.create_table(
        "agreement_templates",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("clauses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('agreement', 'amendment')", name=op.f("agreement_templates_kind_check")),
        sa.CheckConstraint("title <> ''", name=op.f("agreement_templates_title_check")),
        sa.CheckConstraint("number >= 1", name=op.f("agreement_templates_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("agreement_templates_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("agreement_templates_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("agreement_templates_pkey")),
        sa.UniqueConstraint(
            "operator_id", "kind", "number", name=op.f("agreement_templates_operator_id_kind_number_key")
        ),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_table(
        "deposit_entries",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("other_residency_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('transferred', 'taken_over')) = (other_residency_id IS NOT NULL)",
            name=op.f("deposit_entries_other_check"),
        ),
        sa.CheckConstraint("kind <> 'withheld' OR reason <> ''", name=op.f("deposit_entries_withheld_says_why_check")),
        sa.CheckConstraint(
            "kind IN ('asked', 'received', 'withheld', 'returned', 'transferred', 'taken_over')",
            name=op.f("deposit_entries_kind_check"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("deposit_entries_amount_check")),
        sa.CheckConstraint("balance_minor >= 0", name=op.f("deposit_entries_balance_check")),
        sa.CheckConstraint("number >= 1", name=op.f("deposit_entries_number_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "created_by"],
            ["people.operator_id", "people.id"],
            name=op.f("deposit_entries_operator_id_created_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("deposit_entries_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "other_residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("deposit_entries_operator_id_other_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("deposit_entries_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("deposit_entries_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("deposit_entries_pkey")),
        sa.UniqueConstraint(
            "operator_id", "residency_id", "number", name=op.f("deposit_entries_operator_id_residency_id_number_key")
        ),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_table(
        "handovers",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("electricity", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("water", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('handover', 'return')", name=op.f("handovers_kind_check")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("handovers_confirmed_check")),
        sa.CheckConstraint("confirmed_at IS NULL OR signed_at IS NOT NULL", name=op.f("handovers_order_check")),
        sa.CheckConstraint("electricity >= 0 AND water >= 0", name=op.f("handovers_meters_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "confirmed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("handovers_operator_id_confirmed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("handovers_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("handovers_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "signed_by"],
            ["people.operator_id", "people.id"],
            name=op.f("handovers_operator_id_signed_by_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("handovers_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("handovers_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("handovers_operator_id_residency_id_idx"), "handovers", ["operator_id", "residency_id"], unique=False
    )
    op.create_table(
        "agreement_texts",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("residency_id", sa.BigInteger(), nullable=False),
        sa.Column("amendment_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_by", sa.BigInteger(), nullable=True),
        sa.Column("void_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(kind = 'made') = (template_id IS NOT NULL)", name=op.f("agreement_texts_made_of_check")),
        sa.CheckConstraint("(kind = 'scan') = (signed_on IS NOT NULL)", name=op.f("agreement_texts_signed_check")),
        sa.CheckConstraint("(void_at IS NULL) = (void_reason = '')", name=op.f("agreement_texts_void_says_why_check")),
        sa.CheckConstraint("kind IN ('made', 'scan')", name=op.f("agreement_texts_kind_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("agreement_texts_hash_length_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "amendment_id"],
            ["residency_amendments.operator_id", "residency_amendments.id"],
            name=op.f("agreement_texts_operator_id_amendment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "document_id"],
            ["documents.operator_id", "documents.id"],
            name=op.f("agreement_texts_operator_id_document_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("agreement_texts_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("agreement_texts_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "residency_id"],
            ["residencies.operator_id", "residencies.id"],
            name=op.f("agreement_texts_operator_id_residency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "template_id"],
            ["agreement_templates.operator_id", "agreement_templates.id"],
            name=op.f("agreement_texts_operator_id_template_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "void_by"],
            ["people.operator_id", "people.id"],
            name=op.f("agreement_texts_operator_id_void_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("agreement_texts_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("agreement_texts_pkey")),
        info={"grant": "SELECT, INSERT", "changes": ("void_at", "void_by", "void_reason")},
    )
    op.create_index(
        "agreement_texts_standing_idx",
        "agreement_texts",
        ["operator_id", "residency_id", sa.literal_column("COALESCE(amendment_id, 0)"), "kind"],
        unique=True,
        postgresql_where="void_at IS NULL",
    )
    op.create_table(
        "handover_items",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("handover_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("thing", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "condition IN ('good', 'worn', 'damaged', 'missing')", name=op.f("handover_items_condition_check")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("handover_items_name_check")),
        sa.CheckConstraint("value_minor >= 0", name=op.f("handover_items_value_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "handover_id"],
            ["handovers.operator_id", "handovers.id"],
            name=op.f("handover_items_operator_id_handover_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "unit_id"],
            ["units.operator_id", "units.id"],
            name=op.f("handover_items_operator_id_unit_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("handover_items_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("handover_items_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("handover_items_operator_id_handover_id_idx"),
        "handover_items",
        ["operator_id", "handover_id"],
        unique=False,
    )
    op.create_table(
        "acceptances",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("text_id", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("acceptances_name_check")),
        sa.CheckConstraint("side IN ('startup', 'operator')", name=op.f("acceptances_side_check")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("acceptances_hash_length_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "person_id"],
            ["people.operator_id", "people.id"],
            name=op.f("acceptances_operator_id_person_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "text_id"],
            ["agreement_texts.operator_id", "agreement_texts.id"],
            name=op.f("acceptances_operator_id_text_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("acceptances_operator_id_fkey")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("acceptances_pkey")),
        sa.UniqueConstraint(
            "operator_id", "text_id", "person_id", name=op.f("acceptances_operator_id_text_id_person_id_key")
        ),
        sa.UniqueConstraint("operator_id", "text_id", "side", name=op.f("acceptances_operator_id_text_id_side_key")),
        info={"grant": "SELECT, INSERT"},
    )
    op.create_table(
        "handover_photos",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("small_file_id", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("handover_photos_size_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("handover_photos_operator_id_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "item_id"],
            ["handover_items.operator_id", "handover_items.id"],
            name=op.f("handover_photos_operator_id_item_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "small_file_id"],
            ["stored_files.operator_id", "stored_files.id"],
            name=op.f("handover_photos_operator_id_small_file_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "taken_by"],
            ["people.operator_id", "people.id"],
            name=op.f("handover_photos_operator_id_taken_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("handover_photos_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("handover_photos_pkey")),
        info={"grant": "SELECT, INSERT, UPDATE"},
    )
    op.create_index(
        op.f("handover_photos_operator_id_item_id_idx"), "handover_photos", ["operator_id", "item_id"], unique=False
    )
    _set_kinds(add="agreement")
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (void_at, void_by, void_reason) ON agreement_texts TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def _set_kinds(add: str = "", drop: str = "") -> None:
    """What can be told of is what could be before, and one more (or less)."""
    for table in ("notices", "notice_choices"):
        name = op.f(f"{table}_kind_check")
        definition = (
            op.get_bind()
            .execute(
                sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
            )
            .scalar_one()
        )
        kinds = [kind for kind in re.findall(r"'(\w+)'", definition) if kind not in (add, drop)]
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN {(*kinds, *([add] if add else []))}")


def downgrade() -> None:
    _set_kinds(drop="agreement")
    op.drop_index(op.f("handover_photos_operator_id_item_id_idx"), table_name="handover_photos")
    op.drop_table("handover_photos")
    op.drop_table("acceptances")
    op.drop_index(op.f("handover_items_operator_id_handover_id_idx"), table_name="handover_items")
    op.drop_table("handover_items")
    op.drop_index("agreement_texts_standing_idx", table_name="agreement_texts", postgresql_where="void_at IS NULL")
    op.drop_table("agreement_texts")
    op.drop_index(op.f("handovers_operator_id_residency_id_idx"), table_name="handovers")
    op.drop_table("handovers")
    op.drop_table("deposit_entries")
    op.drop_table("agreement_templates")
