"""The shape of a price list, as a person types it."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from incubator.pricing.operations import TariffLine

HIGHEST = Decimal(1_000_000)


def _price(label: object) -> DecimalField:
    return DecimalField(label, places=2, validators=[Optional(), NumberRange(0, HIGHEST)])  # type: ignore[arg-type]


class TariffForm(FlaskForm):
    """One price per kind of thing; what is left empty has no price."""

    site_id = SelectField(_l("Site"), coerce=int)
    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=100)])
    valid_from = DateField(_l("Valid from"), validators=[DataRequired()])
    rent_office = _price(_l("Office, yuan by m² and month"))
    rent_desk = _price(_l("Desk, yuan by desk and month"))
    fee_office = _price(_l("Property fee of offices, yuan by m² and month"))
    hour_meeting_room = _price(_l("Meeting room, yuan an hour"))
    hour_hall = _price(_l("Hall, yuan an hour"))
    hour_desk = _price(_l("Desk, yuan an hour"))
    hour_instrument = _price(_l("Instrument, yuan an hour"))
    hour_parking = _price(_l("Parking bay, yuan an hour"))

    def lines(self) -> list[TariffLine]:
        """The prices that were typed."""
        found = []
        if self.rent_office.data is not None:
            found.append(TariffLine("rent", "m2_month", self.rent_office.data, unit_kind="office"))
        if self.rent_desk.data is not None:
            found.append(TariffLine("rent", "unit_month", self.rent_desk.data, unit_kind="desk"))
        if self.fee_office.data is not None:
            found.append(TariffLine("property_fee", "m2_month", self.fee_office.data, unit_kind="office"))
        for kind in ("meeting_room", "hall", "desk", "instrument", "parking"):
            price = self[f"hour_{kind}"].data
            if price is not None:
                found.append(TariffLine("booking", "hour", price, resource_kind=kind))
        return found
