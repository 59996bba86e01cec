"""The home page, and what every process answers."""

from flask import Blueprint

blueprint = Blueprint("web", __name__)
