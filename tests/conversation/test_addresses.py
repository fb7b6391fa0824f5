"""Addresses, keys and lists of models as people and servers write them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from bot.app.check import CheckResult
from bot.app.doctor import examine
from bot.conversation.addresses import neighbours, tidy_key, tidy_url
from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.errors import ChatError, ChatModelUnknownError, ChatRefusedError, ChatWrongAddressError
from bot.conversation.model_list import is_listed, names_in
from bot.settings import read_settings
from bot.settings.errors import SettingsError
from tests.scripted_chat import Scripted, ScriptedChat, words
from tests.web_server import served


def _chat(url: str, key: str = "key", model: str = "scripted") -> ChatModel:
    return ChatModel(
        EndpointAddress(url, key), model, ChatLimits(timeout_s=2.0, max_reply_tokens=50, context_tokens=8192)
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" https://x.example/v1/ \n", "https://x.example/v1"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1"),
        ("https://x.example/v1/models/", "https://x.example/v1"),
        ("https://x.example/v1/completions", "https://x.example/v1"),
        ("https://x.example//", "https://x.example"),
        ('"https://x.example/v1"', "https://x.example/v1"),
        ("<https://x.example/v1>,", "https://x.example/v1"),
        ("https://x.example/v1/chat/completions?stream=true#top", "https://x.example/v1"),
    ],
)
def test_addresses_are_tidied(written: str, meant: str) -> None:
    assert tidy_url(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        " sk-1\n",
        "sk-\n1",
        '"sk-1"',
        "Bearer sk-1",
        "bearer  sk-1\r\n",
        "<sk-1>",
        "Authorization: Bearer sk-1",
        'export OPENAI_API_KEY="sk-1"',
    ],
)
def test_keys_are_tidied(written: str) -> None:
    assert tidy_key(written) == "sk-1"


def test_the_likeliest_address_is_tried_first() -> None:
    assert neighbours("http://localhost:1234")[0] == "http://localhost:1234/v1"
    assert "https://openrouter.ai/api/v1" in neighbours("https://openrouter.ai")
    assert "https://x.example/v1" in neighbours("https://x.example/v1/foo")
    assert "https://x.example/v1" not in neighbours("https://x.example/v1")
    assert neighbours("https://x.example/api/v1/messages")[0] == "https://x.example/api/v1"


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ({"models": [{"name": "models/gemini-pro"}, {"name": "b"}]}, ["gemini-pro", "b"]),
        ([{"id": "a"}, {"name": "b"}, {"model": "c"}, 5, None], ["a", "b", "c"]),
        (["a", "b", "a", ""], ["a", "b"]),
        ({"data": {"a": {}, "b": {}}}, ["a", "b"]),
        ({"object": "list", "data": None}, []),
        ({"data": []}, []),
        ({"models": [{"name": "a:latest", "model": "a:latest"}, {"id": 5}]}, ["a:latest"]),
        ({"data": {"models": [{"id": "a"}]}}, ["a"]),
        ({"success": True, "result": {"data": [{"id": "a"}]}}, ["a"]),
        ({"model_names": ["a"]}, ["a"]),
        ({"object": "list", "data": [{"id": "a"}], "has_more": True, "last_id": "a"}, ["a"]),
        ([{"id": "azureml://registries/x/models/a/versions/2", "name": "a"}], ["a"]),
        ({"data": {}}, []),
        ({"hello": "world"}, None),
        ("text", None),
        (None, None),
    ],
)
def test_lists_of_models_are_read_in_each_shape(data: object, names: list[str] | None) -> None:
    assert names_in(data) == names


def test_names_that_work_are_not_called_wrong() -> None:
    assert is_listed("llama3", ["llama3:latest"])
    assert is_listed("llama3:latest", ["llama3"])
    assert is_listed("models/gemini-pro", ["gemini-pro"])
    assert is_listed("deepseek/r1:free", ["deepseek/r1"])
    assert not is_listed("llama3:8b", ["llama3:70b"])


async def test_a_page_instead_of_a_list_is_a_wrong_address() -> None:
    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html><title>Welcome</title></html>", content_type="text/html")

    async with _serving(page) as address:
        chat = _chat(address)
        with pytest.raises(ChatWrongAddressError):
            await chat.check()
        assert await chat.better_address() is None
        await chat.close()


async def test_an_address_without_its_path_is_found(endpoint: ScriptedChat) -> None:
    root = endpoint.base_url.removesuffix("/v1")
    for wrong in (root, f"{root}/api", f"{root}/v1/v1"):
        chat = _chat(wrong)
        assert await chat.better_address() == endpoint.base_url
        await chat.close()
    right = _chat(f"{endpoint.base_url}/chat/completions ", " key\n")
    assert await right.better_address() is None
    await right.check()
    await right.close()


@contextlib.asynccontextmanager
async def _serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The address of a server that answers every request with ``answer``."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with served(application) as address:
        yield address


async def test_an_address_that_sends_one_elsewhere_is_told_of(endpoint: ScriptedChat) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently(f"{endpoint.base_url}{request.path.removeprefix('/v1')}")

    async with _serving(elsewhere) as old:
        chat = _chat(f"{old}/v1")
        assert await chat.better_address() == endpoint.base_url
        await chat.close()


async def test_fields_in_an_address_are_sent_with_each_call() -> None:
    asked: list[str] = []

    async def azure(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.path} {request.query_string}")
        return web.Response(body=words("Paris."), content_type="text/event-stream")

    async with _serving(azure) as address:
        chat = _chat(f"{address}/openai/deployments/gpt/chat/completions?api-version=2024-10-21")
        assert "".join([part async for part in chat.stream([ChatMessage("user", "Hi")])]) == "Paris."
        await chat.close()
    assert asked == ["/openai/deployments/gpt/chat/completions api-version=2024-10-21"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}, ChatRefusedError),
        ({"error": "Unexpected endpoint or method. (GET /models). Returning 200 anyway"}, ChatWrongAddressError),
        ({"hello": "world"}, ChatWrongAddressError),
    ],
)
async def test_what_stands_in_place_of_a_list_is_told_for_what_it_is(
    listed: dict[str, object], expected: type[ChatError]
) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(listed)

    async with _serving(answer) as address:
        chat = _chat(address)
        with pytest.raises(expected):
            await chat.names()
        await chat.close()


async def test_a_model_that_is_not_listed_is_told_of(endpoint: ScriptedChat) -> None:
    chat = _chat(endpoint.base_url, model="unheard-of")
    with pytest.raises(ChatModelUnknownError):
        await chat.check()
    await chat.close()


async def _diagnosis(endpoint: ScriptedChat, tmp_path_name: str, **settings: object) -> tuple[CheckResult, str]:
    usual: dict[str, object] = {"openai_base_url": endpoint.base_url, "chat_model": "scripted", "discord_token": None}
    checks = await examine(read_settings(**usual | {"data_folder": tmp_path_name} | settings))
    chat = next(check for check in checks if check.what == "chat model")
    return chat.finding, f"{chat.detail} {chat.remedy}"


WRONG_ADDRESSES = ("{root}", "{root}/", "{root}/v1/v1", "{root}/api", "{root}/v2/chat/completions", "{root}/openai/v1")
RIGHT_ADDRESSES = (" {root}/v1/ \n", "{root}/v1/chat/completions?x=1", "{root}/v1/models#top", "{root}/v1//")


@pytest.mark.parametrize(
    ("settings", "answer", "told"),
    [
        ({}, None, "scripted at"),
        *[({"openai_base_url": wrong}, None, "OPENAI_BASE_URL: http") for wrong in WRONG_ADDRESSES],
        *[({"openai_base_url": right}, None, "scripted at") for right in RIGHT_ADDRESSES],
        ({"chat_model": "scriptet"}, Scripted({"error": {"message": "model not found"}}, 404), "There are: scripted"),
        ({}, Scripted({"error": {"message": "Incorrect API key"}}, 401), "Check the key"),
        ({}, Scripted({"error": {"message": "pay"}}, 402), "at the provider"),
        ({}, Scripted({"error": {"message": "boom"}}, 418), "is in the log"),
    ],
)
async def test_the_doctor_says_what_to_write(
    endpoint: ScriptedChat,
    tmp_path_factory: pytest.TempPathFactory,
    settings: dict[str, str],
    answer: Scripted | None,
    told: str,
) -> None:
    endpoint.script, endpoint.checked = lambda _body: answer, True
    root = endpoint.base_url.removesuffix("/v1")
    settings = {name: value.format(root=root) for name, value in settings.items()}
    finding, said = await _diagnosis(endpoint, str(tmp_path_factory.mktemp("data")), **settings)
    assert told in said
    assert (finding is CheckResult.GOOD) == (told == "scripted at")


async def test_the_doctor_shows_what_was_learnt(
    endpoint: ScriptedChat, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told = {"error": {"message": "max_tokens is not supported, use max_completion_tokens instead"}}
    endpoint.script, endpoint.checked = lambda body: Scripted(told, 400) if "max_tokens" in body else None, True
    finding, said = await _diagnosis(endpoint, str(tmp_path_factory.mktemp("data")))
    assert finding is CheckResult.GOOD
    assert "limits replies by max_completion_tokens" in said


def test_settings_say_what_is_wrong_with_an_address_or_a_key() -> None:
    with pytest.raises(SettingsError, match="http://"):
        read_settings(openai_base_url="localhost:1234/v1", chat_model="m")
    with pytest.raises(SettingsError, match="no key has"):
        read_settings(openai_api_key="sk–1", chat_model="m")
