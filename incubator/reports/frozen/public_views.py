"""Public pages: whoever holds a report's paper asks whether it is what it says.

They see its statement, never its content.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from incubator.accounts.access import public
from incubator.accounts.models import Operator
from incubator.accounts.operations.keys import read_operator
from incubator.accounts.throttling import limiter
from incubator.core.clock import CHINA
from incubator.core.errors import NotFound
from incubator.database import db, set_operator
from incubator.documents.models import SigningKey
from incubator.documents.signing import fingerprint, public_keys
from incubator.reports.frozen.chain import Fault, Link, check_link, printed_code, read_code
from incubator.reports.frozen.kind import Kind
from incubator.reports.frozen.queries import get_link
from incubator.reports.frozen.registry import KINDS
from incubator.reports.frozen.views import blueprint
from incubator.reports.models import FrozenReport

__all__ = ["blueprint"]

LOOKS = "60 per minute;600 per hour"
"""From one address: a whole office may stand behind it."""
FILES = "20 per minute;200 per hour"
SHA256 = re.compile(r"[0-9a-f]{64}")


class Seen(Struct, frozen=True):
    """What a public page says of one frozen report."""

    code: str
    statement: dict[str, Any]
    """Empty where it is none any more."""
    link: Link
    kind: Kind | None
    faults: tuple[Fault, ...]
    keys: tuple[SigningKey, ...]
    """By which it is signed."""
    replaced_by: int | None
    replaced_at: datetime | None

    @property
    def holds(self) -> bool:
        """Nothing of it was changed since it was frozen and signed."""
        return not self.faults


@blueprint.route("/verify", methods=["GET", "POST"])
@public
@limiter.limit(LOOKS)
def verify_report() -> str | BaseResponse | tuple[str, int]:
    """Type the code that stands under the QR code."""
    typed = request.form.get("code", "")
    if request.method == "POST":
        code = read_code(typed[:100])
        if code is not None:
            return redirect(url_for("reports.verified_report", code=code), 303)
        return render_template("reports/frozen/verify.html", typed=typed[:100], wrong=True), 422
    return render_template("reports/frozen/verify.html", typed="", wrong=False)


@blueprint.route("/verify/<code>")
@public
@limiter.limit(LOOKS)
def verified_report(code: str) -> Response:
    """What the report is, and whether statement, link and signature hold."""
    return _answer(_see(code))


@blueprint.route("/verify/<code>", methods=["POST"])
@public
@limiter.limit(FILES)
def compare_file(code: str) -> Response:
    """Whether a file (or a hash that somebody computed) is the report's exact data."""
    seen = _see(code)
    typed = re.sub(r"\s", "", request.form.get("sha256", "")[:200]).lower()
    file = request.files.get("file")
    if file is not None and file.filename:
        found = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type] # a readable stream
        return _answer(seen, found, typed)
    if SHA256.fullmatch(typed):
        return _answer(seen, typed, typed)
    return _answer(seen, None, typed, status=422)


@blueprint.route("/verify/keys/<operator>")
@public
@limiter.limit(LOOKS)
def operator_keys(operator: str) -> Response:
    """An operator's public keys, those that were retired too: what a stand-alone check of a signature needs."""
    _ = current_user.is_authenticated  # before: it names the transaction's operator
    set_operator(db.session(), read_operator(operator))
    found = db.session.execute(select(Operator.name, Operator.name_en)).one_or_none()
    keys = public_keys(db.session())
    if found is None or not keys:
        raise NotFound
    page = render_template("reports/frozen/public_keys.html", operator=found, keys=keys, fingerprint=fingerprint,
                           zone=CHINA.key)  # fmt: skip
    return _quiet(page)


def _see(text: str) -> Seen:
    """The report of a code; the same NotFound for every other text."""
    _ = current_user.is_authenticated  # before: it names the transaction's operator
    code = read_code(text) if len(text) <= 100 else None
    if code is None:
        raise NotFound
    operator, _, token = code.partition("-")
    session = db.session()
    set_operator(session, read_operator(operator))
    report_id = session.execute(select(FrozenReport.id).where(FrozenReport.public_token == token)).scalar_one_or_none()
    if report_id is None:
        set_operator(session, None)
        raise NotFound
    link, before = get_link(session, report_id)
    faults = check_link(link, before)
    if before is None:
        faults.append(Fault("missing", link.number - 1))
    later, at = _later(session, link)
    keys = {each.public_key: each for each in public_keys(session)}
    return Seen(
        code, _read(link.statement), link, KINDS.get(link.kind), tuple(faults),
        tuple(keys[key] for key, _ in link.signatures if key in keys), later, at,
    )  # fmt: skip


def _later(session: Session, link: Link) -> tuple[int | None, datetime | None]:
    """The newest version of the same period, where it is not this one, and when it was frozen."""
    report = FrozenReport
    found = session.execute(
        select(report.version, report.frozen_at)
        .where(report.kind == link.kind, report.site_id.is_not_distinct_from(link.site_id),
               report.subject == link.subject, report.rhythm == link.period.rhythm,
               report.month == link.period.first, report.version > link.version)
        .order_by(report.version.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return (found.version, found.frozen_at) if found else (None, None)


def _read(statement: str) -> dict[str, Any]:
    try:
        said = json.loads(statement)
    except ValueError:
        return {}
    return said if isinstance(said, dict) and {"operator", "site", "period"} <= said.keys() else {}


def _answer(seen: Seen, found: str | None = None, typed: str = "", status: int = 200) -> Response:
    """The page; `found`: the SHA-256 of what was to be compared."""
    return _quiet(
        render_template(
            "reports/frozen/verified.html", seen=seen, found=found, typed=typed,
            asked=status != 200 or found is not None, same=found == seen.link.sha256.hex(),
            printed=printed_code(seen.code), fingerprint=fingerprint,
            zone=CHINA.key, operator_code=seen.code.partition("-")[0],
        ),
        status,
    )  # fmt: skip


def _quiet(page: str, status: int = 200) -> Response:
    """Not for search engines, and not kept by anybody between."""
    answer = make_response(page, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
