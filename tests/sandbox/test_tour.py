"""A bot goes everywhere once, so that everything that it can ask for is seen and held against Discord's description."""

from __future__ import annotations

import hikari
import pytest

from bot.sandbox import Person, Sandbox
from bot.sandbox.seed import APPLICATION_ID, GENERAL_ID, GUILD_ID, MEMBER_ID, READ_ONLY_ID
from tests.conformance.witness import Witness
from tests.sandbox.example_bot import VOICE, WAVEFORM


async def _do_everything(bot: hikari.GatewayBot, ada: Person, boris: Person) -> None:
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


async def test_a_tour_of_discord_is_as_described(
    sandbox: Sandbox,
    bot: hikari.GatewayBot,
    ada: Person,
    boris: Person,
    witness: Witness,
    request: pytest.FixtureRequest,
) -> None:
    await _do_everything(bot, ada, boris)
    assert not (found := witness.violations(request.node.name)), "\n".join(map(str, found))
    assert len(witness.seen) > 50
