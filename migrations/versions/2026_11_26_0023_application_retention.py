"""Applications that led nowhere: how long they are kept, and what stays of them.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = "incubator_app"
SENT = "kind IS NOT NULL AND name <> '' AND contact_name <> ''"
COMPANY = "(kind = 'company') = (credit_code IS NOT NULL)"
NOTHING_LEFT = (
    "erased_at IS NULL OR (name = number AND name_en = '' "
    "AND num_nonnulls(credit_code, registered_on, admitted_at) = 0 AND contact_name = '' AND contact_email = '' AND contact_phone = '' AND summary = '' AND draft = '{}')"
)


def upgrade() -> None:
    op.add_column("operators", sa.Column("application_months", sa.Integer(), server_default="24", nullable=False))
    op.create_check_constraint(op.f("operators_application_months_check"), "operators",
                               "application_months BETWEEN 1 AND 120")  # fmt: skip
    op.add_column("applications", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    _swap("applications", "sent", f"sent_at IS NULL OR erased_at IS NOT NULL OR ({SENT})")
    _swap("applications", "company_has_code", f"erased_at IS NOT NULL OR {COMPANY}")
    op.create_check_constraint(op.f("applications_erased_check"), "applications", NOTHING_LEFT)
    op.create_index(op.f("applications_kept_idx"), "applications", ["operator_id", "sent_at"],
                    postgresql_where=sa.text("erased_at IS NULL AND admitted_at IS NULL"))  # fmt: skip
    op.add_column("selection_decisions", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    _swap("selection_decisions", "reason", "(reason <> '') = (erased_at IS NULL)")
    op.create_check_constraint(op.f("selection_decisions_erased_check"), "selection_decisions",
                               "erased_at IS NULL OR to_applicant = ''")  # fmt: skip
    op.execute(f"GRANT UPDATE (reason, to_applicant, erased_at) ON selection_decisions TO {ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE (reason, to_applicant, erased_at) ON selection_decisions FROM {ROLE}")
    op.drop_constraint(op.f("selection_decisions_erased_check"), "selection_decisions")
    _swap("selection_decisions", "reason", "reason <> ''", "NOT VALID")
    op.drop_column("selection_decisions", "erased_at")
    op.drop_index(op.f("applications_kept_idx"), "applications")
    op.drop_constraint(op.f("applications_erased_check"), "applications")
    _swap("applications", "company_has_code", COMPANY, "NOT VALID")
    _swap("applications", "sent", f"sent_at IS NULL OR ({SENT})", "NOT VALID")
    op.drop_column("applications", "erased_at")
    op.drop_constraint(op.f("operators_application_months_check"), "operators")
    op.drop_column("operators", "application_months")


def _swap(table: str, name: str, condition: str, how: str = "") -> None:
    """Another condition under the same name; not valid for what is erased already, where the earlier one comes back."""
    op.drop_constraint(op.f(f"{table}_{name}_check"), table)
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({condition}) {how}")
