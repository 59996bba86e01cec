"""What the trail says of vouchers."""

from __future__ import annotations

from incubator.core.errors import N_

VOUCHER_ACTIONS: dict[str, str] = {
    "add_provider": N_("added a provider of services"),
    "apply_for_voucher": N_("applied for a voucher"),
    "close_series": N_("ended the issue of a series of vouchers"),
    "decide_voucher_application": N_("decided an application for a voucher"),
    "edit_provider": N_("changed a provider of services"),
    "end_provider": N_("let a provider take no more orders, or take them again"),
    "expire_voucher": N_("let the rest of a voucher expire"),
    "issue_vouchers": N_("issued vouchers by the rule of their series"),
    "open_series": N_("entered a series of vouchers"),
    "order_by_voucher": N_("ordered by voucher"),
    "pay_settlement": N_("recorded that a settlement of vouchers was paid"),
    "recover_redemption": N_("took back what was settled of a voucher already"),
    "redeem_voucher": N_("redeemed an order by voucher"),
    "release_order": N_("released what an order by voucher had reserved"),
    "renew_voucher_code": N_("made another code for a voucher"),
    "return_redemption": N_("took back what was redeemed of a voucher"),
    "set_voucher_budget": N_("changed the budget of a series of vouchers"),
    "settle_vouchers": N_("settled vouchers with a provider"),
    "undo_settlement_payment": N_("undid the payment of a settlement of vouchers"),
    "withdraw_voucher_application": N_("withdrew an application for a voucher"),
}

VOUCHER_SUBJECTS: dict[str, str] = {
    "service_providers": N_("Provider of services"),
    "voucher_applications": N_("Application for a voucher"),
    "voucher_orders": N_("Order by voucher"),
    "voucher_series": N_("Series of vouchers"),
    "voucher_settlements": N_("Settlement of vouchers"),
    "vouchers": N_("Voucher"),
}

VOUCHER_PAGES: dict[str, tuple[str, str]] = {
    "service_providers": ("subsidies.edit_provider", "provider_id"),
    "voucher_applications": ("subsidies.show_voucher_application", "application_id"),
    "voucher_orders": ("subsidies.show_order", "order_id"),
    "voucher_series": ("subsidies.show_series", "series_id"),
    "voucher_settlements": ("subsidies.show_settlement", "settlement_id"),
    "vouchers": ("subsidies.show_voucher", "voucher_id"),
}

VOUCHER_FIELDS: dict[str, str] = {
    "account": N_("Account"),
    "bank": N_("Bank"),
    "budget_minor": N_("Budget"),
    "contact": N_("Contact"),
    "covered_minor": N_("The voucher bears"),
    "expired_minor": N_("Expired"),
    "face_minor": N_("Face value"),
    "first_on": N_("Issued from"),
    "issued_by": N_("How it is issued"),
    "issuer": N_("Issuer"),
    "most_each": N_("Vouchers for one startup, at most"),
    "numbers": N_("Numbers"),
    "paid_on": N_("Paid on"),
    "provider": N_("Provider"),
    "redeemed_minor": N_("Redeemed"),
    "reference": N_("Reference"),
    "registered_months": N_("Registered at most so many months ago"),
    "released_minor": N_("Released"),
    "returned_minor": N_("Returned"),
    "series": N_("Voucher series"),
    "share_percent": N_("Share borne"),
    "total_minor": N_("Total"),
    "uses": N_("What it can be used for"),
    "valid_days": N_("Valid for so many days"),
    "voucher": N_("Voucher"),
    "who": N_("Who can have it"),
    "yearly_limit_minor": N_("At most for a startup in a calendar year"),
}

VOUCHER_VALUES: dict[tuple[str, str], str] = {
    ("issued_by", "application"): N_("on application"),
    ("issued_by", "rule"): N_("by rule"),
    ("outcome", "approved"): N_("approved"),
    ("outcome", "refused"): N_("turned down"),
    ("uses", "instruments"): N_("instruments"),
    ("uses", "mentors"): N_("mentors"),
    ("uses", "services"): N_("services"),
    ("uses", "training"): N_("training"),
    ("way", "cash"): N_("cash"),
    ("way", "cheque"): N_("cheque"),
    ("way", "other"): N_("another way"),
    ("way", "transfer"): N_("bank transfer"),
    ("who", "all"): N_("companies and teams"),
    ("who", "companies"): N_("companies only"),
}
