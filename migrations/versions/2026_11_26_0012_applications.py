"""Calls with forms, public applications and their drafts; names as duplicates are found by them.

Revision ID: 0012
Revises: 0011
"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from incubator.startups.rules.duplicates import name_key, person_key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
MINE = "operator_id = nullif(current_setting('app.operator_id', true), '')::bigint"
GRANTS = {
    "calls": "SELECT, INSERT, UPDATE",
    "call_questions": "SELECT, INSERT, UPDATE",
    "question_options": "SELECT, INSERT, UPDATE",
    "applications": "SELECT, INSERT, UPDATE, DELETE",
    "application_founders": "SELECT, INSERT, UPDATE, DELETE",
    "application_answers": "SELECT, INSERT, UPDATE, DELETE",
    "draft_files": "SELECT, INSERT, UPDATE, DELETE",
}
KINDS = (("access_keys", "application"), ("notices", "application"), ("notice_choices", "application"))
"""Kinds that are more from now on."""


def upgrade() -> None:
    op.create_table('calls',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('programme_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), server_default='', nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), server_default='', nullable=False),
    sa.Column('description_en', sa.Text(), server_default='', nullable=False),
    sa.Column('cohort', sa.Text(), server_default='', nullable=False),
    sa.Column('cohort_en', sa.Text(), server_default='', nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("name <> ''", name=op.f('calls_name_check')),
    sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 60", name=op.f('calls_slug_check')),
    sa.CheckConstraint('closed_at IS NULL OR published_at IS NOT NULL', name=op.f('calls_closed_was_open_check')),
    sa.CheckConstraint('closes_at > opens_at', name=op.f('calls_open_time_check')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('calls_cohort_days_check')),
    sa.CheckConstraint('ends_on IS NULL OR starts_on IS NOT NULL', name=op.f('calls_cohort_begins_check')),
    sa.ForeignKeyConstraint(['operator_id', 'created_by'], ['people.operator_id', 'people.id'], name=op.f('calls_operator_id_created_by_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'programme_id'], ['programmes.operator_id', 'programmes.id'], name=op.f('calls_operator_id_programme_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('calls_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('calls_pkey')),
    sa.UniqueConstraint('operator_id', 'slug', name=op.f('calls_operator_id_slug_key'))
    )
    op.create_index(op.f('calls_operator_id_programme_id_idx'), 'calls', ['operator_id', 'programme_id'], unique=False)
    op.create_table('applications',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('call_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('from_startup_id', sa.BigInteger(), nullable=True),
    sa.Column('draft', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('name_key', sa.Text(), server_default='', nullable=False),
    sa.Column('name_en', sa.Text(), server_default='', nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('credit_code', sa.Text(), nullable=True),
    sa.Column('registered_on', sa.Date(), nullable=True),
    sa.Column('industry_code', sa.Text(), server_default='', nullable=False),
    sa.Column('contact_name', sa.Text(), server_default='', nullable=False),
    sa.Column('contact_email', sa.Text(), nullable=False),
    sa.Column('contact_phone', sa.Text(), server_default='', nullable=False),
    sa.Column('summary', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('startup_id', sa.BigInteger(), nullable=True),
    sa.Column('admitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'company') = (credit_code IS NOT NULL)", name=op.f('applications_company_has_code_check')),
    sa.CheckConstraint("industry_code ~ '^([0-9]{2,4})?$'", name=op.f('applications_industry_code_check')),
    sa.CheckConstraint("kind = 'company' OR registered_on IS NULL", name=op.f('applications_team_not_registered_check')),
    sa.CheckConstraint("kind IN ('team', 'company')", name=op.f('applications_kind_check')),
    sa.CheckConstraint("locale IN ('zh_Hans', 'en')", name=op.f('applications_locale_check')),
    sa.CheckConstraint("sent_at IS NULL OR (kind IS NOT NULL AND name <> '' AND contact_name <> '')", name=op.f('applications_sent_check')),
    sa.CheckConstraint('(number IS NULL) = (sent_at IS NULL)', name=op.f('applications_number_check')),
    sa.CheckConstraint('(startup_id IS NULL) = (admitted_at IS NULL)', name=op.f('applications_admitted_check')),
    sa.CheckConstraint('admitted_at IS NULL OR withdrawn_at IS NULL', name=op.f('applications_one_end_check')),
    sa.CheckConstraint('sent_at IS NOT NULL OR num_nonnulls(taken_up_at, withdrawn_at, admitted_at) = 0', name=op.f('applications_first_sent_check')),
    sa.ForeignKeyConstraint(['operator_id', 'call_id'], ['calls.operator_id', 'calls.id'], name=op.f('applications_operator_id_call_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'from_startup_id'], ['startups.operator_id', 'startups.id'], name=op.f('applications_operator_id_from_startup_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'startup_id'], ['startups.operator_id', 'startups.id'], name=op.f('applications_operator_id_startup_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('applications_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('applications_pkey')),
    sa.UniqueConstraint('operator_id', 'number', name=op.f('applications_operator_id_number_key'))
    )
    op.create_index('applications_call_sent_idx', 'applications', ['operator_id', 'call_id', 'sent_at'], unique=False)
    op.create_index('applications_one_code_key', 'applications', ['operator_id', 'call_id', 'credit_code'], unique=True, postgresql_where='credit_code IS NOT NULL AND withdrawn_at IS NULL')
    op.create_index(op.f('applications_operator_id_from_startup_id_idx'), 'applications', ['operator_id', 'from_startup_id'], unique=False)
    op.create_index(op.f('applications_operator_id_name_key_idx'), 'applications', ['operator_id', 'name_key'], unique=False)
    op.create_index(op.f('applications_operator_id_startup_id_idx'), 'applications', ['operator_id', 'startup_id'], unique=False)
    op.create_index('applications_unsent_idx', 'applications', ['operator_id', 'changed_at'], unique=False, postgresql_where='sent_at IS NULL')
    op.create_table('call_questions',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('call_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), server_default='', nullable=False),
    sa.Column('help', sa.Text(), server_default='', nullable=False),
    sa.Column('help_en', sa.Text(), server_default='', nullable=False),
    sa.Column('is_required', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('short_text', 'long_text', 'number', 'money', 'date', 'one_choice', 'several_choices', 'yes_no', 'web_address', 'file')", name=op.f('call_questions_kind_check')),
    sa.CheckConstraint("label <> ''", name=op.f('call_questions_label_check')),
    sa.ForeignKeyConstraint(['operator_id', 'call_id'], ['calls.operator_id', 'calls.id'], name=op.f('call_questions_operator_id_call_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('call_questions_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('call_questions_pkey'))
    )
    op.create_index(op.f('call_questions_operator_id_call_id_idx'), 'call_questions', ['operator_id', 'call_id'], unique=False)
    op.create_table('application_answers',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('application_id', sa.BigInteger(), nullable=False),
    sa.Column('question_id', sa.BigInteger(), nullable=False),
    sa.Column('value', sa.Text(), server_default='', nullable=False),
    sa.Column('option_ids', postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'::bigint[]"), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("value <> '' OR cardinality(option_ids) > 0", name=op.f('application_answers_answered_check')),
    sa.ForeignKeyConstraint(['operator_id', 'application_id'], ['applications.operator_id', 'applications.id'], name=op.f('application_answers_operator_id_application_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'file_id'], ['stored_files.operator_id', 'stored_files.id'], name=op.f('application_answers_operator_id_file_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'question_id'], ['call_questions.operator_id', 'call_questions.id'], name=op.f('application_answers_operator_id_question_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('application_answers_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('application_answers_pkey')),
    sa.UniqueConstraint('operator_id', 'application_id', 'question_id', name=op.f('application_answers_operator_id_application_id_question_id_key'))
    )
    op.create_index(op.f('application_answers_operator_id_file_id_idx'), 'application_answers', ['operator_id', 'file_id'], unique=False)
    op.create_index(op.f('application_answers_operator_id_question_id_idx'), 'application_answers', ['operator_id', 'question_id'], unique=False)
    op.create_table('application_founders',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('application_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(), server_default='', nullable=False),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("name <> ''", name=op.f('application_founders_name_check')),
    sa.ForeignKeyConstraint(['operator_id', 'application_id'], ['applications.operator_id', 'applications.id'], name=op.f('application_founders_operator_id_application_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('application_founders_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('application_founders_pkey'))
    )
    op.create_index(op.f('application_founders_operator_id_application_id_idx'), 'application_founders', ['operator_id', 'application_id'], unique=False)
    op.create_index(op.f('application_founders_operator_id_name_key_idx'), 'application_founders', ['operator_id', 'name_key'], unique=False)
    op.create_table('draft_files',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('application_id', sa.BigInteger(), nullable=False),
    sa.Column('question_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("name <> ''", name=op.f('draft_files_name_check')),
    sa.ForeignKeyConstraint(['operator_id', 'application_id'], ['applications.operator_id', 'applications.id'], name=op.f('draft_files_operator_id_application_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'file_id'], ['stored_files.operator_id', 'stored_files.id'], name=op.f('draft_files_operator_id_file_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id', 'question_id'], ['call_questions.operator_id', 'call_questions.id'], name=op.f('draft_files_operator_id_question_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('draft_files_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('draft_files_pkey')),
    sa.UniqueConstraint('operator_id', 'application_id', 'question_id', name=op.f('draft_files_operator_id_application_id_question_id_key'))
    )
    op.create_index(op.f('draft_files_operator_id_file_id_idx'), 'draft_files', ['operator_id', 'file_id'], unique=False)
    op.create_table('question_options',
    sa.Column('operator_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('question_id', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('label_en', sa.Text(), server_default='', nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("label <> ''", name=op.f('question_options_label_check')),
    sa.ForeignKeyConstraint(['operator_id', 'question_id'], ['call_questions.operator_id', 'call_questions.id'], name=op.f('question_options_operator_id_question_id_fkey')),
    sa.ForeignKeyConstraint(['operator_id'], ['operators.operator_id'], name=op.f('question_options_operator_id_fkey')),
    sa.PrimaryKeyConstraint('operator_id', 'id', name=op.f('question_options_pkey'))
    )
    op.create_index(op.f('question_options_operator_id_question_id_idx'), 'question_options', ['operator_id', 'question_id'], unique=False)
    op.add_column('individuals', sa.Column('name_key', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('individuals_operator_id_name_key_idx'), 'individuals', ['operator_id', 'name_key'], unique=False)
    op.add_column('startups', sa.Column('name_key', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('startups_operator_id_name_key_idx'), 'startups', ['operator_id', 'name_key'], unique=False)
    for table, kind in KINDS:
        _set_kinds(table, lambda kinds, kind=kind: [*kinds, kind])
    for table, key in (("startups", name_key), ("individuals", person_key)):
        _fill_keys(table, key)
    for table, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_operator ON {table} USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"GRANT DELETE ON stored_files TO {ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON stored_files FROM {ROLE}")
    for table, gone in KINDS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(sa.text(f"DELETE FROM {table} WHERE kind = '{gone}'"))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _set_kinds(table, lambda kinds, gone=gone: [kind for kind in kinds if kind != gone])
    op.drop_index(op.f('startups_operator_id_name_key_idx'), table_name='startups')
    op.drop_column('startups', 'name_key')
    op.drop_index(op.f('individuals_operator_id_name_key_idx'), table_name='individuals')
    op.drop_column('individuals', 'name_key')
    op.drop_index(op.f('question_options_operator_id_question_id_idx'), table_name='question_options')
    op.drop_table('question_options')
    op.drop_index(op.f('draft_files_operator_id_file_id_idx'), table_name='draft_files')
    op.drop_table('draft_files')
    op.drop_index(op.f('application_founders_operator_id_name_key_idx'), table_name='application_founders')
    op.drop_index(op.f('application_founders_operator_id_application_id_idx'), table_name='application_founders')
    op.drop_table('application_founders')
    op.drop_index(op.f('application_answers_operator_id_question_id_idx'), table_name='application_answers')
    op.drop_index(op.f('application_answers_operator_id_file_id_idx'), table_name='application_answers')
    op.drop_table('application_answers')
    op.drop_index(op.f('call_questions_operator_id_call_id_idx'), table_name='call_questions')
    op.drop_table('call_questions')
    op.drop_index('applications_unsent_idx', table_name='applications', postgresql_where='sent_at IS NULL')
    op.drop_index(op.f('applications_operator_id_startup_id_idx'), table_name='applications')
    op.drop_index(op.f('applications_operator_id_name_key_idx'), table_name='applications')
    op.drop_index(op.f('applications_operator_id_from_startup_id_idx'), table_name='applications')
    op.drop_index('applications_one_code_key', table_name='applications', postgresql_where='credit_code IS NOT NULL AND withdrawn_at IS NULL')
    op.drop_index('applications_call_sent_idx', table_name='applications')
    op.drop_table('applications')
    op.drop_index(op.f('calls_operator_id_programme_id_idx'), table_name='calls')
    op.drop_table('calls')


def _set_kinds(table, change) -> None:
    """Let a table's CHECK of kinds have others than it has now, whichever those are."""
    name = f"{table}_kind_check"
    found = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    ).scalar_one()
    kinds = change(re.findall(r"'(\w+)'", found))
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"kind IN ({', '.join(repr(kind) for kind in kinds)})")


def _fill_keys(table, key) -> None:
    """The keys of the names that there are; for this once the owner sees all operators' rows."""
    connection = op.get_bind()
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    rows = connection.execute(sa.text(f"SELECT operator_id, id, name FROM {table}")).all()
    for operator_id, row_id, name in rows:
        connection.execute(
            sa.text(f"UPDATE {table} SET name_key = :key WHERE operator_id = :operator_id AND id = :id"),
            {"key": key(name), "operator_id": operator_id, "id": row_id},
        )
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
