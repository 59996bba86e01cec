"""What becomes of a claim's money: who bears what is not granted or wanted back, and what is still to come. Pure."""

from __future__ import annotations

BEARERS = ("operator", "startup")
"""Who bears what the authority doesn't: the operator as a loss, or the startup by a charge on its next invoice."""

LEFT = (*BEARERS, "again")
"""What becomes of what is not granted; `again`: the line is released, and the next claim may have it."""

PAYMENT_KINDS = ("paid", "returned")
