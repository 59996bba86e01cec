"""The shape of meters and readings as people type them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.core.money import decimal_places
from incubator.pricing.operations.meters import LONGEST_NUMBER, LONGEST_PLACE
from incubator.pricing.operations.readings import LONGEST_NOTE, Entry
from incubator.pricing.queries.meters import MeterRow
from incubator.pricing.rules.readings import READING_PLACES

MEDIUM_CHOICES = [("electricity", _l("Electric power")), ("water", _l("Water")), ("gas", _l("Gas")),
                  ("network", _l("Data traffic"))]  # fmt: skip
SHARED = [("area", _l("Shared by area")), ("headcount", _l("Shared by heads"))]
_STRIPPED = str.maketrans("", "", ",， \u00a0")


class ReadingField(DecimalField):
    """What a display shows, three decimals at most; "1,200.5" is understood. Empty: not read."""

    data: Decimal | None

    def __init__(self, label: Any = None, *, required: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "decimal", "autocomplete": "off"})
        validators = [InputRequired(_l("Enter the reading."))] if required else [Optional()]
        super().__init__(label, places=None, validators=validators, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """As people type it: thousands separated."""
        typed = [text.translate(_STRIPPED) for text in valuelist]
        super().process_formdata(typed if typed and typed[0] else [])
        if self.data is None:
            return
        value, self.data = self.data, None
        if not value.is_finite() or value < 0:
            raise ValueError(_l("A reading is not below zero."))
        if decimal_places(value) > READING_PLACES:
            raise ValueError(_l("A reading has at most three decimals."))
        self.data = value

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format(self.data.normalize(), "f")


def _number(label: Any) -> StringField:
    return StringField(label, filters=[clean], validators=[
        DataRequired(_l("Give the meter's number.")), Length(max=LONGEST_NUMBER)])  # fmt: skip


def _digits() -> IntegerField:
    return IntegerField(_l("Digits before the decimal point"), default=6, validators=[
        InputRequired(_l("Enter a number.")), NumberRange(3, 10, _l("A number from 3 to 10."))],
        render_kw={"inputmode": "numeric"})  # fmt: skip


def _factor() -> DecimalField:
    return DecimalField(_l("Factor"), places=None, default=Decimal(1), validators=[
        InputRequired(_l("Enter a number."))], render_kw={"inputmode": "decimal"})  # fmt: skip


class MeterForm(FlaskForm):
    """A new meter."""

    medium = SelectField(_l("What it counts"), choices=MEDIUM_CHOICES)
    number = _number(_l("Meter number"))
    unit = SelectField(_l("Belongs to"))
    place = StringField(_l("Where it hangs"), filters=[clean], validators=[Length(max=LONGEST_PLACE)])
    installed_on = DayField(_l("Counted from"), validators=[InputRequired(_l("Give the date."))])
    reading = ReadingField(_l("First reading"), required=True)
    digits = _digits()
    factor = _factor()

    def offer(self, units: Sequence[tuple[int, str]]) -> None:
        """The units of the site, and sharing."""
        self.unit.choices = [*SHARED, *((str(unit_id), code) for unit_id, code in units)]


class ExchangeForm(FlaskForm):
    """Another device."""

    on = DayField(_l("Day of the exchange"), validators=[InputRequired(_l("Give the date."))])
    reading = ReadingField(_l("Last reading of the old device"), required=True)
    sure = BooleanField(_l("The reading is right"))
    number = _number(_l("Number of the new device"))
    next_start = ReadingField(_l("First reading of the new device"), required=True)
    digits = _digits()
    factor = _factor()


class RemoveForm(FlaskForm):
    """The last day of a meter."""

    on = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])


class CorrectForm(FlaskForm):
    """Another number for a reading, or none."""

    reading = ReadingField(_l("What it really showed"))
    withdraw = BooleanField(_l("It was no reading of this meter: withdraw it"))
    sure = BooleanField(_l("The reading is right"))
    note = StringField(_l("Why"), filters=[clean], validators=[
        DataRequired(_l("Say why, so that others understand.")), Length(max=LONGEST_NOTE)])  # fmt: skip


class PhotoForm(FlaskForm):
    """A photo of the display."""

    photo = FileField(_l("Photo of the meter"), validators=[FileRequired(_l("Choose a photo first."))],
                      render_kw={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"})  # fmt: skip


class ReadingsForm(FlaskForm):
    """All readings of a site on one day; the meters are added by `readings_form`."""

    read_on = DayField(_l("Read on"), validators=[InputRequired(_l("Give the date."))])

    meter_ids: tuple[int, ...] = ()

    def entries(self) -> list[Entry]:
        """What was typed, in the order of the page."""
        on = self.read_on.data
        assert on is not None, "validated"
        found = [(meter_id, self[f"reading_{meter_id}"].data) for meter_id in self.meter_ids]
        return [Entry(meter_id, on, value, self[f"sure_{meter_id}"].data) for meter_id, value in found
                if value is not None]  # fmt: skip


def readings_form(rows: Sequence[MeterRow]) -> ReadingsForm:
    """The form for these meters."""
    parts: dict[str, Any] = {"meter_ids": tuple(row.meter.id for row in rows)}
    for row in rows:
        parts[f"reading_{row.meter.id}"] = ReadingField(_l("New reading"))
        parts[f"sure_{row.meter.id}"] = BooleanField(_l("The reading is right"))
    return type("SiteReadingsForm", (ReadingsForm,), parts)()
