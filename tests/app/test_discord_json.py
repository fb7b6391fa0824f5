"""Whatever a model writes, Discord is sent valid text."""

from __future__ import annotations

import json

from bot.app.discord_json import discord_json


def test_half_of_a_sign_is_sent_as_a_sign_that_stands_for_it_and_two_halves_as_one() -> None:
    sent = discord_json({"content": "A bird \ud83d and a whole one \ud83d\udc26: скворец 🐦"})
    assert json.loads(sent) == {"content": "A bird � and a whole one 🐦: скворец 🐦"}
