"""The shape of a profile, of a new mentor, and of what staff decide."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from incubator.accounts.forms import clean
from incubator.accounts.models import Person
from incubator.accounts.words import LOCALE_NAMES
from incubator.core.money import Money, to_minor
from incubator.documents.formats import named
from incubator.mentors.models import HelpField
from incubator.mentors.operations.proposals import LONGEST_REMARK
from incubator.mentors.rules.profiles import LONGEST_BIOGRAPHY, LONGEST_HEADLINE, Profile
from incubator.mentors.wording import ENGAGEMENTS, LANGUAGES, MENTOR_KINDS, STAGES
from incubator.spaces.models import Site
from incubator.startups.rules.industries import DIVISIONS, SECTIONS
from incubator.subsidies.forms.schemes import FiniteField, at_most_places

LONGEST_LINE = 200


def choices_of(words: dict[str, str]) -> list[tuple[str, Any]]:
    """A vocabulary as choices, in its reader's language."""
    return [(code, _l(name)) for code, name in words.items()]


def several(label: Any, choices: Any = (), **more: Any) -> SelectMultipleField:
    """A box for each."""
    return SelectMultipleField(
        label, choices=choices, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), **more
    )


def line(label: Any, longest: int = LONGEST_LINE, *validators: Any, **more: Any) -> StringField:
    """One line of text."""
    return StringField(label, filters=[clean], validators=[*validators, Length(max=longest)],
                       render_kw={"maxlength": longest, "autocomplete": "off"}, **more)  # fmt: skip


def _text(label: Any, longest: int, rows: int = 6) -> TextAreaField:
    return TextAreaField(label, validators=[Length(max=longest)], render_kw={"rows": rows, "maxlength": longest})


class ProfileForm(FlaskForm):
    """What others are to see of a mentor."""

    kind = RadioField(_l("What kind of mentor"), choices=choices_of(MENTOR_KINDS))
    engagement = RadioField(_l("Part-time or full-time"), choices=choices_of(ENGAGEMENTS))
    headline = line(_l("Post and company, in Chinese"), LONGEST_HEADLINE)
    headline_en = line(_l("Post and company, in English (optional)"), LONGEST_HEADLINE)
    biography = _text(_l("Biography, in Chinese"), LONGEST_BIOGRAPHY)
    biography_en = _text(_l("Biography, in English (optional)"), LONGEST_BIOGRAPHY)
    field_ids = several(_l("Fields of help"), coerce=int)
    industries = several(_l("Industries (optional)"), [(each.digits, each.name) for each in DIVISIONS.values()])
    stages = several(_l("Stages of startups (optional)"), choices_of(STAGES))
    languages = several(_l("Languages"), choices_of(LANGUAGES))
    site_id = SelectField(_l("Based at"), coerce=int)
    site_ids = several(_l("Comes to other sites, too (optional)"), coerce=int)
    rate = FiniteField(
        _l("Price of an hour, yuan (optional)"), validators=[Optional(), at_most_places(2)],
        description=_l("Empty: pro bono."), render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )  # fmt: skip
    takes_vouchers = BooleanField(_l("Vouchers are taken for it"))

    def offer(self, fields: Sequence[HelpField], sites: Sequence[Site], locale: str) -> None:
        """What there is to choose from."""
        self.field_ids.choices = [(each.id, named(each, locale)) for each in fields]
        self.site_id.choices = [(each.id, named(each, locale)) for each in sites]
        self.site_ids.choices = [(each.id, named(each, locale)) for each in sites]

    def put(self, profile: Profile) -> None:
        """Show what a profile says."""
        for name in ("kind", "engagement", "headline", "headline_en", "biography", "biography_en", "site_id",
                     "takes_vouchers"):  # fmt: skip
            self[name].data = getattr(profile, name)
        for name in ("field_ids", "industries", "stages", "languages", "site_ids"):
            self[name].data = list(getattr(profile, name))
        self.rate.data = None if profile.rate_minor is None else Money(profile.rate_minor).major

    def said(self) -> Profile:
        """The profile that was typed."""
        rate: Decimal | None = self.rate.data
        return Profile(
            kind=self.kind.data or "", site_id=self.site_id.data, engagement=self.engagement.data or "",
            headline=self.headline.data or "", headline_en=self.headline_en.data or "",
            biography=self.biography.data or "", biography_en=self.biography_en.data or "",
            field_ids=tuple(self.field_ids.data or ()), industries=tuple(self.industries.data or ()),
            stages=tuple(self.stages.data or ()), languages=tuple(self.languages.data or ()),
            site_ids=tuple(self.site_ids.data or ()), rate_minor=None if rate is None else to_minor(rate),
            takes_vouchers=bool(self.takes_vouchers.data),
        )  # fmt: skip

    @property
    def sections(self) -> list[tuple[str, tuple[str, str], list[Any], int]]:
        """The divisions by section: letter, names, divisions, and how many of them are chosen."""
        chosen = set(self.industries.data or ())
        by_letter: dict[str, list[Any]] = {}
        for each in DIVISIONS.values():
            by_letter.setdefault(each.section, []).append(each)
        return [(letter, SECTIONS[letter], here, sum(each.digits in chosen for each in here))
                for letter, here in by_letter.items()]  # fmt: skip


class NewMentorForm(FlaskForm):
    """Somebody of the team with the role mentor, or somebody who is invited."""

    who = RadioField(
        _l("Who it is"), default="new",
        choices=[("known", _l("Somebody of the team")), ("new", _l("Somebody to be invited"))],
    )  # fmt: skip
    person_id = SelectField(_l("Person"), coerce=lambda value: int(value) if value else None, validators=[Optional()])
    name = line(_l("Full name"), 100)
    email = line(_l("E-mail"), 254, Optional(), Email(_l("This is not an e-mail address. One looks like "
                                                        "name@example.com.")))  # fmt: skip
    locale = SelectField(_l("Language"), choices=list(LOCALE_NAMES), default="zh_Hans")
    kind = SelectField(_l("What kind of mentor"), choices=choices_of(MENTOR_KINDS))
    site_id = SelectField(_l("Based at"), coerce=int)

    def offer(self, people: Sequence[Person], sites: Sequence[Site], locale: str) -> None:
        """What there is to choose from."""
        self.person_id.choices = [(each.id, f"{each.name} · {each.email}") for each in people]
        self.site_id.choices = [(each.id, named(each, locale)) for each in sites]
        if people and not self.is_submitted():
            self.who.data = "known"

    def said(self) -> dict[str, Any]:
        """What `add_mentor` takes."""
        common = {"kind": self.kind.data, "site_id": self.site_id.data}
        if self.who.data == "known" and self.person_id.data:
            return common | {"person_id": self.person_id.data}
        return common | {"name": self.name.data or "", "email": self.email.data or "", "locale": self.locale.data}


class RemarkForm(FlaskForm):
    """What is to be mended before a profile can be approved."""

    remark = TextAreaField(
        _l("What is to be mended"), validators=[DataRequired(_l("Say what is to be mended.")),
                                               Length(max=LONGEST_REMARK)],
        render_kw={"rows": 3, "maxlength": LONGEST_REMARK},
    )  # fmt: skip


class ReasonForm(FlaskForm):
    """Why something ends."""

    reason = line(_l("Reason"), LONGEST_LINE, DataRequired(_l("Say why.")))


class FieldForm(FlaskForm):
    """A field of help."""

    name = line(_l("Name in Chinese"), 40, DataRequired(_l("Give the field a name.")))
    name_en = line(_l("Name in English (optional)"), 80)
    synonyms = TextAreaField(
        _l("Other words for it (optional)"), validators=[Length(max=2000)], render_kw={"rows": 4, "maxlength": 2000},
        description=_l("In any language, separated by commas. Whoever types one of them finds this field."),
    )  # fmt: skip
