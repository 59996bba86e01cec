"""The first schema.

Revision ID: 0001
"""

from alembic import op
from sqlalchemy import text

from incubator.database import APP_ROLE, Base, no_overlap_statement, secure_table_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}).scalar():
        op.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        op.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    Base.metadata.create_all(connection)
    for table in Base.metadata.sorted_tables:
        for statement in secure_table_statements(table):
            op.execute(statement)
        if overlap := table.info.get("no_overlap"):
            op.execute(no_overlap_statement(connection, table.name, *overlap))
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute("SET LOCAL app.operator_id = '0'")
    op.execute("INSERT INTO operators (operator_id, name, locale, currency) VALUES (0, 'installation', 'en', 'CNY')")


def downgrade() -> None:
    Base.metadata.drop_all(op.get_bind())
