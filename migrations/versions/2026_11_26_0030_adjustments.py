"""What corrects a posted charge is a line of a later invoice: of gross 0, with a subsidy that may be taken back.

Revision ID: 0030
Revises: 0029
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NOT_NEGATIVE = {
    "invoices": ("net_minor >= 0 AND subsidy_minor >= 0", "gross_minor >= 0 AND net_minor >= 0"),
    "invoice_lines": (
        "net_minor >= 0 AND subsidy_minor >= 0", "gross_minor = 0 OR (net_minor >= 0 AND subsidy_minor >= 0)",
    ),
}  # fmt: skip


def upgrade() -> None:
    _set_sources([*_sources(), "adjustment"])
    op.create_check_constraint(
        op.f("charges_adjustment_check"), "charges", "source_kind <> 'adjustment' OR gross_minor = 0"
    )
    op.create_index("charges_adjustments_once", "charges", ["operator_id", "source_id"], unique=True,
                    postgresql_where="source_kind = 'adjustment'")  # fmt: skip
    op.create_index("subsidy_decisions_adjusting_idx", "subsidy_decisions", ["operator_id", "site_id", "id"],
                    postgresql_where="adjusts_id IS NOT NULL")  # fmt: skip
    for table, (_before, now) in NOT_NEGATIVE.items():
        _not_negative(table, now)


def downgrade() -> None:
    for table, (before, _now) in NOT_NEGATIVE.items():
        _not_negative(table, before)
    op.drop_index("subsidy_decisions_adjusting_idx", "subsidy_decisions")
    op.drop_index("charges_adjustments_once", "charges")
    op.drop_constraint(op.f("charges_adjustment_check"), "charges", type_="check")
    _set_sources([each for each in _sources() if each != "adjustment"])


def _not_negative(table: str, condition: str) -> None:
    name = op.f(f"{table}_not_negative_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)


def _sources() -> list[str]:
    """What a charge can stand for now, whichever migration said so."""
    condition = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'charges_source_kind_check'")
    ).scalar_one()  # fmt: skip
    return re.findall(r"'(\w+)'", condition)


def _set_sources(kinds: list[str]) -> None:
    name = op.f("charges_source_kind_check")
    op.drop_constraint(name, "charges", type_="check")
    op.create_check_constraint(name, "charges", f"source_kind IN ({', '.join(repr(kind) for kind in kinds)})")
