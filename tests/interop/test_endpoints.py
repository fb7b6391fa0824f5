"""Servers by others: llama.cpp's, LiteLLM's proxy, and mock-llm; the last two only if they are installed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.conversation.chat import ChatLimits, ChatModel, ReplyReport
from bot.conversation.chat_message import ChatMessage
from bot.conversation.embedded import MODEL, EmbeddedChat
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import ChatError, ChatModelUnknownError, ChatRefusedError, ContextTooLongError
from tests.scripted_chat import Scripted, ScriptedChat, stream, words

QUESTION = [ChatMessage("system", "Be brief."), ChatMessage("user", "What is the capital of France?")]
KEY = "sk-interop-0123456789"
START_TIMEOUT_S = 180.0

needs_litellm = pytest.mark.skipif(
    shutil.which("litellm") is None, reason="LiteLLM's proxy is not installed: pip install 'litellm[proxy]'"
)
needs_mock_llm = pytest.mark.skipif(
    shutil.which("mock-llm") is None, reason="mock-llm is not installed: npm install --global @dwmkerr/mock-llm"
)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.asynccontextmanager
async def _serving(*command: str, url: str, cwd: Path, environment: Mapping[str, str]) -> AsyncIterator[None]:
    """Run a server, which is ready when ``url`` answers."""
    log = (cwd / "server.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=log, stderr=log, env={**os.environ, **environment}
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S), aiohttp.ClientSession() as http:
            while True:
                assert process.returncode is None, (cwd / "server.log").read_text()[-2000:]
                with contextlib.suppress(aiohttp.ClientError):
                    await (await http.get(url)).read()
                    break
                await asyncio.sleep(0.3)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        log.close()


def _chat(base_url: str, model: str, key: str = KEY, extra: Mapping[str, object] | None = None) -> ChatModel:
    limits = ChatLimits(timeout_s=60.0, max_reply_tokens=40, context_tokens=2048)
    return ChatModel(EndpointAddress(base_url, key, extra=extra or {}), model, limits)


async def _reply(chat: ChatModel, *messages: ChatMessage, report: ReplyReport | None = None) -> str:
    try:
        return "".join([part async for part in chat.stream(messages or QUESTION, report=report)])
    finally:
        await chat.close()


async def test_the_server_of_llama_cpp_is_taken_as_any_endpoint(smollm2: Path) -> None:
    engine = EmbeddedChat(smollm2)
    await engine.start()
    try:
        key = engine._key
        report = ReplyReport()
        assert await _reply(_chat(f"{engine.base_url}/chat/completions", MODEL, key), report=report)
        assert report.end in ("whole", "limit")
        with pytest.raises(ChatRefusedError):
            await _reply(_chat(engine.base_url, MODEL, "wrong"))
        with pytest.raises(ContextTooLongError):
            await _reply(_chat(engine.base_url, MODEL, key), ChatMessage("user", "word " * 20_000))
        astray = _chat(engine.base_url.removesuffix("/v1") + "/elsewhere", MODEL, key)
        assert await astray.better_address() == engine.base_url
        await astray.close()
        counting = _chat(engine.base_url, MODEL, key, extra={"max_tokens": 4})
        report = ReplyReport()
        await _reply(counting, ChatMessage("user", "Count from one to a hundred."), report=report)
        assert report.end == "limit"
    finally:
        await engine.stop()


@needs_litellm
@pytest.mark.timeout(400)
async def test_litellms_proxy_passes_on_what_is_behind_it(tmp_path: Path) -> None:
    port = _free_port()
    async with ScriptedChat() as behind:
        reached = {"api_base": behind.base_url, "api_key": "x"}
        models = [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", **reached}}
            for name in ("usual", "gpt-5")
        ]
        config = {"model_list": models, "general_settings": {"master_key": KEY}, "litellm_settings": {"num_retries": 0}}
        (tmp_path / "config.yaml").write_text(json.dumps(config))
        command = ("litellm", "--config", "config.yaml", "--port", str(port), "--host", "127.0.0.1")
        base_url = f"http://127.0.0.1:{port}"
        environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY}
        async with _serving(*command, url=f"{base_url}/health/liveliness", cwd=tmp_path, environment=environment):
            assert await _reply(_chat(f"{base_url}/v1", "usual")) == "Paris is the capital of France."
            assert await _reply(_chat(base_url, "usual")) == "Paris is the capital of France."
            assert await _reply(_chat(base_url, "gpt-5").steady()) == "Paris is the capital of France."
            listing = _chat(base_url, "usual")
            assert set(await listing.names()) == {"usual", "gpt-5"}
            await listing.close()
            with pytest.raises(ChatRefusedError):
                await _reply(_chat(base_url, "usual", "sk-wrong"))
            with pytest.raises((ChatModelUnknownError, ChatRefusedError)):
                await _reply(_chat(base_url, "unheard-of"))
            error = {
                "message": "This model's maximum context length is 8192 tokens.",
                "code": "context_length_exceeded",
            }
            behind.script = lambda _body: Scripted({"error": error}, 400)
            with pytest.raises(ContextTooLongError):
                await _reply(_chat(base_url, "usual"))
            refused = {"error": {"message": "System role not supported"}}
            behind.script = lambda body: (
                Scripted(refused, 400) if body["messages"][0]["role"] == "system" else Scripted(words("Paris."))
            )
            assert await _reply(_chat(base_url, "usual")) == "Paris."
            behind.script = lambda _body: Scripted(words("Paris is", "length"))
            report = ReplyReport()
            assert await _reply(_chat(base_url, "usual"), report=report) == "Paris is"
            assert report.end == "limit"
            cut = stream({"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m",
                          "choices": [{"index": 0, "delta": {"content": "Paris is"}}]}, done=False)  # fmt: skip
            behind.script = lambda _body: Scripted(cut, is_cut=True)
            with pytest.raises(ChatError):
                await _reply(_chat(base_url, "usual"))


@needs_mock_llm
async def test_mock_llm_answers(tmp_path: Path) -> None:
    port = _free_port()
    base_url = f"http://127.0.0.1:{port}"
    environment = {"PORT": str(port), "HOST": "127.0.0.1"}
    async with _serving("mock-llm", url=f"{base_url}/health", cwd=tmp_path, environment=environment):
        assert "capital of France" in await _reply(_chat(f"{base_url}/v1", "gpt-4o"))
        astray = _chat(base_url, "gpt-4o")
        assert await astray.better_address() == f"{base_url}/v1"
        await astray.close()
