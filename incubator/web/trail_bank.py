"""What the trail says of bank accounts, statements and their lines."""

from __future__ import annotations

from incubator.core.errors import N_

BANK_ACTIONS: dict[str, str] = {
    "add_bank_account": N_("added a bank account"),
    "confirm_bank_lines": N_("matched bank transfers with invoices"),
    "edit_bank_account": N_("changed a bank account"),
    "ignore_bank_line": N_("left a bank line aside"),
    "import_statement": N_("imported a bank statement"),
    "match_refund": N_("matched a bank line with a refund"),
    "match_payout": N_("matched a bank line with a payout of Stripe"),
    "match_subsidy": N_("said that a bank line is a subsidy"),
    "undo_bank_line": N_("opened a bank line again"),
}

BANK_SUBJECTS: dict[str, str] = {
    "bank_accounts": N_("Bank account"),
    "bank_lines": N_("Bank line"),
    "bank_statements": N_("Bank statement"),
}

BANK_PAGES: dict[str, tuple[str, str]] = {
    "bank_lines": ("billing.show_line", "line_id"),
    "payments": ("billing.show_payment", "payment_id"),
}

BANK_FIELDS: dict[str, str] = {
    "file": N_("File"),
    "is_printed": N_("Printed on invoices"),
    "known_lines": N_("Known lines"),
    "lines": N_("Lines"),
    "new_lines": N_("New lines"),
    "payer": N_("Payer"),
}
