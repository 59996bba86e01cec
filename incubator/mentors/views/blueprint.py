"""The blueprint that the pages of `mentors` hang on, and what its templates ask."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from incubator.mentors import round_pages, wording

blueprint = Blueprint("mentors", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.context_processor
def words() -> dict[str, object]:
    """The names of kinds, stages, languages and the like, for every template of mentors."""
    return {"mentor_words": wording, "round_words": round_pages}
