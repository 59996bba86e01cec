"""The blueprint that the pages of `spaces` hang on, and what its templates ask."""

from __future__ import annotations

from flask import Blueprint, current_app, url_for
from flask.blueprints import BlueprintSetupState

from incubator.accounts.access import current_actor
from incubator.database import db
from incubator.spaces import forms, queries, wording
from incubator.spaces.models import Resource, Site
from incubator.spaces.resource_queries import ShownPhoto

blueprint = Blueprint("spaces", __name__)

RESOURCE_PAGE = "bookings.show_resource"
"""A page of a package further down, which knows what is booked: linked where it is there."""


@blueprint.record
def _lend_words(state: BlueprintSetupState) -> None:
    """What templates of all packages call kinds by."""
    state.app.jinja_env.filters["tag_name"] = wording.tag_name
    state.app.jinja_env.globals.update(
        unit_kind_name=lambda kind: forms.UNIT_KIND_NAMES[kind],
        resource_kind_name=lambda kind: forms.RESOURCE_KIND_NAMES[kind],
        day_kind_name=lambda kind: forms.DAY_KIND_NAMES[kind],
        wall_time=lambda minute: f"{minute // 60:02}:{minute % 60:02}",
        space_words=forms, photo_address=photo_address,
        resource_address=resource_address,
    )


def photo_address(photo: ShownPhoto, *, small: bool = False) -> str:
    """Where a photo is, with its hash, so that a browser keeps it."""
    return url_for("spaces.photo", resource_id=photo.resource_id, photo_id=photo.id, v=photo.version,
                   size="small" if small else None)  # fmt: skip


def resource_address(resource: Resource) -> str:
    """Where a resource's own page is; its site, where the application has no such page."""
    if RESOURCE_PAGE in current_app.view_functions:
        return url_for(RESOURCE_PAGE, resource_id=resource.id)
    return url_for("spaces.show_site", site_id=resource.site_id)


def site_of(site_id: int) -> Site:
    """The site that the address names."""
    return queries.get_site(db.session(), current_actor(), site_id)


def site_address(site: Site) -> str:
    """Where a site's own page is."""
    return url_for("spaces.show_site", site_id=site.id)
