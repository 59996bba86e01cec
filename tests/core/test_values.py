"""Plain values are changed by `msgspec.structs.replace`, whose names no type checker looks at: this one does."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator

from msgspec import Struct

import incubator
from incubator.settings import ROOT


def fields_of_all(base: type[Struct] = Struct) -> set[str]:
    """The fields of every Struct of the product."""
    found = set(base.__struct_fields__) if base.__module__.startswith("incubator.") else set()
    return found.union(*(fields_of_all(each) for each in base.__subclasses__()))


def replaced() -> Iterator[tuple[str, int, str]]:
    """File, line and name of each field that is replaced somewhere."""
    for path in sorted((ROOT / "incubator").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.ImportFrom) and node.module == "msgspec.structs" for node in ast.walk(tree)):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "replace":
                for keyword in node.keywords:
                    if keyword.arg is not None:
                        yield str(path.relative_to(ROOT)), node.lineno, keyword.arg


def test_only_fields_that_there_are_are_replaced() -> None:
    for module in pkgutil.walk_packages(incubator.__path__, "incubator."):
        importlib.import_module(module.name)
    fields, found = fields_of_all(), list(replaced())
    assert len(found) > 100, "it reads what there is"
    assert [place for place in found if place[2] not in fields] == []
