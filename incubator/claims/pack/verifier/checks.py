"""Everything that tables, derivations, rules and the form of a pack say about each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from incubator.claims.pack.verifier.canonical import read_json
from incubator.claims.pack.verifier.capitals import capitals
from incubator.claims.pack.verifier.container import Folder, Zip
from incubator.claims.pack.verifier.derivations import recompute
from incubator.claims.pack.verifier.later import instalment, recompute_charge, recompute_later
from incubator.claims.pack.verifier.report import FORM, MANIFEST, Differs, Files, NotKnown, Report, Unreadable, expect
from incubator.claims.pack.verifier.tables import Table, as_cell, fits, need
from incubator.claims.pack.verifier.values import same

KNOWN_TABLES = {
    "lines": ("line", "company", "month", "charge", "invoice", "version", "outcome", "base", "amount", "derivation"),
    "companies": ("company", "lines", "base", "amount"), "versions": ("version", "lines", "base", "amount", "rule"),
    "invoices": ("invoice", "company", "gross", "subsidy", "net"),
    "charges": ("charge", "company", "invoice", "kind", "month", "first", "last", "quantity", "unit_price", "area",
                "hours", "gross", "agreement", "booking", "derivation"),
    "agreements": ("agreement", "company"), "allocations": ("allocation", "company", "agreement", "booking"),
    "sessions": ("booking", "company"),
    "limits": ("line", "per", "window", "amount", "used_before", "left_before", "left_after"),
    "reports": ("report",), "evidence": ("evidence", "company", "line", "file", "sha256"),
}  # fmt: skip


FAULTS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
"""What a derivation that was made up may end in."""


class Checks:
    """Everything that the tables, derivations, rules and the form say about each other."""

    def __init__(self, pack: Zip | Folder, files: Files, tables: dict[str, Table], report: Report) -> None:
        self.pack, self.files, self.tables, self.report = pack, files, tables, report
        for name, keys in KNOWN_TABLES.items():
            if name not in tables:
                report.stop(f"tables/{name}.csv", "missing")
            left = [key for key in keys if key not in tables[name].keys]
            expect(not left, report, tables[name].path, "columns", ", ".join(keys), ", ".join(tables[name].keys))
        self.rules: dict[str, Any] = {}

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

    def run(self) -> None:
        for each in (self.references, self.lines, self.sums, self.charges, self.invoices, self.limits, self.evidence,
                     self.form):  # fmt: skip
            with suppress(Unreadable):
                each()

    def references(self) -> None:
        """What a row names must be there, once."""
        keys = {"companies": "company", "versions": "version", "invoices": "invoice", "charges": "charge",
                "agreements": "agreement", "allocations": "allocation", "sessions": "booking", "lines": "line",
                "evidence": "evidence"}  # fmt: skip
        known: dict[str, set[Any]] = {}
        for name, key in keys.items():
            known[name] = set()
            for index, row in self.rows(name):
                if row[key] in known[name]:
                    self.report.find(self.tables[name].place(index, key), "twice", found=row[key])
                known[name].add(row[key])
        for name, column, other in (
            ("lines", "company", "companies"), ("lines", "version", "versions"), ("lines", "charge", "charges"),
            ("lines", "invoice", "invoices"), ("charges", "invoice", "invoices"), ("charges", "company", "companies"),
            ("charges", "agreement", "agreements"), ("charges", "booking", "sessions"),
            ("invoices", "company", "companies"), ("agreements", "company", "companies"),
            ("allocations", "agreement", "agreements"), ("allocations", "booking", "sessions"),
            ("allocations", "company", "companies"), ("sessions", "company", "companies"),
            ("evidence", "company", "companies"), ("evidence", "line", "lines"), ("limits", "line", "lines"),
        ):  # fmt: skip
            for index, row in self.rows(name):
                if row[column] is not None and row[column] not in known[other]:
                    self.report.find(self.tables[name].place(index, column), "unknown_ref", found=row[column],
                                     expected=self.tables[other].path)  # fmt: skip

    def rule_of(self, version: Any) -> Any:
        if version not in self.rules:
            row = next((each for each in self.tables["versions"].rows if each["version"] == version), None)
            self.rules[version] = self.json(row["rule"]) if row else None
        return self.rules[version]

    def lines(self) -> None:
        """Each claimed amount from its derivation, its rule and its charge."""
        charges = {row["charge"]: row for row in self.tables["charges"].rows}
        done, others = 0, 0
        for index, row in self.rows("lines"):
            place = "{} ({})".format(self.tables["lines"].place(index, "amount"), row["derivation"])
            try:
                record = self.json(row["derivation"])
                self._same_line(index, row, record)
                version = self.rule_of(row["version"])
                self._item(record["item"], charges.get(row["charge"]))
                found = self._line(record, version["rule"])
                self.cell("lines", index, "amount", found)
                done += 1
            except Differs as error:
                self.report.find(place, error.code, field=error.field, expected=error.expected, found=error.found)
            except NotKnown as error:
                others += 1
                self.report.note(place, error)
            except FAULTS as error:
                self.report.find(place, "broken", found=f"{type(error).__name__}: {error}")
        self.report.counts["lines"], self.report.counts["lines_recomputed"] = done + others, done

    def _same_line(self, index: int, row: Any, record: Any) -> None:
        derivation = record["derivation"]
        same("line", row["line"], record["line"])
        self.cell("lines", index, "outcome", record["outcome"])
        self.cell("lines", index, "base", record["base_minor"])
        self.cell("lines", index, "amount", record["amount_minor"])
        if "caps" in derivation and record["kind"] == "decision":
            same("base", derivation["base_minor"], record["base_minor"])

    def _item(self, item: Any, charge: Any) -> None:
        """What was rated is what was charged: its days, its area, its gross."""
        if item is None or charge is None:
            return
        for key, column in (("gross_minor", "gross"), ("first", "first"), ("last", "last"), ("month", "month"),
                            ("area_m2", "area"), ("hours", "hours")):  # fmt: skip
            same(f"item: {key}", charge[column], item[key])

    def _line(self, record: Any, rule: Any) -> int:
        derivation = record["derivation"]
        if record["outcome"] in ("adjusted", "credited"):
            return recompute_later(record, rule)
        if record["outcome"] not in ("granted", "capped"):
            raise NotKnown(record["outcome"])
        given, _ = recompute(derivation, record["item"], rule)
        if record["kind"] == "instalment":
            same("grant", given, record["grant_minor"])
            shares = [each["share"] for each in rule["instalments"]]
            given = instalment(given, shares, record["instalment"])
        is_capped = derivation["amount_minor"] < derivation["wanted_minor"]
        same("outcome", "capped" if is_capped else "granted", record["outcome"])
        return given

    def sums(self) -> None:
        """By company, by version of the rule: what they add up to."""
        for name, key in (("companies", "company"), ("versions", "version")):
            for index, row in self.rows(name):
                mine = [each for each in self.tables["lines"].rows if each[key] == row[key]]
                self.cell(name, index, "lines", len(mine))
                self.cell(name, index, "base", sum(each["base"] for each in mine))
                self.cell(name, index, "amount", sum(each["amount"] for each in mine))

    def charges(self) -> None:
        """What each charge came to, from price, quantity and days."""
        done, others = 0, 0
        for index, row in self.rows("charges"):
            place = "{} ({})".format(self.tables["charges"].place(index, "gross"), row["derivation"])
            try:
                self.cell("charges", index, "gross", recompute_charge(self.json(row["derivation"]), row))
                done += 1
            except Differs as error:
                self.report.find(place, error.code, field=error.field, expected=error.expected, found=error.found)
            except NotKnown as error:
                others += 1
                self.report.note(place, error)
            except FAULTS as error:
                self.report.find(place, "broken", found=f"{type(error).__name__}: {error}")
        self.report.counts["charges"], self.report.counts["charges_recomputed"] = done + others, done

    def invoices(self) -> None:
        """Gross is subsidy and net; the claimed charges are no more than the whole."""
        for index, row in self.rows("invoices"):
            self.cell("invoices", index, "gross", row["subsidy"] + row["net"])
            mine = sum(each["gross"] for each in self.tables["charges"].rows if each["invoice"] == row["invoice"])
            if mine > row["gross"]:
                self.report.find(self.tables["invoices"].place(index, "gross"), "recomputed", field="gross",
                                 expected=f">= {as_cell(mine, 'money')}",
                                 found=as_cell(row["gross"], "money"))  # fmt: skip

    def limits(self) -> None:
        """What is said of caps and budgets is what the derivations say."""
        expected = []
        for row in self.tables["lines"].rows:
            try:
                derivation = self.json(row["derivation"])["derivation"]
                for cap in derivation.get("now", {}).get("derivation", derivation).get("caps", []):
                    minors = (cap[f"{key}_minor"] for key in ("amount", "used_before", "left_before", "left_after"))
                    expected.append((row["line"], cap["per"], cap["window"], *minors))
            except (KeyError, TypeError, AttributeError):
                continue  # said where the line is recomputed
        table = self.tables["limits"]
        if len(table.rows) != len(expected):
            self.report.find(table.path, "rows", expected=len(expected) + 1, found=len(table.rows) + 1)
        for index, values in enumerate(expected[: len(table.rows)]):
            for key, value in zip(KNOWN_TABLES["limits"], values):
                self.cell("limits", index, key, value)

    def evidence(self) -> None:
        """Every file that is named is in the pack with the hash that is said, and every file in the pack is named."""
        named = set()
        for index, row in self.rows("evidence"):
            if row["file"] is None:
                continue
            named.add(row["file"])
            if row["file"] not in self.files:
                self.report.find(self.tables["evidence"].place(index, "file"), "unknown_ref", found=row["file"],
                                 expected=MANIFEST)  # fmt: skip
            else:
                self.cell("evidence", index, "sha256", self.files[row["file"]][1])
        for path in sorted(self.files):
            if path.startswith("evidence/") and path not in named:
                self.report.find(path, "unknown_ref", found=path, expected=self.tables["evidence"].path)

    def form(self) -> None:
        """What stands on the form: the total, in capitals, by company and by version."""
        data = self.json(FORM)
        try:
            lines = self.tables["lines"].rows
            total = sum(row["amount"] for row in lines)
            for key, expected in (
                ("total_minor", total), ("capitals", capitals(total)), ("lines", len(lines)),
                ("companies", len(self.tables["companies"].rows)),
            ):  # fmt: skip
                if data[key] != expected:
                    self.report.find(f"{FORM}, {key}", "cell", expected=expected, found=data[key])
            for part, name, keys in (
                ("by_company", "companies", ("company", "lines", "base", "amount")),
                ("by_version", "versions", ("version", "lines", "base", "amount")),
            ):  # fmt: skip
                wanted = [[row[key] for key in keys] for row in self.tables[name].rows]
                if len(data[part]) != len(wanted):
                    self.report.find(f"{FORM}, {part}", "rows", expected=len(wanted), found=len(data[part]))
                for number, (one, other) in enumerate(zip(wanted, data[part])):
                    for key, value in zip(keys, one):
                        if other[key] != value:
                            place = f"{FORM}, {part}[{number}], {key}"
                            self.report.find(place, "cell", expected=value, found=other[key])
        except (KeyError, TypeError) as error:
            self.report.find(FORM, "broken", found=f"{type(error).__name__}: {error}")
        self.report.counts["total_minor"] = total
        return data
