"""The shape of a booking rule, as a manager types it: hours where people think in hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.permissions import TENANT_ROLES, Role
from incubator.accounts.words import ROLE_NAMES
from incubator.bookings.models import BookingRule
from incubator.bookings.terms import Rule
from incubator.spaces.forms import RESOURCE_KIND_NAMES
from incubator.spaces.operations.words import LONGEST_NAME

EVERYWHERE = ""
IN_HOURS = {"notice_hours": "notice_minutes", "fee_within_hours": "fee_within_minutes"}
"""Fields that are typed in hours, and the minutes that are kept."""
WINDOW_NAMES = [("day", _l("a day")), ("week", _l("a week")), ("month", _l("a month")), ("at_once", _l("at once"))]


class _Number(IntegerField):
    """A whole number, or nothing; "1,200" and "30 " are understood. Which there may be, the operation knows."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validators=[Optional()], render_kw={"inputmode": "numeric", "autocomplete": "off"},
                         invalid_value_message=_l("Give a whole number, or leave it empty."), **kwargs)  # fmt: skip

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = [text.replace(",", "").strip() for text in valuelist]
        if typed and len(typed[0]) > 9:
            self.data = None
            raise ValueError(self.invalid_value_message)
        super().process_formdata(typed if typed and typed[0] else [])


class RuleForm(FlaskForm):
    """Where a rule holds, and what it asks; what is left empty asks for nothing."""

    name = StringField(_l("Name"), validators=[Length(max=LONGEST_NAME)])
    name_en = StringField(_l("English name (optional)"), validators=[Length(max=LONGEST_NAME)])
    site_id = SelectField(_l("Site"))
    resource_kind = SelectField(_l("Kind of resource"))
    resource_id = SelectField(_l("Resource"))
    tag = StringField(_l("Tag"), validators=[Length(max=40)])
    granularity_minutes = _Number(_l("Steps, in minutes"))
    shortest_minutes = _Number(_l("Shortest, in minutes"))
    longest_minutes = _Number(_l("Longest, in minutes"))
    notice_hours = _Number(_l("At least … hours ahead"))
    ahead_days = _Number(_l("At most … days ahead"))
    buffer_before_minutes = _Number(_l("Kept free before, in minutes"))
    buffer_after_minutes = _Number(_l("Kept free after, in minutes"))
    quota_most = _Number(_l("At most"))
    quota_measure = SelectField(_l("Counted in"), choices=[("count", _l("bookings")), ("minutes", _l("hours"))])
    quota_window = SelectField(_l("Within"), choices=WINDOW_NAMES)
    quota_of = SelectField(_l("For each"), choices=[("startup", _l("startup")), ("person", _l("person"))])
    roles = SelectMultipleField(_l("Only these may book"), widget=ListWidget(prefix_label=False),
                                choices=[(role.value, _l(ROLE_NAMES[role])) for role in Role if role in TENANT_ROLES],
                                option_widget=CheckboxInput())  # fmt: skip
    programmes = SelectMultipleField(_l("Only for startups in these"), coerce=int, choices=[],
                                     widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())  # fmt: skip
    approval_hours = _Number(_l("Must be approved within … hours"))
    fee_percent = _Number(_l("Cancelling costs … % of the price"))
    fee_within_hours = _Number(_l("less than … hours before it begins"))
    check_in_minutes = _Number(_l("Somebody must come within … minutes"))
    strikes_most = _Number(_l("Who does not come … times"))
    strikes_days = _Number(_l("within … days"))
    pause_days = _Number(_l("books nothing here for … days"))
    visitors_most = _Number(_l("At most … visitors a day for each startup"))

    def offer(self, sites: Sequence[tuple[int, str]], resources: Sequence[tuple[int, str]]) -> None:
        """The places that a rule can hold for."""
        self.site_id.choices = [(EVERYWHERE, _l("every site")), *((str(id_), name) for id_, name in sites)]
        self.resource_kind.choices = [(EVERYWHERE, _l("every kind")), *RESOURCE_KIND_NAMES.items()]
        self.resource_id.choices = [(EVERYWHERE, _l("every resource")), *((str(id_), name) for id_, name in resources)]

    def show(self, rule: BookingRule, read: Rule) -> None:
        """Fill in what the rule says."""
        self.programmes.data = [each.id for each in read.programmes or ()]
        for field in self:
            if hasattr(rule, field.name):
                field.data = getattr(rule, field.name)
        for name in ("site_id", "resource_id", "resource_kind"):
            self[name].data = str(getattr(rule, name) or EVERYWHERE)
        for hours, minutes in IN_HOURS.items():
            value = getattr(rule, minutes)
            self[hours].data = None if value is None else value // 60
        if rule.quota_measure == "minutes" and rule.quota_most is not None:
            self["quota_most"].data = rule.quota_most // 60

    def asked(self) -> dict[str, Any]:
        """What was typed, as the operations take it."""
        found = {field.name: field.data for field in self if field.name not in ("csrf_token", *IN_HOURS)}
        for name in ("site_id", "resource_id"):
            found[name] = int(found[name]) if found[name] else None
        found["resource_kind"] = found["resource_kind"] or None
        for hours, minutes in IN_HOURS.items():
            found[minutes] = None if self[hours].data is None else self[hours].data * 60
        if found["quota_most"] is not None and found["quota_measure"] == "minutes":
            found["quota_most"] *= 60
        return found

    def field_of(self, name: str | None) -> str | None:
        """The field of this form at which a refusal of the operation's field is shown."""
        return next((hours for hours, minutes in IN_HOURS.items() if minutes == name), name)
