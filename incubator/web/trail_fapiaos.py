"""What the trail says of fapiaos."""

from __future__ import annotations

from incubator.core.errors import N_

FAPIAO_ACTIONS: dict[str, str] = {
    "ask_fapiao": N_("asked for a fapiao"),
    "ask_red_letter": N_("asked for a red-letter fapiao"),
    "give_up_red_letter": N_("gave a red-letter fapiao up"),
    "import_fapiao_results": N_("imported results of the fapiao platform"),
    "issue_fapiao": N_("entered the number of an issued fapiao"),
    "issue_red_letter": N_("entered the number of an issued red-letter fapiao"),
    "make_fapiao_batch": N_("made a batch of fapiaos"),
    "release_fapiao": N_("took a request for a fapiao out of its batch"),
    "return_fapiao": N_("returned a request for a fapiao"),
    "save_fapiao_title": N_("changed the title data for fapiaos"),
    "set_fapiao_place": N_("set a site's address for fapiaos"),
    "set_fapiao_settings": N_("changed the settings for fapiaos"),
    "withdraw_fapiao": N_("withdrew a request for a fapiao"),
}

FAPIAO_SUBJECTS: dict[str, str] = {
    "fapiao_batches": N_("Batch of fapiaos"),
    "fapiao_imports": N_("Results of the fapiao platform"),
    "fapiao_requests": N_("Request for a fapiao"),
}

FAPIAO_PAGES: dict[str, tuple[str, str]] = {
    "fapiao_batches": ("billing.show_fapiao_batch", "batch_id"),
    "fapiao_requests": ("billing.show_fapiao", "request_id"),
}

FAPIAO_FIELDS: dict[str, str] = {
    "batch": N_("Batch"),
    "buyer": N_("Who buys"),
    "certificate": N_("Number of the certificate of title"),
    "file": N_("File"),
    "general_taxpayer": N_("General VAT taxpayer"),
    "issued_on": N_("Issued on"),
    "other_city": N_("In another city"),
    "papers": N_("Fapiaos"),
    "red_reason": N_("Why it is taken back"),
    "region": N_("Province, city, district"),
    "serial": N_("Our number"),
    "tax_number": N_("Tax number"),
    "timing": N_("When fapiaos can be asked for"),
    **{f"{kind}_code": N_("Tax code") for kind in (
        "rent", "property_fee", "service_fee", "utilities", "booking", "mentoring")},
}  # fmt: skip

FAPIAO_VALUES: dict[tuple[str, str], str] = {
    ("buyer", "company"): N_("A company or organisation"),
    ("buyer", "individual"): N_("A person"),
    ("kind", "ordinary"): N_("Ordinary fapiao"),
    ("kind", "special"): N_("Special VAT fapiao"),
    ("provider", "demo"): N_("Local demonstration: no real fapiao is issued"),
    ("provider", "none"): N_("The tax authority's platform, by batch file"),
    ("red_reason", "allowance"): N_("Reduction of the price"),
    ("red_reason", "mistake"): N_("It was issued with a mistake"),
    ("red_reason", "stopped"): N_("The service was stopped"),
    ("timing", "payment"): N_("Once the invoice is paid in full"),
    ("timing", "posting"): N_("As soon as the invoice is posted"),
    ("way", "file"): N_("File"),
    ("way", "provider"): N_("Provider"),
}
