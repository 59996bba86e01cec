"""The shape of a startup's page in the directory."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from incubator.accounts.forms import clean
from incubator.startups.models import DirectoryEntry
from incubator.startups.operations.directory import LONGEST_BLURB

CONTACT_NAMES = {
    "none": _l("Nobody: ask the operator"), "founders": _l("The founders who can sign in"),
    "contact": _l("The contact in our facts"),
}  # fmt: skip
TAGS_HELP = _l("Short words, separated by commas; at most eight.")


class EntryForm(FlaskForm):
    """What a startup says of itself."""

    listed = BooleanField(_l("Show us in the directory"))
    blurb = TextAreaField(_l("What you do, in Chinese"), validators=[Length(max=LONGEST_BLURB)],
                          render_kw={"rows": 4, "maxlength": LONGEST_BLURB})  # fmt: skip
    blurb_en = TextAreaField(_l("What you do, in English (optional)"), validators=[Length(max=LONGEST_BLURB)],
                             render_kw={"rows": 4, "maxlength": LONGEST_BLURB})  # fmt: skip
    website = StringField(_l("Website (optional)"), filters=[clean], validators=[Length(max=200)],
                          render_kw={"inputmode": "url", "autocomplete": "url", "maxlength": 200})  # fmt: skip
    offers = StringField(_l("What you offer (optional)"), filters=[clean], validators=[Length(max=200)],
                         description=TAGS_HELP)  # fmt: skip
    seeks = StringField(_l("What you look for (optional)"), filters=[clean], validators=[Length(max=200)],
                        description=TAGS_HELP)  # fmt: skip
    contact = SelectField(_l("Who may be written to"), choices=list(CONTACT_NAMES.items()))
    logo = FileField(_l("Logo (optional)"), render_kw={"accept": "image/jpeg,image/png,image/webp"})
    drop_logo = BooleanField(_l("Remove the logo"))

    def said(self) -> dict[str, Any]:
        """What `edit_entry` takes."""
        texts = ("blurb", "blurb_en", "website", "offers", "seeks")
        upload = self.logo.data
        return {name: self[name].data or "" for name in texts} | {
            "listed": self.listed.data, "contact": self.contact.data, "drop_logo": self.drop_logo.data,
            "logo": upload.read() if upload and upload.filename else None,
        }  # fmt: skip


def entry_fields(entry: DirectoryEntry | None) -> dict[str, Any]:
    """An entry as the form shows it."""
    if entry is None:
        return {}
    names = ("listed", "blurb", "blurb_en", "website", "contact")
    return {name: getattr(entry, name) for name in names} | {
        "offers": ", ".join(entry.offers), "seeks": ", ".join(entry.seeks)
    }
