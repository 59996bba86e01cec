"""Pages of use: figures by any dimension, beside another time; the rows behind one; and heatmaps."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import Page, page_number
from incubator.core.periods import Month
from incubator.database import db
from incubator.documents import formats
from incubator.documents.formats import sentence
from incubator.i18n import reader_locale
from incubator.reports.measuring.asking import ask
from incubator.reports.measuring.catalogue import DIMENSIONS, MEASURES, SUBJECT_TITLES, measures_of_subject
from incubator.reports.measuring.choosing import Choice, choose, lay_beside, usual
from incubator.reports.measuring.exports import FORMATS, export
from incubator.reports.measuring.heatmaps import see_maps
from incubator.reports.measuring.question import Answer, Key
from incubator.reports.measuring.rows import has_rows, list_rows
from incubator.reports.presenting import Name, rounded_share
from incubator.spaces.queries import list_sites

blueprint = Blueprint("measuring", __name__)


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        key_name=key_name, measure_of=MEASURES.get, share_of=share_of, points_of=points_of, has_rows=has_rows
    )


def share_of(amount: Any) -> Any:
    """A share as it is shown; None of nothing."""
    return rounded_share(amount.numerator, amount.denominator) if amount and amount.denominator else None


def points_of(change: Fraction) -> Decimal:
    """A change of a share in points of a percentage, rounded half up: from 1/3 to 1/2 it is 16.67."""
    points = Decimal(100 * change.numerator) / Decimal(change.denominator)
    return points.quantize(Decimal("0.01"), ROUND_HALF_UP)


def key_name(answer: Answer, dimension: str, key: Key) -> str:
    """What a key is called, in the reader's language."""
    if dimension == "month" and key is not None:
        return formats.month(Month.parse(str(key)).first, reader_locale())
    if dimension == "hour" and key is not None:
        return f"{int(key):02d}:00–{int(key) + 1:02d}:00"
    label = answer.label(dimension, key)
    return gettext(label.name) if label.is_word else formats.named(Name(label.name, label.name_en), reader_locale())


@blueprint.route("/reports/use")
@requires(Action.SEE_REPORTS)
def use() -> str | tuple[str, int]:
    """Measures by one dimension, over months, beside another time."""
    try:
        return _page(_choice())
    except Refusal as refusal:
        db.session().rollback()
        return _page(usual(_this_month()), refusal), refusal.status


@blueprint.route("/reports/use/export.<extension>")
@requires(Action.SEE_REPORTS)
def download(extension: str) -> Response:
    """The same as a workbook or a table, with each measure's definition."""
    if extension not in FORMATS:
        raise NotFound
    choice = _choice()
    file = export(_answer(choice), choice, extension, key_name, reader_locale())
    return send_file(file.stream(), mimetype=file.media_type, as_attachment=True, download_name=file.name)


@blueprint.route("/reports/use/rows")
@requires(Action.SEE_REPORTS)
def rows() -> str:
    """The rows of the ledger behind one figure."""
    choice = _choice()
    if len(choice.measures) != 1:
        raise NotFound
    actor, session = current_actor(), db.session()
    question = Choice(choice.measures, choice.site_ids, choice.first, choice.last, "", "", choice.filters).question
    page, whole = list_rows(session, actor, question, page=page_number(request.args.get("page")))
    answer = ask(session, actor, question)
    return render_template("reports/use_rows.html", choice=choice, page=page, whole=whole, answer=answer,
                           measure=MEASURES[choice.measures[0]], names=_filter_names(choice, answer))  # fmt: skip


@blueprint.route("/reports/use/maps")
@requires(Action.SEE_REPORTS)
def maps() -> str | tuple[str, int]:
    """One measure of one site as heatmaps: on the floor plan, by weekday and hour, and on a calendar."""
    session, actor = db.session(), current_actor()
    sites = list_sites(session, actor)
    fault = None
    try:
        choice = _choice()
        if set(choice.site_ids) - {site.id for site in sites}:
            raise NotFound
        seen = see_maps(session, actor, sites, choice, request.args.get("plan")) if sites else None
    except Refusal as refusal:
        session.rollback()
        fault, choice = refusal, usual(_this_month())
        seen = see_maps(session, actor, sites, choice, None) if sites else None
    page = render_template("reports/use_maps.html", choice=choice, seen=seen, sites=sites, subjects=_subjects(),
                           fault=sentence(fault, reader_locale()) if fault else None)  # fmt: skip
    return (page, fault.status) if fault else page


def _this_month() -> Month:
    return Month.of(utc_now().date())


def _choice() -> Choice:
    return choose(request.args, _this_month())


def _answer(choice: Choice) -> Answer:
    return ask(db.session(), current_actor(), choice.question)


def _page(choice: Choice, fault: Refusal | None = None) -> str:
    session, actor = db.session(), current_actor()
    now = ask(session, actor, choice.question)
    then = ask(session, actor, choice.other_question) if choice.other_question else None
    lines, total = lay_beside(choice, now, then)
    return render_template(
        "reports/use.html", choice=choice, page=Page.cut(lines, page_number(request.args.get("page"))), total=total,
        now=now, then=then, sites=list_sites(session, actor), subjects=_subjects(), dimensions=DIMENSIONS,
        names=_filter_names(choice, now), fault=sentence(fault, reader_locale()) if fault else None,
    )  # fmt: skip


def _subjects() -> list[tuple[str, list[Any]]]:
    """Subjects with their measures, as the choice offers them."""
    return [(title, measures_of_subject(subject)) for subject, title in SUBJECT_TITLES.items()]


def _filter_names(choice: Choice, answer: Answer) -> list[tuple[str, str]]:
    """What is filtered by, in words."""
    return [
        (DIMENSIONS[name].title, gettext(", ").join(key_name(answer, name, key) for key in keys))
        for name, keys in choice.filters
    ]
