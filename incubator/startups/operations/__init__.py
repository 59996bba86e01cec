"""State changes of startups and residencies."""

from incubator.startups.operations.achievements import (
    claim_achievement,
    confirm_achievement,
    withdraw_achievement,
)
from incubator.startups.operations.addresses import register_address
from incubator.startups.operations.figure_sheets import ask_startup, open_due_sheets, remind_of_figures
from incubator.startups.operations.figures import (
    Said,
    begin_correction,
    confirm_figures,
    confirm_many,
    lock_figures,
    return_figures,
    save_figures,
    submit_figures,
)
from incubator.startups.operations.indicators import (
    add_check,
    add_indicator,
    adopt_defaults,
    edit_indicator,
    edit_rhythm,
    end_check,
)
from incubator.startups.operations.people import (
    add_post,
    claim_standing,
    confirm_standing,
    edit_post,
    withdraw_standing,
)
from incubator.startups.operations.programmes import add_programme, edit_programme, end_enrolment, enrol
from incubator.startups.operations.residencies import UnitTerms, end_residency, sign_residency
from incubator.startups.operations.startups import KnownStartup, edit_startup, register_startup

__all__ = [
    "KnownStartup",
    "Said",
    "UnitTerms",
    "add_check",
    "add_indicator",
    "add_post",
    "add_programme",
    "adopt_defaults",
    "ask_startup",
    "begin_correction",
    "claim_achievement",
    "claim_standing",
    "confirm_achievement",
    "confirm_figures",
    "confirm_many",
    "confirm_standing",
    "edit_indicator",
    "edit_post",
    "edit_programme",
    "edit_rhythm",
    "edit_startup",
    "end_check",
    "end_enrolment",
    "end_residency",
    "enrol",
    "lock_figures",
    "open_due_sheets",
    "register_address",
    "register_startup",
    "remind_of_figures",
    "return_figures",
    "save_figures",
    "sign_residency",
    "submit_figures",
    "withdraw_achievement",
    "withdraw_standing",
]
