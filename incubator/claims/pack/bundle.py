"""`verify.py`: the parts of the stand-alone verifier in one file that an auditor can read whole and carry alone."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from functools import cache
from pathlib import Path

from incubator.claims.pack import verifier

PARTS = ("report", "values", "signatures", "canonical", "container", "manifest", "tables", "conditions", "rules",
         "derivations", "compositions", "meters", "charges", "histories", "later", "mirrors", "capitals", "figures",
         "checks", "command")  # fmt: skip
"""From what stands alone to what needs all the others."""
HEAD = '''#!/usr/bin/env python3
"""核验申报材料包：离线，只需 Python 3.9 或更高版本，不需要其他程序。

    python verify.py                    核验本文件所在的文件夹（已解压的材料包）
    python verify.py pack.zip           核验所提交的材料包，逐字节
    python verify.py pack.zip --key …   并核对是否为该运营方的公钥

Check a claim pack: offline, with nothing but Python 3.9 or later.

    python verify.py                    the folder that this file lies in: a pack that was unpacked
    python verify.py pack.zip           a pack as it was handed in, byte by byte
    python verify.py pack.zip --key …   and that this is the operator's key

It reads the pack strictly, checks the signature, the hash of every file and each byte of the ZIP, compares every cell
of every table, and recomputes
  - each claimed amount from its derivation, its rule, and what other schemes bear;
  - each charge: rent and fees from price, quantity and days; meters from readings, factor and prices by tiers, and the
    bearer's part of the days, to the fen; bookings by the minute, or from their parts: each at its price where its
    basis allows, together the whole time, and no lawful way cheaper; what allowances pay and what cancelling costs
    (what a voucher bears is as its order says); what is charged once; VAT within or on top;
  - each credit note: subsidies, VAT and net in proportion to what was left of the line, and each decision's part;
  - each correction: what stood before, what is known now, and what credit notes have left of it;
  - each sum, and the total on the form in figures and in capitals.
Whatever is wrong is said with its place; what it can't recompute, it says (--strict refuses it). It changes nothing,
runs nothing of what it reads, and asks nobody. Exit status: 0 verified, 1 refused, 2 no such file.

It follows RFC 8032 (Ed25519), RFC 8785 (canonical JSON) and the ZIP format as far as a pack needs them.
"""
'''


@cache
def bundle() -> bytes:
    """The file, the same bytes from the same parts: the imports of all of them first, then each in turn."""
    plain: set[str] = set()
    named: dict[str, set[str]] = defaultdict(set)
    bodies = []
    for name in PARTS:
        source = Path(verifier.__path__[0], f"{name}.py").read_text()
        tree = ast.parse(source)
        title = (ast.get_docstring(tree) or "").splitlines()[0]
        taken: set[int] = set()
        for node in tree.body:
            is_docstring = node is tree.body[0] and isinstance(node, ast.Expr)
            if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring:
                taken |= set(range(node.lineno, (node.end_lineno or 0) + 1))
            if isinstance(node, ast.Import):
                plain.add(ast.unparse(node))
            elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(verifier.__name__):
                named[node.module or ""] |= {each.name for each in node.names}
        lines = [line for number, line in enumerate(source.splitlines(), start=1) if number not in taken]
        bodies.append(f"# {title}\n\n" + "\n".join(lines).strip("\n"))
    first, *others = [f"from {module} import {', '.join(sorted(named[module]))}" for module in sorted(named)]
    assert "__future__" in first
    return ("\n".join([HEAD, first, "", *sorted(plain), *others, "\n"]) + "\n\n\n".join(bodies) + "\n").encode()


def bundle_hash() -> str:
    """Its SHA-256, for whoever has it from elsewhere."""
    return hashlib.sha256(bundle()).hexdigest()
