"""What several pages of `billing` share."""

from __future__ import annotations

import io
from datetime import date

from flask import send_file
from werkzeug.wrappers import Response

from incubator.billing.exports import Export
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound
from incubator.core.periods import Month


def local_today() -> date:
    """The day by which money is overdue."""
    return utc_now().astimezone(CHINA).date()


def month_of(text: str) -> Month:
    """A month of a path or query; NotFound where it is none."""
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def send(export: Export) -> Response:
    """A file to be saved."""
    return send_file(
        io.BytesIO(export.content), mimetype=export.media_type, as_attachment=True, download_name=export.name
    )
