"""Pages of `startups`."""

from flask import Blueprint

blueprint = Blueprint("startups", __name__)
