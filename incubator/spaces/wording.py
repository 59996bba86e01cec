"""What a resource has, in the reader's words."""

from __future__ import annotations

from flask_babel import gettext

from incubator.spaces.amenities import amenity_of


def tag_name(tag: str) -> str:
    """The name of what a tag stands for; a free one as it was typed."""
    known = amenity_of(tag)
    return gettext(known.name) if known else tag
