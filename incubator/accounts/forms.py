"""The shape of what accounts ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Form,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, Regexp

from incubator.accounts.passwords import LONGEST, SHORTEST
from incubator.accounts.permissions import Role
from incubator.accounts.words import LOCALE_NAMES, ROLE_NAMES
from incubator.core.errors import Refusal
from incubator.core.texts import visible


def clean(text: str | None) -> str | None:
    """Without blanks around it and without characters that nobody sees (and PostgreSQL no place for)."""
    return visible(text) if text is not None else None


class DayField(DateField):
    """A day; what is none is said to be none, and not to be missing. For one that is wanted use InputRequired."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """As a date field sends it: 2026-10-31."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("There is no such day; write it as 2026-10-31.")) from None


def put_refusal(form: Form, refusal: Refusal) -> None:
    """Show a refusal's sentence at its field, or over the form where it has none."""
    said = gettext(refusal.message, **refusal.values)
    field = form[refusal.field] if refusal.field and refusal.field in form else None
    if field is None:
        form.form_errors = [*form.form_errors, said]
    else:
        field.errors = [*field.errors, said]


def name_field() -> StringField:
    """A person's name."""
    return StringField(
        _l("Full name"), filters=[clean],
        validators=[DataRequired(_l("Enter a name.")), Length(max=100, message=_l("At most 100 characters."))],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )  # fmt: skip


def email_field(autocomplete: str = "email") -> EmailField:
    """An address that mail can be sent to."""
    return EmailField(
        _l("E-mail"), filters=[clean],
        validators=[
            DataRequired(_l("Enter an e-mail address.")),
            Email(_l("This is not an e-mail address. One looks like name@example.com.")),
            Length(max=254, message=_l("At most 254 characters.")),
        ],
        render_kw={"autocomplete": autocomplete, "maxlength": 254},
    )  # fmt: skip


def new_password_field() -> PasswordField:
    """A password being chosen; the operation checks its rule."""
    return PasswordField(
        _l("New password"),
        description=_l("At least %(length)s characters. Three or four random words make a good one.", length=SHORTEST),
        validators=[InputRequired(_l("Choose a password."))],
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST, "minlength": SHORTEST},
    )


def known_password_field(label: object = _l("Password")) -> PasswordField:
    """A password that one has."""
    return PasswordField(
        label,
        validators=[
            InputRequired(_l("Enter your password.")),
            Length(max=LONGEST, message=_l("This is not your password.")),
        ],
        render_kw={"autocomplete": "current-password", "maxlength": LONGEST},
    )


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = EmailField(
        _l("E-mail"), filters=[clean],
        validators=[
            DataRequired(_l("Enter your e-mail address.")),
            Length(max=254, message=_l("At most 254 characters.")),
        ],
        render_kw={"autocomplete": "username", "maxlength": 254, "autofocus": True},
    )  # fmt: skip
    password = known_password_field()
    stay = BooleanField(_l("Stay signed in on this browser"))
    next = HiddenField()


class ForgotForm(FlaskForm):
    """Where to mail a link for a new password."""

    email = email_field("username")


class ResetForm(FlaskForm):
    """A new password by a mailed link."""

    password = new_password_field()


class ConfirmForm(FlaskForm):
    """The password once more."""

    confirm_password = known_password_field()
    next = HiddenField()


class JoinNewForm(FlaskForm):
    """Taking an invitation up as somebody new here."""

    name = name_field()
    password = new_password_field()


class JoinKnownForm(FlaskForm):
    """Taking an invitation up with the password that one has."""

    password = known_password_field()


class JoinSignedInForm(FlaskForm):
    """Taking an invitation up while signed in: one press."""


class InviteForm(FlaskForm):
    """Whom to invite, and as what."""

    name = name_field()
    email = email_field("off")
    role = SelectField(_l("Role"), coerce=str)
    startup_id = SelectField(
        _l("Startup"), coerce=lambda value: int(value) if value else None,
        description=_l("For founders and members only."), validators=[Optional()],
    )  # fmt: skip
    locale = SelectField(_l("Language of the letter"), choices=list(LOCALE_NAMES))

    def offer(self, roles: Sequence[Role], startups: Sequence[tuple[int, str]]) -> None:
        """What there is to choose from."""
        self.role.choices = [(role.value, gettext(ROLE_NAMES[role])) for role in roles]
        self.startup_id.choices = [("", gettext("— none —")), *startups]


class RoleForm(FlaskForm):
    """One more role for somebody."""

    role = SelectField(_l("Role"), coerce=str, default=Role.FRONT_DESK.value)
    startup_id = SelectField(
        _l("Startup"), coerce=lambda value: int(value) if value else None,
        description=_l("For founders and members only."), validators=[Optional()],
    )  # fmt: skip

    offer = InviteForm.offer


class MemberForm(FlaskForm):
    """What somebody may do for a startup."""

    role = SelectField(
        _l("Role"), choices=[(role.value, _l(ROLE_NAMES[role])) for role in (Role.FOUNDER, Role.MEMBER)],
        default=Role.MEMBER.value,
    )  # fmt: skip
    may_book = BooleanField(_l("May book"), default=True)
    sees_invoices = BooleanField(_l("Sees the invoices"))

    def rights(self) -> dict[str, Any]:
        """What `set_member_rights` takes."""
        return {"role": Role(self.role.data), "may_book": self.may_book.data, "sees_invoices": self.sees_invoices.data}


class InviteMemberForm(MemberForm):
    """Whom to invite to one's startup, and what they may do."""

    name = name_field()
    email = email_field("off")
    locale = SelectField(_l("Language of the letter"), choices=list(LOCALE_NAMES))


class ProfileForm(FlaskForm):
    """How one's own operator knows one."""

    name = name_field()
    phone = TelField(
        _l("Telephone"), filters=[clean],
        validators=[
            Optional(),
            Length(max=40, message=_l("At most 40 characters.")),
            Regexp(r"^[0-9+()\-\s]*$", message=_l("A telephone number has digits, spaces and + ( ) - only.")),
        ],
        render_kw={"autocomplete": "tel", "maxlength": 40},
    )  # fmt: skip


class PasswordForm(FlaskForm):
    """A new password for oneself."""

    current = known_password_field(_l("Present password"))
    password = new_password_field()


class OperatorForm(FlaskForm):
    """What papers print of the operator."""

    credit_code = StringField(_l("Unified social credit code (optional)"), filters=[clean],
                              validators=[Length(max=40)])  # fmt: skip
    address = StringField(_l("Address (optional)"), filters=[clean], validators=[Length(max=200)])
