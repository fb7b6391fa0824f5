"""Commands, buttons, lists and forms, from a person's click to the bot's last edit."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import hikari
import pytest

from bot.sandbox import DiscordUser, Sandbox
from bot.sandbox.client.discord_user import UnknownCommandError
from bot.sandbox.client.user_client import NothingCameError
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.seed import APPLICATION_ID

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_command_is_answered(ada: DiscordUser) -> None:
    outcome = await ada.slash("echo", {"text": "hello", "times": 2})
    answer = await outcome.response()
    assert outcome.succeeded
    assert answer["content"] == "hello hello"
    assert answer["interaction"]["name"] == "echo"
    assert answer["author"]["id"] == answer["webhook_id"] == str(APPLICATION_ID)


async def test_the_first_follow_up_after_a_deferral_fills_the_loading_message(ada: DiscordUser) -> None:
    outcome = await ada.slash("think")
    second = await ada.wait_for_message(lambda m: m["content"] == "second, edited")
    first = await outcome.response()
    assert first["content"] == "first"
    assert first["type"] == 20
    assert second["message_reference"]["message_id"] == first["id"]
    created = [e.data for e in ada.events if e.name == "MESSAGE_CREATE" and e.data["id"] == first["id"]]
    assert created[0]["flags"] == 128


async def test_an_ephemeral_answer_is_for_one_pair_of_eyes(ada: DiscordUser, boris: DiscordUser) -> None:
    answer = await (await boris.slash("secret")).response()
    assert answer["content"] == "between us, in ru"
    assert answer["flags"] & 64
    await ada.send(text="a mark in time")
    await boris.wait_for_message(lambda m: m["content"] == "a mark in time", from_bot=False)
    assert answer["id"] not in ada.known_messages
    assert answer["id"] not in {m["id"] for m in await boris.messages()}
    with pytest.raises(DiscordError, match="10008"):
        await ada.fetch(answer)


async def test_a_chosen_language_reaches_the_bot(ada: DiscordUser) -> None:
    await ada.set_locale("ja")
    assert (await (await ada.slash("secret")).response())["content"] == "between us, in ja"


async def test_silence_fails_after_three_seconds(sandbox: Sandbox, ada: DiscordUser) -> None:
    sandbox.options.ack_timeout_s = 0.3
    outcome = await ada.slash("silent")
    assert not outcome.succeeded
    assert outcome.message is None


async def test_an_answer_that_comes_too_late_is_unknown(
    sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser
) -> None:
    sandbox.options.ack_timeout_s = 0.1
    late: asyncio.Future[hikari.NotFoundError] = asyncio.get_running_loop().create_future()

    @bot.listen()
    async def answer_late(event: hikari.InteractionCreateEvent) -> None:
        await asyncio.sleep(0.2)
        assert isinstance(event.interaction, hikari.CommandInteraction)
        try:
            await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "sorry")
        except hikari.NotFoundError as error:
            late.set_result(error)

    await ada.slash("silent")
    assert (await late).code == 10062


async def test_a_second_acknowledgement_is_refused(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    refused: asyncio.Future[hikari.BadRequestError] = asyncio.get_running_loop().create_future()

    @bot.listen()
    async def answer_twice(event: hikari.InteractionCreateEvent) -> None:
        assert isinstance(event.interaction, hikari.CommandInteraction)
        await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "once")
        try:
            await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "twice")
        except hikari.BadRequestError as error:
            refused.set_result(error)

    await ada.slash("silent")
    assert (await refused).code == 40060


async def test_a_token_is_good_for_fifteen_minutes(sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    interactions: list[hikari.CommandInteraction] = []

    @bot.listen()
    async def keep(event: hikari.InteractionCreateEvent) -> None:
        assert isinstance(event.interaction, hikari.CommandInteraction)
        interactions.append(event.interaction)

    await (await ada.slash("echo", {"text": "now"})).response()
    await interactions[0].edit_initial_response("still good")
    sandbox.options.token_lifetime_s = 0.0
    with pytest.raises(hikari.UnauthorizedError) as refused:
        await interactions[0].edit_initial_response("too old")
    assert refused.value.code == 50027


async def test_a_token_is_unknown_until_it_is_acknowledged(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    refused: asyncio.Future[hikari.NotFoundError] = asyncio.get_running_loop().create_future()

    @bot.listen()
    async def follow_up_first(event: hikari.InteractionCreateEvent) -> None:
        assert isinstance(event.interaction, hikari.CommandInteraction)
        try:
            await event.interaction.execute("too early")
        except hikari.NotFoundError as error:
            refused.set_result(error)
        await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "in order")

    await ada.slash("silent")
    assert (await refused).code == 10015


async def test_options_are_completed_while_they_are_typed(ada: DiscordUser) -> None:
    choices = await ada.autocomplete("eat", {"fruit": "ap"}, "fruit")
    assert [choice["value"] for choice in choices] == ["apple", "apricot"]


async def test_options_are_checked_before_the_bot_sees_them(ada: DiscordUser) -> None:
    for wrong in ({}, {"text": "x" * 21}, {"text": "x", "times": 4}, {"text": "x", "times": "many"}):
        with pytest.raises(DiscordError) as refused:
            await ada.slash("echo", wrong)
        assert refused.value.code == 50035


async def test_a_file_is_handed_over_as_an_option(ada: DiscordUser) -> None:
    outcome = await ada.slash("measure", {"file": ("note.ogg", b"OggS" * 100, "audio/ogg")})
    assert (await outcome.response())["content"] == "note.ogg audio/ogg 400"


async def test_an_answer_can_be_a_voice_message(ada: DiscordUser) -> None:
    answer = await (await ada.slash("speak")).response()
    assert answer["flags"] & 8192
    [attachment] = answer["attachments"]
    assert attachment["duration_secs"] == 1.5
    assert len(await ada.download(attachment)) == 1004


async def test_a_message_command_sees_its_target(ada: DiscordUser, boris: DiscordUser) -> None:
    target = await ada.send(text="something wise")
    answer = await (await boris.message_command("Quote this", target)).response()
    assert answer["content"] == "> something wise"
    assert answer["type"] == 23
    assert answer["message_reference"]["message_id"] == target["id"]


async def test_a_user_command_sees_its_target(ada: DiscordUser, boris: DiscordUser) -> None:
    answer = await (await ada.user_command("Greet", boris.user["id"])).response()
    assert answer["content"] == "hello, boris"


async def test_a_form_is_opened_filled_in_and_sent(ada: DiscordUser) -> None:
    outcome = await ada.slash("form")
    assert outcome.modal is not None
    assert outcome.modal["title"] == "Change it"
    kept = await (await ada.submit(outcome, {})).response()
    assert kept["content"] == "changed to 'as it was'"
    opened = await ada.slash("form")
    changed = await (await ada.submit(opened, {"Prompt": "be brief"})).response()
    assert changed["content"] == "changed to 'be brief'"
    assert changed["interaction_metadata"]["triggering_interaction_metadata"]["id"] == opened.id


async def test_a_form_checks_what_is_filled_in(ada: DiscordUser) -> None:
    with pytest.raises(DiscordError, match="50035"):
        await ada.submit(await ada.slash("form"), {"prompt": "x" * 31})
    with pytest.raises(DiscordError, match="50035"):
        await ada.submit(await ada.slash("form"), {"prompt": ""})


async def test_a_form_may_have_files_and_choices(sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    options = [{"label": "Wrong words", "value": "words"}, {"label": "Wrong tone", "value": "tone"}]
    fields: list[dict[str, Any]] = [
        {"label": "Better", "component": {"type": 4, "custom_id": "better", "style": 2, "value": "the reply"}},
        {"label": "Spoken", "component": {"type": 19, "custom_id": "spoken", "required": False}},
        {"label": "Why", "component": {"type": 21, "custom_id": "why", "options": options}},
        {"label": "Also", "component": {"type": 22, "custom_id": "also", "options": options, "min_values": 1}},
        {"label": "Keep", "component": {"type": 23, "custom_id": "keep"}},
    ]
    modal = {"custom_id": "correct", "title": "Correct", "components": [{"type": 18} | field for field in fields]}
    submitted: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    # hikari 2.6 knows these only in the raw payload.
    @bot.listen()
    async def on_payload(event: hikari.ShardPayloadEvent) -> None:
        if event.name != "INTERACTION_CREATE":
            return
        payload = dict(event.payload)
        answer = {"type": 9, "data": modal} if payload["type"] == 2 else {"type": 4, "data": {"content": "thanks"}}
        if payload["type"] == 5:
            submitted.set_result(payload["data"])
        url = f"{sandbox.rest_url}/interactions/{payload['id']}/{payload['token']}/callback"
        async with aiohttp.ClientSession() as http, http.post(url, json=answer) as response:
            assert response.status == 204, await response.text()

    opened = await ada.slash("silent")
    for wrong in ({"Why": "words"}, {"Also": ["tone"]}, {"Why": "neither", "Also": ["tone"]}):
        with pytest.raises(DiscordError, match="50035"):
            await ada.submit(opened, wrong)
    values = {"spoken": ("s.ogg", b"OggS", "audio/ogg"), "Why": "tone", "Also": ["words", "tone"], "Keep": True}
    outcome = await ada.submit(opened, values)
    assert (await outcome.response())["content"] == "thanks"
    data = await submitted
    answers = [component["component"] for component in data["components"]]
    assert answers[0]["value"] == "the reply"
    [file_id] = answers[1]["values"]
    assert data["resolved"]["attachments"][file_id]["filename"] == "s.ogg"
    assert answers[2]["value"] == "tone"
    assert answers[3]["values"] == ["words", "tone"]
    assert answers[4]["value"] is True


async def test_buttons_update_reply_defer_and_open_forms(ada: DiscordUser, boris: DiscordUser) -> None:
    panel = await (await ada.slash("panel")).response()
    replied = await (await boris.click(panel, "Reply")).response()
    assert (replied["content"], replied["flags"] & 64) == ("replied", 64)
    assert replied["message_reference"]["message_id"] == panel["id"]
    assert (await ada.click(panel, "defer")).succeeded
    deferred = await ada.wait_for_edit(panel, lambda m: m["content"] == "deferred, then edited")
    changed = await (await ada.submit(await ada.click(deferred, "form"), {"prompt": "x"})).response()
    assert changed["content"] == "changed to 'x'"
    assert (await ada.click(panel, "update")).succeeded
    updated = await ada.wait_for_edit(deferred, lambda m: m["content"] == "updated")
    assert updated["components"] == []
    with pytest.raises(DiscordError, match="50035"):
        await ada.click(panel, "update")


async def test_a_list_takes_only_what_it_offers(ada: DiscordUser) -> None:
    panel = await (await ada.slash("panel")).response()
    assert (await (await ada.click(panel, "colour", ["g"])).response())["content"] == "chose g"
    for wrong in (["purple"], [], ["r", "g"]):
        with pytest.raises(DiscordError, match="50035"):
            await ada.click(panel, "colour", wrong)


async def test_commands_are_offered_to_those_who_may_use_them(ada: DiscordUser, boris: DiscordUser) -> None:
    assert (await (await ada.slash("guarded")).response())["content"] == "done"
    assert "guarded" not in {command["name"] for command in await boris.commands()}
    with pytest.raises(UnknownCommandError, match="echo"):
        await boris.slash("guarded")


async def test_commands_work_in_direct_messages(boris: DiscordUser) -> None:
    channel = await boris.dm()
    answer = await (await boris.slash("echo", {"text": "just us"}, channel=channel)).response()
    assert answer["content"] == "just us"
    assert "guild_id" not in answer


async def test_what_does_not_come_is_told_with_what_came(ada: DiscordUser) -> None:
    await ada.send(text="hello?")
    with pytest.raises(NothingCameError, match=r"Waited 0\.2 s for a message\. The last events: .*MESSAGE_CREATE"):
        await ada.wait_for_message(timeout_s=0.2)
