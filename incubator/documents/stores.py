"""Where the content of files lies outside the database: a folder, or a bucket of any S3-compatible service.

FILE_STORE names it: `file:///srv/files`, or `s3://bucket/prefix?endpoint=https://oss-cn-shenzhen.aliyuncs.com`, with
`&region=…` where the service asks for one, and `&style=path` where its buckets have no host of their own. Credentials
come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without FILE_STORE everything lies in the database.

An object's key is its operator and its content's hash: it is written before its row and never changed, so that a row
without its object can't come about, an object without a row harms nobody, and writing it twice is writing it once.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from incubator.core.errors import N_, Refusal

log = logging.getLogger("incubator.documents")

PIECE = 1024 * 1024
REST_SECONDS = 10.0
"""How long a store that did not answer is not asked again: who comes meanwhile is told at once."""


class StoreAway(Refusal):
    """The store does not answer, or not in time (503); whatever needs no file of it goes on."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            N_("The store of files does not answer just now. Nothing was lost or changed; try again in a minute.")
        )


class Store(Protocol):
    """What keeps objects by their keys."""

    faults: tuple[type[Exception], ...]
    """What it raises where it does not answer."""

    def put(self, key: str, content: IO[bytes], size: int) -> None:
        """Keep the content; afterwards it is there whole."""
        ...

    def get(self, key: str) -> Iterator[bytes]:
        """The content, piece by piece; FileNotFoundError where there is none."""
        ...


class Folder:
    """A folder of this machine, or one that its machines share."""

    faults: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: IO[bytes], size: int) -> None:
        """Written beside its place and moved there when it is on the disk."""
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            try:
                shutil.copyfileobj(content, file, PIECE)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def get(self, key: str) -> Iterator[bytes]:
        """From the disk."""
        with (self.root / key).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


class Guarded:
    """A store whose troubles are one refusal, and which rests after each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._away_until = 0.0

    def put(self, key: str, content: IO[bytes], size: int) -> None:
        """Keep the content; StoreAway where that fails."""
        with self._troubles():
            self._store.put(key, content, size)

    def get(self, key: str) -> Iterator[bytes]:
        """The content; FileNotFoundError where there is none, StoreAway where nobody can say."""
        with self._troubles():
            yield from self._store.get(key)

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        if time.monotonic() < self._away_until:
            raise StoreAway
        try:
            yield
        except FileNotFoundError:
            raise
        except self._store.faults as error:
            self._away_until = time.monotonic() + REST_SECONDS
            log.error("the store of files does not answer: %s", _what(error))
            raise StoreAway from error


def store_at(url: str) -> Guarded | None:
    """The store that a FILE_STORE names; None for an empty one; RuntimeError for one that names none."""
    if not url:
        return None
    parts = urlsplit(url)
    said = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.username or parts.password:
        raise RuntimeError("FILE_STORE: give the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and not said:
        return Guarded(Folder(Path(unquote(parts.path))))
    if parts.scheme == "s3" and parts.netloc and set(said) <= {"endpoint", "region", "style"}:
        endpoint, style = said.get("endpoint", "https://s3.amazonaws.com"), said.get("style", "virtual")
        if endpoint.startswith(("http://", "https://")) and style in ("virtual", "path"):
            from incubator.documents.buckets import Bucket  # noqa: PLC0415  few installations have one

            folder = parts.path.strip("/")
            return Guarded(
                Bucket(parts.netloc, f"{folder}/" if folder else "", endpoint, said.get("region"), style)
            )
    raise RuntimeError("FILE_STORE is neither file:///a/folder nor s3://bucket/folder?endpoint=https://…")


def _what(error: Exception) -> str:
    """An error for the log: its kind and, of S3's, its code; nothing that an address or a header could hold."""
    reason = getattr(error, "reason", None)
    said = [type(error).__name__, getattr(error, "code", "") or "", type(reason).__name__ if reason else ""]
    return " ".join(str(part) for part in said if part)


_of_this_process: Guarded | None = None


def use(url: str) -> None:
    """From now on this process keeps files there; called once, where the application or the worker is made."""
    global _of_this_process
    _of_this_process = store_at(url)


def current() -> Guarded | None:
    """The store of this process; None: files lie in the database."""
    return _of_this_process
