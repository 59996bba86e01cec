"""Pages of drafts: the editor of a rule, what a draft says, discarding it."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import CHINA, utc_now
from incubator.core.errors import Phrase, Refusal
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents.formats import named, sentence
from incubator.documents.refusing import refuse, tell
from incubator.i18n import LOCALES, reader_locale
from incubator.spaces.queries import list_sites
from incubator.subsidies.forms.drafts import DraftForm
from incubator.subsidies.forms.reading import read_rule
from incubator.subsidies.forms.showing import show_rule
from incubator.subsidies.forms.steps import complete, take_step
from incubator.subsidies.forms.typed import Typed, plant
from incubator.subsidies.models import Scheme
from incubator.subsidies.operations import drafts as operations
from incubator.subsidies.operations.drafts import Terms
from incubator.subsidies.queries import drafts as queries
from incubator.subsidies.queries.drafts import Text
from incubator.subsidies.queries.schemes import get_scheme
from incubator.subsidies.rule_words import rule_sentences
from incubator.subsidies.views.blueprint import blueprint


@blueprint.route("/schemes/<int:scheme_id>/drafts/new", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def new_draft(scheme_id: int) -> str | Response | tuple[str, int]:
    """Begin a draft: empty, or as a version or another draft says it."""
    scheme = get_scheme(db.session(), current_actor(), scheme_id)
    word = request.args.get("like", "")
    like = queries.get_text(db.session(), current_actor(), word) if word else None
    return _edit(scheme, like, None)


@blueprint.route("/schemes/drafts/<int:draft_id>/change", methods=["GET", "POST"])
@requires(Action.MANAGE_SCHEMES)
def change_draft(draft_id: int) -> str | Response | tuple[str, int]:
    """The editor of a draft."""
    text = queries.get_text(db.session(), current_actor(), f"draft-{draft_id}")
    if not text.is_open and request.method == "GET":
        return redirect(url_for("subsidies.show_draft", draft_id=draft_id), 303)
    return _edit(text.scheme, text, draft_id)


def _edit(scheme: Scheme, text: Text | None, draft_id: int | None) -> str | Response | tuple[str, int]:
    form = _form(text, draft_id)
    if request.method == "GET":
        typed = show_rule(text.rule if text else {})
        complete(typed)
        return _editor(form, scheme, typed, {}, draft_id)
    typed = plant(request.form.items(multi=True))
    if "step" in request.form:
        return _editor(form, scheme, typed, {}, draft_id, take_step(typed, request.form["step"]))
    complete(typed)
    rule, faults = read_rule(typed)
    if not form.validate() or faults:
        return _editor(form, scheme, typed, faults, draft_id), 422
    scheme_id = scheme.id
    try:
        saved = _save(form, scheme, rule, draft_id)
        db.session.commit()
        flash(_("The draft is saved. It gives nothing until it is put in force."), "success")
        return redirect(url_for("subsidies.show_draft", draft_id=saved), 303)
    except Refusal as refusal:
        status = refuse(form, refusal)
        scheme = get_scheme(db.session(), current_actor(), scheme_id)
        return _editor(form, scheme, typed, {}, draft_id), status


def _save(form: DraftForm, scheme: Scheme, rule: dict[str, Any], draft_id: int | None) -> int:
    sites = {site.id: site for site in list_sites(db.session(), current_actor())}
    assert form.valid_from.data is not None, "the form asks for it"
    terms = Terms(form.name.data or "", rule, form.valid_from.data, form.valid_until.data, sites.get(form.site.data),
                  form.source.data or "")  # fmt: skip
    if draft_id is None:
        draft = operations.create_draft(db.session(), current_actor(), now=utc_now(), scheme=scheme, terms=terms)
    else:
        draft = operations.change_draft(db.session(), current_actor(), now=utc_now(), draft_id=draft_id, terms=terms)
    return draft.id


def _form(text: Text | None, draft_id: int | None) -> DraftForm:
    """The fields beside the rule; what is copied from another begins next month, under a name of its own."""
    today = utc_now().astimezone(CHINA).date()
    next_month = (Month.of(today) + 1).first
    values: dict[str, Any] = {"valid_from": next_month, "site": 0}
    if text is not None:
        values |= {"site": text.site.id if text.site else 0, "source": text.source}
        if draft_id is not None:
            values |= {"name": text.name, "valid_from": text.first, "valid_until": text.until}
    form = DraftForm(data=values)
    sites = list_sites(db.session(), current_actor())
    form.site.choices = [(0, _("All sites")), *((site.id, named(site, reader_locale())) for site in sites)]
    return form


def _editor(
    form: DraftForm, scheme: Scheme, typed: Typed, faults: dict[str, Phrase], draft_id: int | None, focus: str = ""
) -> str:
    said = {name: sentence(phrase, reader_locale()) for name, phrase in faults.items()}
    here = {"scheme_id": scheme.id, "like": request.args.get("like")} if draft_id is None else {"draft_id": draft_id}
    return render_template(
        "subsidies/edit_draft.html", form=form, scheme=scheme, typed=typed, faults=said, draft_id=draft_id, focus=focus,
        here=url_for("subsidies.new_draft" if draft_id is None else "subsidies.change_draft", **here),
        words=both_languages(typed), locale=reader_locale(),
    )  # fmt: skip


@blueprint.route("/schemes/rule-words", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def rule_words() -> str:
    """What is typed, in words, while it is typed."""
    typed = plant(request.form.items(multi=True))
    complete(typed)
    return render_template("subsidies/_typed_words.html", words=both_languages(typed), locale=reader_locale())


def both_languages(typed: Typed) -> dict[str, Any]:
    """The rule that is typed, said in each language, the reader's first; and what is still wrong with it."""
    rule, faults = read_rule(typed)
    unread = {name.split("-")[0] for name in faults}
    said: dict[str, list[tuple[str, str]]] = {}
    for locale in sorted(LOCALES, key=lambda each: each != reader_locale()):
        with force_locale(locale):
            said[locale] = rule_sentences(rule, locale, unread)
    return {"said": said, "faults": [(name, sentence(each, reader_locale())) for name, each in faults.items()]}


@blueprint.route("/schemes/drafts/<int:draft_id>")
@requires(Action.SEE_SCHEMES)
def show_draft(draft_id: int) -> str:
    """What a draft says, with all that can be done with it."""
    actor = current_actor()
    text = queries.get_text(db.session(), actor, f"draft-{draft_id}")
    draft = queries.get_draft(db.session(), actor, draft_id)
    others = [each for each in queries.list_words(db.session(), actor, text.scheme.id) if each[0] != text.word]
    return render_template(
        "subsidies/show_draft.html", text=text, draft=draft, scheme=text.scheme, others=others,
        data=json.dumps(text.rule, ensure_ascii=False, indent=2),
    )  # fmt: skip


@blueprint.route("/schemes/drafts/<int:draft_id>/discard", methods=["POST"])
@requires(Action.MANAGE_SCHEMES)
def discard_draft(draft_id: int) -> Response:
    """Be done with a draft."""
    try:
        draft = operations.discard_draft(db.session(), current_actor(), now=utc_now(), draft_id=draft_id)
        scheme_id = draft.scheme_id
        db.session.commit()
    except Refusal as refusal:
        tell(refusal)
        return redirect(url_for("subsidies.show_draft", draft_id=draft_id), 303)
    flash(_("The draft is discarded."), "success")
    return redirect(url_for("subsidies.show_scheme", scheme_id=scheme_id), 303)
