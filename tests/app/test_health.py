"""What the host sees of a running Starling: on the command line, through Prometheus and on Discord."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot.app import chat_watch, health
from bot.app import metrics as served
from bot.app.work_watch import WorkWatch
from bot.sandbox.server import Sandbox
from bot.work.bus.work_bus import WorkBus
from bot.work.metrics import REGISTRY
from tests.app.process import WITHOUT_MODELS, command
from tests.conftest import ROOT
from tests.databases import place_tables
from tests.harness import BotHarness, populated, running, voice
from tests.scripted_chat import ScriptedChat

MONITORING = ROOT / "docs" / "monitoring"
assert served.INFO  # importing it registers its gauges


async def told(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit status of ``starling health`` and the results of its checks by name."""
    async with command("health", "--json", *options, DATA_FOLDER=str(folder)) as process:
        out, err = await process.communicate()
    assert err == b""
    assert process.returncode is not None
    return process.returncode, {check["what"]: check for check in json.loads(out)["checks"]}


async def told_once(holds: Callable[[dict[str, Any]], bool], folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The same, once ``holds`` is true of the checks, which show the state of the last heartbeat."""
    async with asyncio.timeout(20):
        while not holds((answer := await told(folder, *options))[1]):
            await asyncio.sleep(0.1)
    return answer


async def metrics(port: int) -> dict[tuple[str, tuple[str, ...]], float]:
    """The value of every sample, by its name and the values of its labels."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as response:
        text = await response.text()
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def failed(harness: BotHarness, channel: str) -> None:
    asked = await harness.member.send(channel, "Is anybody there?")
    await harness.answer_to(asked, lambda text: "Reference:" in text)


async def test_a_host_sees_an_endpoint_die_at_night_and_come_back(
    tmp_path: Path, whisper_base: Path, piper_joe: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setattr(health, "BEAT_S", 0.1)
    monkeypatch.setattr(chat_watch, "TROUBLED_EVERY_S", 0.3)
    assert (await told(tmp_path))[0] == 1
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        host = harness.directory["users"][0]
        settings = {
            "openai_base_url": chat.base_url, "chat_model": "scripted", "metrics_port": unused_tcp_port,
            "owner_id": int(host["id"]), "owner_told_after": 2,
        }  # fmt: skip
        async with running(tmp_path, sandbox, **settings):
            before = await metrics(unused_tcp_port)
            channel = await harness.dm(harness.member)
            asked = await harness.member.send(channel, voice=voice("americans.ogg"))
            answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
            await harness.voice_reply_to(answer)
            status, checks = await told_once(
                lambda checks: checks["last answer"]["detail"].endswith("s ago"), tmp_path, "--strict"
            )
            assert (status, {check["finding"] for check in checks.values()}) == (0, {"good"}), checks

            chat.checked, chat.trouble = True, {"status": 401, "error": {"message": "no such key"}}
            for _time in range(2):
                await failed(harness, channel)
            host_channel = await harness.dm(harness.administrator)
            (message,) = await _until_told(harness, host_channel)
            assert "2 answers in a row have failed" in message
            assert "refuses the key" in message
            await failed(harness, channel)
            status, checks = await told_once(
                lambda checks: "refuses the key" in checks["chat endpoint"]["detail"], tmp_path
            )
            assert status == 0, "a new start would not help"
            assert chat.base_url in checks["chat endpoint"]["detail"]
            assert (await told(tmp_path, "--strict"))[0] == 1
            ill = await metrics(unused_tcp_port)
            assert ill["starling_part_up", ("chat",)] == 0
            assert ill["starling_failures_in_a_row", ()] == 3

            chat.trouble = None  # noticed even though nobody asks anything
            (message,) = await _until_told(harness, host_channel, "This is over")
            after = await metrics(unused_tcp_port)

    def grown(name: str, *labels: str) -> float:
        of = name, tuple(sorted(labels))
        return after[of] - before[of]  # every one of them existed from the start

    assert grown("starling_voice_notes_total") == 1
    assert grown("starling_voice_notes_seconds_total") == pytest.approx(voice("americans.ogg")[1], abs=0.1)
    assert grown("starling_answers_total", "done") == 1
    assert grown("starling_answers_total", "failed") == 3
    assert grown("starling_failures_total", "ChatRefusedError", "host") == 3
    assert grown("starling_wait_seconds_count", "first_word") == 1
    assert grown("starling_tokens_total", "scripted", "out") > 0
    assert after["starling_gateway_connected", ()] == after["starling_database_up", ()] == 1
    assert after["starling_part_up", ("chat",)] == 1
    assert after["process_resident_memory_bytes", ()] > 1e6
    people = {user["id"] for user in harness.directory["users"]}
    assert not {value for _name, labels in after for value in labels if value in people}
    assert not (tmp_path / "health.json").exists()


async def test_a_host_is_told_once_of_a_trouble_that_outlasts_a_restart(
    tmp_path: Path, whisper_base: Path, piper_joe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "BEAT_S", 0.1)
    monkeypatch.setattr(chat_watch, "TROUBLED_EVERY_S", 0.3)
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        host = harness.directory["users"][0]
        settings = {
            "openai_base_url": chat.base_url, "chat_model": "scripted", "owner_id": int(host["id"]),
            "owner_told_after": 1,
        }  # fmt: skip
        chat.checked, chat.trouble = True, {"status": 401, "error": {"message": "no such key"}}
        host_channel = await harness.dm(harness.administrator)
        async with running(tmp_path, sandbox, **settings):
            await failed(harness, await harness.dm(harness.member))
            await _until_told(harness, host_channel)
        async with running(tmp_path, sandbox, **settings):
            await failed(harness, await harness.dm(harness.member))
            async with asyncio.timeout(20):
                while (await told(tmp_path, "--strict"))[0] == 0:
                    await asyncio.sleep(0.1)
            (message,) = await _until_told(harness, host_channel)
            assert "This is over" not in message
            chat.trouble = None
            (message,) = await _until_told(harness, host_channel, "This is over")
    assert not (tmp_path / "host-told.json").exists()


async def _until_told(harness: BotHarness, channel: str, words: str = "I am in trouble") -> list[str]:
    """All messages to the host, once ``words`` appear in one of them."""
    async with asyncio.timeout(20):
        while True:
            messages = [message["content"] for message in await harness.administrator.messages(channel)]
            if any(words in message for message in messages):
                return messages
            await asyncio.sleep(0.1)


class Disk:
    """The disk below SQLite: once it is full, no database can grow by a page."""

    is_full = False

    def limit(self, connection: Any, _record: object, _proxy: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {1 if self.is_full else 1 << 30}")
        cursor.close()


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    event.listen(Pool, "checkout", disk.limit)
    yield disk
    event.remove(Pool, "checkout", disk.limit)


async def test_on_a_full_disk_people_and_the_host_are_told_what_is_full(
    tmp_path: Path, whisper_base: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "BEAT_S", 0.1)
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        host = harness.directory["users"][0]
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "owner_id": int(host["id"])}
        async with running(tmp_path, sandbox, **settings, owner_told_after=1):
            channel = await harness.dm(harness.member)
            asked = await harness.member.send(channel, "hello")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
            async with asyncio.timeout(20):  # stored after its text, and might still fit on the full disk
                while (await told(tmp_path))[1]["last answer"]["detail"] == "none yet":
                    await asyncio.sleep(0.1)
            disk.is_full = True
            asked = await harness.member.send(channel, "привет " * 250)
            await harness.answer_to(asked, lambda text: "is full, so I cannot do anything for now" in text)
            (message,) = await _until_told(harness, await harness.dm(harness.administrator))
            assert "The disk of the machine that I run on is full" in message
            status, checks = await told(tmp_path)
            assert (status, checks["database"]["finding"]) == (1, "bad")
            disk.is_full = False
            asked = await harness.member.send(channel, "and now?")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
            await _until_told(harness, await harness.dm(harness.administrator), "This is over")
            assert (await told(tmp_path))[0] == 0


async def test_a_wrong_endpoint_is_told_at_the_start(
    tmp_path: Path, whisper_base: Path, piper_joe: Path, unused_tcp_port: int
) -> None:
    await place_tables(tmp_path / "starling.db")
    async with Sandbox() as sandbox:
        settings = WITHOUT_MODELS | {
            "DISCORD_TOKEN": sandbox.bot_token, "DISCORD_API_URL": sandbox.rest_url,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{unused_tcp_port}/v1", "CHAT_MODEL": "x",
            "DATA_FOLDER": str(tmp_path),
        }  # fmt: skip
        async with command("run", **settings) as process:
            assert process.stderr is not None
            async with asyncio.timeout(60):
                async for line in process.stderr:
                    if b"a chat endpoint does not answer" in line:
                        break
            said = json.loads(line)
            assert "cannot reach my chat model" in said["why"]
            assert "ConnectionRefusedError" in said["causes"][-1]
            assert "Check the OPENAI_BASE_URL" in said["remedy"]
            process.terminate()
            await process.wait()


PROMTOOL = shutil.which("promtool")


def test_the_dashboard_and_the_alerts_name_metrics_that_there_are() -> None:
    of_work = WorkWatch(WorkBus("nats://127.0.0.1", gateway=0)).collect()
    families = [*REGISTRY.collect(), *of_work]
    there = {f"{family.name}{ending}" for family in families for ending in ("", "_total", "_bucket")}
    for file in ("dashboard.json", "alerts.yml"):
        named = set(re.findall(r"\b(?:starling|process)_[a-z_]+", (MONITORING / file).read_text()))
        assert named, file
        assert named <= there, named - there


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: apt-get install prometheus)")
@pytest.mark.parametrize("check", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")])
def test_prometheus_takes_the_rules_and_they_fire_where_they_should(check: tuple[str, ...]) -> None:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *check], cwd=MONITORING, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
