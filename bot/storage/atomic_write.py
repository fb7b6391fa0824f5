"""Replacing a file atomically."""

from __future__ import annotations

from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of ``path`` with ``content``, completely or not at all. Blocking.

    Raises:
        OSError: the file cannot be written; the old content stays.
    """
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)
