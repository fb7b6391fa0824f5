"""A bot uses every feature once, so that everything it can request and receive is checked against Discord's
descriptions.

``tests.conformance`` does the checks, even on data that no test here looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hikari
import pytest

from bot.sandbox import DiscordUser, Sandbox
from bot.sandbox.model.seed import (
    ADMIN_ID,
    APPLICATION_ID,
    BOT_ROLE_ID,
    GENERAL_ID,
    GUILD_ID,
    MEMBER_ID,
    MODERATOR_ROLE_ID,
    READ_ONLY_ID,
)
from tests.conformance.recorder import Recorder
from tests.sandbox.bare_bot import BareBot
from tests.sandbox.example_bot import VOICE, WAVEFORM, build, running
from tests.sandbox.waiting import until

GUILD = f"/guilds/{GUILD_ID}"
GENERAL = f"/channels/{GENERAL_ID}"
THUMB = "%F0%9F%91%8D"
ADMINISTRATOR = "8"


@pytest.fixture(autouse=True)
def as_described(recorder: Recorder, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test itself on a deviation, and not only the run at its end."""
    yield
    assert not (found := recorder.violations(request.node.nodeid)), "\n".join(map(str, found))


@pytest.fixture
async def trusted(ada: DiscordUser) -> None:
    """Gives the bot all permissions."""
    await ada.request("PATCH", f"{GUILD}/roles/{BOT_ROLE_ID}", {"permissions": ADMINISTRATOR})


async def test_a_bot_talks_and_listens(bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser) -> None:
    rest = bot.rest
    for name in ("think", "secret", "speak"):
        await (await ada.slash(name)).response()
    await (await ada.slash("measure", {"file": ("x.ogg", b"OggS", "audio/ogg")})).response()
    await ada.autocomplete("eat", {"fruit": "a"}, "fruit")
    panel = await (await ada.slash("panel")).response()
    for button in ("reply", "defer", "update"):
        await ada.click(panel, button)
    await (await ada.submit(await ada.slash("form"), {})).response()
    question = await ada.send(text="hello", files=[("x.png", b"png", "image/png")])
    await (await boris.message_command("Quote this", question)).response()
    await (await boris.user_command("Greet", ada.user["id"])).response()
    answer = await rest.create_message(
        GENERAL_ID,
        "answer",
        reply=int(question["id"]),
        embed=hikari.Embed(title="t", description="d").add_field("n", "v").set_footer("f"),
        attachment=hikari.Bytes(b"x", "x.txt"),
        nonce="job-1",
    )
    await rest.edit_message(GENERAL_ID, answer, "edited", attachments=[answer.attachments[0]])
    await rest.create_voice_message(GENERAL_ID, VOICE, WAVEFORM, 1.5)
    box = hikari.impl.ContainerComponentBuilder()
    box.add_text_display("text")
    box.add_file(hikari.Bytes(b"x", "x.ogg", mimetype="audio/ogg"))
    box.add_separator()
    await rest.create_message(GENERAL_ID, component=box)
    await rest.add_reaction(GENERAL_ID, answer, "👍")
    assert [user async for user in rest.fetch_reactions_for_emoji(GENERAL_ID, answer, "👍")]
    await ada.request("PUT", f"/channels/{GENERAL_ID}/messages/pins/{answer.id}")
    assert [pin async for pin in rest.fetch_pins(GENERAL_ID)]
    await ada.forward(question)
    thread = await rest.create_message_thread(GENERAL_ID, answer, "thread")
    await rest.create_message(thread, "within")
    await rest.fetch_channel(thread)
    await rest.fetch_message(GENERAL_ID, answer)
    assert await rest.fetch_messages(GENERAL_ID)
    for channel_id in (GENERAL_ID, (await rest.create_dm_channel(MEMBER_ID)).id):
        await rest.fetch_channel(channel_id)
        await rest.trigger_typing(channel_id)
    await rest.fetch_guild(GUILD_ID)
    await rest.fetch_guild_channels(GUILD_ID)
    await rest.fetch_roles(GUILD_ID)
    await rest.fetch_member(GUILD_ID, MEMBER_ID)
    await rest.fetch_my_user()
    await rest.fetch_user(MEMBER_ID)
    await rest.fetch_active_threads(GUILD_ID)
    await rest.fetch_gateway_bot_info()
    await rest.fetch_application_commands(APPLICATION_ID)
    await rest.edit_my_member(GUILD_ID, nickname="Starling")
    await rest.delete_message(GENERAL_ID, answer)
    for refused in (
        rest.create_message(READ_ONLY_ID, "x"),
        rest.create_message(GENERAL_ID, "x" * 2001),
        rest.fetch_channel(1),
    ):
        with pytest.raises(hikari.ClientHTTPResponseError):
            await refused


async def _done(discord: BareBot, method: str, path: str, body: object = None) -> Any:
    status, answer = await discord(method, path, body)
    assert 200 <= status < 300, answer
    return answer


@pytest.mark.usefixtures("bot", "trusted")
async def test_a_bot_runs_a_guild(sandbox: Sandbox, discord: BareBot) -> None:
    await _done(discord, "PATCH", GUILD, {"name": "Home", "preferred_locale": "ru"})
    sandbox.options.guild_members = True
    for path in ("members?limit=10", "preview", "emojis", "stickers", "members/search?query=a&limit=5"):
        await _done(discord, "GET", f"{GUILD}/{path}")
    await _done(discord, "GET", f"{GUILD}?with_counts=true")
    role = await _done(discord, "POST", f"{GUILD}/roles", {"name": "Readers", "color": 0xFF0000, "permissions": "0"})
    one = f"{GUILD}/roles/{role['id']}"
    await _done(discord, "PATCH", one, {"mentionable": True, "hoist": True})
    for method in ("PUT", "DELETE", "PUT"):
        await _done(discord, method, f"{GUILD}/members/{MEMBER_ID}/roles/{role['id']}")
    await _done(discord, "PATCH", f"{GUILD}/members/{MEMBER_ID}", {"nick": "Reader", "roles": [role["id"]]})
    await _done(discord, "PATCH", f"{GUILD}/members/@me", {"nick": "Librarian"})
    await _done(discord, "DELETE", one)


@pytest.mark.usefixtures("bot", "trusted")
async def test_a_bot_keeps_channels(discord: BareBot) -> None:
    topic = {"name": "library", "topic": "Books", "type": 0}
    channel = await _done(discord, "POST", f"{GUILD}/channels", topic)
    one = f"/channels/{channel['id']}"
    await _done(discord, "PATCH", one, {"name": "reading-room", "rate_limit_per_user": 5, "nsfw": False})
    overwrite = {"type": 0, "allow": "0", "deny": "2048"}
    await _done(discord, "PUT", f"{one}/permissions/{MODERATOR_ROLE_ID}", overwrite)
    await _done(discord, "DELETE", f"{one}/permissions/{MODERATOR_ROLE_ID}")
    await _done(discord, "DELETE", one)
    direct = await _done(discord, "POST", "/users/@me/channels", {"recipient_id": str(MEMBER_ID)})
    await _done(discord, "DELETE", f"/channels/{direct['id']}")


@pytest.mark.usefixtures("bot", "trusted")
async def test_a_bot_keeps_threads(discord: BareBot) -> None:
    thread = await _done(discord, "POST", f"{GENERAL}/threads", {"name": "whispers", "type": 12, "invitable": False})
    await _done(discord, "POST", f"{GENERAL}/threads", {"name": "talk", "type": 11, "auto_archive_duration": 60})
    one = f"/channels/{thread['id']}"
    members = f"{one}/thread-members"
    await _done(discord, "PUT", f"{members}/{MEMBER_ID}")
    await _done(discord, "GET", members)
    await _done(discord, "GET", f"{members}/{MEMBER_ID}?with_member=true")
    await _done(discord, "DELETE", f"{members}/{MEMBER_ID}")
    await _done(discord, "DELETE", f"{members}/@me")
    await _done(discord, "PUT", f"{members}/@me")
    await _done(discord, "PATCH", one, {"archived": True, "locked": True})
    for kind in ("public", "private"):
        await _done(discord, "GET", f"{GENERAL}/threads/archived/{kind}?limit=10")
    await _done(discord, "GET", f"{GUILD}/threads/active")
    await _done(discord, "DELETE", one)


@pytest.mark.usefixtures("trusted")
async def test_a_bot_that_comes_back_is_told_of_its_threads(sandbox: Sandbox, discord: BareBot) -> None:
    thread = await _done(discord, "POST", f"{GENERAL}/threads", {"name": "talk", "type": 11})
    async with running(build(sandbox)) as bot:
        await until(lambda: bot.cache.get_thread(hikari.Snowflake(thread["id"])))
        known = bot.cache.get_thread(hikari.Snowflake(thread["id"]))
        assert known is not None
        assert known.member is not None
        assert (known.member.thread_id, known.member.user_id) == (known.id, APPLICATION_ID)


@pytest.mark.usefixtures("bot", "trusted")
async def test_a_bot_tidies_up(discord: BareBot, ada: DiscordUser) -> None:
    messages = [await _done(discord, "POST", f"{GENERAL}/messages", {"content": str(n)}) for n in range(4)]
    one = f"{GENERAL}/messages/{messages[0]['id']}"
    for _ in range(2):
        await _done(discord, "PUT", f"{one}/reactions/{THUMB}/@me")
        await ada.react({"channel_id": str(GENERAL_ID), "id": messages[0]["id"]}, "👍")
        await _done(discord, "GET", f"{one}/reactions/{THUMB}?limit=5")
        await _done(discord, "DELETE", f"{one}/reactions/{THUMB}/@me")
        await _done(discord, "DELETE", f"{one}/reactions/{THUMB}/{ADMIN_ID}")
        await _done(discord, "PUT", f"{one}/reactions/{THUMB}/@me")
        await _done(discord, "DELETE", f"{one}/reactions/{THUMB}")
        await _done(discord, "PUT", f"{one}/reactions/{THUMB}/@me")
        await _done(discord, "DELETE", f"{one}/reactions")
    for pins in (f"{GENERAL}/messages/pins", f"{GENERAL}/pins"):
        await _done(discord, "PUT", f"{pins}/{messages[0]['id']}")
        await _done(discord, "GET", pins)
        await _done(discord, "DELETE", f"{pins}/{messages[0]['id']}")
    await _done(discord, "DELETE", one)
    ids = [message["id"] for message in messages[1:]]
    await _done(discord, "POST", f"{GENERAL}/messages/bulk-delete", {"messages": ids})


@pytest.mark.usefixtures("bot", "trusted")
async def test_a_bot_holds_a_poll(discord: BareBot, ada: DiscordUser) -> None:
    answers = [{"poll_media": {"text": text, "emoji": {"name": "👍"}}} for text in ("yes", "no")]
    poll = {"question": {"text": "Shall we?"}, "answers": answers, "duration": 1, "allow_multiselect": False}
    message = await _done(discord, "POST", f"{GENERAL}/messages", {"poll": poll})
    one = f"{GENERAL}/polls/{message['id']}"
    for chosen in ([1], [2], []):
        await ada.request("PUT", f"{one}/answers/@me", {"answer_ids": chosen})
        await _done(discord, "GET", f"{one}/answers/1?limit=5")
    await _done(discord, "POST", f"{one}/expire")
    await _done(discord, "GET", f"{GENERAL}/messages/{message['id']}")


@pytest.mark.usefixtures("bot")
async def test_a_bot_answers_and_takes_it_back(discord: BareBot, sandbox: Sandbox, ada: DiscordUser) -> None:
    await (await ada.slash("secret")).response()
    callback = next(r for r in sandbox.requests.all() if r.path.endswith("/callback"))
    token = callback.path.split("/")[3]
    webhook = f"/webhooks/{APPLICATION_ID}/{token}"
    more = await _done(discord, "POST", f"{webhook}?wait=true", {"content": "and more"})
    for which in (more["id"], "@original"):
        await _done(discord, "GET", f"{webhook}/messages/{which}")
        await _done(discord, "DELETE", f"{webhook}/messages/{which}")


async def test_a_bot_looks_after_its_commands(discord: BareBot) -> None:
    base = f"/applications/{APPLICATION_ID}"
    command = {"name": "read", "description": "Read aloud", "name_localizations": {"ru": "прочти"}, "nsfw": False}
    for commands in (f"{base}/commands", f"{base}/guilds/{GUILD_ID}/commands"):
        await _done(discord, "PUT", commands, [command])
        made = await _done(discord, "POST", commands, command | {"name": "write"})
        await _done(discord, "GET", f"{commands}?with_localizations=true")
        await _done(discord, "GET", f"{commands}/{made['id']}")
        await _done(discord, "PATCH", f"{commands}/{made['id']}", {"description": "Write down"})
        await _done(discord, "DELETE", f"{commands}/{made['id']}")
    await _done(discord, "GET", f"{base}/guilds/{GUILD_ID}/commands/permissions")


@pytest.mark.usefixtures("bot")
async def test_a_bot_looks_in_the_mirror(discord: BareBot) -> None:
    for path in ("/gateway", "/gateway/bot", "/applications/@me", "/users/@me/guilds", "/users/@me"):
        await _done(discord, "GET", path)
    await _done(discord, "PATCH", "/applications/@me", {"tags": ["voice"]})
    await _done(discord, "PATCH", "/users/@me", {"username": "reader"})
