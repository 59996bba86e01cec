"""What a command refuses, as a sentence for whoever typed it."""

from __future__ import annotations

from click import ClickException


class Refused(ClickException):
    """Nothing was changed; the sentence says why, and what to do."""
