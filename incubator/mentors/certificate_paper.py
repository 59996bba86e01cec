"""A certificate of hours as its paper has it: in Chinese, for authorities."""

from __future__ import annotations

from datetime import date
from typing import Any

from incubator.core.clock import CHINA
from incubator.documents.formats import day
from incubator.mentors.models import HoursCertificate

PAPER = "zh_Hans"


def hours_words(minutes: int) -> str:
    """90 minutes are 1 小时 30 分钟."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} 小时"] * bool(hours) + [f"{rest} 分钟"] * bool(rest)) or "0 分钟"


def certificate_data(certificate: HoursCertificate) -> dict[str, Any]:
    """What the template prints: only what was certified, and its hash."""
    content = certificate.content
    return {
        "number": certificate.label, "operator": content["operator"], "operator_code": content["operator_code"],
        "mentor": content["mentor"], "mentor_number": content["mentor_number"], "headline": content["headline"],
        "first": day(date.fromisoformat(content["first"]), PAPER),
        "last": day(date.fromisoformat(content["last"]), PAPER), "hours": hours_words(certificate.minutes),
        "sessions": len(content["lines"]), "on": day(certificate.made_at.astimezone(CHINA).date(), PAPER),
        "sha256": certificate.sha256.hex(),
        "lines": [
            [line["on"], line["startup"], "、".join(line["fields"]), line["site"], str(line["minutes"]),
             line["sha256"][:12]]
            for line in content["lines"]
        ],
    }  # fmt: skip
