"""Trouble on demand, and how hikari gets through it."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import hikari
import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.faults import FaultError
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.seed import APPLICATION_ID, BOT_TOKEN, GENERAL_ID, GUILD_ID
from tests.sandbox.example_bot import build, running

MESSAGES = "/channels/*/messages"


def _sent(sandbox: Sandbox) -> list[int]:
    return [r.status for r in sandbox.requests.all() if r.method == "POST" and r.path.endswith("/messages")]


@pytest.mark.parametrize("scope", ["user", "shared"])
async def test_a_rate_limit_is_waited_for(sandbox: Sandbox, bot: hikari.GatewayBot, scope: str) -> None:
    sandbox.fault("rate_limit", method="POST", path=MESSAGES, retry_after_s=0.2, scope=scope)
    began_s = time.monotonic()
    assert (await bot.rest.create_message(GENERAL_ID, "in the end")).content == "in the end"
    assert time.monotonic() - began_s >= 0.2
    assert _sent(sandbox) == [429, 200]


async def test_a_server_error_is_tried_again(sandbox: Sandbox, bot: hikari.GatewayBot) -> None:
    sandbox.fault("error", method="POST", path=MESSAGES, status=502)
    await bot.rest.create_message(GENERAL_ID, "in the end")
    assert _sent(sandbox) == [502, 200]


async def test_an_answer_that_is_lost_does_not_send_twice(
    sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser
) -> None:
    sandbox.fault("error", method="POST", path=MESSAGES, after=True)
    await bot.rest.create_message(GENERAL_ID, "once", nonce="job-1")
    assert _sent(sandbox) == [500, 200]
    assert len(await ada.messages()) == 1


async def test_a_slow_answer_comes(sandbox: Sandbox, bot: hikari.GatewayBot) -> None:
    sandbox.fault("slow", path="^/users/", delay_s=0.2)
    began_s = time.monotonic()
    await bot.rest.fetch_user(APPLICATION_ID)
    assert time.monotonic() - began_s >= 0.2


async def test_a_dropped_connection_is_an_error(sandbox: Sandbox, ada: DiscordUser) -> None:
    # Twice, since aiohttp itself retries on a reused connection.
    sandbox.fault("drop", method="GET", path="/users/@me", times=2)
    with pytest.raises(aiohttp.ClientError):
        await ada.request("GET", "/users/@me")
    assert (await ada.request("GET", "/users/@me"))["username"] == "ada"


async def test_a_download_finds_its_link_expired_once(sandbox: Sandbox, ada: DiscordUser) -> None:
    sent = await ada.send(files=[("note.txt", b"words", "text/plain")])
    sandbox.fault("expire_links", times=1)
    with pytest.raises(DiscordError, match="404"):
        await ada.download(sent["attachments"][0])
    fresh = await ada.fetch(sent)
    assert await ada.download(fresh["attachments"][0]) == b"words"


async def test_a_download_may_fail_or_be_slow_too(sandbox: Sandbox, ada: DiscordUser) -> None:
    sent = await ada.send(files=[("note.txt", b"words", "text/plain")])
    sandbox.fault("error", path="/attachments/*", status=503)
    with pytest.raises(DiscordError, match="503"):
        await ada.download(sent["attachments"][0])
    assert await ada.download(sent["attachments"][0]) == b"words"


async def test_buckets_run_empty_and_fill_again() -> None:
    options = Options(requests_per_bucket=2, bucket_window_s=0.2)
    async with Sandbox(options=options) as sandbox, running(build(sandbox)) as bot:
        began_s = time.monotonic()
        await asyncio.gather(*(bot.rest.create_message(GENERAL_ID, str(i)) for i in range(5)))
        assert time.monotonic() - began_s >= 0.4
        assert _sent(sandbox).count(200) == 5
        assert not sandbox.failures


async def test_everything_together_has_a_limit() -> None:
    options = Options(global_requests_per_s=3)
    async with Sandbox(options=options) as sandbox, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bot {BOT_TOKEN}"}
        statuses = []
        for _ in range(4):
            async with http.get(f"{sandbox.rest_url}/users/@me", headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [200, 200, 200, 429]
        assert response.headers["X-RateLimit-Global"] == "true"


async def test_trouble_is_ordered_over_http(sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    async with aiohttp.ClientSession() as http:

        async def order(**fault: object) -> int:
            async with http.post(f"{sandbox.url}/sandbox/faults", json=fault) as response:
                return response.status

        assert await order(kind="error", method="GET", path="/users/@me", times=2, status=503) == 204
        for _ in range(2):
            with pytest.raises(DiscordError, match="503"):
                await ada.request("GET", "/users/@me")
        await ada.request("GET", "/users/@me")
        assert await order(kind="error", times=100) == 204
        async with http.get(f"{sandbox.url}/sandbox/faults") as response:
            assert [fault["times"] for fault in await response.json()] == [100]
        await http.delete(f"{sandbox.url}/sandbox/faults")
        await ada.request("GET", "/users/@me")
        assert await order(kind="lie_about_size", size_bytes=1) == 204
        assert await order(kind="expire_links") == 204
        assert await order(kind="nonsense") == 400
        assert await order(kind="error", status="many words") == 400
        assert await order(kind="error", colour="red") == 400
        resumed = asyncio.create_task(bot.wait_for(hikari.ShardResumedEvent, 10))
        await asyncio.sleep(0)
        assert await order(kind="close", code=4000) == 204
        await resumed
    with pytest.raises(FaultError, match="nonsense"):
        sandbox.fault("nonsense")


async def test_what_happened_can_be_asked(sandbox: Sandbox, bot: hikari.GatewayBot) -> None:
    await bot.rest.create_message(GENERAL_ID, "hello", attachment=hikari.Bytes(b"12345", "five.bin"))
    async with aiohttp.ClientSession() as http:

        async def ask(path: str) -> object:
            async with http.get(f"{sandbox.url}/sandbox{path}") as response:
                return await response.json()

        requests = await ask("/requests?path=/messages&limit=1")
        assert isinstance(requests, list)
        assert (requests[0]["method"], requests[0]["status"], requests[0]["files"]) == ("POST", 200, {"five.bin": 5})
        assert requests[0]["body"]["content"] == "hello"
        sessions = await ask("/sessions")
        assert isinstance(sessions, list)
        assert [(s["bot"], s["connected"]) for s in sessions] == [(True, True)]
        assert await ask("/failures") == []
        async with http.post(f"{sandbox.url}/sandbox/heartbeat_interval", json={"interval_s": 0.5}) as response:
            assert response.status == 204
        assert sandbox.options.heartbeat_interval_s == 0.5
        async with http.post(f"{sandbox.url}/sandbox/intents", json={"message_content": False}) as response:
            assert response.status == 204
        assert not sandbox.options.message_content


async def test_everyone_is_introduced(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.url}/sandbox") as response:
        told = await response.json()
    assert told["api"] == sandbox.rest_url
    assert told["bot_token"] == BOT_TOKEN
    assert told["guild_id"] == str(GUILD_ID)
    assert {user["name"]: user["locale"] for user in told["users"]} == {"ada": "en-US", "boris": "ru", "chloe": "en-GB"}
    assert {"general", "voice-notes", "moderators", "no-bots"} <= {channel["name"] for channel in told["channels"]}
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.url}/") as response:
        assert response.status == 200
        assert "<!doctype html>" in (await response.text()).lower()


async def test_a_defect_of_the_sandbox_is_a_500_that_is_remembered(
    sandbox: Sandbox, ada: DiscordUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sandbox.services.messages, "send", defect)
    with pytest.raises(DiscordError, match="500 0"):
        await ada.send(text="hello")
    assert [type(failure.error) for failure in sandbox.failures] == [ZeroDivisionError]
    sandbox.failures.clear()
