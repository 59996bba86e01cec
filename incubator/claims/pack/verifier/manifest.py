"""The manifest and its signature: which files there are, and that nobody has changed one."""

from __future__ import annotations

from typing import Any

from incubator.claims.pack.verifier.canonical import read_json
from incubator.claims.pack.verifier.container import Folder, Zip
from incubator.claims.pack.verifier.report import (
    FORMAT,
    HASH,
    HEX,
    LARGEST_PACK,
    MANIFEST,
    MOST_FILES,
    NAME,
    SIGNATURE,
    SIGNED,
    Files,
    Report,
    Unreadable,
    expect,
)
from incubator.claims.pack.verifier.signatures import verify_signature


def read_manifest(pack: Zip | Folder, report: Report, key: str) -> tuple[Any, Files]:
    """The manifest, whose signature was checked, as {path: (size, hash)}; every file is where and what it says."""
    found = pack.begin(MANIFEST)
    if found is None:
        raise Unreadable
    manifest = read_json(pack.read(MANIFEST), MANIFEST, report)
    files = _files(manifest, report)
    pack.begin(SIGNATURE)
    report.about["key"] = check_signature(pack, report, found, key)
    for path in sorted(files):
        size, sha256 = files[path]
        found = pack.take(path, size)
        if found is not None and found != sha256:
            report.find(path, "sha256", expected=sha256, found=found)
    pack.end()
    return manifest, files


def _files(manifest: Any, report: Report) -> Files:
    expect(isinstance(manifest, dict), report, MANIFEST, "manifest", "an object", type(manifest).__name__)
    if manifest.get("format") != FORMAT:
        report.stop(f"{MANIFEST}, format", "format", expected=FORMAT, found=manifest.get("format"))
    keys = "claim, files, format, made_at, operator, total_minor"
    expect(", ".join(sorted(manifest)) == keys, report, MANIFEST, "keys", keys, ", ".join(sorted(manifest)))
    listed = manifest["files"]
    expect(isinstance(listed, list) and 0 < len(listed) <= MOST_FILES, report, MANIFEST, "files", "a list",
           type(listed).__name__)  # fmt: skip
    files: Files = {}
    total, last = 0, ""
    for number, each in enumerate(listed):
        place = f"{MANIFEST}, files[{number}]"
        good = (isinstance(each, dict) and set(each) == {"path", "sha256", "size"} and isinstance(each["path"], str)
                and NAME.fullmatch(each["path"]) and type(each["size"]) is int and 0 <= each["size"] <= LARGEST_PACK
                and isinstance(each["sha256"], str) and HASH.fullmatch(each["sha256"]))  # fmt: skip
        expect(good, report, place, "file", "path, sha256, size", each)
        expect(each["path"] not in (MANIFEST, SIGNATURE), report, place, "path", "another file", each["path"])
        expect(each["path"] > last, report, place, "path", "in order, once", each["path"])
        last = each["path"]
        files[last] = each["size"], each["sha256"]
        total += each["size"]
        expect(total <= LARGEST_PACK, report, place, "size", f"<= {LARGEST_PACK}", total)
    lowered = {path.lower() for path in files}
    expect(len(lowered) == len(files), report, MANIFEST, "files", "names that differ by more than case", len(files))
    return files


def check_signature(pack: Zip | Folder, report: Report, manifest_hash: str, key: str) -> str:
    """Which of manifest and signature was changed, if any; and whose key it is."""
    data = read_json(pack.read(SIGNATURE), SIGNATURE, report)
    keys = {"algorithm", "manifest_sha256", "public_key", "signature"}
    expect(isinstance(data, dict) and set(data) == keys, report, SIGNATURE, "keys", ", ".join(sorted(keys)), data)
    expect(data["algorithm"] == "Ed25519", report, SIGNATURE, "algorithm", "Ed25519", data["algorithm"])
    signed = data["manifest_sha256"]
    for field, count in (("manifest_sha256", 32), ("public_key", 32), ("signature", 64)):
        expect(_is_hex(data[field], count), report, SIGNATURE, field, f"{2 * count} hex digits", data[field])
    public, signature = bytes.fromhex(data["public_key"]), bytes.fromhex(data["signature"])
    if not verify_signature(public, SIGNED + bytes.fromhex(signed), signature):
        if signed != manifest_hash and verify_signature(public, SIGNED + bytes.fromhex(manifest_hash), signature):
            report.find(SIGNATURE + ", manifest_sha256", "statement_changed", expected=manifest_hash, found=signed)
        else:
            report.find(SIGNATURE, "bad_signature")
    elif signed != manifest_hash:
        report.find(MANIFEST, "manifest_changed", expected=signed, found=manifest_hash)
    if key and key.lower().replace(" ", "") != data["public_key"]:
        report.find(SIGNATURE + ", public_key", "other_key", expected=key, found=data["public_key"])
    return str(data["public_key"])


def _is_hex(text: Any, count: int) -> bool:
    return isinstance(text, str) and len(text) == 2 * count and HEX.fullmatch(text) is not None
