"""Pages of `pricing`."""

from flask import Blueprint

blueprint = Blueprint("pricing", __name__)
