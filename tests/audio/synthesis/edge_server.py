"""A local server that speaks the protocol of Microsoft's read-aloud service, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import functools
import html
import json
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate

import aiohttp
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from edge_tts.drm import DRM

from audio import EdgeEngine, sentences
from tests.audio.made_recordings import MP3, file_of, tone

HOST = "speech.platform.bing.com"
PATH = "/consumer/speech/synthesize/readaloud"
TICKS_PER_SECOND = 10_000_000
SENTENCE_S = 0.5
"""The duration of the tone that stands for each sentence."""

CATALOGUE = [
    {"ShortName": "en-AU-NatashaNeural", "Gender": "Female", "Locale": "en-AU", "FriendlyName": "Natasha"},
    {"ShortName": "en-US-AriaNeural", "Gender": "Female", "Locale": "en-US", "FriendlyName": "Aria"},
    {"ShortName": "ru-RU-DmitryNeural", "Gender": "Male", "Locale": "ru-RU", "FriendlyName": "Dmitry"},
    {"ShortName": "xx-XX-NewNeural", "Gender": "Male", "Locale": "xx-XX", "FriendlyName": "New"},
]


@dataclass
class EdgeStandIn:
    """The server's behaviour, and the requests it received."""

    refusals: list[int] = field(default_factory=list)
    """The HTTP statuses with which the next connections are refused, before others are accepted."""
    silent: bool = False
    """Ends its turns without any sound."""
    stalls: bool = False
    """Falls silent in the middle of a text."""
    drops_after: int | None = None
    """Drops the connection after this many sentences."""
    swallows_after: int | None = None
    """Ends its turn properly after this many sentences, as if there were no more."""
    talks_nonsense: bool = False
    hangs: bool = False
    """Accepts connections and never sends anything."""
    drops_connections_after: int | None = None
    """Serves this many connections, and drops later ones in the middle of their sound."""
    gone_voices: set[str] = field(default_factory=set)
    """Names of voices that no longer exist: their turns end without any sound, as at the real service."""
    clock_ahead_s: float | None = None
    """How far its clock is ahead of this machine's: tokens for another time are refused. None: tokens are not
    checked."""
    catalogue_fails: bool = False

    connections: int = 0
    catalogue_requests: int = 0
    spoken: list[tuple[str, str]] = field(default_factory=list)
    """The voice and the text of each request."""
    manners: list[tuple[str, str]] = field(default_factory=list)
    """The rate and the pitch of each request."""

    async def list_voices(self, _: web.Request) -> web.Response:
        self.catalogue_requests += 1
        if self.catalogue_fails:
            await asyncio.sleep(60)
        return web.json_response(CATALOGUE)

    async def speak(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self.refusals:
            return web.Response(status=self.refusals.pop(0))
        if self.hangs:
            await asyncio.sleep(60)
        if self.clock_ahead_s is not None and request.query["Sec-MS-GEC"] != _token_at(self.clock_ahead_s):
            date = formatdate(time.time() + self.clock_ahead_s, usegmt=True)
            return web.Response(status=403, headers={"Date": date})
        assert request.query["Sec-MS-GEC"]
        socket_ = web.WebSocketResponse()
        await socket_.prepare(request)
        config = await socket_.receive_str()
        assert "audio-24khz-48kbitrate-mono-mp3" in config
        ssml = (await socket_.receive_str()).partition("\r\n\r\n")[2]
        voice = re.search(r"<voice name='([^']+)'>", ssml)
        words = re.search(r"<prosody[^>]*>(.*)</prosody>", ssml, re.DOTALL)
        manner = re.search(r"<prosody pitch='([^']*)' rate='([^']*)'", ssml)
        assert voice and words and manner
        self.manners.append((manner[2], manner[1]))
        text = html.unescape(words[1])
        self.spoken.append((voice[1], text))
        if any(name.rpartition("-")[2] in voice[1] for name in self.gone_voices):
            await self._turn(socket_, [])
        else:
            await self._turn(socket_, sentences(text))
        return socket_

    async def _turn(self, socket_: web.WebSocketResponse, asked: list[str]) -> None:
        await socket_.send_str("X-RequestId:1\r\nPath:turn.start\r\n\r\n{}")
        if self.talks_nonsense:
            await socket_.send_str("X-RequestId:1\r\nPath:weather.forecast\r\n\r\n{}")
            return
        for number, sentence in enumerate(asked):
            if number == self.drops_after:
                return
            if self.drops_connections_after is not None and self.connections > self.drops_connections_after:
                await self._say(socket_, number, sentence)
                return
            if number == self.swallows_after:
                break
            if self.stalls and number == 1:
                await asyncio.sleep(60)
            if not self.silent:
                await self._say(socket_, number, sentence)
        await socket_.send_str("X-RequestId:1\r\nPath:turn.end\r\n\r\n{}")

    async def _say(self, socket_: web.WebSocketResponse, number: int, sentence: str) -> None:
        data = {
            "Offset": round(number * SENTENCE_S * TICKS_PER_SECOND),
            "Duration": round(SENTENCE_S * TICKS_PER_SECOND),
            "text": {"Text": html.escape(sentence), "Length": len(sentence), "BoundaryType": "SentenceBoundary"},
        }
        boundary = json.dumps({"Metadata": [{"Type": "SentenceBoundary", "Data": data}]})
        await socket_.send_str(f"X-RequestId:1\r\nPath:audio.metadata\r\n\r\n{boundary}")
        header = b"X-RequestId:1\r\nContent-Type:audio/mpeg\r\nPath:audio\r\n"
        sound = _sentence()
        await socket_.send_bytes(len(header).to_bytes(2, "big") + header + sound)


@functools.cache
def _sentence() -> bytes:
    return file_of(tone(SENTENCE_S).samples, MP3)


def _token_at(ahead_s: float) -> str:
    """The token that the client generates if its clock is ``ahead_s`` ahead of this machine's."""
    skew_s, DRM.clock_skew_seconds = DRM.clock_skew_seconds, ahead_s
    try:
        return DRM.generate_sec_ms_gec()
    finally:
        DRM.clock_skew_seconds = skew_s


class _LocalResolver(AbstractResolver):
    """Resolves every host to this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


class _LastingConnector(aiohttp.TCPConnector):
    """A connector that survives ``close``, since edge-tts closes a connector and then reuses it."""

    def close(self, *, abort_ssl: bool = False) -> Coroutine[None, None, None]:
        return asyncio.sleep(0)

    async def close_at_last(self) -> None:
        await super().close()


@asynccontextmanager
async def edge_stand_in(trust: Callable[[ssl.SSLContext], None]) -> AsyncIterator[tuple[EdgeStandIn, EdgeEngine]]:
    """A running stand-in, and an engine that takes it for Microsoft's service.

    ``trust`` receives an SSL context that trusts the stand-in's certificate authority, for edge-tts to use.
    """
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(served)
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusted)
    trust(trusted)

    stand_in = EdgeStandIn()
    app = web.Application()
    app.router.add_get(f"{PATH}/edge/v1", stand_in.speak)
    app.router.add_get(f"{PATH}/voices/list", stand_in.list_voices)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served)
    await site.start()
    port = runner.addresses[0][1]
    connectors: list[_LastingConnector] = []

    def connector() -> aiohttp.BaseConnector:
        connectors.append(_LastingConnector(resolver=_LocalResolver(port)))
        return connectors[-1]

    engine = EdgeEngine(connector_factory=connector, message_timeout_s=1, speech_timeout_s=10, catalogue_timeout_s=0.5)
    try:
        yield stand_in, engine
    finally:
        await engine.close()
        for made in connectors:
            await made.close_at_last()
        await runner.cleanup()
