"""A frozen occupancy report as a workbook, a PDF and a table: made from the frozen content and nothing else."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

FORMATS = ("xlsx", "pdf", "csv")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be downloaded."""

    name: str
    media_type: str
    content: bytes

    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.content)


def export(frozen, extension: str, locale: str) -> File:  # type: ignore[no-untyped-def]  # being written
    return File("report.json", "application/json", json.dumps(json.loads(frozen.content)).encode())
