"""Finding the parts of settings that nobody may read in a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, unquote_plus, urlsplit

SCHEME = re.compile(r"^(bearer|basic|token|apikey) +", re.IGNORECASE)
"""The scheme that precedes a key in a header."""
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|signature|^sig$", re.IGNORECASE)


def secrets_in_address(value: str) -> list[str]:
    """The passwords and tokens in the user part and the query of an address, as they are written and decoded."""
    if "://" not in value:
        return []
    if len(several := re.split(r",(?=\s*\w+://)", value)) > 1:
        return [secret for one in several for secret in secrets_in_address(one.strip())]
    parts = urlsplit(value)
    # NATS accepts a token in place of a user name.
    token = parts.username if parts.scheme in ("nats", "tls") and parts.password is None else ""
    found = [
        parts.password or token or "",
        *(
            written
            for name, _, written in (parameter.partition("=") for parameter in parts.query.split("&"))
            if _SECRET_NAME.search(unquote_plus(name))
        ),
    ]
    return [*found, *map(unquote, found), *map(unquote_plus, found)]


def secrets_in_fields(value: object, name: str = "") -> list[str]:
    """The strings of at least 12 characters in ``value``, at any depth of nested mappings, whose keys suggest
    secrets."""
    if isinstance(value, Mapping):
        return [secret for key, inner in value.items() for secret in secrets_in_fields(inner, str(key))]
    # Shorter values are words of a setting, not secrets, such as "reasoning_tokens": "none".
    return [value] if isinstance(value, str) and len(value) >= 12 and _SECRET_NAME.search(name) else []
