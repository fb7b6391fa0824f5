"""Nonces, which make posting safe to repeat: Discord takes two messages with the same nonce, within minutes, for
one."""

from __future__ import annotations

import secrets

MAX_NONCE_CHARS = 25


def fresh_nonce() -> str:
    """A nonce for a message that is posted by a single call: hikari repeats a request whose response was lost."""
    return secrets.token_hex(MAX_NONCE_CHARS // 2)
