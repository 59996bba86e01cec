"""What pages say of fapiaos."""

from __future__ import annotations

from decimal import Decimal

from incubator.billing.rules.fapiao import CHARGE_NAMES
from incubator.core.errors import N_

KINDS = {"ordinary": N_("Ordinary fapiao"), "special": N_("Special VAT fapiao")}
BUYERS = {"company": N_("A company or organisation"), "individual": N_("A person")}
TIMINGS = {"posting": N_("As soon as the invoice is posted"), "payment": N_("Once the invoice is paid in full")}
PROVIDERS = {
    "none": N_("The tax authority's platform, by batch file"),
    "demo": N_("Local demonstration: no real fapiao is issued"),
}
RED_REASONS = {
    "mistake": N_("It was issued with a mistake"),
    "stopped": N_("The service was stopped"),
    "allowance": N_("Reduction of the price"),
}
STATES = {
    "asked": (N_("To be issued"), "yellow"),
    "batched": (N_("In a batch"), "azure"),
    "issued": (N_("Fapiao issued"), "green"),
    "returned": (N_("Returned"), "red"),
    "withdrawn": (N_("Withdrawn"), "secondary"),
    "reversed": (N_("Taken back by red letter"), "secondary"),
}
EVENTS = {
    "asked": N_("Fapiao asked for"),
    "returned": N_("Returned: %(reason)s"),
    "withdrawn": N_("Withdrawn"),
    "batched": N_("Put into batch %(batch)s"),
    "released": N_("Taken out of batch %(batch)s: %(reason)s"),
    "issued": N_("Issued: %(number)s"),
    "filed": N_("File kept: %(form)s"),
    "red_asked": N_("Red-letter fapiao asked for"),
    "red_given_up": N_("Red-letter fapiao given up"),
    "red_issued": N_("Red-letter fapiao issued: %(number)s"),
}
BUSINESSES = {"general": N_("Services"), "lease": N_("Lease of real estate")}
CHARGES = CHARGE_NAMES
DEMO = N_("Local demonstration: this is no real fapiao.")
DEMO_PREFIX = "99999999"
FORM_NAMES = {"pdf": "PDF", "ofd": "OFD", "xml": "XML"}


def is_exempt(rate: str | Decimal) -> bool:
    return Decimal(rate) == 0


def say_rate(rate: str | Decimal) -> str:
    """A rate in percent as one says it: 0.0900 is 9%."""
    return f"{Decimal(rate) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def is_demo(number: str | None) -> bool:
    """Whether the local stand-in has made this number."""
    return bool(number) and str(number).startswith(DEMO_PREFIX)


def spaced(number: str) -> str:
    """A number of 20 digits in groups that one can read out."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
