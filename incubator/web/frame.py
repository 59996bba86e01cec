"""What the frame around a page asks: who reads it, where they are, and what they set for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Flask, current_app, render_template, request, session, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.routing import Map

from incubator.accounts.models import Tenant
from incubator.accounts.permissions import Action
from incubator.accounts.words import ROLE_NAMES
from incubator.database import db
from incubator.web.headers import asset
from incubator.web.navigation import Place, current_place, places_for
from incubator.web.queries.frame import list_other_operators

THEMES = ("auto", "light", "dark")
ICONS = "vendor/icons.svg"


def locale() -> str:
    """The reader's language: zh_Hans or en."""
    reader = get_locale()
    return "en" if reader is not None and reader.language == "en" else "zh_Hans"


def signed_in() -> bool:
    return bool(current_user and current_user.is_authenticated)


def can(action: str) -> bool:
    """Whether the reader may do `action`, in macros, too: `can("bookings:book")`."""
    return signed_in() and bool(current_user.actor.can(Action(action)))


def theme() -> str:
    """auto, light or dark: what the person keeps, else what was chosen in this browser."""
    kept = getattr(current_user, "theme", None) if signed_in() else None
    chosen = kept or session.get("theme")
    return chosen if chosen in THEMES else "auto"


def may_link(endpoint: str) -> bool:
    """Whether the application has such a page."""
    return endpoint in current_app.view_functions


def navigation() -> Markup:
    """The sections and places of the sidebar: forty links, the same for all who may do the same on this page."""
    pages, actions = current_app.url_map, current_user.actor.actions
    here = _place(pages, actions, request.endpoint)
    return _navigation(pages, request.script_root, asset(ICONS), locale(), actions, here)


@lru_cache(maxsize=4096)
def _place(_pages: Map, actions: frozenset[Action], endpoint: str | None) -> Place | None:
    return current_place(places_for(actions, may_link), endpoint)


@lru_cache(maxsize=512)  # ten kilobytes each
def _navigation(
    _pages: Map, _below: str, _icons: str, _locale: str, actions: frozenset[Action], here: Place | None
) -> Markup:
    sections = places_for(actions, may_link)
    return Markup(render_template("web/_navigation.html", sections=sections, here=here))  # noqa: S704  it has escaped


def address_of(endpoint: str) -> str:
    """The address of a page without places in it; the sidebar asks for forty on every page."""
    return _address(current_app.url_map, request.script_root, endpoint)


@lru_cache(maxsize=512)
def _address(_addresses: Map, _below: str, endpoint: str) -> str:
    return url_for(endpoint)


class OperatorName:
    """The operator looked at, for the filter `named`."""

    def __init__(self, name: str, name_en: str) -> None:
        self.name, self.name_en = name, name_en


def current_operator_name() -> OperatorName:
    return OperatorName(current_user.operator_name, current_user.operator_name_en)


def operators_to_switch() -> Sequence[Tenant]:
    """The person's other operators; none where there is no page to switch by."""
    if not (current_user.has_others and may_link("accounts.switch")):
        return []
    return list_other_operators(db.session(), current_user.identity_id, current_user.actor.operator_id)


def role_names() -> str:
    """The reader's roles in words, the highest first: Owner, Finance."""
    roles = current_user.actor.roles
    return gettext(", ").join(gettext(ROLE_NAMES[role]) for role in ROLE_NAMES if role in roles)


def this_address() -> str:
    """Where a small form of the frame comes back to: this page, if it can be asked for again."""
    if request.method != "GET":
        return "/"
    return request.full_path.rstrip("?") if request.query_string else request.path


def init_app(app: Flask) -> None:
    """Give the templates these functions."""
    app.jinja_env.globals.update(
        reader_locale=locale, signed_in=signed_in, can=can, theme=theme, may_link=may_link, navigation=navigation,
        address_of=address_of, current_operator=current_operator_name,
        operators_to_switch=operators_to_switch, role_names=role_names, this_address=this_address,
    )  # fmt: skip
