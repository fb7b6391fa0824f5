"""What of settings nobody may read in a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEME = re.compile(r"^(bearer|basic|token|apikey) +", re.IGNORECASE)
"""What stands before a key in a header."""
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|signature|^sig$", re.IGNORECASE)


def secrets_in_address(value: str) -> list[str]:
    """Passwords and tokens in an address, as they are written there and as they are meant."""
    if "://" not in value:
        return []
    if len(several := re.split(r",(?=\s*\w+://)", value)) > 1:
        return [secret for one in several for secret in secrets_in_address(one.strip())]
    parts = urlsplit(value)
    # NATS takes a token in place of a name.
    token = parts.username if parts.scheme in ("nats", "tls") and parts.password is None else ""
    found = [
        parts.password or token or "",
        *(said for name, said in parse_qsl(parts.query) if _SECRET_NAME.search(name)),
    ]
    return [*found, *map(unquote, found)]


def secrets_in_fields(value: object, name: str = "") -> list[str]:
    """The texts in ``value``, however deep, whose names say that they are secrets."""
    if isinstance(value, Mapping):
        return [secret for key, inner in value.items() for secret in secrets_in_fields(inner, str(key))]
    # "reasoning_tokens": "none" is none, and neither is any other word of a setting.
    return [value] if isinstance(value, str) and len(value) >= 12 and _SECRET_NAME.search(name) else []
