"""The page on which a site's readings are imported: all of a table, or none and what is wrong by row and column."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import BooleanField

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.core.paging import row_id
from incubator.database import db
from incubator.documents.csvs import write_csv
from incubator.documents.formats import sentence
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.jobs.import_views import blueprint
from incubator.jobs.workbook.reading import Fault
from incubator.jobs.workbook.readings import SHEET, TableRefused, fault_of, read_readings
from incubator.pricing.operations import ReadingsRefused, enter_readings
from incubator.pricing.queries.meters import list_meters
from incubator.pricing.rules.readings import Doubtful
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import get_site, list_sites

__all__ = ["blueprint"]


class ReadingsTableForm(FlaskForm):
    """A table of readings."""

    file = FileField(_l("Table, CSV or XLSX"), validators=[FileRequired(_l("Choose a file first."))],
                     render_kw={"accept": ".csv,.xlsx"})  # fmt: skip
    sure = BooleanField(_l("Those that are unlikely are right: I have checked them"))


@blueprint.route("/meters/import", methods=["GET", "POST"])
@requires(Action.ENTER_READINGS)
def import_readings() -> str | Response | tuple[str, int]:
    """The table, and each fault of one that was refused."""
    site, form, status, faults = _site(), ReadingsTableForm(), 200, list[Fault]()
    if site is None:
        return redirect(url_for("pricing.list_site_meters"), 303)
    if request.method == "POST":
        try:
            if not form.validate():
                raise Refusal("")
            return _import(form, site)
        except TableRefused as refused:
            faults, status = refused.faults, refuse(form, refused)
        except Refusal as refusal:
            status = refuse(form, refusal) if refusal.message else 422
    doubtful = bool(faults) and all(isinstance(each.refusal, Doubtful) for each in faults)
    return render_template("jobs/import_readings.html", form=form, site=site, faults=[_words(each) for each in faults],
                           doubtful=doubtful, columns=SHEET.columns), status  # fmt: skip


@blueprint.route("/meters/import/template.csv")
@requires(Action.ENTER_READINGS)
def readings_template() -> FlaskResponse | Response:
    """The site's meters, to be filled in."""
    site = _site()
    if site is None:
        return redirect(url_for("pricing.list_site_meters"), 303)
    english, today = reader_locale() == "en", today_at(site, utc_now())
    titles = [column.en if english else column.zh for column in SHEET.columns]
    rows = [[row.meter.number, today, None] for row in list_meters(db.session(), current_actor(), site.id)]
    return send_file(io.BytesIO(write_csv(titles, rows)), "text/csv; charset=utf-8", as_attachment=True,
                     download_name=f"{site.code}-{today.isoformat()}.csv")  # fmt: skip


def _site() -> Site | None:
    session, actor = db.session(), current_actor()
    asked = request.args.get("site", type=row_id)
    if asked is not None:
        return get_site(session, actor, asked)
    return next(iter(list_sites(session, actor)), None)


def _import(form: ReadingsTableForm, site: Site) -> Response:
    session, actor = db.session(), current_actor()
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in list_meters(session, actor, site.id):
        numbers[row.meter.number.casefold()].append(row.meter.id)
    found = read_readings(form.file.data.stream.read(), numbers, sure=form.sure.data)
    try:
        kept = enter_readings(session, actor, now=utc_now(), site=site, entries=[entry for _row, entry in found],
                              source="imported")  # fmt: skip
    except ReadingsRefused as refused:
        raise TableRefused(_faults(refused, [row for row, _entry in found])) from refused
    db.session.commit()
    flash(ngettext("%(num)d reading is imported.", "%(num)d readings are imported.", len(kept)), "success")
    return redirect(url_for("pricing.list_site_meters", site=site.id), 303)


def _faults(refused: ReadingsRefused, rows: Sequence[int]) -> list[Fault]:
    return [fault_of(rows[place], refusal) for place, refusal in sorted(refused.faults.items())]


def _words(fault: Fault) -> dict[str, object]:
    """A fault as its reader reads it."""
    column = SHEET.column(fault.column) if fault.column else None
    name = "" if column is None else column.en if reader_locale() == "en" else column.zh
    return {"row": fault.row, "column": " ".join(part for part in (fault.letter, name) if part),
            "sentence": sentence(fault.refusal, reader_locale())}  # fmt: skip
