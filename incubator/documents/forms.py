"""The field for a file: its size and type are checked by its content."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import Form, ValidationError

from incubator.core.errors import Refusal
from incubator.documents.filetypes import ACCEPT, type_of
from incubator.documents.formats import sentence
from incubator.documents.operations.documents import LARGEST_DOCUMENT
from incubator.i18n import reader_locale


class DocumentField(FileField):
    """A document to send. After validation `name` and `content` (a stream) go to `add_document` as they are.

    A route that has one is marked `@takes_documents`, so that it takes more than other requests may hold.
    """

    def __init__(self, label: Any = None, *, required: bool = True, **kwargs: Any) -> None:
        validators = [FileRequired(_l("Choose a file first."))] if required else []
        kwargs.setdefault("render_kw", {"accept": ACCEPT})
        super().__init__(label or _l("File"), validators=validators, **kwargs)

    @property
    def name_of_file(self) -> str:
        """What its sender calls it."""
        return (self.data.filename or "") if self.data else ""

    @property
    def content(self) -> Any:
        """The stream of its content."""
        return self.data.stream

    def post_validate(self, form: Form, validation_stopped: bool) -> None:
        """Refuse what is too large, is not taken, or is not what its name says."""
        if validation_stopped or not self.data or not self.data.filename:
            return
        self.data.stream.seek(0, 2)
        if self.data.stream.tell() > LARGEST_DOCUMENT:
            megabytes = LARGEST_DOCUMENT // (1024 * 1024)
            raise ValidationError(_l("The file is larger than %(size)s MB.", size=megabytes))
        try:
            type_of(self.name_of_file, self.data.stream)
        except Refusal as refusal:
            raise ValidationError(sentence(refusal, reader_locale())) from refusal
