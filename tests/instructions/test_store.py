"""What guilds have written and picked, in the database."""

from __future__ import annotations

import asyncio

import hikari
import pytest

from bot.instructions.limits import MAX_VERSIONS
from bot.instructions.service import Instructions, NoSuchInstructionError
from bot.instructions.store import InstructionStore
from bot.preferences.preferences import Preferences
from bot.sandbox.model.seed import BOT_TOKEN
from bot.storage.database import Database

GUILD, OTHER_GUILD, ADA = 1_300_000_000_000_000_000, 4, 5
CHANNELS = range(1_400_000_000_000_000_000, 1_400_000_000_000_000_010)


def instructions_in(database: Database) -> Instructions:
    bot = hikari.GatewayBot(BOT_TOKEN, banner=None, logs=None, suppress_optimization_warning=True)
    return Instructions(bot, InstructionStore(database), Preferences(database), "")


async def test_a_guild_that_was_left_leaves_nothing(database: Database) -> None:
    instructions, preferences = instructions_in(database), Preferences(database)
    for guild in (GUILD, OTHER_GUILD):
        await instructions.write(guild, "default", "Отвечай кратко. 🪶", ADA)
        await instructions.pick(guild, "default")
        await instructions.pick(guild, "default", channel_id=guild + 1)
    await InstructionStore(database).forget_guild(GUILD)
    await preferences.forget_guild(GUILD)
    assert await instructions.names(GUILD) == []
    assert (await instructions.of(OTHER_GUILD, OTHER_GUILD + 1)).scope == "channel"
    await instructions.write(GUILD, "default", "Back again.", ADA)
    assert (await instructions_in(database).of(GUILD, GUILD + 1)).scope == "host"


async def test_channels_that_are_given_theirs_at_once_all_have_them(database: Database) -> None:
    instructions = instructions_in(database)
    await instructions.write(GUILD, "short", "Be brief.", ADA)
    await asyncio.gather(*(instructions.pick(GUILD, "short", channel_id=channel) for channel in CHANNELS))
    assert [(await instructions.of(GUILD, channel)).text for channel in CHANNELS] == ["Be brief."] * len(CHANNELS)


async def test_the_latest_versions_are_kept_and_of_another_guild_none_is_restored(database: Database) -> None:
    instructions = instructions_in(database)
    for number in range(MAX_VERSIONS + 3):
        await instructions.write(GUILD, "default", f"Number {number}.", ADA)
    earlier = await instructions.earlier(GUILD)
    last = MAX_VERSIONS + 2
    assert [one.text for one in earlier] == [f"Number {last - n}." for n in range(1, MAX_VERSIONS)]
    with pytest.raises(NoSuchInstructionError):
        await instructions.restore(OTHER_GUILD, earlier[0].id, ADA)
    restored = await instructions.restore(GUILD, earlier[0].id, ADA)
    assert (await instructions.get(GUILD, "default")) == restored
    assert restored.text == earlier[0].text
