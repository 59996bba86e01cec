"""The demo with ten times its data: nine copies of its rows, under ids and numbers of their own, by a statement a table.

A copy belongs to the copies of what its row belongs to: nine claims more have their own lines, of their own decisions,
on charges of their own. Every constraint of the schema holds, numbers stay without gaps, the trail's chain is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, Table, create_engine, text

from incubator import models  # noqa: F401  every table
from incubator.audit.operations import event_content, link_hash
from incubator.database import Base

COPIES = 9
APART = 1_000_000
"""Between the ids of a row and of its next copy."""
_NEXT = f"n * {APART}"
_NUMBER = "number + n * max(number) OVER (PARTITION BY year)"
"""Without gaps: the first copy goes on after the last number."""
_LATER = "tstzrange(lower(period) + n * interval '400 days', upper(period) + n * interval '400 days')"
_SOURCE = f"source_id + {_NEXT}"
_KEY = "key || '-' || n"

COPIED: dict[str, dict[str, str]] = {
    "startups": {
        "code": "code || '-' || n", "name": "name || n", "kind": "'team'", "credit_code": "NULL",
        "registered_on": "NULL", "capital_minor": "NULL", "paid_in_minor": "NULL",
        "name_key": "name_key || n",
    },
    "residencies": {"number": "number || '-' || n"},
    "residency_prices": {},
    "documents": {},
    "document_versions": {},
    "residency_amendments": {},
    "agreement_texts": {},
    "deposit_entries": {},
    "allowances": {"enrolment_id": "NULL", "plan_allowance_id": "NULL"},
    "applications": {"number": "number || '-' || n", "kind": "'team'", "credit_code": "NULL", "registered_on": "NULL"},
    "application_answers": {},
    "application_founders": {},
    "achievements": {},
    "exits": {},
    "exit_items": {},
    "individuals": {"id_hash": "sha256(id_hash || n::text::bytea)"},
    "posts": {},
    "standings": {},
    "recorded_facts": {},
    "site_costs": {},
    "requests": {"number": _NUMBER, "form_key": "NULL"},
    "request_messages": {},
    "announcements": {},
    "bookings": {"period": _LATER, "request_key": "NULL"},
    "allocations": {"period": _LATER, "holder_id": f"holder_id + {_NEXT}"},
    "allowance_entries": {},
    "visitors": {},
    "events": {},
    "event_results": {},
    "event_parties": {},
    "mentoring_needs": {"form_key": "NULL"},
    "mentor_sessions": {"request_key": "NULL"},
    "session_logs": {},
    "session_log_fields": {},
    "log_confirmations": {},
    "session_evidence": {},
    "session_feedback": {},
    "session_tasks": {},
    "notices": {"key": _KEY},
    "outbox_mails": {},
    # a meter is no more than before: what it is charged for once more is another round
    "charges": {
        "source_id": f"CASE source_kind WHEN 'meter' THEN source_id ELSE {_SOURCE} END",
        "round": "CASE source_kind WHEN 'meter' THEN round + 100 * n ELSE round END",
    },
    "one_off_charges": {"source_id": _SOURCE},
    "invoices": {"number": "number + n * max(number) OVER (PARTITION BY series, year)"},
    "invoice_lines": {},
    "voucher_applications": {},
    "vouchers": {"number": _NUMBER},
    "voucher_orders": {"number": _NUMBER, "source_id": _SOURCE},
    "voucher_settlements": {"number": _NUMBER},
    "voucher_entries": {},
    "instalments": {},
    "subsidy_decisions": {},
    "operator_grants": {"item_id": f"item_id + {_NEXT}"},
    "grant_instalments": {},
    "journal_entries": {"number": _NUMBER, "source_id": _SOURCE},
    "payments": {"number": _NUMBER, "source_id": _SOURCE},
    "clearings": {},
    "open_items": {},
    "credit_notes": {"number": _NUMBER},
    "credit_note_lines": {},
    "postings": {},
    "dunning_stories": {},
    "dunning_actions": {"number": _NUMBER},
    "dunning_entries": {},
    "card_payments": {"key": _KEY, "stripe_intent": "stripe_intent || n", "stripe_session": "stripe_session || n"},
    "card_payment_parts": {},
    "card_payouts": {"stripe_payout": "stripe_payout || n"},
    "bank_lines": {"fingerprint": "fingerprint || n"},
    "bank_acts": {},
    "bank_shares": {},
    "fapiao_batches": {"number": _NUMBER},
    "fapiao_requests": {},
    "fapiaos": {"serial": "serial || n", "number": f"(number::numeric + {_NEXT})::text"},
    "fapiao_events": {},
    "claims": {"number": _NUMBER},
    "claim_lines": {},
    "claim_steps": {},
    "claim_rulings": {},
    "claim_payments": {},
    "claim_clawbacks": {},
    "claim_letters": {},
    "claim_packs": {"manifest_sha256": "sha256(manifest_sha256 || n::text::bytea)"},
    "claim_reviewers": {},
    "claim_reminders": {},
    "review_remarks": {},
}  # fmt: skip
"""In the order of what points at what; of a column that can't be as it was, what it becomes."""
ONLY = {"allocations": "holder_kind = 'booking' AND voided_at IS NULL"} | dict.fromkeys(
    ("dunning_stories", "dunning_actions", "dunning_entries"), "startup_id <> ALL(:stays)"
)
"""Of what not all: a startup has one story of dunning at a time."""
FOLLOWING = (
    "UPDATE number_series SET last_number = last_number * 10",
    "UPDATE budgets SET amount_minor = amount_minor * 10, used_minor = used_minor * 10",
    "UPDATE closed_months SET entries = entries * 10, turnover_minor = turnover_minor * 10",
)
"""What says of many rows how they stand together."""


def grow(owner_url: str, operator_id: int, *, stays: Iterable[int]) -> None:
    """Ten times the operator's data: ten times the startups, each with as much as before, and those of `stays`, whose
    people sign in, with ten times as much of their own."""
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL app.operator_id = '{operator_id}'")
        # as if it had been entered before the months were closed
        connection.exec_driver_sql("ALTER TABLE journal_entries DISABLE TRIGGER refuse_closed_month")
        values = {"operator": operator_id, "stays": list(stays)}
        for name in COPIED:
            connection.execute(text(_copying(Base.metadata.tables[name])), values)
        for statement in FOLLOWING:
            connection.execute(text(f"{statement} WHERE operator_id = :operator"), values)
        connection.exec_driver_sql("ALTER TABLE journal_entries ENABLE TRIGGER refuse_closed_month")
        _grow_trail(connection, operator_id)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _copying(table: Table) -> str:
    """The statement: ids and what points at copied rows go on by as much, all else is as it was."""
    values = {each.name: f'"{each.name}"' for each in table.columns if each.computed is None}
    values |= {each.parent.name: f"{each.parent.name} + {_NEXT}" for each in table.foreign_keys
               if each.column.table.name in COPIED and each.column.name not in ("operator_id", "line")}  # fmt: skip
    if "id" in values:
        values["id"] = f"id + {_NEXT}"
    if "startup_id" in values:
        values["startup_id"] = f"startup_id + CASE WHEN startup_id <> ALL(:stays) THEN {_NEXT} ELSE 0 END"
    values |= COPIED[table.name]
    names = ", ".join(f'"{each}"' for each in values)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {', '.join(values.values())} "
        f"FROM {table.name}, generate_series(1, {COPIES}) n "
        f"WHERE operator_id = :operator AND {ONLY.get(table.name, 'true')}"
    )


def _grow_trail(connection: Connection, operator_id: int) -> None:
    """The same events again, each linked to the one before it."""
    events = list(connection.execute(text("SELECT * FROM audit_events WHERE operator_id = :operator ORDER BY number"),
                                     {"operator": operator_id}))  # fmt: skip
    previous, number, rows = events[-1].hash, len(events), []
    for event in events * COPIES:
        number += 1
        content = event_content(event) | {"number": number}
        link = link_hash(previous, content)
        hashes = {"previous_hash": f"\\x{previous.hex()}", "hash": f"\\x{link.hex()}"}
        rows.append(content | hashes)
        previous = link
    given = "SELECT * FROM jsonb_populate_recordset(NULL::audit_events, CAST(:rows AS jsonb))"
    connection.execute(text(f"INSERT INTO audit_events {given}"), {"rows": json.dumps(rows)})
    connection.execute(text("UPDATE audit_heads SET number = :number, hash = :hash WHERE operator_id = :operator"),
                       {"number": number, "hash": previous, "operator": operator_id})  # fmt: skip
