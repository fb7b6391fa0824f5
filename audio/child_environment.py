"""The environment variables that our child processes get."""

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
"""Variables that tell pip where its index is and how to reach it."""


def child_environment() -> dict[str, str]:
    """The variables that a program needs to run. The bot's tokens, keys and addresses are left out, because the program
    reads what strangers write."""
    return {name: os.environ[name] for name in _NAMES if name in os.environ}


def pip_environment() -> dict[str, str]:
    """The same, with the variables that pip needs to download packages."""
    return child_environment() | {name: value for name, value in os.environ.items() if _OF_PIP.fullmatch(name)}
