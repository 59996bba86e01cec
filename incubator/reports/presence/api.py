"""Where sources post their evidence."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping

from flask import current_app, jsonify, request
from werkzeug.wrappers import Response

from incubator.accounts.access import public
from incubator.accounts.throttling import limiter
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound
from incubator.database import db
from incubator.reports.presence.keys import open_secret
from incubator.reports.presence.receiving import MOST_ITEMS, open_source, take_post
from incubator.reports.presence.rules import is_signed
from incubator.reports.presence.views.blueprint import blueprint, secret

log = logging.getLogger("incubator.presence")

POSTS = "120 per minute"
LARGEST = 1024 * 1024
"""Bytes of a post."""
TIMESTAMP, SIGNATURE = "X-Presence-Timestamp", "X-Presence-Signature"


@blueprint.route("/api/presence/<token>", methods=["POST"])
@public
@limiter.limit(POSTS)
def receive_presence(token: str) -> Response | tuple[Response, int]:
    """Check the signature, keep what is new, answer per item. Without CSRF: it is signed. See docs/presence-api.md."""
    session = db.session()
    try:
        source = open_source(session, token)
    except NotFound:
        return _refused("There is no such source.", 404)
    if (request.content_length or 0) > LARGEST:
        return _refused(f"A post has at most {LARGEST} bytes.", 413)
    request.max_content_length = LARGEST
    body = request.get_data()
    key = open_secret(source, current_app.config["SETTINGS"].sealing_keys)
    if key is None:
        return _refused("This source's secret can't be read any more: give it a new one.", 503)
    if not is_signed(key, request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, ""), body, time.time()):
        log.warning("a post to presence source %s was not signed by it", source.id)
        return _refused("The signature or its time is not right.", 401)
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        return _refused("The body is no JSON.", 400)
    given = events.get("events") if isinstance(events, Mapping) else None
    if not isinstance(given, list) or len(given) > MOST_ITEMS:
        return _refused(f'The body is {{"events": […]}} with at most {MOST_ITEMS} of them.', 400)
    taken = take_post(session, source, now=utc_now(), secret=secret(), body=body, given=given)
    session.commit()
    refused = [{"index": place, "why": str(why), "field": why.field} for place, why in taken.refused]
    return jsonify({"accepted": taken.accepted, "known": taken.known, "refused": refused})


def _refused(why: str, status: int) -> tuple[Response, int]:
    db.session.rollback()
    return jsonify({"error": why}), status
