"""Files: uploads, voice messages and the links to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aiohttp
import hikari
import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.seed import GENERAL_ID
from tests.sandbox.example_bot import VOICE, WAVEFORM

OGG = b"OggS" + bytes(996)
MESSAGES = f"/channels/{GENERAL_ID}/messages"


async def test_several_files_with_descriptions_arrive(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    files = [hikari.Bytes(b"one", "one.txt"), hikari.Bytes(b"two", "two.bin", mimetype="application/x-two")]
    sent = await bot.rest.create_message(GENERAL_ID, "two files", attachments=files)
    seen = await ada.wait_for_message(lambda m: m["id"] == str(sent.id))
    assert [await ada.download(a) for a in seen["attachments"]] == [b"one", b"two"]
    assert seen["attachments"][1]["content_type"] == "application/x-two"


async def test_an_edit_keeps_only_the_files_that_it_lists(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    files = [hikari.Bytes(b"one", "one.txt"), hikari.Bytes(b"two", "two.txt")]
    sent = await bot.rest.create_message(GENERAL_ID, "files", attachments=files)
    new = hikari.Bytes(b"three", "three.txt")
    edited = await bot.rest.edit_message(GENERAL_ID, sent, attachments=[sent.attachments[1], new])
    assert [a.filename for a in edited.attachments] == ["two.txt", "three.txt"]
    emptied = await bot.rest.edit_message(GENERAL_ID, sent, attachments=None)
    assert not emptied.attachments
    with pytest.raises(DiscordError, match="404"):
        await ada.download(sent.attachments[0].url)


async def test_too_large_a_file_is_refused() -> None:
    options = Options(file_limit_bytes=2000, person_file_limit_bytes=1000, request_limit_bytes=3000)
    async with Sandbox(options=options) as sandbox, await DiscordUser.named(sandbox.url, "ada") as ada:
        await ada.send(files=[("fits.bin", bytes(1000), "application/octet-stream")])
        with pytest.raises(DiscordError, match="413 40005"):
            await ada.send(files=[("large.bin", bytes(1001), "application/octet-stream")])
        with pytest.raises(DiscordError, match="413 40005"):
            await ada.send(files=[(f"{i}.bin", bytes(900), "application/octet-stream") for i in range(4)])


async def test_a_voice_message_carries_waveform_and_duration(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    spoken = await ada.send(voice=(OGG, 2.25, WAVEFORM))
    assert spoken["flags"] == 8192
    [attachment] = spoken["attachments"]
    assert (attachment["duration_secs"], attachment["waveform"]) == (2.25, WAVEFORM)
    answered = await bot.rest.create_voice_message(GENERAL_ID, VOICE, WAVEFORM, 1.5)
    assert answered.attachments[0].duration == 1.5
    with pytest.raises(hikari.BadRequestError) as refused:
        await bot.rest.edit_message(GENERAL_ID, answered, "words")
    assert refused.value.code == 50162


def _describe(**changes: object) -> dict[str, Any]:
    return {"id": "0", "filename": "v.ogg", "duration_secs": 1.0, "waveform": "AAAA"} | changes


@pytest.mark.parametrize(
    ("body", "files", "code"),
    [
        ({"content": "words", "attachments": [_describe()]}, [("v.ogg", OGG, "audio/ogg")], 50159),
        ({"embeds": [{"title": "x"}], "attachments": [_describe()]}, [("v.ogg", OGG, "audio/ogg")], 50159),
        ({"attachments": [_describe()]}, [("v.ogg", OGG, "text/plain")], 50160),
        ({}, [("v.ogg", OGG, "audio/ogg"), ("w.ogg", OGG, "audio/ogg")], 50160),
        ({"attachments": [_describe(waveform=None)]}, [("v.ogg", OGG, "audio/ogg")], 50161),
        ({"attachments": [_describe(duration_secs=None)]}, [("v.ogg", OGG, "audio/ogg")], 50161),
        ({"attachments": [_describe(waveform="A" * 404)]}, [("v.ogg", OGG, "audio/ogg")], 50035),
        ({"attachments": [_describe(waveform="not base64!")]}, [("v.ogg", OGG, "audio/ogg")], 50035),
    ],
)
async def test_a_voice_message_is_one_recording_and_nothing_else(
    ada: DiscordUser, body: dict[str, Any], files: list[tuple[str, bytes, str]], code: int
) -> None:
    with pytest.raises(DiscordError) as refused:
        await ada.request("POST", MESSAGES, body | {"flags": 8192}, files)
    assert refused.value.code == code


async def test_a_deferred_voice_answer_must_have_been_deferred_as_one(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    def defer(flags: int) -> Callable[[hikari.InteractionCreateEvent], Any]:
        async def answer(event: hikari.InteractionCreateEvent) -> None:
            interaction = event.interaction
            assert isinstance(interaction, hikari.CommandInteraction)
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=flags)
            await bot.rest.edit_interaction_voice_message_response(
                interaction.application_id, interaction.token, VOICE, WAVEFORM, 1.5
            )

        return answer

    for flags, shown in ((hikari.MessageFlag.IS_VOICE_MESSAGE, 8192), (hikari.MessageFlag.NONE, 0)):
        listener = defer(flags)
        bot.subscribe(hikari.InteractionCreateEvent, listener)
        answer = await (await ada.slash("silent")).response()
        bot.unsubscribe(hikari.InteractionCreateEvent, listener)
        assert answer["flags"] & 8192 == shown
        assert answer["attachments"][0]["content_type"] == "audio/ogg"


async def test_a_link_dies_and_a_fresh_one_is_given(sandbox: Sandbox, ada: DiscordUser) -> None:
    sent = await ada.send(files=[("note.txt", b"words", "text/plain")])
    [attachment] = sent["attachments"]
    assert await ada.download(attachment) == b"words"
    sandbox.expire_links()
    with pytest.raises(DiscordError, match="404"):
        await ada.download(attachment)
    assert await ada.download((await ada.fetch(sent))["attachments"][0]) == b"words"


async def test_a_link_lives_as_long_as_it_says(sandbox: Sandbox, ada: DiscordUser) -> None:
    sandbox.options.link_lifetime_s = -1.0
    sent = await ada.send(files=[("note.txt", b"words", "text/plain")])
    with pytest.raises(DiscordError, match="404"):
        await ada.download(sent["attachments"][0])


async def test_a_forged_link_opens_nothing(ada: DiscordUser) -> None:
    sent = await ada.send(files=[("note.txt", b"words", "text/plain")])
    url = sent["attachments"][0]["url"]
    for forged in (url.replace("ex=", "ex=7"), url.split("?")[0], url.replace("hm=", "hm=0")):
        with pytest.raises(DiscordError, match="403"):
            await ada.download(forged)


async def test_a_player_may_seek(sandbox: Sandbox, ada: DiscordUser) -> None:
    sent = await ada.send(files=[("note.ogg", bytes(range(100)), "audio/ogg")])
    url = sent["attachments"][0]["url"]
    async with aiohttp.ClientSession() as http:
        async with http.get(url, headers={"Range": "bytes=10-19"}) as part:
            assert part.status == 206
            assert part.headers["Content-Range"] == "bytes 10-19/100"
            assert await part.read() == bytes(range(10, 20))
        async with http.get(url, headers={"Range": "bytes=-5"}) as end:
            assert await end.read() == bytes(range(95, 100))
        async with http.get(url, headers={"Range": "bytes=100-"}) as beyond:
            assert beyond.status == 416
        async with http.head(url) as head:
            assert (head.status, head.headers["Content-Length"]) == (200, "100")
            assert head.content_type == "audio/ogg"


async def test_a_declared_size_may_be_a_lie(sandbox: Sandbox, ada: DiscordUser) -> None:
    sandbox.lie_about_size(10)
    lied = await ada.send(files=[("note.bin", bytes(1000), "application/octet-stream")])
    honest = await ada.send(files=[("note.bin", bytes(1000), "application/octet-stream")])
    assert [m["attachments"][0]["size"] for m in (lied, honest)] == [10, 1000]
    assert len(await ada.download(lied["attachments"][0])) == 1000


async def test_the_oldest_files_go_when_there_is_no_room() -> None:
    async with (
        Sandbox(options=Options(stored_limit_bytes=2500)) as sandbox,
        await DiscordUser.named(sandbox.url, "ada") as ada,
    ):
        sent = [await ada.send(files=[("f.bin", bytes(1000), "application/octet-stream")]) for _ in range(3)]
        assert len(await ada.download(sent[2]["attachments"][0])) == 1000
        with pytest.raises(DiscordError, match="404"):
            await ada.download(sent[0]["attachments"][0])


async def test_broken_requests_are_told_what_is_wrong(sandbox: Sandbox, ada: DiscordUser) -> None:
    headers = {"Authorization": f"Bot {sandbox.bot_token}"}
    async with aiohttp.ClientSession() as http:
        for data, content_type, code in (
            (b"{", "application/json", 50109),
            (b'{"content": "\\ud800"}', "application/json", 50109),
            (b'{"content": "\xed\xa0\x80"}', "application/json", 50109),
            (b'{"content": NaN}', "application/json", 50109),
            (b"[" * 100_000, "application/json", 50109),
            (b"x", "text/plain", 50035),
        ):
            more = headers | {"Content-Type": content_type}
            async with http.post(f"{sandbox.rest_url}{MESSAGES}", data=data, headers=more) as response:
                assert (response.status, (await response.json())["code"]) == (400, code)
        async with http.get(f"{sandbox.rest_url}/users/@me") as response:
            assert response.status == 401
            assert json.loads(await response.text()) == {"message": "401: Unauthorized", "code": 0}
