"""How a form is answered: shown, done, or shown again with what is wrong; and how a button is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.refusing import refuse, tell

Answer = str | Response | tuple[str, int]


def answer(form: FlaskForm, template: str, change: Callable[[], str], done: str, **shown: Any) -> Answer:
    """Show the form; or do what it asks and go where `change` says; or show it again with what is wrong."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                address = change()
                db.session.commit()
                flash(done, "success")
                return redirect(address, 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
    return render_template(template, form=form, **shown), status


def press(change: Callable[[], object], done: str, address: str) -> Response:
    """Do what a button asks, say so or why not, and go on."""
    try:
        change()
        db.session.commit()
        flash(done, "success")
    except Refusal as refusal:
        tell(refusal)
    return redirect(address, 303)
