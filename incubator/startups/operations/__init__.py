"""State changes of startups and residencies."""

from incubator.startups.operations.residencies import UnitTerms, end_residency, sign_residency
from incubator.startups.operations.startups import KnownStartup, edit_startup, register_startup

__all__ = ["KnownStartup", "UnitTerms", "edit_startup", "end_residency", "register_startup", "sign_residency"]
