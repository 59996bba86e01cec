"""The shape of what one types about rounds: their days, who is in them, wishes, publishing; and how mentorships end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from incubator.accounts.forms import DayField, clean
from incubator.core.errors import N_, Refusal
from incubator.mentors.operations.rounds import LONGEST_REASON, MOST
from incubator.mentors.rules.assignment import Limits
from incubator.spaces.operations.words import LONGEST_NAME

WHOLE = _l("Enter a whole number.")
DAY = _l("Give the date.")
WISH_NAMES = {"pin": _l("They are to be a pair in any case"), "exclude": _l("They are not to be a pair")}


class RoundForm(FlaskForm):
    """A round."""

    name = StringField(_l("Name"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    name_en = StringField(_l("English name (optional)"), filters=[clean], validators=[Length(max=LONGEST_NAME)])
    first = DayField(_l("First day of its mentorships"), validators=[InputRequired(DAY)])
    last = DayField(_l("Last day"), validators=[InputRequired(DAY)])

    def said(self) -> dict[str, Any]:
        """What the operations take."""
        return {"name": self.name.data or "", "name_en": self.name_en.data or "", "first": self.first.data,
                "last": self.last.data}  # fmt: skip


def _count(label: Any) -> IntegerField:
    return IntegerField(label, validators=[InputRequired(WHOLE), NumberRange(0, MOST)])


class AddForm(FlaskForm):
    """Startups or mentors to be in a round, and how many of the other side each is to have."""

    ids = SelectMultipleField(coerce=int, validate_choice=False)
    least = _count(_l("At the least"))
    most = _count(_l("At the most"))

    def limits(self) -> Limits:
        """Refusal where the most is less than the least."""
        return _limits(self.least.data, self.most.data, "most")


def read_limits(form: MultiDict[str, str], ids: Collection[int]) -> tuple[dict[int, Limits], list[int]]:
    """What was typed for each in `least-7` and `most-7`, and who is ticked to be taken out (`drop`); Refusal."""
    dropped = [each for each in form.getlist("drop", type=int) if each in ids]
    limits = {}
    for each in ids:
        if each in dropped or f"least-{each}" not in form:
            continue
        least, most = (form.get(f"{name}-{each}", type=int) for name in ("least", "most"))
        if least is None or most is None or not 0 <= least <= MOST or not 0 <= most <= MOST:
            raise Refusal(N_("“At least” and “at most” are whole numbers from 0 to 1,000."), field=str(each))
        limits[each] = _limits(least, most, str(each))
    return limits, dropped


def _limits(least: int, most: int, field: str) -> Limits:
    if least > most:
        raise Refusal(N_("At least %(least)s can't be more than at most %(most)s."), field=field, least=least,
                      most=most)  # fmt: skip
    return Limits(least, most)


class WishForm(FlaskForm):
    """A pair that is to be, or not to be."""

    startup_id = SelectField(_l("Startup"), coerce=int, choices=[])
    mentor_id = SelectField(_l("Mentor"), coerce=int, choices=[])
    wish = RadioField(_l("Wish"), choices=list(WISH_NAMES.items()), default="pin")
    reason = StringField(_l("Why"), filters=[clean], validators=[Length(max=LONGEST_REASON)])

    def said(self) -> dict[str, Any]:
        """What the operation takes."""
        return {"startup_id": self.startup_id.data, "mentor_id": self.mentor_id.data, "wish": self.wish.data,
                "reason": self.reason.data or ""}  # fmt: skip


class PublishForm(FlaskForm):
    """That it is meant."""

    despite_shortages = BooleanField(_l("Publish although some have fewer than they are to have at least"))


class EndForm(FlaskForm):
    """When a mentorship is to end, and why."""

    last = DayField(_l("Last day"), validators=[InputRequired(DAY)])
    reason = StringField(_l("Why (both sides are told)"), filters=[clean], validators=[Length(max=LONGEST_REASON)])
