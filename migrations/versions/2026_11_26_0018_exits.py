"""Exits: graduated, gone, removed, dissolved.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {"exits": "SELECT, INSERT, UPDATE"}


def upgrade() -> None:
    op.create_table('exits',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('startup_id', sa.BigInteger(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('happened_on', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('destination', sa.Text(), server_default='', nullable=False),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('decided_by', sa.BigInteger(), nullable=True),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revoked_reason', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_reason = '')", name=op.f('exits_revoked_check')),
        sa.CheckConstraint("kind IN ('graduated', 'left', 'removed', 'dissolved')", name=op.f('exits_kind_check')),
        sa.CheckConstraint("reason <> ''", name=op.f('exits_reason_check')),
        sa.ForeignKeyConstraint(['operator_id', 'decided_by'], ['people.operator_id', 'people.id'], name=op.f('exits_operator_id_decided_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'startup_id'], ['startups.operator_id', 'startups.id'], name=op.f('exits_operator_id_startup_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('exits_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('exits_pkey'))
    )
    op.create_index(op.f('exits_operator_id_kind_happened_on_idx'), 'exits', ['operator_id', 'kind', 'happened_on'], unique=False)
    op.create_index(op.f('exits_operator_id_startup_id_idx'), 'exits', ['operator_id', 'startup_id'], unique=False)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.drop_index(op.f('exits_operator_id_startup_id_idx'), table_name='exits')
    op.drop_index(op.f('exits_operator_id_kind_happened_on_idx'), table_name='exits')
    op.drop_table('exits')
