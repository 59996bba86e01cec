"""State changes of accounts, one room per group of verbs."""

from incubator.accounts.operations.identities import (
    ask_confirmation,
    ask_reset,
    authenticate,
    change_password,
    confirm_address,
    confirm_password,
    create_identity,
    reset_password,
)
from incubator.accounts.operations.invitations import (
    accept_invitation,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from incubator.accounts.operations.keys import has_key, issue_key, open_key, revoke_key
from incubator.accounts.operations.operators import edit_operator, found_operator
from incubator.accounts.operations.own_team import invite_member, invite_member_again, remove_member, set_member_rights
from incubator.accounts.operations.people import add_person, affiliate, end_access, grant_role, take_role
from incubator.accounts.operations.settings import edit_profile, keep_setting
from incubator.accounts.operations.signing_in import sign_in, sign_out, sign_out_browsers

__all__ = [
    "accept_invitation", "add_person", "affiliate", "ask_confirmation", "ask_reset", "authenticate",
    "change_password", "confirm_address", "confirm_password", "create_identity", "edit_operator", "edit_profile",
    "end_access", "found_operator", "grant_role", "has_key", "invite", "invite_member", "invite_member_again",
    "issue_key", "keep_setting", "open_key", "remove_member", "resend_invitation", "reset_password", "revoke_key",
    "set_member_rights", "sign_in", "sign_out", "sign_out_browsers", "take_role", "withdraw_invitation",
]  # fmt: skip
