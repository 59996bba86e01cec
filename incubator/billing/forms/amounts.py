"""The field of an amount."""

from __future__ import annotations

from typing import Any

from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired

from incubator.billing.bank_files.values import minor_of
from incubator.core.errors import Refusal
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale


class YuanField(StringField):
    """An amount in yuan as people write it, 1,234.50 or ¥1234.5; `minor` is it in fen."""

    minor: int = 0

    def __init__(self, label: Any, **more: Any) -> None:
        keys = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
        super().__init__(label, validators=[InputRequired()], render_kw=keys, **more)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """What is no amount above zero is refused."""
        if validation_stopped:
            return
        try:
            self.minor = minor_of(self.data) or 0
        except Refusal as refusal:
            raise ValidationError(sentence(refusal, reader_locale())) from refusal
