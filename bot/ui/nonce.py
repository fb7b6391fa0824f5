"""What makes posting safe to repeat: Discord takes two messages with the same nonce, within minutes, for one."""

from __future__ import annotations

import secrets

MAX_NONCE_CHARS = 25


def fresh_nonce() -> str:
    """For a message that is posted by one call: hikari repeats a request whose answer was lost."""
    return secrets.token_hex(MAX_NONCE_CHARS // 2)
