"""Registering commands: what Discord accepts, keeps and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import DiscordUser
from bot.sandbox.model.seed import APPLICATION_ID, GUILD_ID
from tests.sandbox.bare_bot import BareBot

GLOBAL = f"/applications/{APPLICATION_ID}/commands"
IN_GUILD = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"


def slash(**changes: object) -> dict[str, Any]:
    return {"name": "voice", "description": "Speak", "type": 1} | changes


def option(**changes: object) -> dict[str, Any]:
    return {"type": 3, "name": "text", "description": "What to say"} | changes


async def test_creating_twice_overwrites(discord: BareBot) -> None:
    status, first = await discord("POST", GLOBAL, slash())
    assert (status, first["contexts"], first["integration_types"]) == (201, None, [0, 1])
    status, same = await discord("POST", GLOBAL, slash())
    assert (status, same["id"], same["version"]) == (200, first["id"], first["version"])
    status, changed = await discord("POST", GLOBAL, slash(description="Say aloud"))
    assert (status, changed["id"]) == (200, first["id"])
    assert changed["version"] != first["version"]


async def test_replacing_all_keeps_ids_and_drops_the_rest(discord: BareBot) -> None:
    _, before = await discord("PUT", GLOBAL, [slash(), slash(name="text"), {"name": "Read Aloud", "type": 3}])
    _, after = await discord("PUT", GLOBAL, [slash(description="Other"), {"name": "Read Aloud", "type": 3}])
    assert [c["id"] for c in after] == [before[0]["id"], before[2]["id"]]
    assert (await discord("GET", f"{GLOBAL}/{before[1]['id']}"))[1]["code"] == 10063
    status, _ = await discord("DELETE", f"{GLOBAL}/{before[0]['id']}")
    assert status == 204
    assert [c["name"] for c in (await discord("GET", GLOBAL))[1]] == ["Read Aloud"]


async def test_a_guild_has_commands_of_its_own(discord: BareBot, ada: DiscordUser) -> None:
    await discord("POST", IN_GUILD, slash(name="local"))
    await discord("POST", GLOBAL, slash(name="everywhere"))
    assert {c["name"] for c in await ada.commands("general")} == {"local", "everywhere"}
    assert {c["name"] for c in await ada.commands("second sandbox/general")} == {"everywhere"}


async def test_contexts_and_installs_decide_where_a_command_is_offered(discord: BareBot, ada: DiscordUser) -> None:
    await discord(
        "PUT",
        GLOBAL,
        [
            slash(name="guilds-only", contexts=[0]),
            slash(name="direct-only", contexts=[1]),
            slash(name="for-administrators", default_member_permissions="0"),
        ],
    )
    assert {c["name"] for c in await ada.commands()} == {"guilds-only", "for-administrators"}
    assert {c["name"] for c in await ada.commands(await ada.dm())} == {"direct-only", "for-administrators"}


async def test_a_person_sees_names_in_their_own_language(discord: BareBot, boris: DiscordUser) -> None:
    command = slash(
        name_localizations={"ru": "голос"},
        description_localizations={"ru": "Сказать"},
        options=[option(name_localizations={"ru": "текст"})],
    )
    await discord("POST", GLOBAL, command)
    [shown] = await boris.commands()
    assert (shown["name"], shown["name_localized"], shown["description_localized"]) == ("voice", "голос", "Сказать")
    assert shown["options"][0]["name_localized"] == "текст"
    for query in ("voice", "oic", "голос"):
        assert await boris.commands(query=query) == [shown]
    assert await boris.commands(query="ice & text") == []
    _, [listed] = await discord("GET", GLOBAL)
    assert "name_localizations" not in listed
    _, [whole] = await discord("GET", f"{GLOBAL}?with_localizations=true")
    assert whole["name_localizations"] == {"ru": "голос"}


def nested(depth: int) -> dict[str, Any]:
    made = option(type=1, name="leaf")
    for i in range(depth):
        made = option(type=2, name=f"group{i}", options=[made])
    return slash(options=[made])


@pytest.mark.parametrize(
    "wrong",
    [
        slash(name="Voice"),
        slash(name="two words"),
        slash(name="x" * 33),
        slash(name="emoji😀"),
        slash(description=""),
        slash(description="x" * 101),
        {"name": "voice", "type": 1},
        slash(type=3, name="Read Aloud"),
        slash(name_localizations={"xx": "voice"}),
        slash(name_localizations={"ru": "Голос"}),
        slash(contexts=[2], integration_types=[0]),
        slash(options=[option()] * 2),
        slash(options=[option(name=f"o{i}") for i in range(26)]),
        slash(options=[option(name="a"), option(name="b", required=True)]),
        slash(options=[option(choices=[{"name": "a", "value": "a"}], autocomplete=True)]),
        slash(options=[option(choices=[{"name": "a", "value": "x" * 101}])]),
        slash(options=[option(choices=[{"name": str(i), "value": str(i)} for i in range(26)])]),
        slash(options=[option(type=5, autocomplete=True)]),
        slash(options=[option(max_length=6001)]),
        slash(options=[option(type=4, max_value=2**60)]),
        slash(options=[option(type=1), option(name="other")]),
        slash(options=[option(type=99)]),
        nested(2),
        slash(
            options=[
                option(name=f"o{i}", choices=[{"name": "n" * 99 + str(j), "value": "v" * 50} for j in range(10)])
                for i in range(6)
            ]
        ),
    ],
)
async def test_what_discord_does_not_take_is_refused(discord: BareBot, wrong: dict[str, Any]) -> None:
    status, refused = await discord("POST", GLOBAL, wrong)
    assert (status, refused["code"]) == (400, 50035)
    assert refused["errors"]
    status, refused = await discord("PUT", GLOBAL, [slash(name="fine"), wrong])
    assert (status, list(refused["errors"])) == (400, ["1"])


@pytest.mark.parametrize("name", ["voice", "голос", "声", "वाणी", "a-b_c", "l'été"])
async def test_names_may_be_in_any_script(discord: BareBot, name: str) -> None:
    assert (await discord("POST", GLOBAL, slash(name=name)))[0] == 201


async def test_a_group_holds_subcommands(discord: BareBot) -> None:
    assert (await discord("POST", GLOBAL, nested(1)))[0] == 201


async def test_there_is_room_for_so_many(discord: BareBot) -> None:
    commands = [slash(name=f"c{i}") for i in range(100)]
    assert (await discord("PUT", GLOBAL, commands))[0] == 200
    status, refused = await discord("PUT", GLOBAL, [*commands, slash(name="one-more")])
    assert (status, refused["code"]) == (400, 30032)
    menus = [{"name": f"Menu {i}", "type": 3} for i in range(16)]
    assert (await discord("PUT", GLOBAL, menus))[0] == 400


async def test_names_are_unique_within_a_type(discord: BareBot) -> None:
    status, refused = await discord("PUT", GLOBAL, [slash(), slash()])
    assert (status, refused["code"]) == (400, 50035)
    assert (await discord("PUT", GLOBAL, [slash(), {"name": "voice", "type": 3}]))[0] == 200


async def test_creations_are_counted_per_day(discord: BareBot) -> None:
    for batch in range(2):
        status, _ = await discord("PUT", GLOBAL, [slash(name=f"c{batch}-{i}") for i in range(100)])
        assert status == 200
    status, refused = await discord("POST", GLOBAL, slash(name="one-more"))
    assert (status, refused["code"]) == (400, 30032)
    await discord("PUT", GLOBAL, [])
    status, refused = await discord("POST", GLOBAL, slash(name="one-more"))
    assert (status, refused["code"]) == (400, 30034)


async def test_a_bot_cannot_decide_who_may_use_a_command(discord: BareBot) -> None:
    _, command = await discord("POST", IN_GUILD, slash())
    path = f"{IN_GUILD}/{command['id']}/permissions"
    assert (await discord("GET", path))[1]["code"] == 10066
    assert (await discord("PUT", path, {"permissions": []}))[0] == 403
    assert await discord("GET", f"{IN_GUILD}/permissions") == (200, [])
