"""What the verifier says: findings, each with its place, in Chinese and in English."""

from __future__ import annotations

import re
from typing import Any, NoReturn

FORMAT = "incubator-claim-pack/2"
SIGNED = b"incubator claim pack/2\n"
"""What the signed bytes begin with, so that no signature over anything else can stand for one over a pack."""
MANIFEST, SIGNATURE, TABLES, FORM = "manifest.json", "signature.json", "tables/tables.json", "form/form.json"
LARGEST_PACK, LARGEST_JSON, MOST_FILES = 4 * 1024**3 - 1, 64 * 1024**2, 60000
PIECE = 1024 * 1024
MOST_FINDINGS = 100
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(/[1-9][0-9]{0,30})?")
HASH = re.compile(r"[0-9a-f]{64}")
HEX = re.compile(r"[0-9a-f]+")
Files = dict[str, tuple[int, str]]
"""Size and SHA-256 by path."""
Facts = dict[str, Any]

SAYS = {
    # the container
    "no_file": ("没有这个文件或文件夹：{found}", "there is no such file or folder: {found}"),
    "too_large": ("超过允许的大小：{found}", "larger than is allowed: {found}"),
    "byte": ("第 {offset} 字节（{field}）应为 {expected}，实为 {found}",
             "byte {offset} ({field}) should be {expected}, and is {found}"),
    "short": ("文件在第 {offset} 字节处中断", "the file ends at byte {offset}"),
    "more": ("第 {offset} 字节之后还有不属于材料包的内容",
             "byte {offset} begins something that is no part of the pack"),
    "extra": ("清单中没有这个文件", "the manifest doesn't name this file"),
    "missing": ("清单中的文件不在材料包里", "the manifest names it, and it is not there"),
    "link": ("不是普通文件", "it is no plain file"),
    # JSON
    "no_json": ("不是有效的 JSON：{found}", "it is no valid JSON: {found}"),
    "not_canonical": ("不是规范形式（RFC 8785），第 {offset} 字节起不同",
                      "not in its canonical form (RFC 8785), from byte {offset} on"),
    "format": ("是 {found} 格式，本程序核验 {expected}：请用材料包内的 verify.py",
               "its format is {found}, and this verifier knows {expected}: use the verify.py that lies in the pack"),
    "shape": ("{field} 应为 {expected}，实为 {found}", "{field} should be {expected}, and is {found}"),
    # hashes and signature
    "manifest_changed": ("签名的清单哈希是 {expected}，实际是 {found}：清单被改动",
                         "the hash that was signed is {expected}, and it has {found}: the manifest was changed"),
    "statement_changed": ("签名对应的是清单的实际哈希 {expected}，这里写的是 {found}",
                          "the signature is over the manifest's own hash {expected}; here stands {found}"),
    "bad_signature": ("签名无效", "the signature does not hold"),
    "other_key": ("签名密钥应为 {expected}，实为 {found}", "the key should be {expected}, and is {found}"),
    "sha256": ("SHA-256 应为 {expected}，实为 {found}", "the SHA-256 should be {expected}, and is {found}"),
    "size": ("大小应为 {expected} 字节，实为 {found} 字节", "it should have {expected} bytes, and has {found}"),
    # tables and figures
    "cell": ("应为 {expected}，实为 {found}", "should be {expected}, and is {found}"),
    "rows": ("应有 {expected} 行，实有 {found} 行", "should have {expected} rows, and has {found}"),
    "csv_byte": ("单元格相同，但第 {offset} 字节起写法不同",
                 "the cells are the same, but it is written otherwise from byte {offset} on"),
    "unknown_ref": ("{found} 不在 {expected} 中", "{found} is not in {expected}"),
    "twice": ("{found} 出现两次", "{found} stands here twice"),
    "recomputed": ("{field}：重新计算为 {expected}，此处为 {found}",
                   "{field}: recomputed it is {expected}, here it is {found}"),
    "rule": ("{field}：与规则不符，规则为 {expected}，此处为 {found}",
             "{field}: not what the rule says; the rule has {expected}, here it is {found}"),
    "broken": ("无法读取：{found}", "can't be read: {found}"),
}  # fmt: skip


class Unreadable(Exception):
    """Nothing after it can be read: the finding is in the report already."""


class Differs(Exception):
    """A derivation is not what follows from its own parts."""

    def __init__(self, field: str, expected: Any, found: Any, code: str = "recomputed") -> None:
        super().__init__(field)
        self.code, self.field, self.expected, self.found = code, field, expected, found


class NotKnown(Exception):
    """A derivation has a form that this verifier can't recompute."""


class Report:
    """What was found: findings refuse, notes only say what was not or could not be checked."""

    def __init__(self) -> None:
        self.findings: list[dict[str, str]] = []
        self.notes: list[dict[str, str]] = []
        self.counts: dict[str, int] = {}
        self.about: dict[str, Any] = {}
        """Which claim it is, whose, and by which key it is signed."""
        self.dropped = 0

    def find(self, place: str, code: str, **values: Any) -> None:
        """Something is wrong at a place: `tables/lines.csv, row 3, column amount`."""
        if len(self.findings) >= MOST_FINDINGS:
            self.dropped += 1
            return
        self.findings.append({"place": place, "code": code, **{key: shown(value) for key, value in values.items()}})

    def stop(self, place: str, code: str, **values: Any) -> NoReturn:
        self.find(place, code, **values)
        raise Unreadable

    def note(self, place: str, form: object) -> None:
        """A form that this verifier doesn't know: not recomputed, and said so."""
        self.notes.append({"place": place, "form": shown(form)})


def shown(value: Any) -> str:
    """A value short enough to be read, with nothing that a terminal would obey."""
    text = str(value)
    text = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text[:300])
    return text if len(text) <= 160 else text[:157] + "…"


def expect(good: Any, report: Report, place: str, field: str, expected: Any, found: Any) -> None:
    if not good:
        report.stop(place, "shape", field=field, expected=expected, found=found)
