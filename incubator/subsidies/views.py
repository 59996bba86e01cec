"""Pages of `subsidies`."""

from flask import Blueprint

blueprint = Blueprint("subsidies", __name__)
