"""Pages of `accounts`, one room per group."""

from incubator.accounts.views import links, operator, own_team, profile, settings, signing_in, team
from incubator.accounts.views.blueprint import blueprint

__all__ = ["blueprint", "links", "operator", "own_team", "profile", "settings", "signing_in", "team"]
