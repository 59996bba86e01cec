"""An operator's chain of reports: the statement about each, its link to the one before, and what a check finds. Pure.

A statement says what was frozen (`sha256`), as what, when, and after what (`previous`). Its SHA-256 is the link, which
the next statement names and the operator's key signs: whoever changes, removes or puts in a report has to change all
that come after it, and can't sign them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from msgspec import Struct

from incubator.core.canonical import canonical_json
from incubator.core.errors import N_
from incubator.documents.signing import verify
from incubator.reports.models import FIRST_LINK
from incubator.startups.rules.periods import Period

FORM = "frozen-report/1"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: nothing in it looks like another."""
TOKEN_LENGTH = 26
"""130 bits."""

FAULT_WORDS = {
    "missing": N_("Number %(number)s is missing: a report was taken out of the chain."),
    "content": N_("The content of number %(number)s was changed: its SHA-256 is another one."),
    "statement": N_("The statement of number %(number)s does not say what is kept with it, in %(part)s."),
    "form": N_("The statement of number %(number)s is no canonical JSON of a statement."),
    "link": N_("The link of number %(number)s is not the SHA-256 of its statement."),
    "previous": N_("Number %(number)s does not point at the link of the report before it."),
    "signature": N_("The signature of number %(number)s is not valid."),
    "unsigned": N_("Number %(number)s is not signed."),
    "head": N_("The chain ends at number %(number)s, but its head says %(part)s: reports at its end are missing."),
}
"""What a check can find, each with the place."""


class Link(Struct, frozen=True):
    """One report as the database keeps it, without its content."""

    id: int
    number: int
    kind: str
    subject: str
    site_id: int | None
    period: Period
    version: int
    definition: str
    sha256: bytes
    reason: str
    frozen_at: datetime
    previous: bytes
    statement: str
    link: bytes
    signatures: tuple[tuple[bytes, bytes], ...] = ()
    """Public key and signature, the oldest first."""
    content_sha256: bytes | None = None
    """Of the content, computed anew; None: not asked for."""


class Fault(Struct, frozen=True):
    """One thing that does not hold, with its place."""

    what: str
    number: int
    part: str = ""

    @property
    def message(self) -> str:
        """Translatable, with `number` and `part`."""
        return FAULT_WORDS[self.what]


def make_statement(
    *, operator: Mapping[str, Any], kind: str, subject: str, site: Mapping[str, Any] | None, period: Period,
    version: int, definition: str, sha256: bytes, reason: str, frozen_at: datetime, number: int, previous: bytes,
) -> bytes:  # fmt: skip
    """The canonical statement about a report. It is public: it has the hash of the reason, not the reason."""
    return canonical_json({
        "form": FORM, "operator": dict(operator), "site": dict(site) if site else None,
        **_said(kind, subject, period, version, definition, sha256, reason, frozen_at, number, previous),
    })  # fmt: skip


def _said(
    kind: str, subject: str, period: Period, version: int, definition: str, sha256: bytes, reason: str,
    frozen_at: datetime, number: int, previous: bytes,
) -> dict[str, Any]:  # fmt: skip
    """What the statement repeats of the row."""
    return {
        "kind": kind, "subject": subject,
        "period": {"rhythm": period.rhythm, "key": period.key, "first": period.first.isoformat(),
                   "last": period.last.isoformat()},
        "version": version, "definition": definition, "sha256": sha256.hex(),
        "reason_sha256": hashlib.sha256(reason.encode()).hexdigest(),
        "frozen_at": frozen_at.astimezone(UTC).isoformat(), "number": number, "previous": previous.hex(),
    }  # fmt: skip


def link_of(statement: bytes) -> bytes:
    """What the next statement names and the key signs."""
    return hashlib.sha256(statement).digest()


def check_link(row: Link, before: bytes | None) -> list[Fault]:
    """What does not hold of one report; `before`: the link of the report before it, None: it is not there."""
    found = []
    if row.content_sha256 is not None and row.content_sha256 != row.sha256:
        found.append(Fault("content", row.number))
    part = _wrong_part(row)
    if part is not None:
        found.append(Fault("statement", row.number, part) if part else Fault("form", row.number))
    if link_of(row.statement.encode()) != row.link:
        found.append(Fault("link", row.number))
    if before is not None and row.previous != before:
        found.append(Fault("previous", row.number))
    if not row.signatures:
        found.append(Fault("unsigned", row.number))
    elif not all(verify(key, row.link, signature) for key, signature in row.signatures):
        found.append(Fault("signature", row.number))
    return found


def _wrong_part(row: Link) -> str | None:
    """The part of the statement that is not what the row says; empty: it is no statement at all; None: all is."""
    try:
        said = json.loads(row.statement)
        if canonical_json(said).decode() != row.statement or said["form"] != FORM:
            return ""
        site = said["site"]["id"] if said["site"] else None
    except (ValueError, TypeError, KeyError):
        return ""
    if site != row.site_id:
        return "site"
    wanted = _said(row.kind, row.subject, row.period, row.version, row.definition, row.sha256, row.reason,
                   row.frozen_at, row.number, row.previous)  # fmt: skip
    return next((part for part, value in wanted.items() if said.get(part) != value), None)


def check_chain(rows: Iterable[Link], head: tuple[int, bytes]) -> list[Fault]:
    """Everything that does not hold in a whole chain, in its order. `head`: the last number and link."""
    found: list[Fault] = []
    number, before = 0, FIRST_LINK
    for row in rows:
        gap = row.number > number + 1
        found += [Fault("missing", each) for each in range(number + 1, row.number)]
        found += check_link(row, None if gap else before)
        number, before = row.number, row.link
    if (number, before) != head:
        found.append(Fault("head", number, str(head[0])))
    return found


def make_token() -> str:
    """The random part of a report's public code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


def public_code(operator_id: int, token: str) -> str:
    """The whole code in the address: it names the operator, since nobody who opens it is signed in."""
    return f"{operator_id:x}-{token}"


def printed_code(code: str) -> str:
    """As it stands under the QR code: `A3-7K2M4-9QXZ1-…`, in fives."""
    operator, _, token = code.upper().partition("-")
    return "-".join([operator, *(token[start : start + 5] for start in range(0, TOKEN_LENGTH, 5))])


def read_code(text: str) -> str | None:
    """A code as somebody typed it, blanks, hyphens, capitals and look-alikes forgiven; None for what can be none."""
    plain = "".join(each for each in normalize("NFKC", text).lower() if not each.isspace() and each not in "-–—")
    operator, token = plain[:-TOKEN_LENGTH], plain[-TOKEN_LENGTH:].translate(str.maketrans("oil", "011"))
    if len(token) != TOKEN_LENGTH or set(token) - set(ALPHABET) or not 0 < len(operator) <= 16:
        return None
    return f"{operator}-{token}" if set(operator) <= set("0123456789abcdef") else None
