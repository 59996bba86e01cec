"""The shape of what one types about dunning."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.billing.dunning_wording import INTEREST, MEASURES
from incubator.billing.operations.dunning_settings import EARLIEST, LATEST, MOST_STEPS, Wanted
from incubator.billing.queries.dunning import Plan
from incubator.billing.rules.dunning import DEFAULT_STEPS, Step
from incubator.core.money import Money, to_minor
from incubator.spaces.operations.words import LONGEST_TEXT
from incubator.subsidies.forms.schemes import FiniteField, at_most_places

MOST_YUAN = Decimal(100_000_000)
HUNDRED = Decimal(100)


def _line(label: Any, longest: int = LONGEST_TEXT, **more: Any) -> StringField:
    return StringField(label, filters=[clean], validators=[Length(max=longest)],
                       render_kw={"maxlength": longest, "autocomplete": "off"}, **more)  # fmt: skip


def _required(label: Any, sentence: Any) -> StringField:
    return StringField(label, filters=[clean], validators=[InputRequired(sentence), Length(max=LONGEST_TEXT)],
                       render_kw={"maxlength": LONGEST_TEXT, "autocomplete": "off"})  # fmt: skip


def _count(label: Any, least: int, most: int, **more: Any) -> IntegerField:
    sentence = _l("Give a number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(label, validators=[InputRequired(sentence), NumberRange(least, most, sentence)],
                        render_kw={"inputmode": "numeric"}, **more)  # fmt: skip


def _decimal(label: Any, places: int, most: Decimal, sentence: Any, **more: Any) -> FiniteField:
    return FiniteField(label, places=None, validators=[Optional(), NumberRange(Decimal(0), most, sentence),
                                                       at_most_places(places)],
                       render_kw={"inputmode": "decimal", "autocomplete": "off"}, **more)  # fmt: skip


class StepForm(Form):
    """One step; without days it is none."""

    after_days = IntegerField(_l("Days overdue"), validators=[
        Optional(), NumberRange(EARLIEST, LATEST, _l("From 30 days before to 365 days after the due day.")),
    ], render_kw={"inputmode": "text", "autocomplete": "off"})  # fmt: skip
    measure = SelectField(_l("What is done"), choices=[(each, _l(name)) for each, name in MEASURES.items()],
                          validate_choice=False)  # fmt: skip  # the operation says so of rows that are steps
    least = _decimal(_l("From this amount on, yuan"), 2, MOST_YUAN, _l("Give 0 or more."))


class SettingsForm(FlaskForm):
    """Steps and interest."""

    valid_from = DayField(_l("Holds from"), validators=[InputRequired(_l("Give the date."))])
    active = BooleanField(_l("Turned on: steps are taken each morning"))
    steps = FieldList(FormField(StepForm), min_entries=MOST_STEPS, max_entries=MOST_STEPS)
    promise_days = _count(_l("Days ahead that a startup can promise"), 0, 90,
                          description=_l("Until the promised day its steps wait."))  # fmt: skip
    reply_days = _count(_l("Days to answer a notice letter"), 1, 90)
    interest_basis = SelectField(_l("Interest on late payment"),
                                 choices=[(key, _l(name)) for key, name in INTEREST.items()])  # fmt: skip
    interest_rate = _decimal(_l("Rate, %"), 4, HUNDRED, _l("Give a rate above 0 and below 100 %."),
                             description=_l("0.05 a day is usual; by the year, the LPR and a supplement."))  # fmt: skip
    interest_from_day = _count(_l("From which day after the due day"), 1, 365)
    interest_cap = _decimal(_l("At most, % of the invoice"), 2, HUNDRED, _l("Give a share above 0 and up to 100 %."))

    def fill(self, plan: Plan | None) -> None:
        """What holds now; of an operator without settings what is proposed."""
        row = plan.setting if plan else None
        self.active.data = bool(row and row.active)
        self.promise_days.data, self.reply_days.data = (row.promise_days, row.reply_days) if row else (14, 7)
        self.interest_basis.data, self.interest_from_day.data = "none", 1
        if row:
            self.interest_basis.data, self.interest_from_day.data = row.interest_basis, row.interest_from_day
            self.interest_rate.data = None if row.interest_rate is None else _plain(row.interest_rate * 100)
            self.interest_cap.data = None if row.interest_cap is None else _plain(row.interest_cap * 100)
        for entry, step in zip(self.steps.entries, plan.steps if plan else DEFAULT_STEPS, strict=False):
            entry.form.after_days.data, entry.form.measure.data = step.after_days, step.measure
            entry.form.least.data = Money(step.least_minor).major if step.least_minor else None

    def wanted_steps(self) -> tuple[Step, ...]:
        """Those that have days."""
        return tuple(
            Step(each.form.after_days.data, each.form.measure.data or "", to_minor(each.form.least.data or Decimal(0)))
            for each in self.steps.entries if each.form.after_days.data is not None
        )  # fmt: skip

    def wanted(self) -> Wanted:
        """As the operation takes it."""
        assert self.valid_from.data is not None  # InputRequired
        rate, cap = self.interest_rate.data, self.interest_cap.data
        pays = self.interest_basis.data != "none"
        return Wanted(
            self.valid_from.data, bool(self.active.data), self.wanted_steps(), self.promise_days.data or 0,
            self.reply_days.data or 0,
            self.interest_basis.data, rate / 100 if pays and rate is not None else None,
            self.interest_from_day.data or 0, cap / 100 if pays and cap is not None else None,
        )  # fmt: skip


def _plain(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


class HoldForm(FlaskForm):
    """Why the steps wait, and until when."""

    kind = SelectField(_l("Why"), choices=[("pause", _l("Pause the steps")),
                                           ("dispute", _l("The startup disputes it"))])  # fmt: skip
    until = DayField(_l("Up to and including"), validators=[InputRequired(_l("Give the date."))])
    reason = _required(_l("Reason"), _l("Say why."))


class PromiseForm(FlaskForm):
    """When so much will be paid."""

    until = DayField(_l("Will be paid by"), validators=[InputRequired(_l("Give the date."))])
    amount = _decimal(_l("Amount, yuan"), 2, MOST_YUAN, _l("Give an amount above zero."),
                      description=_l("Left empty: all that is overdue."))  # fmt: skip
    note = _line(_l("Note"))

    def amount_minor(self) -> int | None:
        """In fen; None: all of it."""
        return None if self.amount.data is None else to_minor(self.amount.data)


class CallForm(FlaskForm):
    """What came of a call."""

    result = SelectField(_l("Result"), choices=[("reached", _l("Reached")), ("no_answer", _l("No answer"))])
    note = _line(_l("What was said"))


class WhyForm(FlaskForm):
    """A reason, where one is wanted or can be given."""

    reason = _line(_l("Reason"))


class NoteForm(FlaskForm):
    """A note for the log."""

    note = _line(_l("Note"))
