"""The shape of what one types about presence."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from incubator.accounts.forms import clean
from incubator.reports.presence.rules import FEWEST_DAYS, KINDS, MOST_DAYS
from incubator.reports.presence.tables import BADGES
from incubator.reports.presence.words import KIND_WORDS
from incubator.spaces.operations.words import LONGEST_NAME


class SourceForm(FlaskForm):
    """A source of evidence."""

    site = SelectField(_l("Site"), choices=[], coerce=int)
    kind = SelectField(_l("Kind of evidence"), choices=[])
    name = StringField(_l("Name"), filters=[clean], description=_l("As people know it: East door, Lobby sensor."),
                       validators=[InputRequired(_l("Give it a name.")), Length(max=LONGEST_NAME)])  # fmt: skip
    capacity = IntegerField(_l("How many people its area holds"), validators=[Optional(), NumberRange(1, 100_000)],
                            description=_l("Of a sensor only."))  # fmt: skip

    def offer(self, sites: list[tuple[int, str]]) -> None:
        """The sites and kinds that there are."""
        self.site.choices = sites
        self.kind.choices = [(kind, gettext(KIND_WORDS[kind])) for kind in KINDS]


class UploadForm(FlaskForm):
    """A file of evidence, or of whose badges are."""

    what = SelectField(_l("What the file holds"), choices=[])
    file = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))],
                     render_kw={"accept": ".csv"})  # fmt: skip

    def offer(self, sources: list[tuple[str, str]]) -> None:
        """Badges, and the sources by name."""
        self.what.choices = [(BADGES, gettext(KIND_WORDS[BADGES])), *sources]


class PresenceForm(FlaskForm):
    """How long events are kept, and how much room somebody needs."""

    keep_days = IntegerField(
        _l("Days that events are kept"), validators=[InputRequired(_l("Give a number of days.")),
                                                     NumberRange(FEWEST_DAYS, MOST_DAYS)],
        description=_l("A month whose time is over is erased as a whole. Its sums and findings stay."),
    )  # fmt: skip
    m2_per_person = DecimalField(
        _l("Square metres of an office for one person"),
        validators=[InputRequired(_l("Give a number of square metres.")), NumberRange(1, 100)],
        description=_l("JGJ/T 67-2019 asks for no less than 6 m². An office of 50 m² is then for 8 people."),
        render_kw={"inputmode": "decimal"},
    )  # fmt: skip


class NoteForm(FlaskForm):
    """Why a finding is as it is."""

    note = TextAreaField(
        _l("Explanation"), filters=[clean], render_kw={"rows": 3, "maxlength": 500},
        validators=[InputRequired(_l("Say why, so that others understand.")), Length(max=500)],
    )  # fmt: skip
