"""What the trail says of credit notes, one-off charges, exclusions, approvals, write-offs and instalments."""

from __future__ import annotations

from incubator.core.errors import N_

INVOICING_ACTIONS: dict[str, str] = {
    "add_one_off": N_("charged something once"),
    "ask_approval": N_("asked for the approval of a second person"),
    "credit_invoice": N_("wrote a credit note"),
    "decide_approval": N_("decided what another person had asked for"),
    "exclude_startup": N_("left a startup out of a month's run"),
    "lift_exclusion": N_("took a startup into a month's run again"),
    "plan_instalments": N_("agreed instalments for an invoice"),
    "set_invoicing": N_("changed the billing settings"),
    "undo_write_off": N_("took a write-off back"),
    "withdraw_one_off": N_("withdrew a one-off charge"),
    "write_off": N_("wrote off what was open of an invoice"),
}

INVOICING_SUBJECTS: dict[str, str] = {
    "approvals": N_("Approval"),
    "billing_exclusions": N_("Exclusion from a month's run"),
    "credit_notes": N_("Credit note"),
    "one_off_charges": N_("One-off charge"),
    "write_offs": N_("Write-off"),
}

INVOICING_PAGES: dict[str, tuple[str, str]] = {
    "approvals": ("billing.show_approval", "approval_id"),
    "credit_notes": ("billing.show_credit_note", "note_id"),
}

INVOICING_FIELDS: dict[str, str] = {
    "approve_credit_minor": N_("Credit notes need a second person above"),
    "approval": N_("Approval"),
    "approve_refunds": N_("Refunds need a second person"),
    "approve_runs": N_("Months need a second person"),
    "excluded": N_("Left out"),
    "invoice": N_("Invoice"),
    "is_anew": N_("Billed anew"),
    "is_approved": N_("Approved"),
    "jump_percent": N_("Changes are named from, in percent"),
    "parts": N_("Parts"),
    "settled_minor": N_("Off what was open"),
    "what": N_("What"),
    "written_off_minor": N_("Amount written off"),
}

INVOICING_VALUES: dict[tuple[str, str], str] = {
    ("kind", "interest"): N_("late-payment interest"),
    ("what", "credit_note"): N_("a credit note"),
    ("what", "month_run"): N_("the posting of a month"),
    ("what", "write_off"): N_("a write-off"),
}
