"""E-mail addresses, which can be checked by their form."""

from __future__ import annotations


def normalise_email(text: str) -> str | None:
    """The e-mail address in `text` as it is kept, its domain in small letters; None if it is none."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  few requests need it

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
