"""What an authority doesn't bear and a startup does is a later decision.

Revision ID: 0056
Revises: 0054
"""

from alembic import op

revision = "0056"
down_revision = "0054"
branch_labels = None
depends_on = None

FIRST = ("granted", "capped", "refused", "not_covered", "nothing", "displaced", "held")
LATER = ("adjusted", "credited")


def upgrade() -> None:
    _know((*LATER, "ruled"))


def downgrade() -> None:
    """A decision of a ruling can't be told the old way: it fails at a CHECK."""
    _know(LATER)


def _know(later: tuple[str, ...]) -> None:
    for name, condition in (
        ("outcome", f"outcome IN {(*FIRST, *later)}"),
        ("adjusts", f"(outcome IN {later}) = (adjusts_id IS NOT NULL)"),
        ("refused_is_nothing", f"outcome IN {('granted', 'capped', *later)} OR amount_minor = 0"),
    ):
        constraint = op.f(f"subsidy_decisions_{name}_check")
        op.drop_constraint(constraint, "subsidy_decisions", type_="check")
        op.create_check_constraint(constraint, "subsidy_decisions", condition)
