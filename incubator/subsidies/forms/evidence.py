"""What finance records: a fact with its days and evidence, a cost of a space."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import DayField, clean
from incubator.documents.forms import DocumentField
from incubator.subsidies.fact_words import is_words, value_words
from incubator.subsidies.forms.schemes import FiniteField, at_most_places
from incubator.subsidies.rules.facts import FACTS, MOST

_NAME_IT = _l("Name the document that proves it: its kind, number and issuer.")
_EVIDENCE = _l("Evidence: document, number, issuer")


class ProofFields(FlaskForm):
    """What proves it: named always, and kept here where there is a file."""

    evidence = StringField(_EVIDENCE, filters=[clean], validators=[DataRequired(_NAME_IT), Length(max=300)])
    file = DocumentField(_l("File (optional)"), required=False)


class FactForm(ProofFields):
    """Whose it is and from when to when; the value's field follows from the fact (`fact_form`)."""

    whose = SelectField(_l("Whose"), coerce=int)
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    last = DayField(_l("Until (last day, optional)"), validators=[Optional()])

    def said(self) -> Any:
        """The value as it is recorded."""
        value = self["value"].data
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return value == "yes" if value in ("yes", "no") else value


def fact_form(name: str, locale: str) -> FactForm:
    """The form for one fact: a choice, yes or no, a day, or a whole number."""
    kind = FACTS[name]
    field: Any
    if kind.type is bool:
        field = SelectField(_l("What is so"), choices=[("yes", is_words(name, True, locale)),
                                                      ("no", is_words(name, False, locale))])  # fmt: skip
    elif kind.choices:
        choices = [(each, value_words(name, each, locale)) for each in kind.choices]
        field = SelectField(_l("What is so"), choices=choices)
    elif kind.is_day:
        field = DayField(_l("What is so"), validators=[InputRequired(_l("Give the date."))])
    else:
        field = IntegerField(_l("What is so"), validators=[InputRequired(_l("Give a whole number.")),
                                                           NumberRange(0, MOST)])  # fmt: skip
    return type("ThisFactForm", (FactForm,), {"value": field})()


class CostForm(ProofFields):
    """What a space has paid, for which days."""

    site = SelectField(_l("Site"), coerce=int)
    kind = SelectField(_l("Kind"))
    title = StringField(_l("What for"), filters=[clean], validators=[
        DataRequired(_l("Say what it was paid for.")), Length(max=300)])  # fmt: skip
    amount = FiniteField(_l("Amount, in yuan"), places=None, validators=[
        InputRequired(_l("Give an amount above zero.")), NumberRange(0, 10**11), at_most_places(2)])  # fmt: skip
    area = FiniteField(_l("Area in m² (optional)"), places=None, validators=[
        Optional(), NumberRange(0, 1_000_000), at_most_places(2)])  # fmt: skip
    first = DayField(_l("First day"), validators=[InputRequired(_l("Give the date."))])
    last = DayField(_l("Last day"), validators=[InputRequired(_l("Give the date."))])
