"""How charges and grants were made, as rows: readings and prices of meters, parts of bookings, units of tenants. Pure.

The rows are those of the derivations, which were kept when the charge was posted: what has changed since is not in
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from incubator.claims.pack.basis import Basis, ChargeRow
from incubator.claims.pack.layout import Row

Rows = dict[str, list[Row]]
TABLES = ("meters", "readings", "differences", "prices", "stretches", "quotes", "bases", "spans", "parts", "paid")


def rows_of_charges(charges: Iterable[ChargeRow]) -> Rows:
    """Of all charges of a claim, table by table."""
    found: Rows = {name: [] for name in TABLES}
    for each in charges:
        named = each.invoice_line.description if each.invoice_line else {}
        add_details(found, each.charge.id, each.charge.derivation, named)
    return found


def add_details(found: Rows, charge: int, said: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """The rows of one charge, by its derivation and the names on its line."""
    if "readings" in said:
        _add_meter(found, charge, said, named)
    elif "minutes" in said:
        _add_booking(found, charge, said)


def _add_meter(found: Rows, charge: int, said: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """The readings that its use was counted from, the prices with their tiers, and what of the days it bears."""
    found["meters"].append((
        charge, named.get("meter"), named.get("medium"), said.get("shared_by"), said["since"], said["until"],
        said["consumption"], said.get("carried"), said["months"], said["total_minor"],
    ))  # fmt: skip
    for each in said["readings"]:
        found["readings"].append((charge, each["read_on"], each["reading"], each.get("next_start"), each.get("digits"),
                                  each.get("factor")))  # fmt: skip
    for each in said.get("differences", ()):
        found["differences"].append((charge, each["since"], each["until"], each["counted"], each["charged"],
                                     each["dropped"]))  # fmt: skip
    for number, price in enumerate(said.get("prices", ())):
        for above, unit_price in [("0", price["unit_price"]), *price["tiers"]]:
            found["prices"].append((charge, number, price["tariff"], price["first"], price["last"], above, unit_price))
    found["stretches"] += [(charge, *each) for each in said.get("stretches", ())]


def _add_booking(found: Rows, charge: int, said: Mapping[str, Any]) -> None:
    """What was asked for it, what it was chosen from, and what paid of it."""
    grounds, fee = said.get("grounds", {}), said.get("fee", {})
    found["quotes"].append((
        charge, said["minutes"], grounds.get("minutes"), grounds.get("round_minutes"), grounds.get("half_day"),
        grounds.get("minimum_minor"), said["gross_minor"], fee.get("percent"),
    ))  # fmt: skip
    found["bases"] += [(charge, basis, price) for basis, price in sorted(grounds.get("prices", {}).items())]
    for span in ("days", "nights", "weekends"):
        found["spans"] += [(charge, span, first, last) for first, last in grounds.get(span, ())]
    for number, part in enumerate(said.get("parts", ()), start=1):
        found["parts"].append((charge, number, part["basis"], part["minutes"], part["unit_price"]))
    for each in said.get("paid", ()):
        by = each.get("voucher", each.get("name"))
        found["paid"].append((charge, by, each.get("minutes"), each["value_minor"]))


def rows_of_stays(basis: Basis, numbers: Mapping[int, int]) -> list[Row]:
    """Where the tenants of grants to the operator were."""
    return [
        (numbers[line.line.id], each["agreement"], each["unit"], each["area_m2"], each["first"], each["last"])
        for line in basis.lines if line.grant is not None
        for each in line.derivation.get("item", {}).get("stays", ())
    ]  # fmt: skip
