"""What an operation raises when it cannot do what was asked.

A `Refusal` carries its sentence untranslated, with its values beside it, so that the operation stays free of
any request or language; the page, the import or the job that called it translates it for its reader
(`incubator.documents.formats.sentence`). `N_` marks the sentence for the translators.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


def N_(message: str) -> str:
    """Mark `message` for translation and return it unchanged: it is translated where it is shown."""
    return message


class Phrase(Struct, frozen=True):
    """Part of a sentence, translated where the whole is: `Phrase(N_("%(count)s bookings"), {"count": 3})`."""

    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class Refusal(Exception):
    """The request was understood and is refused for a reason that its sender can mend.

    `message` is a translatable sentence with `%(name)s` places, `values` fills them, `field` names the form
    field at fault where there is one. `status` is the HTTP status that a page answers with.
    """

    status = 422

    def __init__(self, message: str, /, *, field: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
        self.field = field

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class Conflict(Refusal):
    """Somebody else was first: the slot is taken, the number used, the month posted already (409)."""

    status = 409


class Forbidden(Refusal):
    """One may know of the thing, and may not do this with it (403)."""

    status = 403


class NotFound(Refusal):
    """There is no such thing for this actor; another's thing looks exactly the same (404)."""

    status = 404

    def __init__(
        self, message: str = N_("There is nothing here for you."), /, *, field: str | None = None, **values: object
    ) -> None:
        super().__init__(message, field=field, **values)
