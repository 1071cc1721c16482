"""A folder for what a program is told to write: ours alone, and gone at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def private_folder() -> Iterator[str]:
    """Its path has no blanks."""
    wanted = tempfile.gettempdir()
    parent = wanted if not any(sign.isspace() for sign in wanted) else "/tmp"
    with tempfile.TemporaryDirectory(prefix="holdfast-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield folder
