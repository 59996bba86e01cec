"""The trail's next event in one call: its head is locked for a round trip less, and Citus takes no INSERT with a WITH

Revision ID: 0062
Revises: 0061
"""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

APPEND = """
CREATE FUNCTION append_event(
    its_operator bigint, its_at timestamptz, its_person bigint, its_person_name text, its_action text,
    its_subject_kind text, its_subject bigint, its_before jsonb, its_after jsonb, opening text, closing text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads;
    its_number bigint;
    its_hash bytea;
BEGIN
    LOOP
        SELECT * INTO head FROM audit_heads WHERE operator_id = its_operator FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO audit_heads (operator_id, number, hash) VALUES (its_operator, 0, decode(repeat('00', 32), 'hex'))
            ON CONFLICT DO NOTHING;  -- of two who begin a chain, one begins it
    END LOOP;
    its_number := head.number + 1;
    its_hash := sha256(head.hash || convert_to(opening || its_number || closing, 'UTF8'));
    INSERT INTO audit_events (
        operator_id, number, at, person_id, person_name, action, subject_kind, subject_id, before, after,
        previous_hash, hash
    ) VALUES (
        its_operator, its_number, its_at, its_person, its_person_name, its_action, its_subject_kind, its_subject,
        its_before, its_after, head.hash, its_hash
    );
    UPDATE audit_heads SET number = its_number, hash = its_hash WHERE operator_id = its_operator;
    RETURN its_number;
END $$
"""


def upgrade() -> None:
    op.execute(APPEND)


def downgrade() -> None:
    op.execute("DROP FUNCTION append_event")
