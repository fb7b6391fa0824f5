"""What processes of ours are given of the environment."""

from __future__ import annotations

import os

_NAMES = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "SYSTEMROOT",
)  # fmt: skip


def child_environment() -> dict[str, str]:
    """What a Python process needs to run our own modules: no token, key or address of the bot's is any business of
    one that reads what strangers write."""
    return {name: os.environ[name] for name in _NAMES if name in os.environ}
