"""Checking the shape of the bot's token before Discord is asked."""

from __future__ import annotations

import base64
import re

from bot.errors import StarlingError
from bot.errors import translatable as _


class MisshapenTokenError(StarlingError):
    """Raised when DISCORD_TOKEN holds something other than a bot's token."""

    sentence = _(
        "DISCORD_TOKEN does not have the shape of a token (three parts with dots between them). Copy it again from "
        "your application's page, Bot, Reset Token, into .env. It is not the client secret or the public key."
    )


class NoTokenError(StarlingError):
    """Raised when there is no token, and no sandbox is to be started instead."""

    sentence = _(
        "DISCORD_TOKEN is not set. Set it to your bot's token, such as DISCORD_TOKEN=MTAx.Gx2y.abc; the README says "
        "where to get it. SANDBOX_AUTOSTART=true starts a sandbox instead, open to whoever reaches its port."
    )


def has_token_shape(token: str) -> bool:
    """Whether ``token`` looks like a bot's: its first part is a number in base64 (the bot's id)."""
    match = re.fullmatch(r"([\w-]{10,40})\.[\w-]{4,10}\.[\w-]{6,60}", token)
    if match is None:
        return False
    try:
        return base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).isdigit()
    except ValueError:
        return False
