"""An appointment keeps the term of its letter beside the days on which it holds.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE = "mentor_appointments"
BOUND = "NOT isempty({0}) AND NOT lower_inf({0}) AND NOT upper_inf({0})"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("term", postgresql.DATERANGE(), nullable=True))
    _set_all(f"UPDATE {TABLE} SET term = days")
    op.alter_column(TABLE, "term", nullable=False)
    op.drop_constraint(op.f("mentor_appointments_days_check"), TABLE, type_="check")
    op.create_check_constraint(op.f("mentor_appointments_term_check"), TABLE, BOUND.format("term"))
    op.create_check_constraint(
        op.f("mentor_appointments_days_check"), TABLE, "days <@ term AND (days = term OR ended_at IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("mentor_appointments_days_check"), TABLE, type_="check")
    _set_all(f"DELETE FROM {TABLE} WHERE isempty(days)")
    op.drop_constraint(op.f("mentor_appointments_term_check"), TABLE, type_="check")
    op.drop_column(TABLE, "term")
    op.create_check_constraint(op.f("mentor_appointments_days_check"), TABLE, BOUND.format("days"))


def _set_all(statement: str) -> None:
    """Of every operator: the owner of the table sees no row while row-level security is forced on it."""
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
