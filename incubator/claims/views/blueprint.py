"""The blueprint that every page of `claims` registers on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("claims", __name__)
