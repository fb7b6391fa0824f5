"""What is said if NATS is not running or not suitable, and what is never said: passwords."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import nats as client
import pytest
import structlog
import trustme

from bot.errors import StarlingError
from bot.work.bus.connection import address_of
from bot.work.bus.errors import (
    JetStreamOffError,
    NatsNotEncryptedError,
    NatsPayloadLimitError,
    NatsRefusedError,
    NatsTooOldError,
    NatsUnreachableError,
)
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_server import WorkServer
from tests.conftest import ROOT
from tests.scaling.nats import NatsServer, free_port, running
from tests.scaling.quick import QUICK
from tests.scaling.test_bus import asked, serving

SECRET = "hunter2"
PASSWORDS = {"NATS_GATEWAY_PASSWORD": SECRET, "NATS_WORKER_PASSWORD": "w0rkers"}


def shipped(folder: Path) -> str:
    """The configuration file for operators, with its streams in ``folder``."""
    text = (ROOT / "docs" / "nats.conf").read_text(encoding="utf-8")
    assert '"/var/lib/nats"' in text
    return text.replace("/var/lib/nats", str(folder / "streams"))


@contextlib.asynccontextmanager
async def introducing_itself(**info: object) -> AsyncIterator[tuple[str, bytearray]]:
    """The address of a server that introduces itself like NATS, with ``info``, and the bytes that it receives."""
    sent = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO " + json.dumps({"server_id": "old", "headers": True, **info}).encode() + b"\r\n")
        while data := await reader.read(4096):
            sent.extend(data)
            if b"PING" in data:
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", sent
    server.close()


async def refused(url: str, expected: type[StarlingError], logs: Callable[[], str]) -> str:
    """The sentence that both gateway and worker end with; it, the tracebacks and the log must contain no secret."""
    timing = dataclasses.replace(QUICK, connect_s=1.0)
    said = []
    for start in (WorkBus(url, gateway=0, timing=timing).start, lambda: serve_at(url)):
        try:
            await start()
        except StarlingError as error:
            assert type(error) is expected
            said.append(str(error))
            assert SECRET not in f"{error!r} {error.params} {''.join(traceback.format_exception(error))}"
        if expected is JetStreamOffError:
            break  # a worker has no permission to find that out, and waits for its queues
    assert SECRET not in said[0]
    assert set(said) == {said[0]}
    assert SECRET not in logs()
    return said[0]


async def serve_at(url: str) -> None:
    await WorkServer(url, {}, at_once=1, timing=dataclasses.replace(QUICK, connect_s=1.0)).serve(asyncio.Event())


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Everything logged so far, and everything printed since the last call."""
    caplog.set_level(logging.DEBUG)
    usual = structlog.get_config()
    structlog.reset_defaults()
    yield lambda: caplog.text + "".join(capfd.readouterr())
    structlog.configure(**usual)


async def test_each_thing_that_may_be_wrong_with_nats_has_its_sentence(tmp_path: Path, logs: Callable[[], str]) -> None:
    away = f"127.0.0.1:{free_port()}"
    said = await refused(f"nats://gateway:{SECRET}@{away}", NatsUnreachableError, logs)
    assert said.startswith(f"NATS at nats://{away} cannot be reached: ")

    async with introducing_itself(version="2.8.4", max_payload=8 << 20) as (address, _sent):
        said = await refused(f"nats://gateway:{SECRET}@{address}", NatsTooOldError, logs)
        assert "is version 2.8.4, and at least 2.9 is needed" in said

    async with introducing_itself(version="2.10.0", max_payload=8 << 20) as (address, sent):
        await refused(f"tls://gateway:{SECRET}@{address}", NatsNotEncryptedError, logs)
        assert SECRET.encode() not in sent

    for number, (configuration, has_jetstream, url, expected) in enumerate(
        [
            ("max_payload: 1MB", True, "nats://{}", NatsPayloadLimitError),
            ("max_payload: 8MB", False, "nats://{}", JetStreamOffError),
            (shipped(tmp_path), True, f"nats://gateway:{SECRET}2@{{}}", NatsRefusedError),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = NatsServer(folder, configuration, has_jetstream=has_jetstream, environment=PASSWORDS)
        with running(server):
            await refused(url.format(server.address), expected, logs)


def test_an_address_is_told_without_what_one_logs_in_with() -> None:
    assert address_of("nats://a:b@one:4222, tls://token@two") == "nats://one:4222, tls://two"


async def test_with_the_configuration_that_is_shipped_each_side_can_do_its_own_and_nothing_else(
    tmp_path: Path,
) -> None:
    with running(NatsServer(tmp_path, shipped(tmp_path), environment=PASSWORDS)) as server:
        gateway_url = f"nats://gateway:{SECRET}@{server.address}"
        worker_url = f"nats://worker:{PASSWORDS['NATS_WORKER_PASSWORD']}@{server.address}"

        async def handler(body: bytes, progress: Callable[[bytes], None]) -> bytes:
            progress(b"half")
            if body == b"stop":
                await asyncio.sleep(60)
            await asyncio.sleep(0.1)
            return body

        told: list[bytes] = []
        async with WorkBus(gateway_url, gateway=0, timing=QUICK) as bus, serving(worker_url, handler) as worker:
            assert await bus.run(asked(), progress=told.append) == b"words"
            assert told == [b"half"]
            stopped = asyncio.create_task(bus.run(asked("hear-2", body=b"stop")))
            while not worker.running:
                await asyncio.sleep(0.01)
            stopped.cancel()
            while worker.running:
                await asyncio.sleep(0.01)

        refusals: list[str] = []

        async def note(error: Exception) -> None:
            refusals.append(str(error))

        raw = await client.connect(worker_url, error_cb=note, allow_reconnect=False)
        forbidden = [
            "work.1.hear.interactive.1", "cancel.0.hear-1", "$JS.API.STREAM.DELETE.WORK", "$JS.API.STREAM.PURGE.DONE",
            "$JS.API.DIRECT.GET.DONE", "$JS.API.STREAM.MSG.GET.DONE", "$JS.API.CONSUMER.CREATE.WORK", "$JS.API.INFO",
        ]  # fmt: skip
        for subject in forbidden:
            await raw.publish(subject, b"{}")
        for subject in ("done.>", "work.>", "progress.>", "_GATEWAY.>", ">"):
            await raw.subscribe(subject)
        await raw.flush()
        async with asyncio.timeout(20):
            while len(refusals) < len(forbidden) + 5:
                await asyncio.sleep(0.01)
        assert all("permissions violation" in refusal.lower() for refusal in refusals)
        await raw.close()


async def test_over_tls_the_authority_of_the_server_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    file = tmp_path / "server.pem"
    secure = f'max_payload: 8MB\ntls {{ cert_file: "{file}", key_file: "{file}" }}'

    async def handler(body: bytes, progress: Callable[[bytes], None]) -> bytes:
        return body

    with running(NatsServer(tmp_path, secure)) as server:
        url = f"tls://localhost:{server.port}"
        with pytest.raises(NatsUnreachableError, match="certificate"):
            await WorkBus(url, gateway=0, timing=dataclasses.replace(QUICK, connect_s=1.0)).start()
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        async with WorkBus(url, gateway=0, timing=QUICK) as bus, serving(url, handler):
            assert await bus.run(asked()) == b"words"
