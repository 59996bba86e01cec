"""Keeping files, and the documents that they are versions of."""

from incubator.documents.operations.documents import (
    add_document,
    add_version,
    file_document,
    withdraw_document,
)
from incubator.documents.operations.files import (
    LARGEST,
    content_of,
    contents_of,
    erase_files,
    get_file,
    open_content,
    store_file,
)

__all__ = [
    "LARGEST", "add_document", "add_version", "content_of", "contents_of", "erase_files", "file_document", "get_file",
    "open_content", "store_file", "withdraw_document",
]  # fmt: skip
