"""The shape of what is typed about graduation and leaving, and their words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import DayField, clean
from incubator.core.errors import N_
from incubator.spaces.operations.words import LONGEST_NAME
from incubator.startups.forms.achievements import SORT_NAMES
from incubator.startups.rules.exits import ADDRESS_DAYS
from incubator.startups.rules.graduation import MONEY, Demand

EXIT_KIND_NAMES = {"graduated": _l("Graduated"), "left": _l("Left"), "removed": _l("Made to leave"),
                   "dissolved": _l("Dissolved")}  # fmt: skip
EXIT_KIND_TONES = {"graduated": "green", "left": "secondary", "removed": "red", "dissolved": "secondary"}
EXIT_STATE_NAMES = {"open": _l("To be settled"), "closed": _l("Settled"), "revoked": _l("Revoked")}
EXIT_STATE_TONES = {"open": "yellow", "closed": "green", "revoked": "secondary"}
TASK_NAMES = {
    "deposit": _l("Deposit returned"), "access": _l("People's access ended"),
    "address": _l("Registered address moved"), "equipment": _l("Keys, cards and equipment returned"),
    "documents": _l("Documents handed over"), "figures": _l("Last figures filled in"),
    "bookings": _l("Bookings after the last day cancelled"),
}  # fmt: skip
FINDING_NAMES = {"met": _l("Met"), "unmet": _l("Not met"), "unknown": _l("Not known yet")}
FINDING_TONES = {"met": "green", "unmet": "secondary", "unknown": "yellow"}
RULE_STATUS_NAMES = {"seen": _l("read in the text"), "recalled": _l("from memory: check it against the text"),
                     "own": _l("set by you")}  # fmt: skip
MEASURE_NAMES = {
    "": _l("– no further criterion –"), "qualification": _l("Holds a qualification"),
    "financing": _l("Raised in all, at least (yuan)"),
    "revenue": _l("Revenue of successive years in all, at least (yuan)"),
    "sold_or_listed": _l("Acquired or listed"), "months": _l("Months in residence, at least"),
    "rights": _l("Rights granted and valid, at least"), "people": _l("People employed, at least"),
}  # fmt: skip
DEMAND_WORDS = {
    "qualification": N_("%(what)s, valid on the day"), "financing": N_("%(amount)s or more raised in all"),
    "revenue": N_("%(amount)s or more of revenue in %(years)s successive years"),
    "sold_or_listed": N_("Acquired or listed"), "months": N_("%(count)s months or more in residence"),
    "rights": N_("%(count)s or more rights granted and valid"), "people": N_("%(count)s or more people employed"),
}  # fmt: skip
CRITERIA_SHOWN = 6
KIND_FIELDS = {"graduated": ("override_reason", "keeps_access"), "removed": ("notice_days",),
               "dissolved": ("licence_cancelled_on",)}  # fmt: skip
KIND_SENTENCES = {
    "graduated": _l("It meets the rule of its programme, or graduates by a stated exception; it stays in touch."),
    "left": _l("It goes of its own accord: its agreement ends, or it gives notice."),
    "removed": _l("You end its incubation, after notice."),
    "dissolved": _l("The company is cancelled, or the team gives up; its founders can start again."),
}


class CriterionForm(PlainForm):
    """One criterion of a rule."""

    measure = SelectField(_l("What is measured"), choices=list(MEASURE_NAMES.items()))
    threshold = DecimalField(_l("At least"), places=None, validators=[Optional(), NumberRange(0, 10**13)],
                             render_kw={"inputmode": "decimal", "autocomplete": "off"})  # fmt: skip
    sort = SelectField(_l("Which qualification"), choices=[("", "–"), *SORT_NAMES["qualification"].items()])
    years = IntegerField(_l("Years"), validators=[Optional(), NumberRange(1, 5)])


class RuleForm(FlaskForm):
    """A rule from a day on."""

    starts_on = DayField(_l("Holds from"), validators=[InputRequired(_l("Give the date."))])
    wanted = IntegerField(_l("How many of them must be met"), validators=[
        InputRequired(_l("Give a number from 1 up.")), NumberRange(1, 12)])  # fmt: skip
    source = StringField(_l("Where it stands"), filters=[clean], validators=[
        InputRequired(_l("Say where the rule stands: the text, or your own decision.")), Length(max=500)])  # fmt: skip
    criteria = FieldList(FormField(CriterionForm), min_entries=CRITERIA_SHOWN, max_entries=12)

    def demands(self) -> list[Demand]:
        """The criteria that were filled in."""
        found = []
        for entry in self.criteria:
            form = entry.form
            measure = form.measure.data
            if not measure:
                continue
            number = Decimal(1) if measure in ("qualification", "sold_or_listed") else form.threshold.data or Decimal(0)
            threshold = round(number * 100) if measure in MONEY else int(number)
            found.append(Demand(measure, threshold, (form.sort.data or "") if measure == "qualification" else "",
                                form.years.data or 1 if measure == "revenue" else None))  # fmt: skip
        return found


class EndRuleForm(FlaskForm):
    """The last day of a rule."""

    ends_on = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])


class ExitForm(FlaskForm):
    """How a startup leaves: what each kind of exit asks for, and nothing of the others (`show_kind`)."""

    kind = HiddenField()
    on = DayField(_l("Last day here"), validators=[InputRequired(_l("Give the date."))])
    reason = StringField(_l("Reason"), filters=[clean], validators=[
        InputRequired(_l("Say why, so that others understand.")), Length(max=500)])  # fmt: skip
    destination = StringField(_l("Where it goes (optional)"), filters=[clean], validators=[Length(max=500)])
    override_reason = StringField(_l("Exception (only if the rule is not met)"), filters=[clean],
                                  validators=[Length(max=500)])  # fmt: skip
    keeps_access = BooleanField(_l("Founders keep an access as alumni"))
    notice_days = IntegerField(_l("Days of notice"), validators=[
        InputRequired(_l("Say how many days before it was told.")), NumberRange(0, 730)])  # fmt: skip
    licence_cancelled_on = DayField(_l("Licence cancelled on"), validators=[Optional()])
    address_days = IntegerField(_l("Days to move the registered address"), default=ADDRESS_DAYS, validators=[
        InputRequired(_l("Give a number from 1 up.")), NumberRange(1, 365)])  # fmt: skip

    def show_kind(self, kind: str) -> None:
        """Leave out what other kinds ask for: it is neither shown nor taken."""
        self.kind.data = kind
        for other, names in KIND_FIELDS.items():
            if other != kind:
                for name in names:
                    del self[name]
        if kind == "dissolved":
            del self.destination, self.address_days

    def said(self) -> dict[str, Any]:
        """What `leave_incubation` takes."""
        return {name: each.data for name, each in self._fields.items()
                if name != "csrf_token" and each.data is not None}  # fmt: skip


class ItemForm(FlaskForm):
    """Something settled."""

    outcome = HiddenField()
    done_on = DayField(_l("Done on"), validators=[Optional()])
    remark = StringField(_l("Remark"), filters=[clean], validators=[Length(max=500)])

    def said(self) -> dict[str, Any]:
        """What `settle_item` takes."""
        return {"outcome": self.outcome.data or "", "done_on": self.done_on.data, "remark": self.remark.data or ""}


class ReasonForm(FlaskForm):
    """Why something is taken back."""

    reason = StringField(_l("Reason"), filters=[clean], validators=[
        InputRequired(_l("Say why, so that others understand.")), Length(max=500)])  # fmt: skip


class MoreForm(FlaskForm):
    """Something else to be settled."""

    title = StringField(_l("What else is to be settled"), filters=[clean], validators=[
        InputRequired(_l("Say what is to be settled.")), Length(max=100)])  # fmt: skip
    due_on = DayField(_l("Until (optional)"), validators=[Optional()])


class RestartForm(FlaskForm):
    """The next startup of the same founders."""

    name = StringField(_l("Name"), filters=[clean], validators=[
        InputRequired(_l("Give the startup a name.")), Length(max=LONGEST_NAME)])  # fmt: skip
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    on = DayField(_l("From"), validators=[InputRequired(_l("Give the date."))])
    individual_ids = SelectMultipleField(
        _l("Founders who start again"), coerce=int, choices=[], option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[InputRequired(_l("Choose at least one of its founders."))],
    )  # fmt: skip
