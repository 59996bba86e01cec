"""What every response says of itself: what the browser may load, keep and show."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_compress import Compress

from incubator.settings import ROOT, Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "object-src 'none'",
        "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'",
    )
)  # fmt: skip
"""No 'unsafe-inline' anywhere: Tabler, htmx and EventCalendar were seen to run under it without complaint."""

EVERY_RESPONSE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
YEAR = 365 * 24 * 3600
STATIC = ROOT / "static"


def asset(path: str) -> str:
    """The address of a static file, with its content hash, so that browsers may keep it for ever.

    A page has seventy icons of one file: it is looked at once for each page.
    """
    addresses: dict[str, str] = g.setdefault("asset_addresses", {})
    if path not in addresses:
        addresses[path] = f"{request.script_root}{current_app.static_url_path}/{path}?v={content_hash(path)}"
    return addresses[path]


def content_hash(path: str) -> str:
    """Twelve hexadecimal digits of the file's SHA-256; read again when the file was written again."""
    return _hash_of(path, os.stat(f"{STATIC}/{path}").st_mtime_ns)  # noqa: PTH116  a page asks of ten files


@lru_cache(maxsize=512)
def _hash_of(path: str, _written_ns: int) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


class PageSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, for pages only.

    A static file neither reads nor sets it: else it would be refreshed with each stylesheet, and `Vary: Cookie`
    would have browsers fetch again what they hold.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.session_class() if _is_static(app, request) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _is_static(app, request):
            super().save_session(app, session, response)


def _is_static(app: Flask, request: Request) -> bool:
    return request.path.startswith(f"{app.static_url_path}/")


def init_app(app: Flask) -> None:
    """Put the headers, compression and `asset()` under the app."""
    settings: Settings = app.config["SETTINGS"]
    app.config.setdefault("COMPRESS_ALGORITHM", ["zstd", "br", "gzip"])
    app.config.setdefault("COMPRESS_ALGORITHM_STREAMING", ["zstd", "br", "deflate"])  # over http they take no others
    # registered first, runs last: after_request functions run in reverse
    Compress(app)
    app.session_interface = PageSessions()

    @app.after_request
    def say_what_may_be_done(response: Response) -> Response:
        for name, value in EVERY_RESPONSE.items():
            response.headers.setdefault(name, value)
        if settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
        if request.endpoint == "static":
            _keep_static(response)
        elif "Cache-Control" not in response.headers:
            # what a signed-in person saw stays with them: not in a shared cache, not behind the back button
            response.headers["Cache-Control"] = "no-store" if "_user_id" in session else "no-cache"
        return response

    app.jinja_env.globals.update(asset=asset)


def _keep_static(response: Response) -> None:
    """For ever under the hash of what was sent; else asked for again, cheaply, by its ETag.

    During a roll-out an old process may be asked for a new hash: it must not let that be kept.
    """
    asked = request.args.get("v")
    file = (request.view_args or {}).get("filename")
    if asked and file and response.status_code in (200, 304) and asked == content_hash(file):
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
