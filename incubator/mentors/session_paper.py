"""A session that both sides have confirmed, as the paper of its voucher has it: in Chinese, for finance and issuers.

It says when and for how long, not what about: that is between the two.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from incubator.accounts.models import Operator
from incubator.bookings.wording import span_text
from incubator.documents.formats import day
from incubator.mentors.certificate_paper import PAPER, hours_words
from incubator.mentors.queries.sessions import LogRow, MeetingRow
from incubator.subsidies.models import VoucherOrder

SIDES = {"mentor": "导师", "startup": "企业"}


def session_data(row: MeetingRow, log: LogRow, order: VoucherOrder, operator: Operator) -> dict[str, Any]:
    """What the template prints."""
    evidence, zone = log.evidence, ZoneInfo(row.zone)
    assert evidence is not None  # it is confirmed
    return {
        "number": order.label, "operator": operator.name, "operator_code": operator.credit_code or "",
        "mentor": row.person.name, "mentor_number": row.mentor.number, "startup": row.startup.name,
        "title": row.meeting.title, "fields": "、".join(each.name for each in log.fields),
        "when": span_text(log.held.start, log.held.end, row.zone, PAPER), "hours": hours_words(evidence.minutes),
        "on": day(evidence.evident_at.astimezone(zone).date(), PAPER), "sha256": evidence.sha256.hex(),
        "version": log.log.version,
        "sides": [
            [SIDES[said.side], name, f"{said.confirmed_at.astimezone(zone):%Y-%m-%d %H:%M}"]
            for said, name in log.confirmations
        ],
    }  # fmt: skip
