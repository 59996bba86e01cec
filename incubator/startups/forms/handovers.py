"""The shape of a list, of a look at a thing, and of the signing of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.pricing.forms import PriceField
from incubator.startups.operations.handovers import LONGEST_NAME, LONGEST_NOTE

KIND_NAMES = {"handover": _l("Handover"), "return": _l("Return")}
CONDITION_NAMES = {
    "good": (_l("Good"), "green"), "worn": (_l("Worn by use"), "azure"), "damaged": (_l("Damaged"), "yellow"),
    "missing": (_l("Not there"), "red"),
}  # fmt: skip
PHOTO = {"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}


class BeginForm(FlaskForm):
    """Which list, and when."""

    kind = SelectField(_l("Kind of list"), choices=list(KIND_NAMES.items()))
    happened_on = DayField(_l("On which day"), validators=[InputRequired(_l("Give the date."))])


class LookForm(FlaskForm):
    """How a thing is: the button that is pressed says it."""

    condition = SelectField(_l("Condition"), choices=[(key, name) for key, (name, _tone) in CONDITION_NAMES.items()])
    remark = StringField(_l("Remark (optional)"), filters=[clean], validators=[Length(max=LONGEST_NOTE)])
    value = PriceField(_l("Costs to replace, in yuan (optional)"))
    photo = FileField(_l("Photo (optional)"), render_kw=PHOTO)

    def said(self) -> dict[str, Any]:
        """What `look_at` takes."""
        upload = self.photo.data
        return {
            "condition": self.condition.data, "remark": self.remark.data or "", "value_minor": fen(self.value.data),
            "photo": upload.read() if upload and upload.filename else None,
        }  # fmt: skip


class ThingForm(FlaskForm):
    """One more thing."""

    name = StringField(_l("Thing"), filters=[clean], validators=[InputRequired(_l("Say what it is.")),
                                                                     Length(max=LONGEST_NAME)])  # fmt: skip
    unit_id = SelectField(_l("Unit"), coerce=int)
    value = PriceField(_l("Costs to replace, in yuan (optional)"))

    def said(self) -> dict[str, Any]:
        """What `add_thing` takes."""
        return {"name": self.name.data or "", "unit_id": self.unit_id.data or None, "value_minor": fen(self.value.data)}


def meter_field(label: Any) -> DecimalField:
    """What a meter shows."""
    return DecimalField(label, places=None, validators=[Optional(), NumberRange(0, 999_999_999)],
                        render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip


class SignForm(FlaskForm):
    """What the meters show, and a note."""

    electricity = meter_field(_l("Electricity meter, kWh (optional)"))
    water = meter_field(_l("Water meter, m³ (optional)"))
    note = StringField(_l("Note (optional)"), filters=[clean], validators=[Length(max=LONGEST_NOTE)])

    def said(self) -> dict[str, Any]:
        """What `sign_handover` takes."""
        cent = Decimal("0.01")
        readings = {"electricity": self.electricity.data, "water": self.water.data}
        return {name: None if each is None else each.quantize(cent) for name, each in readings.items()} | {
            "note": self.note.data or ""
        }


class ConfirmForm(FlaskForm):
    """A founder's remark."""

    note = StringField(_l("Remark, where you see something otherwise (optional)"), filters=[clean],
                       validators=[Length(max=LONGEST_NOTE)])  # fmt: skip


def fen(yuan: Decimal | None) -> int | None:
    """An amount of yuan in fen."""
    return None if yuan is None else int((yuan * 100).to_integral_value())
