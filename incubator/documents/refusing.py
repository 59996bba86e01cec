"""Showing a refusal where it belongs: at the form's field, or above the page."""

from __future__ import annotations

from flask import flash
from flask_wtf import FlaskForm

from incubator.core.errors import Forbidden, NotFound, Refusal
from incubator.database import db
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale


def refuse(form: FlaskForm, refusal: Refusal) -> int:
    """Roll the transaction back, put the sentence at the field at fault (or above the page), give the status.

    What was typed stays in the form. NotFound is no fault of a form and goes on to its page.
    """
    if isinstance(refusal, NotFound):
        raise refusal
    db.session.rollback()
    words = sentence(refusal, reader_locale())
    if refusal.field is not None and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, words]
    else:
        flash(words, "danger")
    return refusal.status


def tell(refusal: Refusal) -> None:
    """Roll the transaction back and say why over the page that follows: for a button, which has no fields.

    NotFound and Forbidden go on to their pages: who must not know of a thing is not led back to it.
    """
    if isinstance(refusal, (NotFound, Forbidden)):
        raise refusal
    db.session.rollback()
    flash(sentence(refusal, reader_locale()), "danger")
