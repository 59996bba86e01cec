"""The shape of a resource, its own hours and days, and its photos, as people type them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from incubator.accounts.forms import DayField
from incubator.spaces.amenities import AMENITIES, Amenity, amenity_of, choose, same_tag
from incubator.spaces.forms import RESOURCE_KIND_NAMES, TAKES_NAMES, UnitsField, minute_of, text_field
from incubator.spaces.operations.words import LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT

STEPS = (5, 10, 15, 30, 60)


class TagsField(StringField):
    """Words between commas, Chinese or English ones."""

    data: list[str]

    def process_formdata(self, valuelist: list[str]) -> None:
        """What stands between the commas."""
        self.data = [part.strip() for text in valuelist for part in re.split("[,，、;；]", text) if part.strip()]

    def process_data(self, value: Any) -> None:
        """The tags that the resource has."""
        self.data = list(value or ())

    def _value(self) -> str:
        return ", ".join(self.data)


class AmenitiesField(SelectMultipleField):
    """What many rooms have, each with its box."""

    data: list[str]

    def __init__(self, label: Any, **kwargs: Any) -> None:
        choices = [(each.code, _l(each.name)) for each in AMENITIES]
        super().__init__(label, choices=choices, validators=[Optional()], **kwargs)

    @property
    def groups(self) -> list[tuple[Any, Sequence[Amenity]]]:
        """The boxes as a page shows them: what it has, and what people with a disability look for."""
        return [
            (_l("Amenities"), [each for each in AMENITIES if not each.access]),
            (_l("Accessibility"), [each for each in AMENITIES if each.access]),
        ]


class ResourceForm(FlaskForm):
    """Something to book."""

    code = text_field(_l("Code"), LONGEST_CODE, _l("Give the resource a code."))
    name = text_field(_l("Name"), LONGEST_NAME, _l("Give the resource a name."))
    name_en = text_field(_l("English name (optional)"), LONGEST_NAME)
    kind = SelectField(_l("Kind"), choices=list(RESOURCE_KIND_NAMES.items()))
    units = UnitsField(_l("Units"))
    takes = SelectField(_l("A booking takes"), choices=list(TAKES_NAMES.items()))
    capacity = IntegerField(
        _l("Seats"), default=1, validators=[InputRequired(_l("A resource has from 1 to 10,000 seats."))]
    )
    granularity_minutes = SelectField(_l("Booked in steps of"), coerce=int, default=15)
    amenities = AmenitiesField(_l("What it has"))
    tags = TagsField(_l("Other tags (optional)"))

    def offer_steps(self, kept: int = 15) -> None:
        """The usual steps, and the one that it has."""
        steps = sorted({*STEPS, kept})
        self.granularity_minutes.choices = [(each, _l("%(minutes)s minutes", minutes=each)) for each in steps]

    def furnish(self, tags: Iterable[str]) -> None:
        """Show the tags that a resource has: known ones as boxes, the others as words."""
        given = list(tags)
        self.amenities.data = [same_tag(tag) for tag in given if amenity_of(tag)]
        self.tags.data = [tag for tag in given if not amenity_of(tag)]

    def facts(self, tags: Iterable[str] = ()) -> dict[str, Any]:
        """What `add_resource` and `edit_resource` take, but for the units; `tags` are those that it has."""
        return {name: self[name].data for name in ("kind", "takes", "capacity", "granularity_minutes")} | {
            name: self[name].data or "" for name in ("code", "name", "name_en")
        } | {"tags": choose(tags, self.amenities.data or (), self.tags.data or ())}  # fmt: skip


class ResourceDayForm(FlaskForm):
    """A date on which a resource has other hours; both empty: it is not open."""

    on = DayField(_l("Date"), validators=[InputRequired(_l("Give the date."))])
    opens = TimeField(_l("Opens"), validators=[Optional()])
    closes = TimeField(_l("Closes"), validators=[Optional()])
    note = text_field(_l("Why (optional)"), LONGEST_TEXT)

    def minutes(self) -> tuple[int | None, int | None]:
        """Both times as minutes after midnight; 00:00 as closing time is the end of the day."""
        opens, closes = self.opens.data, self.closes.data
        return None if opens is None else minute_of(opens), None if closes is None else minute_of(closes) or 1440


class PhotoWordsForm(FlaskForm):
    """What is to be seen on a photo."""

    alt = text_field(_l("What is to be seen"), LONGEST_TEXT, _l("Say in a few words what is to be seen."))
    alt_en = text_field(_l("In English (optional)"), LONGEST_TEXT)


class PhotoForm(PhotoWordsForm):
    """Another photo."""

    file = FileField(_l("Photo"), render_kw={"accept": "image/jpeg,image/png,image/webp"})


class PlanForm(FlaskForm):
    """A floor plan by its picture."""

    name = text_field(_l("Name"), LONGEST_NAME, _l("Give the plan a name."))
    name_en = text_field(_l("English name (optional)"), LONGEST_NAME)
    file = FileField(_l("Picture"), render_kw={"accept": "image/svg+xml,image/png,image/jpeg,image/webp"})


class DrawForm(FlaskForm):
    """All shapes of a plan as the drawing page sends them, and the revision that was looked at."""

    shapes = HiddenField()
    revision = IntegerField(widget=HiddenInput(), validators=[Optional()])
