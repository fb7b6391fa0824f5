"""A file that is there whole or not at all."""

from __future__ import annotations

from pathlib import Path


def replace_with(path: Path, content: bytes) -> None:
    """Write ``content`` in place of what ``path`` has, whole or not at all. Blocks.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    scratch = path.with_name(f"{path.name}.new")
    scratch.write_bytes(content)
    scratch.replace(path)
