"""The shape of what is typed about bank accounts, statements and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import clean
from incubator.billing.bank_files.lines import letter
from incubator.billing.bank_files.mapping import FIELDS, Header
from incubator.billing.forms.amounts import read_yuan
from incubator.billing.operations.bank_accounts import LONGEST_NAME, AccountTerms
from incubator.core.errors import N_, Refusal
from incubator.core.paging import row_id
from incubator.spaces.operations.words import LONGEST_TEXT

NONE = "-"


def some_id(text: Any) -> int | None:
    """The id that was chosen, or none."""
    return row_id(str(text)) if text not in (None, "", "None") else None


def _line(label: Any, longest: int, **more: Any) -> StringField:
    validators = [DataRequired(_l("Fill this in.")), Length(max=longest)]
    return StringField(label, filters=[clean], validators=validators, **more)


class BankAccountForm(FlaskForm):
    """An account of the operator."""

    name = _line(_l("Name of the account"), LONGEST_NAME,
                 description=_l("Whom transfers are made out to, as the bank has it."))  # fmt: skip
    bank = _line(_l("Bank and branch"), LONGEST_NAME)
    number = _line(_l("Account number"), 60, render_kw={"autocomplete": "off", "inputmode": "numeric"})
    site_id = SelectField(
        _l("Site"), coerce=some_id,
        description=_l("Whose invoices name this account; none: all that have no account of their own."),
    )  # fmt: skip
    is_printed = BooleanField(_l("Print on invoices how to pay to this account"))
    is_for_letters = BooleanField(
        _l("Name it in mails and notice letters about overdue payments"),
        description=_l("Where no account is chosen for that, they name the one on invoices."),
    )  # fmt: skip
    is_closed = BooleanField(_l("Closed: nothing more is imported"))

    def offer(self, sites: Sequence[tuple[int, str]]) -> None:
        """What there is to choose from."""
        self.site_id.choices = [("", gettext("All sites")), *sites]

    def terms(self) -> AccountTerms:
        """What `add_bank_account` takes."""
        return AccountTerms(self.name.data or "", self.bank.data or "", self.number.data or "", self.site_id.data,
                            self.is_printed.data, self.is_closed.data, self.is_for_letters.data)  # fmt: skip


class StatementForm(FlaskForm):
    """A statement to be read."""

    account_id = SelectField(_l("Account"), coerce=some_id, validators=[InputRequired(_l("Choose an account."))])
    file = FileField(_l("Statement"), validators=[FileRequired(_l("Choose a file first."))],
                     description=_l("CSV or XLSX as the bank’s website gives it, or CAMT.053; 5 MB at most."),
                     render_kw={"accept": ".csv,.txt,.xlsx,.xml"})  # fmt: skip


class MappingForm(FlaskForm):
    """Which column of a file is what."""

    purpose = SelectMultipleField(_l("Purpose"), coerce=int, widget=ListWidget(prefix_label=False),
                                  option_widget=CheckboxInput())  # fmt: skip
    is_sure = BooleanField(_l("I have looked at this; import it nevertheless"))

    def offer(self, header: Header, places: Mapping[str, Sequence[int]], *, is_sent: bool) -> None:
        """The file's columns, and what they are taken for."""
        columns = [(place, f"{letter(place)} · {title}") for place, title in enumerate(header.titles) if title]
        for name in SINGLE:
            self[name].choices = [(NONE, gettext("— none —")), *((str(place), label) for place, label in columns)]
            if not is_sent:
                self[name].data = str(places[name][0]) if places.get(name) else NONE
        self.purpose.choices = columns
        if not is_sent:
            self.purpose.data = list(places.get("purpose", ()))

    def places(self) -> dict[str, list[int]]:
        """What `understand` takes."""
        found = {name: [int(self[name].data)] for name in SINGLE if self[name].data not in (None, NONE)}
        return found | ({"purpose": list(self.purpose.data or ())} if self.purpose.data else {})


SINGLE = tuple(name for name in FIELDS if name != "purpose")
for _name in SINGLE:
    setattr(MappingForm, _name, SelectField(_l(FIELDS[_name])))


class WhyForm(FlaskForm):
    """A reason."""

    reason = StringField(
        _l("Reason"), filters=[clean], validators=[InputRequired(_l("Say why.")), Length(max=LONGEST_TEXT)],
        render_kw={"autocomplete": "off"},
    )  # fmt: skip


def typed_amounts(form: Mapping[str, str], prefix: str = "pays") -> dict[int, int]:
    """Amounts that were typed beside rows, by the id in their names, in fen: “pays-42” = “1,200.00”. Refused where one
    is none."""
    found = {}
    for name, text in form.items():
        start, _, number = name.partition("-")
        if start == prefix and text.strip():
            try:
                of = row_id(number)
            except ValueError:  # no row's: nobody typed beside it
                continue
            found[of] = read_yuan(text, name)
            if found[of] <= 0:
                raise Refusal(N_("Give an amount above zero."), field=name)
    return found


class AssignForm(FlaskForm):
    """Whose payment a line is, and what it pays."""

    how = RadioField(_l("What it pays"), default="oldest", choices=[
        ("oldest", _l("The invoices due first first; what is over is an advance")),
        ("chosen", _l("The invoices that I choose; what is over is an advance")),
        ("advance", _l("Nothing yet: all of it is an advance")),
    ])  # fmt: skip
    invoices = SelectMultipleField(_l("Invoices"), coerce=int, widget=ListWidget(prefix_label=False),
                                   option_widget=CheckboxInput())  # fmt: skip
