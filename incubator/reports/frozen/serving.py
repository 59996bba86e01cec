"""What pages of frozen reports share: addresses of reports, files to download, where this instance is."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request, send_file, url_for

from incubator.accounts.access import current_actor
from incubator.core.errors import NotFound
from incubator.database import db
from incubator.i18n import reader_locale
from incubator.reports.frozen.exports import MEDIA_TYPES, export
from incubator.reports.frozen.kind import Kind, Question, scope_of
from incubator.reports.frozen.queries import get_stamp, get_version
from incubator.settings import Settings


def base_url() -> str:
    """Where this instance is, as papers name it."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url


def number_of(text: str) -> int:
    """A version's number in an address; NotFound for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound
    return int(text)


def asked_version() -> int | None:
    """The version that a download names; None: the newest."""
    return number_of(request.args["version"]) if "version" in request.args else None


def report_url(kind: Kind, question: Question, **more: Any) -> str:
    """The page of a report: the kind's own, or the common one."""
    period = question.period
    if kind.endpoint == "reports.occupancy":
        return url_for(kind.endpoint, site_id=question.site_id, month=period.key, **more)
    if kind.endpoint == "reports.figures":
        return url_for(kind.endpoint, site_id=question.site_id, rhythm=period.rhythm, key=period.key, **more)
    if kind.endpoint == "builder.show_saved":
        return url_for(kind.endpoint, report_id=int(question.subject), **more)
    subject: dict[str, Any] = {"subject": question.subject} if question.subject else {}
    scope = scope_of(question.site_id)
    return url_for("reports.show_report", name=kind.name, scope=scope, key=period.key, **subject, **more)


def send_version(kind: Kind, question: Question, extension: str) -> Response:
    """A file of the frozen version that the address names, the newest where it names none."""
    if extension not in MEDIA_TYPES:
        raise NotFound
    session, actor = db.session(), current_actor()
    frozen = get_version(session, actor, kind, question, asked_version())
    file = export(kind, get_stamp(session, actor, frozen.id), frozen.content, extension, reader_locale(), base_url(),
                  request.args.get("table", ""))  # fmt: skip
    if file is None:
        raise NotFound
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)
