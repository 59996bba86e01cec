"""The shape of an allowance, as a person types it: in hours, and days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from incubator.accounts.forms import DayField, clean
from incubator.spaces.forms import RESOURCE_KIND_NAMES
from incubator.spaces.operations.words import LONGEST_NAME, LONGEST_TEXT

ANY = ""
FAR_TOO_MANY = 1_000_000
"""Hours that are not even multiplied; how many there may be, the operation knows."""
REPEAT_NAMES = [("month", _l("Every month")), ("once", _l("Once"))]


class HoursField(DecimalField):
    """Hours that are whole minutes: 10, 2.5 or 0.25."""

    data: Decimal | None

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = [text.strip().replace("，", "").replace(",", "") for text in valuelist]
        if typed and len(typed[0]) > 12:
            raise ValueError(_l("Give hours, such as 10 or 2.5."))
        try:
            super().process_formdata(typed)
        except ValueError:
            raise ValueError(_l("Give hours, such as 10 or 2.5.")) from None
        hours, self.data = self.data, None
        if hours is None:
            return
        if not hours.is_finite() or abs(hours) > FAR_TOO_MANY or hours * 60 != int(hours * 60):
            raise ValueError(_l("Give hours that are whole minutes, such as 2.5."))
        self.data = hours


class IncludedForm(FlaskForm):
    """What a programme or plan includes."""

    name = StringField(_l("Name"), filters=[clean], validators=[
        InputRequired(_l("Give it a name: invoices say it.")), Length(max=LONGEST_NAME)])  # fmt: skip
    hours = HoursField(_l("Hours"), places=None, validators=[InputRequired(_l("Say how many hours."))],
                       render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    repeats = SelectField(_l("Given"), choices=REPEAT_NAMES)
    resource_kind = SelectField(_l("For which kind"))
    site_id = SelectField(_l("At which site"))
    valid_from = DayField(_l("Valid from"), validators=[InputRequired(_l("Choose a day."))])

    def offer_places(self, sites: list[tuple[int, str]]) -> None:
        """What it can be for, and where."""
        self.resource_kind.choices = [(ANY, _l("any kind")), *RESOURCE_KIND_NAMES.items()]
        self.site_id.choices = [(ANY, _l("any site")), *((str(id_), name) for id_, name in sites)]

    def asked(self) -> dict[str, Any]:
        """What was typed, as the operation takes it."""
        assert self.hours.data is not None, "validated"
        return {
            "name": self.name.data or "", "minutes": int(self.hours.data * 60), "repeats": self.repeats.data,
            "resource_kind": self.resource_kind.data or None, "valid_from": self.valid_from.data,
            "site_id": int(self.site_id.data) if self.site_id.data else None,
        }  # fmt: skip


class AllowanceForm(IncludedForm):
    """What a startup is given."""

    valid_until = DayField(_l("Until (optional)"), validators=[Optional()])
    residency_id = SelectField(_l("Included in the agreement"))

    def offer(self, sites: list[tuple[int, str]], residencies: list[tuple[int, str]]) -> None:
        """What it can be for, and what can include it."""
        self.offer_places(sites)
        self.residency_id.choices = [(ANY, _l("in none")), *((str(id_), name) for id_, name in residencies)]

    def asked(self) -> dict[str, Any]:
        """What was typed, as the operation takes it."""
        residency_id = int(self.residency_id.data) if self.residency_id.data else None
        return super().asked() | {"valid_until": self.valid_until.data, "residency_id": residency_id}


class EndAllowanceForm(FlaskForm):
    """Its last day, and why."""

    ends_on = DayField(_l("Last day"), validators=[InputRequired(_l("Choose a day."))])
    reason = StringField(_l("Reason"), validators=[Length(max=LONGEST_TEXT)])
