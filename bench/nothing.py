"""An empty Flask view behind the same gunicorn: what a request costs before anything is done for it."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.route("/")
def nothing() -> str:
    """Nothing."""
    return ""
