"""Visitors, their rule, and how long their data are kept.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
CHECKS = {
    ("booking_rules", "visitors"): "visitors_most BETWEEN 0 AND 1000",
    ("operators", "visitor_days"): "visitor_days BETWEEN 1 AND 365",
    ("outbox_mails", "about"): "(about_kind IS NULL) = (about_id IS NULL)",
}


def upgrade() -> None:
    op.create_table('visitors',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('site_id', sa.BigInteger(), nullable=False),
        sa.Column('startup_id', sa.BigInteger(), nullable=True),
        sa.Column('host_id', sa.BigInteger(), nullable=False),
        sa.Column('booking_id', sa.BigInteger(), nullable=True),
        sa.Column('expected', postgresql.TSTZRANGE(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('email', sa.Text(), server_default='', nullable=False),
        sa.Column('company', sa.Text(), server_default='', nullable=False),
        sa.Column('note', sa.Text(), server_default='', nullable=False),
        sa.Column('locale', sa.Text(), server_default='zh_Hans', nullable=False),
        sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('invited_by', sa.BigInteger(), nullable=True),
        sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('arrived_by', sa.BigInteger(), nullable=True),
        sa.Column('arrival_source', sa.Text(), nullable=True),
        sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('cancelled_by', sa.BigInteger(), nullable=True),
        sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("arrival_source IN ('pass', 'front_desk')", name=op.f('visitors_arrival_source_check')),
        sa.CheckConstraint("erased_at IS NULL OR (name = '' AND email = '' AND company = '' AND note = '')", name=op.f('visitors_erased_check')),
        sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f('visitors_locale_check')),
        sa.CheckConstraint("name <> '' OR erased_at IS NOT NULL", name=op.f('visitors_name_check')),
        sa.CheckConstraint('(arrived_at IS NULL) = (arrival_source IS NULL)', name=op.f('visitors_arrival_check')),
        sa.CheckConstraint('NOT isempty(expected) AND NOT lower_inf(expected) AND NOT upper_inf(expected)', name=op.f('visitors_expected_check')),
        sa.CheckConstraint('arrived_at IS NULL OR cancelled_at IS NULL', name=op.f('visitors_one_outcome_check')),
        sa.CheckConstraint('left_at IS NULL OR (arrived_at IS NOT NULL AND left_at >= arrived_at)', name=op.f('visitors_left_after_coming_check')),
        sa.ForeignKeyConstraint(['operator_id', 'arrived_by'], ['people.operator_id', 'people.id'], name=op.f('visitors_operator_id_arrived_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'booking_id'], ['bookings.operator_id', 'bookings.id'], name=op.f('visitors_operator_id_booking_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'cancelled_by'], ['people.operator_id', 'people.id'], name=op.f('visitors_operator_id_cancelled_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'host_id'], ['people.operator_id', 'people.id'], name=op.f('visitors_operator_id_host_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'invited_by'], ['people.operator_id', 'people.id'], name=op.f('visitors_operator_id_invited_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'site_id'], ['sites.operator_id', 'sites.id'], name=op.f('visitors_operator_id_site_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'startup_id'], ['startups.operator_id', 'startups.id'], name=op.f('visitors_operator_id_startup_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('visitors_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('visitors_pkey')),
    )
    op.create_index('visitors_host_start_idx', 'visitors', ['operator_id', 'host_id', sa.literal_column('lower(expected)')], unique=False)
    op.create_index('visitors_kept_idx', 'visitors', ['operator_id', 'id'], unique=False, postgresql_where='erased_at IS NULL')
    op.create_index(op.f('visitors_operator_id_booking_id_idx'), 'visitors', ['operator_id', 'booking_id'], unique=False)
    op.create_index('visitors_site_start_idx', 'visitors', ['operator_id', 'site_id', sa.literal_column('lower(expected)')], unique=False)
    op.create_index('visitors_startup_start_idx', 'visitors', ['operator_id', 'startup_id', sa.literal_column('lower(expected)')], unique=False)
    op.add_column('booking_rules', sa.Column('visitors_most', sa.Integer(), nullable=True))
    op.add_column('operators', sa.Column('visitor_days', sa.Integer(), server_default='30', nullable=False))
    op.add_column('outbox_mails', sa.Column('about_kind', sa.Text(), nullable=True))
    op.add_column('outbox_mails', sa.Column('about_id', sa.BigInteger(), nullable=True))
    op.create_index('outbox_mails_about_idx', 'outbox_mails', ['operator_id', 'about_kind', 'about_id'], unique=False, postgresql_where='about_id IS NOT NULL')
    for (table, name), check in CHECKS.items():
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, check)
    op.execute("ALTER TABLE visitors ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE visitors FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY of_operator ON visitors USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON visitors TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"{table}_{name}_check"), table)
    op.drop_index("outbox_mails_about_idx", table_name="outbox_mails", postgresql_where="about_id IS NOT NULL")
    op.drop_column("outbox_mails", "about_id")
    op.drop_column("outbox_mails", "about_kind")
    op.drop_column("operators", "visitor_days")
    op.drop_column("booking_rules", "visitors_most")
    op.drop_table("visitors")
