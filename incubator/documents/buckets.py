"""A bucket as a store of files, by MinIO's client: read by `stores` where FILE_STORE names one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.credentials.providers import EnvAWSProvider
from minio.error import MinioException, S3Error

PIECE = 1024 * 1024
PART = 8 * 1024 * 1024
"""How much of an object is sent at once; S3 takes parts from 5 MB on."""
CONNECT_SECONDS, READ_SECONDS, TRIES_MORE = 3.0, 10.0, 1
GONE = ("NoSuchKey", "NoSuchObject")


class Bucket:
    """A bucket of an S3-compatible service."""

    faults: tuple[type[Exception], ...] = (OSError, urllib3.exceptions.HTTPError, MinioException)

    def __init__(self, name: str, prefix: str, endpoint: str, region: str | None, style: str) -> None:
        self.name, self.prefix = name, prefix
        parts = urlsplit(endpoint)
        waits = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        again = urllib3.Retry(total=TRIES_MORE, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
        self._client = Minio(
            endpoint=parts.netloc, secure=parts.scheme == "https", region=region, credentials=EnvAWSProvider(),
            http_client=urllib3.PoolManager(timeout=waits, retries=again, maxsize=8),
        )  # fmt: skip
        if style == "virtual":
            self._client.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call] # of the library

    def put(self, key: str, content: IO[bytes], size: int) -> None:
        """In parts, where it is large; it is there when the last one is."""
        self._client.put_object(bucket_name=self.name, object_name=self.prefix + key, data=cast(BinaryIO, content),
                                length=size, part_size=PART)  # fmt: skip

    def get(self, key: str) -> Iterator[bytes]:
        """Over the network."""
        try:
            answer = self._client.get_object(bucket_name=self.name, object_name=self.prefix + key)
        except S3Error as error:
            if error.code in GONE:
                raise FileNotFoundError(key) from error
            raise
        try:
            yield from answer.stream(PIECE)
        finally:
            answer.close()
            answer.release_conn()
