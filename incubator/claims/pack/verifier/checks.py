"""Everything that tables, derivations, rules and the form of a pack say about each other."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from incubator.claims.pack.verifier.capitals import capitals
from incubator.claims.pack.verifier.figures import KNOWN_TABLES, Figures
from incubator.claims.pack.verifier.report import FORM, MANIFEST, Unreadable
from incubator.claims.pack.verifier.tables import as_cell


class Checks(Figures):
    """All of it."""

    def run(self) -> None:
        for each in (self.references, self.lines, self.sums, self.charges, self.details, self.history, self.invoices,
                     self.limits, self.evidence, self.form):  # fmt: skip
            with suppress(Unreadable):
                each()

    def references(self) -> None:
        """What a row names must be there, once."""
        keys = {"companies": "company", "versions": "version", "invoices": "invoice", "charges": "charge",
                "agreements": "agreement", "allocations": "allocation", "sessions": "booking", "lines": "line",
                "evidence": "evidence", "decisions": "decision"}  # fmt: skip
        known: dict[str, set[Any]] = {}
        for name, key in keys.items():
            known[name] = set()
            for index, row in self.rows(name):
                if row[key] in known[name]:
                    self.report.find(self.tables[name].place(index, key), "twice", found=row[key])
                known[name].add(row[key])
        known["credits"] = {row["note"] for _, row in self.rows("credits")}
        for name, column, other in (
            ("lines", "company", "companies"), ("lines", "version", "versions"), ("lines", "charge", "charges"),
            ("lines", "invoice", "invoices"), ("charges", "invoice", "invoices"), ("charges", "company", "companies"),
            ("charges", "agreement", "agreements"), ("charges", "booking", "sessions"),
            ("invoices", "company", "companies"), ("agreements", "company", "companies"),
            ("allocations", "agreement", "agreements"), ("allocations", "booking", "sessions"),
            ("allocations", "company", "companies"), ("sessions", "company", "companies"),
            ("evidence", "company", "companies"), ("evidence", "line", "lines"), ("limits", "line", "lines"),
            ("lines", "decision", "decisions"), ("lines", "adjusts", "decisions"), ("credits", "charge", "charges"),
            ("decisions", "charge", "charges"), ("decisions", "adjusts", "decisions"),
            ("credits", "invoice", "invoices"), ("decisions", "note", "credits"),
        ):  # fmt: skip
            for index, row in self.rows(name):
                if row[column] is not None and row[column] not in known[other]:
                    self.report.find(self.tables[name].place(index, column), "unknown_ref", found=row[column],
                                     expected=self.tables[other].path)  # fmt: skip

    def sums(self) -> None:
        """By company, by version of the rule: what they add up to."""
        for name, key in (("companies", "company"), ("versions", "version")):
            for index, row in self.rows(name):
                mine = [each for each in self.tables["lines"].rows if each[key] == row[key]]
                self.cell(name, index, "lines", len(mine))
                self.cell(name, index, "base", sum(each["base"] for each in mine))
                self.cell(name, index, "amount", sum(each["amount"] for each in mine))

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
                    expected.append([row["line"], cap["per"], cap["window"], *minors])
            except (KeyError, TypeError, AttributeError):
                continue  # said where the line is recomputed
        self.compare("limits", expected, KNOWN_TABLES["limits"])

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
