"""Photos of a resource: the pictures themselves, and how they are kept."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import Refusal
from incubator.database import db
from incubator.documents.answering import Answer, answer
from incubator.documents.formats import sentence
from incubator.documents.operations import content_of, get_file
from incubator.i18n import reader_locale
from incubator.spaces import operations, queries, resource_queries
from incubator.spaces.models import Resource, ResourcePhoto
from incubator.spaces.operations.photos import MOST_PHOTOS
from incubator.spaces.resource_forms import PhotoForm, PhotoWordsForm
from incubator.spaces.views.blueprint import blueprint, resource_address, site_of

YEAR = 365 * 24 * 3600


@blueprint.route("/resources/<int:resource_id>/photos/<int:photo_id>")
@requires(Action.SEE_TIMELINE)
def photo(resource_id: int, photo_id: int) -> Response:
    """A photo, or (`size=small`) the small one of it; kept by this browser alone, under its hash."""
    found = resource_queries.get_photo(db.session(), current_actor(), resource_id, photo_id)
    is_small = request.args.get("size") == "small"
    file = get_file(db.session(), found.small_file_id if is_small else found.file_id)
    response = FlaskResponse(content_of(db.session(), file), mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = f"private, max-age={YEAR}, immutable" if "v" in request.args else "no-cache"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/photos", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def photos(site_id: int, resource_id: int) -> Answer:
    """All photos of a resource, and one more."""
    session, site, form = db.session(), site_of(site_id), PhotoForm()
    resource = queries.get_resource(session, current_actor(), resource_id, site_id)

    def add() -> str:
        upload = form.file.data
        if not upload or not upload.filename:
            raise Refusal(_("Choose a photo first."), field="file")
        operations.add_photo(session, current_actor(), now=utc_now(), resource=resource, name=upload.filename,
                             content=upload.read(), alt=form.alt.data or "", alt_en=form.alt_en.data or "")  # fmt: skip
        return _address(resource)

    return answer(form, "spaces/photos.html", add, _("The photo is there."), site=site, resource=resource,
                  photos=resource_queries.list_photos(session, resource_id), most=MOST_PHOTOS,
                  back=resource_address(resource))  # fmt: skip


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/photos/<int:photo_id>", methods=["GET", "POST"])
@requires(Action.MANAGE_SPACES)
def describe_photo(site_id: int, resource_id: int, photo_id: int) -> Answer:
    """Say otherwise what is to be seen."""
    session, site = db.session(), site_of(site_id)
    resource, found = _load(site_id, resource_id, photo_id)
    (shown,) = [each for each in resource_queries.list_photos(session, resource_id) if each.id == photo_id]
    form = PhotoWordsForm(obj=found)

    def describe() -> str:
        operations.describe_photo(session, current_actor(), now=utc_now(), resource=resource, photo=found,
                                  alt=form.alt.data or "", alt_en=form.alt_en.data or "")  # fmt: skip
        return _address(resource)

    return answer(form, "spaces/describe_photo.html", describe, _("The changes are kept."), site=site,
                  resource=resource, back=_address(resource), photo=shown)  # fmt: skip


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/photos/<int:photo_id>/move", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def move_photo(site_id: int, resource_id: int, photo_id: int) -> Response:
    """One place earlier, or later."""
    resource, found = _load(site_id, resource_id, photo_id)
    step = 1 if request.form.get("way") == "later" else -1
    address = _address(resource)
    try:
        operations.move_photo(db.session(), current_actor(), now=utc_now(), resource=resource, photo=found,
                              place=found.place + step)  # fmt: skip
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        flash(sentence(refusal, reader_locale()), "danger")
    return redirect(address, 303)


@blueprint.route("/sites/<int:site_id>/resources/<int:resource_id>/photos/<int:photo_id>/remove", methods=["POST"])
@requires(Action.MANAGE_SPACES)
def remove_photo(site_id: int, resource_id: int, photo_id: int) -> Response:
    """Show it no longer."""
    resource, found = _load(site_id, resource_id, photo_id)
    address = _address(resource)
    operations.remove_photo(db.session(), current_actor(), now=utc_now(), resource=resource, photo=found)
    db.session.commit()
    flash(_("The photo is removed."), "success")
    return redirect(address, 303)


def _load(site_id: int, resource_id: int, photo_id: int) -> tuple[Resource, ResourcePhoto]:
    session, actor = db.session(), current_actor()
    resource = queries.get_resource(session, actor, resource_id, site_id)
    return resource, resource_queries.get_photo(session, actor, resource_id, photo_id)


def _address(resource: Resource) -> str:
    return url_for("spaces.photos", site_id=resource.site_id, resource_id=resource.id)
