"""The shape of what one asks of the builder."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import clean
from incubator.core.errors import N_, Refusal
from incubator.core.paging import row_id
from incubator.reports.builder.rules import Definition
from incubator.reports.builder.words import RHYTHM_WORDS
from incubator.reports.measuring.catalogue import DIMENSIONS
from incubator.reports.measuring.question import Filters, Key
from incubator.spaces.operations.words import LONGEST_NAME

NOBODY = "-"
NUMBERS = ("site", "floor", "unit", "startup", "weekday", "hour", "scheme", "mentor")
MOST_KEYS = 50


def read_args(args: MultiDict[str, str]) -> Definition:
    """What an address asks: m, rows, columns, period, site, and f.<dimension> for filters. Refusal for what is none."""
    try:
        sites = tuple(row_id(text) for text in args.getlist("site") if text)
        filters = tuple(_filters(args))
    except ValueError:
        raise Refusal(N_("There is no such choice.")) from None
    return Definition(
        tuple(dict.fromkeys(args.getlist("m"))), args.get("rows", ""), args.get("columns", ""),
        args.get("period", "last_month"), sites, filters,
    )  # fmt: skip


def args_of(definition: Definition) -> dict[str, object]:
    """The same as an address."""
    args: dict[str, object] = {
        "m": list(definition.measures), "rows": definition.rows, "columns": definition.columns,
        "period": definition.period, "site": list(definition.site_ids),
    }  # fmt: skip
    return args | {f"f.{name}": [NOBODY if key is None else key for key in keys] for name, keys in definition.filters}


def _filters(args: MultiDict[str, str]) -> Filters:
    found: list[tuple[str, tuple[Key, ...]]] = []
    for name in DIMENSIONS:
        keys = args.getlist(f"f.{name}")[:MOST_KEYS]
        if keys:
            found.append((name, tuple(
                None if key == NOBODY else row_id(key) if name in NUMBERS else key[:100] for key in keys
            )))  # fmt: skip
    return tuple(found)


class SaveForm(FlaskForm):
    """A name for what was asked."""

    name = StringField(_l("Name"), filters=[clean], validators=[InputRequired(_l("Give it a name.")),
                                                                Length(max=LONGEST_NAME)])  # fmt: skip
    is_shared = BooleanField(_l("Show it to all who see reports"))


class ScheduleForm(FlaskForm):
    """How often, and who is told."""

    rhythm = SelectField(_l("Make it"), choices=[])
    people = SelectMultipleField(_l("Mail it to"), coerce=int, choices=[], option_widget=CheckboxInput(),
                                 widget=ListWidget(prefix_label=False))  # fmt: skip

    def offer(self, people: list[tuple[int, str]]) -> None:
        """Rhythms, and the people of the staff who see reports."""
        self.rhythm.choices = [(key, _l(words)) for key, words in RHYTHM_WORDS.items()]
        self.people.choices = people
