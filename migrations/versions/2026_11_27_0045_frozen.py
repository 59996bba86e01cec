"""An operator's signing keys; every frozen report gets its place in the operator's chain, and can be signed.

Reports of before are put into the chain here, in the order in which they were frozen. They are signed by the nightly
check of the reports: a key's secret is sealed by the application, which is not running now.

Revision ID: 0045
Revises: 0044
"""

import hashlib
import secrets
from datetime import UTC, date

import rfc8785
import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"


ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
OLD_KINDS = ("occupancy", "figures_month", "figures_quarter", "figures_half", "figures_year")
NEW_COLUMNS = ("number", "previous", "statement", "link", "public_token")


def upgrade() -> None:
    _signing_keys()
    _heads_and_signatures()
    _columns()
    _chain_what_is_there()
    _constraints()
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    """Reports of kinds, sites and periods that could not be frozen before are in the way: it fails at a CHECK."""
    op.drop_table("report_signatures")
    op.drop_table("report_heads")
    op.drop_table("signing_keys")
    for name in ("link_length", "number", "public_token", "period", "rhythm", "subject", "kind"):
        op.drop_constraint(f"frozen_reports_{name}_check", "frozen_reports")
    for name in ("operator_id_public_token_key", "operator_id_number_key", "version_key"):
        op.drop_constraint(f"frozen_reports_{name}", "frozen_reports")
    op.create_unique_constraint(
        op.f("frozen_reports_operator_id_kind_site_id_month_version_key"),
        "frozen_reports",
        ["operator_id", "kind", "site_id", "month", "version"],
    )
    listed = ", ".join(f"'{kind}'" for kind in OLD_KINDS)
    op.create_check_constraint(op.f("frozen_reports_kind_check"), "frozen_reports", f"kind IN ({listed})")
    op.alter_column("frozen_reports", "site_id", nullable=False)
    for name in (*reversed(NEW_COLUMNS), "rhythm", "subject"):
        op.drop_column("frozen_reports", name)


def _heads_and_signatures() -> None:
    op.create_table(
        "report_heads",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("report_heads_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("report_heads_pkey")),
    )
    op.create_table(
        "report_signatures",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(signature) = 64", name=op.f("report_signatures_signature_length_check")),
        sa.ForeignKeyConstraint(
            ["operator_id", "report_id"],
            ["frozen_reports.operator_id", "frozen_reports.id"],
            name=op.f("report_signatures_operator_id_report_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "key_id"],
            ["signing_keys.operator_id", "signing_keys.id"],
            name=op.f("report_signatures_operator_id_key_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("report_signatures_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("report_signatures_pkey")),
        sa.UniqueConstraint(
            "operator_id", "report_id", "key_id", name=op.f("report_signatures_operator_id_report_id_key_id_key")
        ),
    )
    op.create_index(
        op.f("report_signatures_operator_id_key_id_idx"), "report_signatures", ["operator_id", "key_id"]
    )
    for table, grant in (("report_heads", "SELECT, INSERT, UPDATE"), ("report_signatures", "SELECT, INSERT")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {grant} ON {table} TO {ROLE}")


def _columns() -> None:
    op.add_column("frozen_reports", sa.Column("subject", sa.Text(), server_default="", nullable=False))
    op.add_column("frozen_reports", sa.Column("rhythm", sa.Text(), server_default="month", nullable=False))
    op.alter_column("frozen_reports", "site_id", nullable=True)
    for name, kind in zip(
        NEW_COLUMNS, (sa.BigInteger(), sa.LargeBinary(), sa.Text(), sa.LargeBinary(), sa.Text()), strict=True
    ):
        op.add_column("frozen_reports", sa.Column(name, kind, nullable=True))


def _chain_what_is_there() -> None:
    """Numbers, statements and links for what was frozen before, one operator after the other."""
    tables = ("frozen_reports", "report_heads", "operators", "sites")
    for table in tables:  # of every operator, so the owner of the tables has to see them
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE frozen_reports SET rhythm = substr(kind, 9) WHERE kind LIKE 'figures_%'"))
    rows = connection.execute(
        sa.text(
            "SELECT f.operator_id, f.id, f.kind, f.rhythm, f.month, f.version, f.definition, f.sha256, f.reason, "
            "f.frozen_at, o.name AS operator_name, o.name_en AS operator_name_en, s.id AS site_id, s.code, s.name, "
            "s.name_en FROM frozen_reports f JOIN operators o ON o.operator_id = f.operator_id "
            "JOIN sites s ON s.operator_id = f.operator_id AND s.id = f.site_id "
            "ORDER BY f.operator_id, f.frozen_at, f.id"
        )
    ).all()
    heads = {}
    for row in rows:
        number, previous = heads.get(row.operator_id, (0, bytes(32)))
        statement = rfc8785.dumps(_statement(row, number + 1, previous))
        link = hashlib.sha256(statement).digest()
        heads[row.operator_id] = (number + 1, link)
        connection.execute(
            sa.text(
                "UPDATE frozen_reports SET number = :number, previous = :previous, statement = :statement, "
                "link = :link, public_token = :token WHERE operator_id = :operator_id AND id = :id"
            ),
            {"number": number + 1, "previous": previous, "statement": statement.decode(), "link": link,
             "token": "".join(secrets.choice(ALPHABET) for _ in range(26)), "operator_id": row.operator_id,
             "id": row.id},
        )  # fmt: skip
    for operator_id, (number, link) in heads.items():
        connection.execute(
            sa.text("INSERT INTO report_heads (operator_id, number, link) VALUES (:operator_id, :number, :link)"),
            {"operator_id": operator_id, "number": number, "link": link},
        )
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _statement(row, number: int, previous: bytes) -> dict:
    """As `reports/frozen/chain.py` says it today: form frozen-report/1."""
    first, months = row.month, MONTHS[row.rhythm]
    years, month = divmod(first.month - 1 + months, 12)
    last = date.fromordinal(date(first.year + years, month + 1, 1).toordinal() - 1)
    key = {
        "month": f"{first.year:04}-{first.month:02}",
        "quarter": f"{first.year:04}-Q{(first.month - 1) // 3 + 1}",
        "half": f"{first.year:04}-H{(first.month - 1) // 6 + 1}",
        "year": f"{first.year:04}",
    }[row.rhythm]
    return {
        "form": "frozen-report/1",
        "operator": {"id": row.operator_id, "name": row.operator_name, "name_en": row.operator_name_en},
        "kind": row.kind,
        "subject": "",
        "site": {"id": row.site_id, "code": row.code, "name": row.name, "name_en": row.name_en},
        "period": {"rhythm": row.rhythm, "key": key, "first": first.isoformat(), "last": last.isoformat()},
        "version": row.version,
        "definition": row.definition,
        "sha256": bytes(row.sha256).hex(),
        "reason_sha256": hashlib.sha256(row.reason.encode()).hexdigest(),
        "frozen_at": row.frozen_at.astimezone(UTC).isoformat(),
        "number": number,
        "previous": previous.hex(),
    }


def _constraints() -> None:
    for name in NEW_COLUMNS:
        op.alter_column("frozen_reports", name, nullable=False)
    op.drop_constraint("frozen_reports_kind_check", "frozen_reports")
    op.drop_constraint("frozen_reports_operator_id_kind_site_id_month_version_key", "frozen_reports")
    for name, rule in (
        ("kind", "kind ~ '^[a-z][a-z0-9_]{0,39}$'"),
        ("subject", "char_length(subject) <= 40"),
        ("rhythm", "rhythm IN ('month', 'quarter', 'half', 'year', 'day')"),
        ("period", "rhythm = 'day' OR extract(day FROM month) = 1"),
        ("number", "number >= 1"),
        ("link_length", "octet_length(previous) = 32 AND octet_length(link) = 32"),
        ("public_token", "char_length(public_token) = 26"),
    ):
        op.create_check_constraint(op.f(f"frozen_reports_{name}_check"), "frozen_reports", rule)
    op.create_unique_constraint(
        "frozen_reports_version_key",
        "frozen_reports",
        ["operator_id", "kind", "site_id", "subject", "rhythm", "month", "version"],
        postgresql_nulls_not_distinct=True,
    )
    for column in ("number", "public_token"):
        op.create_unique_constraint(
            op.f(f"frozen_reports_operator_id_{column}_key"), "frozen_reports", ["operator_id", column]
        )


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("signing_keys_public_key_check")),
        sa.CheckConstraint(
            "(retired_at IS NULL) = (retired_reason = '')", name=op.f("signing_keys_retired_says_why_check")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "made_by"],
            ["people.operator_id", "people.id"],
            name=op.f("signing_keys_operator_id_made_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "retired_by"],
            ["people.operator_id", "people.id"],
            name=op.f("signing_keys_operator_id_retired_by_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("signing_keys_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("signing_keys_pkey")),
        sa.UniqueConstraint("operator_id", "public_key", name=op.f("signing_keys_operator_id_public_key_key")),
    )
    op.create_index(
        "signing_keys_in_use_key",
        "signing_keys",
        ["operator_id"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.execute("ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON signing_keys USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT ON signing_keys TO {ROLE}")
    op.execute(f"GRANT UPDATE (retired_at, retired_by, retired_reason) ON signing_keys TO {ROLE}")
