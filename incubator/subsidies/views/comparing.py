"""Two versions of a scheme, or a version and a draft, line by line."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from msgspec import Struct

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.errors import NotFound
from incubator.database import db
from incubator.documents.formats import day, named
from incubator.i18n import reader_locale
from incubator.subsidies.queries.drafts import Text, get_text, list_words
from incubator.subsidies.rule_words import rule_sentences
from incubator.subsidies.rules.compare import Marked, differences, mark
from incubator.subsidies.views.blueprint import blueprint


class Line(Struct, frozen=True):
    """One part of two texts, with what differs marked."""

    name: str
    left: Marked
    right: Marked

    @property
    def differs(self) -> bool:
        return self.left != self.right


@blueprint.route("/schemes/compare")
@requires(Action.SEE_SCHEMES)
def compare() -> str:
    """What one says and the other doesn't, in words and as data."""
    actor = current_actor()
    left, right = (get_text(db.session(), actor, request.args.get(side, "")) for side in ("left", "right"))
    if left.scheme.id != right.scheme.id:
        raise NotFound
    lines = _lines(left, right, reader_locale())
    found = [(each.path, _data(each.left), _data(each.right)) for each in differences(left.rule, right.rule)]
    return render_template(
        "subsidies/compare.html", scheme=left.scheme, left=left, right=right, lines=lines, differences=found,
        choices=list_words(db.session(), actor, left.scheme.id),
    )  # fmt: skip


def _data(side: Any) -> str:
    return "" if side is None else json.dumps(side, ensure_ascii=False)


def _lines(left: Text, right: Text, locale: str) -> list[Line]:
    ours, theirs = (dict(_said(text, locale)) for text in (left, right))
    names = [*ours, *(name for name in theirs if name not in ours)]
    return [Line(name, *mark(ours.get(name, ""), theirs.get(name, ""))) for name in names]


def _said(text: Text, locale: str) -> list[tuple[str, str]]:
    if text.until is None:
        when = _("From %(day)s on", day=day(text.first, locale))
    else:
        when = _("%(first)s to %(last)s", first=day(text.first, locale), last=day(text.until, locale))
    where = named(text.site, locale) if text.site else _("All sites")
    return [*rule_sentences(text.rule, locale), (_("Where and when"), f"{when} · {where}"),
            (_("Policy source"), text.source)]  # fmt: skip
