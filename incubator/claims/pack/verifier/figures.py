"""The figures: every line, charge and credit note recomputed, and every row of a charge's tables compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from incubator.claims.pack.verifier.canonical import read_json
from incubator.claims.pack.verifier.charges import recompute_charge, recompute_tax
from incubator.claims.pack.verifier.container import Folder, Zip
from incubator.claims.pack.verifier.derivations import check_stays, recompute
from incubator.claims.pack.verifier.histories import AMOUNTS, History
from incubator.claims.pack.verifier.later import instalment, recompute_later, why_of
from incubator.claims.pack.verifier.mirrors import CHARGE_TABLES, LINE_TABLES, rows_of_charge, rows_of_line
from incubator.claims.pack.verifier.report import Differs, Files, NotKnown, Report, Unreadable, expect
from incubator.claims.pack.verifier.tables import Table, as_cell, fits, need
from incubator.claims.pack.verifier.values import same

KNOWN_TABLES = {
    "lines": ("line", "company", "month", "charge", "invoice", "version", "outcome", "base", "amount", "adjusts",
              "decision", "instalment", "derivation"),
    "companies": ("company", "lines", "base", "amount"), "versions": ("version", "lines", "base", "amount", "rule"),
    "invoices": ("invoice", "company", "gross", "subsidy", "net"),
    "charges": ("charge", "company", "invoice", "kind", "month", "first", "last", "quantity", "basis", "unit_price",
                "area", "hours", "gross", "tax_rate", "tax", "invoice_line", "subsidy", "net", "net_tax", "agreement",
                "booking", "derivation"),
    "decisions": ("decision", "charge", "version", "bearer", "goes_to", "turn", "outcome", "why", "adjusts", "note",
                  "amount", "held", "at"),
    "credits": ("note", "invoice", "invoice_line", "charge", *(f"{key}_left" for key in AMOUNTS if key != "net"),
                *AMOUNTS, "at"),
    "agreements": ("agreement", "company"), "allocations": ("allocation", "company", "agreement", "booking"),
    "sessions": ("booking", "company"),
    "limits": ("line", "per", "window", "amount", "used_before", "left_before", "left_after"),
    "reports": ("report",), "evidence": ("evidence", "company", "line", "file", "sha256"),
    **CHARGE_TABLES, **LINE_TABLES,
}  # fmt: skip
"""What is read of each table, by column."""
FAULTS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
"""What a derivation that was made up may end in."""


class Figures:
    """The tables with what they follow from."""

    def __init__(self, pack: Zip | Folder, files: Files, tables: dict[str, Table], report: Report) -> None:
        self.pack, self.files, self.tables, self.report = pack, files, tables, report
        for name, keys in KNOWN_TABLES.items():
            if name not in tables:
                report.stop(f"tables/{name}.csv", "missing")
            left = [key for key in keys if key not in tables[name].keys]
            expect(not left, report, tables[name].path, "columns", ", ".join(keys), ", ".join(tables[name].keys))
        self.rules: dict[str, Any] = {}
        of_charge: dict[str, dict[Any, list[Any]]] = {"decisions": {}, "credits": {}}
        for name, found in of_charge.items():
            for row in tables[name].rows:
                found.setdefault(row["charge"], []).append(row)
        self.at = {(name, row[key]): index for name, key in (("decisions", "decision"), ("charges", "charge"))
                   for index, row in enumerate(tables[name].rows)}  # fmt: skip
        self.histories = {
            row["charge"]: History(row, *(found.get(row["charge"], []) for found in of_charge.values()))
            for row in tables["charges"].rows
        }

    def rows(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        return enumerate(self.tables[name].rows)

    def cell(self, name: str, index: int, column: str, expected: Any) -> None:
        """A cell must have the value that was found elsewhere."""
        table = self.tables[name]
        found = table.rows[index][column]
        if found != expected:
            kind = next(each[2] for each in table.columns if each[0] == column)
            self.report.find(table.place(index, column), "recomputed", field=column,
                             expected=as_cell(expected, kind) if fits(expected, kind) else expected,
                             found=as_cell(found, kind))  # fmt: skip

    def json(self, path: str) -> Any:
        return read_json(need(self.pack, self.files, path, self.report), path, self.report)

    def compare(self, name: str, expected: list[list[Any]], keys: tuple[str, ...]) -> None:
        """A table's rows with those that are written elsewhere."""
        table = self.tables[name]
        if len(table.rows) != len(expected):
            self.report.find(table.path, "rows", expected=len(expected) + 1, found=len(table.rows) + 1)
        for index, values in enumerate(expected[: len(table.rows)]):
            for key, value in zip(keys, values):
                self.cell(name, index, key, value)

    def rule_of(self, version: Any) -> Any:
        if version not in self.rules:
            row = next((each for each in self.tables["versions"].rows if each["version"] == version), None)
            self.rules[version] = self.json(row["rule"]) if row else None
        return self.rules[version]

    def each(self, name: str, column: str, work: Callable[[int, Any, Any], None]) -> None:
        """Work on each row of a table with its derivation; what is found wrong in one is said at its place."""
        done = 0
        for index, row in self.rows(name):
            place = "{} ({})".format(self.tables[name].place(index, column), row["derivation"])
            try:
                work(index, row, self.json(row["derivation"]))
                done += 1
            except Differs as error:
                self.report.find(place, error.code, field=error.field, expected=error.expected, found=error.found)
            except NotKnown as error:
                self.report.note(place, error)
            except FAULTS as error:
                self.report.find(place, "broken", found=f"{type(error).__name__}: {error}")
        self.report.counts[name], self.report.counts[f"{name}_recomputed"] = len(self.tables[name].rows), done

    def lines(self) -> None:
        """Each claimed amount from its derivation, its rule, its charge and what became of it."""
        charges = {row["charge"]: row for row in self.tables["charges"].rows}
        decisions = {row["decision"]: row for row in self.tables["decisions"].rows}

        def line(index: int, row: Any, record: Any) -> None:
            self._same_line(index, row, record)
            rule = self.rule_of(row["version"])["rule"]
            self._item(record["item"], charges.get(row["charge"]))
            decision = decisions.get(row["decision"])
            history = None if decision is None else self.histories.get(decision["charge"])
            if decision is not None and history is not None:
                self._same_decision(index, record, rule, decision, history)
            self.cell("lines", index, "amount", self._line(record, rule, history, decision))

        self.each("lines", "amount", line)

    def _same_line(self, index: int, row: Any, record: Any) -> None:
        derivation = record["derivation"]
        same("line", row["line"], record["line"])
        self.cell("lines", index, "outcome", record["outcome"])
        self.cell("lines", index, "base", record["base_minor"])
        self.cell("lines", index, "amount", record["amount_minor"])
        if "caps" in derivation and record["kind"] == "decision":
            same("base", derivation["base_minor"], record["base_minor"])

    def _same_decision(self, index: int, record: Any, rule: Any, decision: Any, history: History) -> None:
        """A line is one decision of its charge; what was borne before it is what the others of the charge say."""
        for key in ("charge", "version", "outcome", "adjusts", "amount"):
            self.cell("lines", index, key, decision[key])
        derivation = record["derivation"]
        at = self.at["decisions", decision["decision"]]
        self.cell("decisions", at, "goes_to", rule.get("goes_to", "startup"))
        self.cell("decisions", at, "bearer", rule.get("bearer", {}).get("kind", "government"))
        self.cell("decisions", at, "why", why_of(derivation) if decision["adjusts"] else None)
        if decision["adjusts"] is None:
            self.cell("decisions", at, "held", derivation.get("held_minor", 0))
            if record["item"] is not None:
                same("borne", history.borne_before(decision), record["item"]["borne"])
        elif "closing" in derivation:
            self.cell("decisions", at, "held", -derivation["closing"]["mine"])

    def _item(self, item: Any, charge: Any) -> None:
        """What was rated is what was charged: its days, its area, its gross."""
        if item is None or charge is None:
            return
        for key, column in (("gross_minor", "gross"), ("first", "first"), ("last", "last"), ("month", "month"),
                            ("area_m2", "area"), ("hours", "hours")):  # fmt: skip
            same(f"item: {key}", charge[column], item[key])

    def _line(self, record: Any, rule: Any, history: History | None, decision: Any) -> int:
        derivation = record["derivation"]
        if record["outcome"] in ("adjusted", "credited"):
            return recompute_later(record, rule, history, decision)
        if record["outcome"] not in ("granted", "capped"):
            raise NotKnown(record["outcome"])
        if "item" in derivation:
            check_stays(record["item"], derivation["item"])
        given, _ = recompute(derivation, record["item"], rule)
        if record["kind"] == "instalment" and "instalment" in record:
            same("grant", given, record["grant_minor"])
            shares = [each["share"] for each in rule["instalments"]]
            given = instalment(given, shares, record["instalment"])
        is_capped = derivation["amount_minor"] < derivation["wanted_minor"]
        same("outcome", "capped" if is_capped else "granted", record["outcome"])
        return given

    def charges(self) -> None:
        """What each charge came to, from price, quantity and days, or from readings; and what of it is VAT."""

        def charge(index: int, row: Any, derivation: Any) -> None:
            self.cell("charges", index, "gross", recompute_charge(derivation, row))
            self.cell("charges", index, "tax", recompute_tax(derivation, row))

        self.each("charges", "gross", charge)

    def details(self) -> None:
        """What the tables say of readings, prices, parts and payments is what the derivations say, row by row."""
        for tables, name, work in ((CHARGE_TABLES, "charges", rows_of_charge), (LINE_TABLES, "lines", rows_of_line)):
            expected: dict[str, list[list[Any]]] = {each: [] for each in tables}
            for row in self.tables[name].rows:
                with suppress(Unreadable, *FAULTS):  # said where it is recomputed
                    for each, found in work(row, self.json(row["derivation"])).items():
                        expected[each] += found
            for each, keys in tables.items():
                self.compare(each, expected[each], keys)

    def history(self) -> None:
        """The subsidies on each charge: on its invoice, and as credit notes took them back, line by line."""
        notes = {id(row): index for index, row in self.rows("credits")}
        for index, row in self.rows("charges"):
            each = self.histories[row["charge"]]
            place = self.tables["charges"].place(index, "subsidy")
            try:
                for key, value in each.on_invoice().items():
                    self.cell("charges", index, key, value)
                paid = self.json(row["derivation"]).get("paid", [])
                borne = sum(one["value_minor"] for one in paid if "voucher" in one)
                for note, (left, taken) in zip(each.credits, each.left_by_notes(borne)):
                    at = notes[id(note)]
                    place = self.tables["credits"].place(at, "gross")
                    self._note(at, note, left, taken)
                    each.check_note(note, left, taken)
            except Differs as error:
                self.report.find(place, error.code, field=error.field, expected=error.expected, found=error.found)
            except FAULTS as error:
                self.report.find(place, "broken", found=f"{type(error).__name__}: {error}")

    def _note(self, at: int, note: Any, left: Any, taken: Any) -> None:
        """Of one line of a credit note."""
        if not 0 <= note["gross"] <= left["gross"]:
            self.report.find(self.tables["credits"].place(at, "gross"), "recomputed", field="gross",
                             expected="0.00 … {}".format(as_cell(left["gross"], "money")),
                             found=as_cell(note["gross"], "money"))  # fmt: skip
        charge = self.tables["charges"].rows[self.at["charges", note["charge"]]]
        self.cell("credits", at, "invoice", charge["invoice"])
        self.cell("credits", at, "invoice_line", charge["invoice_line"])
        for key in AMOUNTS:
            self.cell("credits", at, key, taken[key])
            if key != "net":
                self.cell("credits", at, f"{key}_left", left[key])
