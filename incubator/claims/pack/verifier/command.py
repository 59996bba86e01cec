"""The whole, and the command line."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import locale
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from incubator.claims.pack.verifier.checks import Checks
from incubator.claims.pack.verifier.container import Folder, Zip
from incubator.claims.pack.verifier.figures import FAULTS
from incubator.claims.pack.verifier.manifest import read_manifest
from incubator.claims.pack.verifier.report import MANIFEST, SAYS, Report, Unreadable, shown
from incubator.claims.pack.verifier.tables import as_cell, read_tables

UNREADABLE = (OSError, struct.error, RecursionError, MemoryError, *FAULTS)
"""What reading something that was made up may end in: said as a finding, never as a crash."""


def verify(path: str, key: str = "") -> Report:
    """Everything that can be checked about a pack."""
    report = Report()
    pack: Any = None
    try:
        pack = (Folder if Path(path).is_dir() else Zip)(path, report)
        with suppress(Unreadable):
            _verify(pack, report, key)
    except Unreadable:
        pass
    except UNREADABLE as error:
        report.find(path, "broken", found=f"{type(error).__name__}: {error}")
    finally:
        if pack is not None:
            pack.close()
    return report


def _verify(pack: Zip | Folder, report: Report, key: str) -> None:
    manifest, files = read_manifest(pack, report, key)
    mine = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    report.about |= {"claim": manifest["claim"], "operator": manifest["operator"], "verifier_sha256": mine,
                     "is_own_verifier": files.get("verify.py", (0, ""))[1] == mine}  # fmt: skip
    Checks(pack, files, read_tables(pack, files, report), report).run()
    total = report.counts.get("total_minor")
    if total != manifest["total_minor"]:
        report.find(f"{MANIFEST}, total_minor", "cell", expected=total, found=manifest["total_minor"])


def as_text(report: Report, language: str) -> str:
    """The answer for people."""
    zh = language == "zh"

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    lines = []
    about, counts = report.about, report.counts
    if "claim" in about:
        claim = about["claim"]
        lines += [
            f"{say('申报', 'Claim')}: {shown(claim.get('number'))} {shown(claim.get('scheme'))}",
            f"{say('运营方', 'Operator')}: {shown(about['operator'].get('name'))}",
            f"{say('签名公钥', 'Signed by key')}: {shown(about['key'])}",
            say("请将公钥与运营方公开页面所示核对：他人也能用自己的密钥签名。",
                "Compare the key with the operator's public page: anybody can sign with a key of their own."),
        ]  # fmt: skip
        if not about["is_own_verifier"]:
            lines.append(say("本次使用的核验程序不是材料包内的那一份；其 SHA-256 为 ",
                             "This verifier is another than the one in the pack; its SHA-256 is ")
                         + about["verifier_sha256"])  # fmt: skip
    for each in report.findings:
        lines.append(f"✗ {shown(each['place'])}: {SAYS[each['code']][0 if zh else 1].format(**each)}")
    if report.dropped:
        lines.append(say(f"……另有 {report.dropped} 处", f"… and {report.dropped} more"))
    for each in report.notes:
        lines.append(f"· {shown(each['place'])}: {say('未重新计算', 'not recomputed')} ({each['form']})")
    if "total_minor" in counts and "charges" in counts:
        lines.append(say(
            "申报明细 {lines} 笔，重新计算 {lines_recomputed} 笔；应收款项 {charges} 笔，"
            "重新计算 {charges_recomputed} 笔；",
            "Lines claimed: {lines}, recomputed: {lines_recomputed}; charges: {charges}, "
            "recomputed: {charges_recomputed}; ",
        ).format(**counts) + say("合计 {} 元", "total: {} yuan").format(as_cell(counts["total_minor"], "money")))
    faults = len(report.findings) + report.dropped
    lines.append(say(f"核验未通过：{faults} 处不符。", f"REFUSED. Faults: {faults}.") if faults
                 else say("核验通过。", "VERIFIED."))  # fmt: skip
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: verified; 1: refused; 2: there is no such file."""
    parser = argparse.ArgumentParser(prog="verify.py", description="核验申报材料包 / Check a claim pack, offline.")
    here = str(Path(__file__).resolve().parent)
    parser.add_argument("pack", nargs="?", default=here, help="pack.zip / 文件夹, a folder")
    parser.add_argument("--key", default="", help="运营方公钥 / the operator's public key (64 hex digits)")
    parser.add_argument("--lang", choices=("zh", "en"), help="语言 / language")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 / answer as JSON")
    parser.add_argument("--strict", action="store_true",
                        help="有未能重新计算的也不通过 / refuse where something can't be recomputed")  # fmt: skip
    said = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not Path(said.pack).exists():
        print(SAYS["no_file"][0].format(found=shown(said.pack)), file=sys.stderr)
        print(SAYS["no_file"][1].format(found=shown(said.pack)), file=sys.stderr)
        return 2
    report = verify(said.pack, said.key)
    is_refused = bool(report.findings or (said.strict and report.notes))
    if said.json:
        print(json.dumps({"verified": not is_refused, "findings": report.findings, "notes": report.notes,
                          "counts": report.counts, "about": report.about}, indent=1))  # fmt: skip
    else:
        print(as_text(report, said.lang or _language()))
    return 1 if is_refused else 0


def _language() -> str:
    """As the system's; Chinese where it says nothing."""
    said = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")] + [locale.getlocale()[0]]
    return "en" if next((each for each in said if each), "").lower().startswith("en") else "zh"


if __name__ == "__main__":
    sys.exit(main())
