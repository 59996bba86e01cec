"""Packs are accepted as they were made, and refused with the place named where anything in them was changed."""

from __future__ import annotations

import ast
import copy
import csv
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from incubator.claims.pack.bundle import PARTS, bundle, bundle_hash
from incubator.claims.pack.columns import COLUMNS
from incubator.claims.pack.layout import Contents, lay_out, made_file, table_csv, write_pack
from incubator.claims.pack.verifier.command import main, verify
from incubator.core.canonical import canonical_json
from tests.claims.pack.sample import KEY, PUBLIC, october, sign, written, zipped

CHANGES = 200


def places(path: Path) -> list[str]:
    return [each["place"] for each in verify(str(path)).findings]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The verifier of packs alone: no packages, no environment, a folder of its own."""
    (cwd / "v.py").write_bytes(bundle())
    return subprocess.run([sys.executable, "-I", "-S", "v.py", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)


def test_one_file_alone_in_an_empty_folder(tmp_path: Path) -> None:
    pack = written(october(), tmp_path)
    for language, word in (("zh", "核验通过"), ("en", "VERIFIED")):
        done = run(str(pack), "--lang", language, "--key", PUBLIC.hex(), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert word in done.stdout and PUBLIC.hex() in done.stdout and "2705.81" in done.stdout
    said = json.loads(run(str(pack), "--json", "--strict", cwd=tmp_path).stdout)
    assert said["verified"] and said["findings"] == [] and said["about"]["is_own_verifier"]
    assert said["counts"] == {"lines": 2, "lines_recomputed": 2, "charges": 2, "charges_recomputed": 2, "total_minor": 270_581}
    assert run("nothing.zip", cwd=tmp_path).returncode == 2
    refused = run(str(pack), "--key", "00" * 32, "--lang", "en", cwd=tmp_path)
    assert refused.returncode == 1 and "REFUSED" in refused.stdout and "public_key" in refused.stdout


def test_it_is_one_file_of_all_parts_and_reads_on_old_pythons() -> None:
    tree = ast.parse(bundle(), feature_version=(3, 8))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names += [name.id for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) for name in ast.walk(node)
              if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]  # fmt: skip
    assert len(names) == len(set(names)), "two parts name something alike"
    imported = {(node.module or "") if isinstance(node, ast.ImportFrom) else each.name
                for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for each in node.names}  # fmt: skip
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    folder = Path(sys.modules["incubator.claims.pack.verifier"].__path__[0])
    assert {path.stem for path in folder.glob("*.py")} == {*PARTS, "__init__"}


def test_the_same_claim_is_the_same_bytes() -> None:
    assert zipped(october()) == zipped(october())
    assert lay_out(october()).sha256 == lay_out(october()).sha256


def test_unpacked_it_verifies_itself(tmp_path: Path) -> None:
    pack, folder = written(october(), tmp_path), tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as file:
        file.extractall(folder)
    done = subprocess.run([sys.executable, "-I", "-S", str(folder / "verify.py"), "--lang", "en"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and "VERIFIED" in done.stdout, done
    (folder / "evidence" / "0003-more.pdf").write_bytes(b"more")
    (folder / "README.txt").unlink()
    assert set(places(folder)) == {"README.txt", "evidence/0003-more.pdf"}


def owner(pack: bytes, at: int) -> str:
    """The file whose header or content holds a byte; else a part of the ZIP."""
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        for info in file.infolist():
            end = info.header_offset + 30 + len(info.filename) + info.file_size
            if info.header_offset <= at < end:
                return info.filename
        return "ZIP directory" if at < len(pack) - 22 else "ZIP end"


def test_each_of_200_random_bytes_is_refused_at_its_place(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    dice, whole, path = random.Random(seed), zipped(october()), tmp_path / "changed.zip"
    for number in range(CHANGES):
        at = dice.randrange(len(whole)) if number % 2 else dice.choice([dice.randrange(4_000), len(whole) - 1 - dice.randrange(3_000)])
        changed = bytearray(whole)
        changed[at] ^= dice.randrange(1, 256)
        path.write_bytes(changed)
        found = verify(str(path)).findings
        named = [each for each in found if each["place"].startswith(owner(whole, at)) or each.get("offset") == str(at)]
        assert named, (seed, number, at, owner(whole, at), found)


def test_it_could_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a verifier that compares no hash, a changed file passes: so the test above does see what it says."""
    whole = bytearray(zipped(october()))
    at = bytes(whole).index("说明".encode())
    whole[at] ^= 1
    path = tmp_path / "changed.zip"
    path.write_bytes(whole)
    assert "README.txt" in places(path)
    monkeypatch.setattr("incubator.claims.pack.verifier.container.Zip.take", lambda self, name, size: None)
    assert not any(place == "README.txt" for place in places(path))


def test_shorter_longer_and_not_at_all(tmp_path: Path) -> None:
    whole, path = zipped(october()), tmp_path / "changed.zip"
    for content in (b"", b"PK", whole[:-1], whole[:-30], whole[: len(whole) // 2], whole + b"\0", b"\0" + whole,
                    whole + whole, whole[:100] + whole[90:]):  # fmt: skip
        path.write_bytes(content)
        assert places(path), len(content)


def rezipped(whole: bytes, change: Callable[[zipfile.ZipFile, list[tuple[zipfile.ZipInfo, bytes]]], None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as file, zipfile.ZipFile(stream, "w") as made:
        change(made, [(info, file.read(info)) for info in file.infolist()])
    return stream.getvalue()


def _more(made: zipfile.ZipFile, files: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    for info, content in files:
        made.writestr(info, content)
    made.writestr("../../evil.sh", b"#!/bin/sh")


def _twice(made: zipfile.ZipFile, files: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    for info, content in files:
        made.writestr(info, content)
    with pytest.warns(UserWarning):
        made.writestr(files[3][0], b"another")


def _packed(made: zipfile.ZipFile, files: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    for info, content in files:
        made.writestr(info, content, zipfile.ZIP_DEFLATED)


def _other_order(made: zipfile.ZipFile, files: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    for info, content in [*files[:2], *reversed(files[2:])]:
        made.writestr(info, content)


def _comment(made: zipfile.ZipFile, files: list[tuple[zipfile.ZipInfo, bytes]]) -> None:
    for info, content in files:
        made.writestr(info, content)
    made.comment = b"hello"


@pytest.mark.parametrize("change", [_more, _twice, _packed, _other_order, _comment])
def test_a_zip_that_is_built_otherwise(change: Any, tmp_path: Path) -> None:
    path = tmp_path / "changed.zip"
    path.write_bytes(rezipped(zipped(october()), change))
    assert places(path)
    same = tmp_path / "same.zip"
    same.write_bytes(rezipped(zipped(october()), lambda made, files: [made.writestr(*each) for each in files] and None))
    assert not places(same)


def signed_anew(files: dict[str, bytes], contents: Contents, path: Path) -> Path:
    """A pack in which files were changed, with a manifest and a signature that fit them: by who has a key."""
    laid = lay_out(contents)
    changed = []
    for file in laid.files:
        content = files.get(file.path)
        if content is not None:
            file = made_file(file.path, content)
        changed.append(file)
    manifest = json.loads(laid.manifest)
    manifest["files"] = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in changed]
    laid = replace(laid, manifest=canonical_json(manifest), files=tuple(changed))
    with path.open("wb") as stream:
        write_pack(laid, PUBLIC, sign(laid), stream)
    return path


def test_every_digit_of_every_csv_is_named_by_row_and_column_even_where_the_manifest_fits(tmp_path: Path) -> None:
    contents, tried = october(), 0
    for name, columns in COLUMNS.items():
        content = table_csv(columns, contents.tables[name])
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        for number, row in enumerate(rows[1:], start=1):
            for column, cell in enumerate(row):
                digits = [at for at, each in enumerate(cell) if each in "0123456789"]
                for at in digits[-2:]:
                    changed = copy.deepcopy(rows)
                    changed[number][column] = cell[:at] + str((int(cell[at]) + 1) % 10) + cell[at + 1 :]
                    file = io.StringIO()
                    csv.writer(file, lineterminator="\r\n").writerows(changed)
                    path = signed_anew({f"tables/{name}.csv": b"\xef\xbb\xbf" + file.getvalue().encode()}, contents, tmp_path / "p.zip")
                    (found,) = verify(str(path)).findings
                    place = f"tables/{name}.csv, row {number + 1}, column {columns[column].key}"
                    assert (found["place"], found["expected"], found["found"]) == (place, cell, changed[number][column])
                    tried += 1
    assert tried > 150


FIGURES = {
    "lines": ("base", "amount", "line"), "companies": ("lines", "base", "amount"), "versions": ("lines", "base", "amount"),
    "invoices": ("gross", "subsidy", "net"), "charges": ("gross",), "limits": ("line", "amount", "used_before", "left_before", "left_after"),
}  # fmt: skip
"""What follows from something else in the pack."""


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in FIGURES.items() for key in keys])
def test_a_figure_changed_everywhere_it_stands_in_a_table_is_recomputed(name: str, key: str, tmp_path: Path) -> None:
    """Table, data, form and manifest all say the other figure, and are signed: what it follows from doesn't."""
    contents = october()
    at = [column.key for column in COLUMNS[name]].index(key)
    for index, row in enumerate(contents.tables[name]):
        rows = list(contents.tables[name])
        rows[index] = (*row[:at], int(row[at] or 0) + 1, *row[at + 1 :])
        changed = replace(contents, tables={**contents.tables, name: rows})
        found = places(written(changed, tmp_path))
        assert any(place.startswith((f"tables/{name}.csv", "tables/lines.csv")) for place in found), (index, found)


@pytest.mark.parametrize(
    ("path", "way", "value", "place"),
    [
        ("derivations/00002.json", ("derivation", "amount_minor"), 126_582, "tables/lines.csv, row 3, column amount"),
        ("derivations/00002.json", ("amount_minor",), 126_582, "tables/lines.csv, row 3, column amount"),
        ("derivations/00001.json", ("derivation", "rate"), "0.61", "tables/lines.csv, row 2, column amount"),
        ("derivations/00001.json", ("derivation", "how", "share"), "0.61", "tables/lines.csv, row 2, column amount"),
        ("derivations/00001.json", ("derivation", "facts", "residency.month_number"), 40, "tables/lines.csv, row 2, column amount"),
        ("derivations/00001.json", ("derivation", "caps", 0, "amount_minor"), 1_000_001, "tables/lines.csv, row 2, column amount"),
        ("derivations/00001.json", ("item", "gross_minor"), 240_001, "tables/lines.csv, row 2, column amount"),
        ("derivations/charge-102.json", ("unit_price",), "75.01", "tables/charges.csv, row 3, column gross"),
        ("derivations/charge-102.json", ("days",), 17, "tables/charges.csv, row 3, column gross"),
        ("rules/y-1.json", ("rule", "rate"), "0.50", "tables/lines.csv, row 2, column amount"),
        ("rules/y-1.json", ("rule", "caps", 0, "amount_minor"), 999_999, "tables/lines.csv, row 2, column amount"),
        ("rules/y-1.json", ("rule", "covers"), ["utilities"], "tables/lines.csv, row 2, column amount"),
        ("rules/y-1.json", ("rule", "who"), {"all": []}, "tables/lines.csv, row 2, column amount"),
    ],
)  # fmt: skip
def test_a_derivation_or_rule_that_was_changed_and_signed(path: str, way: tuple[Any, ...], value: Any, place: str, tmp_path: Path) -> None:
    contents = october()
    records = copy.deepcopy(dict(contents.records))
    inner = records[path]
    *outer, last = way
    for key in outer:
        inner = inner[key]
    assert inner[last] != value
    inner[last] = value
    assert any(each.startswith(place) for each in places(written(replace(contents, records=records), tmp_path)))


@pytest.mark.parametrize(("key", "value"), [("total_minor", 270_582), ("capitals", "贰仟柒佰零伍元捌角贰分"), ("lines", 3), ("companies", 1)])
def test_what_stands_on_the_form(key: str, value: Any, tmp_path: Path) -> None:
    contents = october()
    form = json.loads(next(file for file in lay_out(contents).files if file.path == "form/form.json").read())
    assert form["capitals"] == "贰仟柒佰零伍元捌角壹分"
    path = signed_anew({"form/form.json": canonical_json(form | {key: value})}, contents, tmp_path / "p.zip")
    assert places(path) == [f"form/form.json, {key}"]
    form["by_company"][1]["amount"] += 1
    path = signed_anew({"form/form.json": canonical_json(form)}, contents, tmp_path / "p.zip")
    assert places(path) == ["form/form.json, by_company[1], amount"]


def test_evidence_is_what_the_table_says(tmp_path: Path) -> None:
    contents = october()
    path = signed_anew({"evidence/0002-agreement.pdf": b"another"}, contents, tmp_path / "p.zip")
    assert places(path) == ["tables/evidence.csv, row 3, column sha256"]
    left = replace(contents, tables={**contents.tables, "evidence": contents.tables["evidence"][:1]})
    assert places(written(left, tmp_path)) == ["evidence/0002-agreement.pdf"]
    gone = replace(contents, evidence=contents.evidence[:1])
    assert places(written(gone, tmp_path)) == ["tables/evidence.csv, row 3, column file"]


def test_a_row_that_names_nobody_and_one_that_stands_twice(tmp_path: Path) -> None:
    contents = october()
    rows = list(contents.tables["invoices"])
    nobody = replace(contents, tables={**contents.tables, "invoices": [rows[0], ("INV-2026-000009", *rows[1][1:])]})
    assert "tables/lines.csv, row 3, column invoice" in places(written(nobody, tmp_path))
    twice = replace(contents, tables={**contents.tables, "invoices": [*rows, rows[0]]})
    assert "tables/invoices.csv, row 4, column invoice" in places(written(twice, tmp_path))


def test_another_format_is_said_and_whose_verifier_knows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laid, path = lay_out(october()), tmp_path / "p.zip"
    older = replace(laid, manifest=canonical_json(json.loads(laid.manifest) | {"format": "incubator-claim-pack/1"}))
    with path.open("wb") as stream:
        write_pack(older, PUBLIC, sign(older), stream)
    assert places(path) == ["manifest.json, format"]
    assert main([str(path), "--lang", "en"]) == 1 and "the verify.py that lies in the pack" in capsys.readouterr().out


def test_another_s_signature_is_named(tmp_path: Path) -> None:
    laid, path = lay_out(october()), tmp_path / "p.zip"
    for signature in (bytes(64), KEY.sign(laid.manifest), KEY.sign(laid.to_sign[1:])):
        with path.open("wb") as stream:
            write_pack(laid, PUBLIC, signature, stream)
        assert places(path) == ["signature.json"]


def test_what_it_does_not_know_is_said_and_refused_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = october()
    records = copy.deepcopy(dict(contents.records))
    records["derivations/00001.json"]["derivation"]["how"] = {"guess": "1"}
    del records["derivations/00001.json"]["derivation"]["rate"]
    records["rules/y-1.json"]["rule"] = {**records["rules/y-1.json"]["rule"], "how": {"guess": "1"}}
    del records["rules/y-1.json"]["rule"]["rate"]
    path = str(written(replace(contents, records=records), tmp_path))
    assert not any(each["place"].startswith("tables/lines.csv, row 2") for each in verify(path).findings)
    (note,) = [each for each in verify(path).notes if "00001" in each["place"]]
    assert "guess" in note["form"]
    booked = copy.deepcopy(dict(contents.records))
    booked["derivations/charge-101.json"] = {"guess": "1"}
    path = str(written(replace(contents, records=booked), tmp_path))
    assert main([path, "--lang", "en"]) == 0 and "not recomputed" in capsys.readouterr().out
    assert main([path, "--lang", "zh", "--strict"]) == 1 and "未重新计算" in capsys.readouterr().out


@pytest.mark.parametrize("record", [{}, [], None, {"line": 1}, {"derivation": []}, 7, {"line": 1, "kind": "decision", "item": 3, "derivation": {}}])
def test_nonsense_that_was_signed_is_a_finding_and_no_crash(record: Any, tmp_path: Path) -> None:
    contents = october()
    for path in ("derivations/00001.json", "rules/y-1.json", "derivations/charge-101.json"):
        changed = replace(contents, records={**contents.records, path: record})
        report = verify(str(written(changed, tmp_path)))
        assert report.findings or report.notes, path
    assert places(signed_anew({"form/form.json": canonical_json(record)}, contents, tmp_path / "p.zip"))
    assert places(signed_anew({"tables/tables.json": canonical_json(record)}, contents, tmp_path / "p.zip"))


def test_its_hash_is_of_what_is_packed() -> None:
    packed = next(file for file in lay_out(october()).files if file.path == "verify.py")
    assert packed.sha256 == bundle_hash() and packed.read() == bundle()
