"""What several pages of `billing` share."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from flask import current_app, send_file
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor
from incubator.billing.card_desk import CardDesk
from incubator.billing.exports import Export
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import NotFound
from incubator.core.periods import Month
from incubator.database import db

T = TypeVar("T")


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


def card_desk() -> CardDesk:
    """The operator's dealings with Stripe in this request, each step committed before Stripe is asked."""
    return CardDesk(_step, current_actor().operator_id, utc_now, current_app.config["SETTINGS"].base_url)


def _step(do: Callable[[Session], T]) -> T:
    done = do(db.session())
    db.session.commit()
    return done
