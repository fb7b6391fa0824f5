"""What processes of ours are given of the environment."""

from __future__ import annotations

import os
import re

_NAMES = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "SYSTEMROOT",
)  # fmt: skip
_OF_PIP = re.compile(
    r"PIP_\w+|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|NETRC|XDG_\w+", re.IGNORECASE
)
"""How pip reaches its index, and where that is."""


def child_environment() -> dict[str, str]:
    """What a program needs to run: no token, key or address of the bot's is any business of one that reads what
    strangers write."""
    return {name: os.environ[name] for name in _NAMES if name in os.environ}


def pip_environment() -> dict[str, str]:
    """The same, with what pip needs to fetch something."""
    return child_environment() | {name: value for name, value in os.environ.items() if _OF_PIP.fullmatch(name)}
