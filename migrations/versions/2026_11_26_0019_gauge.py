"""The qualification gauge: standards with dated criteria, goals with their sites, stated figures.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "goal_sites": "SELECT, INSERT",
    "goal_statements": "SELECT, INSERT, UPDATE",
    "goals": "SELECT, INSERT, UPDATE",
    "standard_criteria": "SELECT, INSERT, UPDATE",
    "standards": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    op.create_table('standards',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_en', sa.Text(), server_default='', nullable=False),
        sa.Column('level', sa.Text(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code <> '' AND name <> ''", name=op.f('standards_name_check')),
        sa.CheckConstraint("level IN ('national', 'local')", name=op.f('standards_level_check')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('standards_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('standards_pkey')),
        sa.UniqueConstraint('operator_id', 'code', name=op.f('standards_operator_id_code_key'))
    )
    op.create_table('goals',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('standard_id', sa.BigInteger(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('name_en', sa.Text(), server_default='', nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.BigInteger(), nullable=True),
        sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f('goals_name_check')),
        sa.ForeignKeyConstraint(['operator_id', 'created_by'], ['people.operator_id', 'people.id'], name=op.f('goals_operator_id_created_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'standard_id'], ['standards.operator_id', 'standards.id'], name=op.f('goals_operator_id_standard_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('goals_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('goals_pkey'))
    )
    op.create_index(op.f('goals_operator_id_standard_id_idx'), 'goals', ['operator_id', 'standard_id'], unique=False)
    op.create_table('standard_criteria',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('standard_id', sa.BigInteger(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('measure', sa.Text(), nullable=False),
        sa.Column('comparison', sa.Text(), server_default='at_least', nullable=False),
        sa.Column('threshold', sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column('alternative', sa.Integer(), nullable=True),
        sa.Column('days', postgresql.DATERANGE(), nullable=False),
        sa.Column('source', sa.Text(), server_default='', nullable=False),
        sa.Column('status', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("comparison IN ('at_least', 'at_most')", name=op.f('standard_criteria_comparison_check')),
        sa.CheckConstraint("measure IN ('operating_months', 'statistics_years', 'usable_area', 'desks', 'incubation_share', 'service_share', 'under_agreement', 'incubated_companies', 'companies_per_1000_m2', 'new_registrations', 'financed_year', 'financed_share', 'financing_cases', 'seed_fund', 'staff', 'professional_share', 'mentors', 'mentors_per_10', 'mentor_sessions', 'events_year', 'ip_applied_share', 'ip_valid_share', 'graduates')", name=op.f('standard_criteria_measure_check')),
        sa.CheckConstraint("status IN ('seen', 'recalled', 'own')", name=op.f('standard_criteria_status_check')),
        sa.CheckConstraint('NOT isempty(days) AND lower_inc(days)', name=op.f('standard_criteria_days_check')),
        sa.CheckConstraint('threshold >= 0', name=op.f('standard_criteria_threshold_check')),
        sa.ForeignKeyConstraint(['operator_id', 'standard_id'], ['standards.operator_id', 'standards.id'], name=op.f('standard_criteria_operator_id_standard_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('standard_criteria_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('standard_criteria_pkey'))
    )
    op.create_index(op.f('standard_criteria_operator_id_standard_id_idx'), 'standard_criteria', ['operator_id', 'standard_id'], unique=False)
    op.create_table('goal_sites',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('goal_id', sa.BigInteger(), nullable=False),
        sa.Column('site_id', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['operator_id', 'goal_id'], ['goals.operator_id', 'goals.id'], name=op.f('goal_sites_operator_id_goal_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'site_id'], ['sites.operator_id', 'sites.id'], name=op.f('goal_sites_operator_id_site_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('goal_sites_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'goal_id', 'site_id', name=op.f('goal_sites_pkey'))
    )
    op.create_index(op.f('goal_sites_operator_id_site_id_idx'), 'goal_sites', ['operator_id', 'site_id'], unique=False)
    op.create_table('goal_statements',
        sa.Column('operator_id', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('goal_id', sa.BigInteger(), nullable=False),
        sa.Column('measure', sa.Text(), nullable=False),
        sa.Column('figure', sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column('days', postgresql.DATERANGE(), nullable=False),
        sa.Column('evidence', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.BigInteger(), nullable=True),
        sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('withdrawn_reason', sa.Text(), server_default='', nullable=False),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name=op.f('goal_statements_withdrawn_check')),
        sa.CheckConstraint("evidence <> ''", name=op.f('goal_statements_evidence_check')),
        sa.CheckConstraint("measure IN ('seed_fund', 'statistics_years', 'events_year', 'professional_share', 'mentor_sessions')", name=op.f('goal_statements_measure_check')),
        sa.CheckConstraint('NOT isempty(days) AND lower_inc(days)', name=op.f('goal_statements_days_check')),
        sa.CheckConstraint('figure >= 0', name=op.f('goal_statements_figure_check')),
        sa.ForeignKeyConstraint(['operator_id', 'created_by'], ['people.operator_id', 'people.id'], name=op.f('goal_statements_operator_id_created_by_fkey')),
        sa.ForeignKeyConstraint(['operator_id', 'goal_id'], ['goals.operator_id', 'goals.id'], name=op.f('goal_statements_operator_id_goal_id_fkey')),
        sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('goal_statements_operator_id_fkey')),
        sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('goal_statements_pkey'))
    )
    op.create_index(op.f('goal_statements_operator_id_goal_id_idx'), 'goal_statements', ['operator_id', 'goal_id'], unique=False)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.drop_index(op.f('goal_statements_operator_id_goal_id_idx'), table_name='goal_statements')
    op.drop_table('goal_statements')
    op.drop_index(op.f('goal_sites_operator_id_site_id_idx'), table_name='goal_sites')
    op.drop_table('goal_sites')
    op.drop_index(op.f('standard_criteria_operator_id_standard_id_idx'), table_name='standard_criteria')
    op.drop_table('standard_criteria')
    op.drop_index(op.f('goals_operator_id_standard_id_idx'), table_name='goals')
    op.drop_table('goals')
    op.drop_table('standards')
