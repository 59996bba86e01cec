"""What the tables say of how a charge was made, as its derivation has it: row by row, to be compared."""

from __future__ import annotations

from typing import Any

CHARGE_TABLES = {
    "meters": ("charge", "since", "until", "consumption", "carried", "months", "total"),
    "readings": ("charge", "read_on", "reading", "next_start", "digits", "factor"),
    "differences": ("charge", "since", "until", "counted", "charged", "dropped"),
    "prices": ("charge", "number", "tariff", "first", "last", "above", "unit_price"),
    "stretches": ("charge", "first", "last", "number", "mine", "whole"),
    "quotes": ("charge", "minutes", "rounded", "step", "half_day", "minimum", "price", "fee_percent"),
    "bases": ("charge", "basis", "unit_price"), "spans": ("charge", "span", "first", "last"),
    "parts": ("charge", "number", "basis", "minutes", "unit_price"),
    "paid": ("charge", "by", "minutes", "value"),
}  # fmt: skip
LINE_TABLES = {"stays": ("line", "agreement", "unit", "area", "first", "last")}


def rows_of_charge(row: Any, derivation: Any) -> dict[str, list[list[Any]]]:
    """The rows that a charge has in each of its tables."""
    charge = row["charge"]
    found = {}
    if "readings" in derivation:
        found = _of_meter(derivation)
    elif "minutes" in derivation:
        found = _of_booking(derivation)
    return {name: [[charge, *values] for values in rows] for name, rows in found.items()}


def _of_meter(said: Any) -> dict[str, list[list[Any]]]:
    prices = [
        [number, price["tariff"], price["first"], price["last"], above, each]
        for number, price in enumerate(said.get("prices", []))
        for above, each in [["0", price["unit_price"]], *price["tiers"]]
    ]  # fmt: skip
    return {
        "meters": [[said["since"], said["until"], said["consumption"], said.get("carried"), said["months"],
                    said["total_minor"]]],
        "readings": [[each.get(key) for key in ("read_on", "reading", "next_start", "digits", "factor")]
                     for each in said["readings"]],
        "differences": [[each[key] for key in ("since", "until", "counted", "charged", "dropped")]
                        for each in said.get("differences", [])],
        "prices": prices, "stretches": [list(each) for each in said.get("stretches", [])],
    }  # fmt: skip


def _of_booking(said: Any) -> dict[str, list[list[Any]]]:
    grounds, fee = said.get("grounds", {}), said.get("fee", {})
    quote = [said["minutes"], grounds.get("minutes"), grounds.get("round_minutes"), grounds.get("half_day"),
             grounds.get("minimum_minor"), said["gross_minor"], fee.get("percent")]  # fmt: skip
    return {
        "quotes": [quote], "bases": [[basis, price] for basis, price in sorted(grounds.get("prices", {}).items())],
        "spans": [[name, *each] for name in ("days", "nights", "weekends") for each in grounds.get(name, [])],
        "parts": [[number, each["basis"], each["minutes"], each["unit_price"]]
                  for number, each in enumerate(said.get("parts", []), start=1)],
        "paid": [[each.get("voucher", each.get("name")), each.get("minutes"), each["value_minor"]]
                 for each in said.get("paid", [])],
    }  # fmt: skip


def rows_of_line(row: Any, record: Any) -> dict[str, list[list[Any]]]:
    """The rows that a grant to the operator has: where its tenant was."""
    stays = record["derivation"].get("item", {}).get("stays", [])
    return {"stays": [[row["line"], *(each[key] for key in ("agreement", "unit", "area_m2", "first", "last"))]
                      for each in stays]}  # fmt: skip
