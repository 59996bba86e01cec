"""The shell around every page."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Put the shell under the app."""
