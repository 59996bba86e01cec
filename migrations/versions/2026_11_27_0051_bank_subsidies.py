"""A line of the bank can be a subsidy.

Revision ID: 0051
Revises: 0050
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

STATES = ("open", "paid", "refunded", "payout", "ignored")
ACTS = ("paid", "refunded", "payout", "ignored", "undone")


def upgrade() -> None:
    _know((*STATES, "subsidy"), (*ACTS, "subsidy"))


def downgrade() -> None:
    """A line that is a subsidy can't be told the old way: it fails at a CHECK."""
    _know(STATES, ACTS)


def _know(states: tuple[str, ...], acts: tuple[str, ...]) -> None:
    for table, name, words in (("bank_lines", "state", states), ("bank_acts", "kind", acts)):
        op.drop_constraint(f"{table}_{name}_check", table)
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, f"{name} IN {words}")
