"""Templates, translated into Python once and kept: Jinja needs 20 to 50 ms for each, and a page is made of a dozen."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import jinja2
from flask import Flask
from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from incubator.settings import INSTANCE

FOLDER = INSTANCE / "templates"


class Kept(FileSystemBytecodeCache):
    """On the disk, readable by its owner only. What is kept holds for one template text, one Python and one Jinja.

    Where the disk is full or read-only, nothing is kept and each process translates for itself.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), f"{jinja2.__version__}_%s.cache")
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


class Pages(Environment):
    """The app's templates: what is translated is kept under the instance's folder.

    All of them ask one dictionary for the app's names, where Jinja would ask two, one after the other, for each.
    """

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self.bytecode_cache = Kept(FOLDER)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals
