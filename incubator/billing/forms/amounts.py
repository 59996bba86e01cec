"""Amounts in yuan as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, ValidationError

from incubator.accounts.forms import clean
from incubator.core.errors import N_, Refusal
from incubator.core.money import Money, decimal_places, to_minor

MOST = 10**9
"""Yuan."""


def read_yuan(text: str, field: str = "amount") -> int:
    """Fen of an amount in yuan: "1,234.50" is 123,450. Refused where it is none, has more than two decimals or is too
    large."""
    try:
        amount = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) >= MOST or decimal_places(amount) > 2:
        raise Refusal(N_("Give an amount in yuan, with two decimals at most."), field=field)
    return to_minor(amount)


class YuanField(StringField):
    """An amount in yuan above zero; `minor` is it in fen, None where it may be left empty and is."""

    def __init__(self, label: Any, *, required: bool = True, **more: Any) -> None:
        first = [InputRequired(_l("Give an amount above zero."))] if required else []
        keys = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
        super().__init__(label, validators=[*first, _is_yuan], filters=[clean], render_kw=keys, **more)

    @property
    def minor(self) -> int | None:
        return read_yuan(self.data) if self.data else None

    def put(self, minor: int | None) -> None:
        """Show an amount."""
        self.data = "" if minor is None else format(Money(minor).major, "f")


def _is_yuan(_form: Any, field: Any) -> None:
    if not field.data:
        return
    try:
        read_yuan(field.data)
    except Refusal as refusal:
        raise ValidationError(_l(refusal.message)) from refusal
