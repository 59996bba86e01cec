"""What leaving means: the kinds of exits, and what is to be settled at each. Pure."""

from __future__ import annotations

from datetime import date, timedelta

EXIT_KINDS = ("graduated", "left", "removed", "dissolved")
TASKS = ("deposit", "access", "address", "equipment", "documents", "figures", "bookings", "other")
"""The deposit returned; people's access ended; the registered address moved; keys, cards and equipment returned;
documents handed over; the last figures filled in; bookings after the day cancelled; anything else."""
OUTCOMES = ("done", "waived")
ADDRESS_DAYS = 30
"""Within how many days after its last one it must be registered elsewhere."""
RESTARTS_AFTER = ("left", "dissolved")
"""The exits after which the same founders can start anew."""


def tasks_of(
    kind: str, on: date, *, had_agreement: bool, has_address: bool, address_days: int = ADDRESS_DAYS
) -> list[tuple[str, date | None]]:
    """What is to be settled, each with its deadline where it has one.

    A startup that is registered at a site and leaves on 31 October 2026 has moved its address by 30 November. Who is
    dissolved has no address to move, and never had an agreement, no deposit.
    """
    found: list[tuple[str, date | None]] = []
    if had_agreement:
        found.append(("deposit", None))
    found.append(("access", on + timedelta(days=1)))
    if has_address and kind != "dissolved":
        found.append(("address", on + timedelta(days=address_days)))
    found += [("equipment", on), ("documents", None), ("figures", None), ("bookings", on)]
    return found
