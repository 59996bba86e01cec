"""The fund view: what schemes granted against what became of the companies."""

from __future__ import annotations

from flask import Response, render_template

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.billing.views.parts import local_today
from incubator.claims.fund_exports import FORMATS
from incubator.claims.queries.fund import list_fund
from incubator.claims.views.blueprint import blueprint
from incubator.core.errors import NotFound
from incubator.database import db
from incubator.i18n import reader_locale


@blueprint.route("/claims/fund")
@requires(Action.SEE_CLAIMS)
def show_fund() -> str:
    """By scheme and year."""
    rows = list_fund(db.session(), current_actor(), today=local_today())
    return render_template("claims/show_fund.html", rows=rows)


@blueprint.route("/claims/fund.<extension>")
@requires(Action.SEE_CLAIMS)
def download_fund(extension: str) -> Response:
    """The same as a workbook or CSV."""
    if extension not in FORMATS:
        raise NotFound
    make, media_type = FORMATS[extension]
    rows = list_fund(db.session(), current_actor(), today=local_today())
    answer = Response(make(rows, reader_locale()), mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="fund.{extension}"'
    return answer
