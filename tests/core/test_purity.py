"""Core stands alone: no Flask, no database, no clock but in its one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from incubator.settings import ROOT

CORE = sorted((ROOT / "incubator" / "core").glob("*.py"))
STAYS_OUT = ("flask", "sqlalchemy", "psycopg", "werkzeug", "jinja2", "flask_babel", "babel", "requests", "apscheduler")
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


def test_importing_core_brings_in_no_framework() -> None:
    modules = ", ".join(f"incubator.core.{file.stem}" for file in CORE if file.stem != "__init__")
    script = f"import sys, {modules}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    found = set(loaded.stdout.split())
    assert {"incubator", "msgspec", "chinese_calendar", "stdnum"} <= found  # what core does stand on
    assert not found & set(STAYS_OUT)


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.name)
def test_only_the_clock_reads_the_clock(file: Path) -> None:
    read = {
        f"{ast.unparse(node)}, line {node.lineno}"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
        and ast.unparse(node.value) in ("datetime", "date", "time", "datetime.datetime")
    }  # fmt: skip
    assert bool(read) == (file.name == "clock.py"), read


@pytest.mark.parametrize("file", CORE, ids=lambda file: file.name)
def test_no_import_inside_a_function(file: Path) -> None:
    tree = ast.parse(file.read_text())
    inside = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.Lambda))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert not inside
