"""The shape of a document, of its next version, and of what is asked of a list of them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.documents.forms import DocumentField
from incubator.documents.operations.documents import LONGEST_NOTE, LONGEST_TITLE
from incubator.documents.words import AUDIENCE_NAMES, KIND_NAMES


class VersionForm(FlaskForm):
    """A file, what is new in it, and the days on which it is valid."""

    file = DocumentField()
    valid_from = DayField(_l("Valid from (optional)"), validators=[Optional()])
    expires_on = DayField(_l("Valid until (optional)"), validators=[Optional()])
    note = StringField(_l("Note (optional)"), filters=[clean], validators=[Length(max=LONGEST_NOTE)])

    def said(self) -> dict[str, Any]:
        """What `add_version` takes."""
        return {"name": self.file.name_of_file, "content": self.file.content, "valid_from": self.valid_from.data,
                "expires_on": self.expires_on.data, "note": self.note.data or ""}  # fmt: skip


class DocumentForm(VersionForm):
    """A document of a startup. Without a title it is called what its kind is."""

    kind = SelectField(_l("Kind"), choices=list(KIND_NAMES.items()))
    title = StringField(_l("Title (optional)"), filters=[clean], validators=[Length(max=LONGEST_TITLE)])
    audience = SelectField(_l("Who may see it"))

    def offer_audiences(self, audiences: list[str]) -> None:
        """Those that the actor can choose."""
        self.audience.choices = [(each, AUDIENCE_NAMES[each]) for each in audiences]

    def said(self) -> dict[str, Any]:
        """What `add_document` takes."""
        title = self.title.data or str(KIND_NAMES[self.kind.data])
        return super().said() | {"kind": self.kind.data, "title": title, "audience": self.audience.data}
