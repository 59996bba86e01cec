"""The directory of startups: searched by neighbours, written by each of its own page."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from incubator.accounts.access import current_actor, requires
from incubator.accounts.forms import clean
from incubator.accounts.permissions import Action
from incubator.core.clock import utc_now
from incubator.core.errors import NotFound, Refusal
from incubator.core.paging import page_number, row_id
from incubator.database import db
from incubator.documents.operations import get_file
from incubator.documents.refusing import refuse
from incubator.spaces.queries import list_sites
from incubator.startups import queries
from incubator.startups.forms.directory import EntryForm, entry_fields
from incubator.startups.operations import directory as operations
from incubator.startups.queries import directory as reads
from incubator.startups.views.blueprint import Answer, blueprint


@blueprint.route("/directory")
@requires(Action.SEE_DIRECTORY)
def list_directory() -> str:
    """Who sits in the space and wants to be found: by name or word, industry, tag and site."""
    session, actor, now = db.session(), current_actor(), utc_now()
    search, tag = (clean(request.args.get("q")) or "")[:100], (clean(request.args.get("tag")) or "")[:20]
    divisions = reads.list_directory_divisions(session, actor, now)
    industry = request.args.get("industry", "") if request.args.get("industry") in divisions else ""
    sites = list_sites(session, actor)
    site_id = request.args.get("site", type=row_id)
    site_id = site_id if site_id in {site.id for site in sites} else None
    page = reads.list_entries(session, actor, now=now, page=page_number(request.args.get("page")), search=search,
                              industry=industry, tag=tag, site_id=site_id)  # fmt: skip
    return render_template(
        "startups/list_directory.html", page=page, search=search, tag=tag, industry=industry, sites=sites,
        site_id=site_id, in_use=divisions, tags=reads.list_directory_tags(session, actor, now),
        own=_own_entry(), is_filtered=bool(search or tag or industry or site_id),
    )  # fmt: skip


@blueprint.route("/directory/<int:startup_id>")
@requires(Action.SEE_DIRECTORY)
def show_entry(startup_id: int) -> str:
    """A startup as its neighbours see it."""
    listed = reads.get_listed(db.session(), current_actor(), startup_id, now=utc_now())
    contacts = reads.list_contacts(db.session(), listed)
    may_edit = startup_id in current_actor().startups_for(Action.EDIT_OWN_STARTUP)
    return render_template("startups/show_entry.html", listed=listed, contacts=contacts, may_edit=may_edit)


@blueprint.route("/directory/<int:startup_id>/logo")
@requires(Action.SEE_DIRECTORY)
def entry_logo(startup_id: int) -> Response:
    """A logo; of one's own startup also while nobody else sees it."""
    session, actor = db.session(), current_actor()
    if startup_id in actor.startup_ids:
        entry = reads.get_entry(session, actor, startup_id)
    else:
        entry = reads.get_listed(session, actor, startup_id, now=utc_now()).entry
    if entry is None or entry.logo_id is None:
        raise NotFound
    file = get_file(session, entry.logo_id)
    response = Download(file.content, mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(file.sha256.hex())
    return response.make_conditional(request)


@blueprint.route("/my/directory/<int:startup_id>", methods=["GET", "POST"])
@requires(Action.EDIT_OWN_STARTUP)
def edit_entry(startup_id: int) -> Answer:
    """What one's startup says of itself."""
    session, actor, status = db.session(), current_actor(), 200
    actor.require_for(Action.EDIT_OWN_STARTUP, startup_id)
    startup, entry = queries.get_startup(session, actor, startup_id), reads.get_entry(session, actor, startup_id)
    form = EntryForm(data=entry_fields(entry))
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                kept = operations.edit_entry(session, actor, now=utc_now(), startup_id=startup_id, **form.said())
                session.commit()
                flash(_("Others see it now.") if kept.listed else _("It is kept; nobody else sees it."), "success")
                return redirect(url_for("startups.edit_entry", startup_id=startup_id), 303)
            except Refusal as refusal:
                status = refuse(form, refusal)
                startup = queries.get_startup(session, actor, startup_id)
                entry = reads.get_entry(session, actor, startup_id)
    return render_template("startups/edit_entry.html", form=form, startup=startup, entry=entry), status


def _own_entry() -> int | None:
    """The startup whose page the reader may write; the first of several."""
    return min(current_actor().startups_for(Action.EDIT_OWN_STARTUP), default=None)
