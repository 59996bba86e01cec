"""Pages of readings: all of a site at once, one corrected, its photo."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import N_, NotFound, Refusal
from incubator.database import db
from incubator.documents.answering import Answer, answer, press
from incubator.documents.formats import sentence
from incubator.documents.operations.files import content_of, get_file
from incubator.documents.refusing import refuse
from incubator.i18n import reader_locale
from incubator.pricing import operations
from incubator.pricing.forms.meters import CorrectForm, PhotoForm, ReadingsForm, readings_form
from incubator.pricing.operations import ReadingsRefused
from incubator.pricing.queries.meters import get_meter, get_reading, list_meters
from incubator.pricing.rules.readings import Doubtful
from incubator.pricing.views.blueprint import blueprint
from incubator.pricing.views.meters import chosen_site
from incubator.spaces.models import Site
from incubator.spaces.operations.sites import today_at
from incubator.spaces.queries import list_sites


@blueprint.route("/meters/read", methods=["GET", "POST"])
@requires(Action.ENTER_READINGS)
def read_meters() -> Answer:
    """All meters of a site in one table: last reading, new reading, and what was used as one types."""
    session, actor = db.session(), current_actor()
    site = chosen_site()
    rows = list_meters(session, actor, site.id) if site else []
    if site is None or not rows:
        return redirect(url_for("pricing.list_site_meters"), 303)
    form, status, doubtful = readings_form(rows), 200, set[int]()
    if request.method == "GET":
        form.read_on.data = today_at(site, utc_now())
    elif not form.validate():
        status = 422
    else:
        try:
            return _keep(form, site)
        except ReadingsRefused as refused:
            doubtful = _mark(form, refused)
            status = refuse(form, refused)
        except Refusal as refusal:
            status = refuse(form, refusal)
    return render_template("pricing/read_meters.html", form=form, rows=rows, site=site, doubtful=doubtful,
                           sites=list_sites(session, actor)), status  # fmt: skip


def _keep(form: ReadingsForm, site: Site) -> Response:
    kept = operations.enter_readings(db.session(), current_actor(), now=utc_now(), site=site, entries=form.entries())
    db.session.commit()
    flash(ngettext("%(num)d reading is entered.", "%(num)d readings are entered.", len(kept)), "success")
    return redirect(url_for("pricing.list_site_meters", site=site.id), 303)


def _mark(form: ReadingsForm, refused: ReadingsRefused) -> set[int]:
    """Say at each reading what is wrong with it; which of them are only doubtful."""
    entries = form.entries()
    for place, refusal in refused.faults.items():
        field = form[f"reading_{entries[place].meter_id}"]
        field.errors = [*field.errors, sentence(refusal, reader_locale())]
    return {entries[place].meter_id for place, refusal in refused.faults.items() if isinstance(refusal, Doubtful)}


@blueprint.route("/readings/<int:reading_id>/correct", methods=["GET", "POST"])
@requires(Action.ENTER_READINGS)
def correct_reading(reading_id: int) -> Answer:
    """Another number, or none; and the photo."""
    session, actor = db.session(), current_actor()
    reading = get_reading(session, actor, reading_id)
    row = get_meter(session, actor, reading.meter_id)
    form = CorrectForm()

    def correct() -> str:
        if form.reading.data is None and not form.withdraw.data:
            raise Refusal(N_("Enter the reading."), field="reading")
        operations.correct_reading(
            session, actor, now=utc_now(), reading_id=reading_id, note=form.note.data or "", sure=form.sure.data,
            reading=None if form.withdraw.data else form.reading.data,
        )  # fmt: skip
        return url_for("pricing.show_meter", meter_id=reading.meter_id)

    done = _("The reading is corrected; the old one stays in the history.")
    return answer(form, "pricing/correct_reading.html", correct, done, row=row, meter=row.meter, reading=reading,
                  photo=PhotoForm())  # fmt: skip


@blueprint.route("/readings/<int:reading_id>/photo", methods=["POST"])
@requires(Action.ENTER_READINGS)
def attach_photo(reading_id: int) -> Response:
    """Keep a photo of the display with a reading."""
    form = PhotoForm()
    reading = get_reading(db.session(), current_actor(), reading_id)

    def keep() -> None:
        if not form.validate():
            raise Refusal(N_("Choose a photo first."), field="photo")
        operations.attach_photo(db.session(), current_actor(), now=utc_now(), reading_id=reading_id,
                                content=form.photo.data.stream.read())  # fmt: skip

    return press(keep, _("The photo is kept."), url_for("pricing.show_meter", meter_id=reading.meter_id))


@blueprint.route("/readings/<int:reading_id>/photo")
@requires(Action.SEE_PRICES)
def reading_photo(reading_id: int) -> Response:
    """The photo, or (`size=small`) the small one of it."""
    session = db.session()
    reading = get_reading(session, current_actor(), reading_id)
    file_id = reading.small_file_id if request.args.get("size") == "small" else reading.photo_file_id
    if file_id is None:
        raise NotFound(N_("There is no such file."))
    file = get_file(session, file_id)
    response = FlaskResponse(content_of(session, file), mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)
