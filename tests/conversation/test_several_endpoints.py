"""Models at several endpoints, by their names."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app.chat import build_endpoint_model, build_further_endpoints
from bot.app.doctor import examine
from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.models import ChatModels, NoSuchModelError, OnlyModelError
from bot.preferences.preferences import Preferences
from bot.settings import Settings, read_settings
from bot.settings.errors import SettingsError
from tests.databases import opened_with_tables
from tests.scripted_chat import Scripted, ScriptedChat

GUILD = 7


class _NothingTrained:
    async def active(self, guild_id: int) -> ChatModel | None:
        return None

    async def by_name(self, guild_id: int, name: str) -> ChatModel | None:
        return None


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedChat]:
    async with ScriptedChat() as endpoint:
        endpoint.models = ["scripted", "small"]
        yield endpoint


@pytest.fixture
async def other() -> AsyncIterator[ScriptedChat]:
    async with ScriptedChat() as other:
        other.models, other.answer = ["big", "free"], "Lyon."
        yield other


def _settings(endpoint: ScriptedChat, other: ScriptedChat, folder: Path, **given: object) -> Settings:
    further = {
        "name": "other",
        "base_url": other.base_url,
        "key": "OTHER_KEY",
        "prices": {"big": [1, 2]},
        "context": 999,
    }
    usual: dict[str, object] = {"openai_base_url": endpoint.base_url, "chat_model": "scripted", "data_folder": folder}
    usual["chat_endpoints"] = [further]
    return read_settings(**usual | given)


@pytest.fixture
async def preferences(tmp_path: Path) -> AsyncIterator[Preferences]:
    database = await opened_with_tables(tmp_path / "starling.db")
    yield Preferences(database)
    await database.close()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "sk-other-0123456789")


async def _said(chat: ChatModel) -> str:
    return "".join([part async for part in chat.stream([ChatMessage("user", "What city?")])])


async def test_models_of_all_endpoints_are_chosen_by_name(
    endpoint: ScriptedChat,
    other: ScriptedChat,
    preferences: Preferences,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _settings(endpoint, other, tmp_path)
    assert "sk-other-0123456789" in settings.secrets
    assert settings.prices == {"other/big": (1.0, 2.0)}
    default = build_endpoint_model(settings)
    models = ChatModels(default, preferences, _NothingTrained(), build_further_endpoints(settings))
    assert await models.names() == ["other/big", "other/free", "scripted", "small"]
    await models.choose(GUILD, "other/big")
    chosen = await models.of(GUILD)
    assert (chosen.model, chosen.context_tokens) == ("other/big", 999)
    assert await _said(chosen) == "Lyon."
    assert other.requests[0]["model"] == "big"
    assert other.headers["Authorization"] == "Bearer sk-other-0123456789"
    await models.close()
    await default.close()


async def test_only_what_is_allowed_is_listed_and_goes_on_answering(
    endpoint: ScriptedChat,
    other: ScriptedChat,
    preferences: Preferences,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _settings(endpoint, other, tmp_path, chat_models="small, other/free")
    default = build_endpoint_model(settings)
    further = build_further_endpoints(settings)
    await ChatModels(default, preferences, _NothingTrained(), further).choose(GUILD, "other/big")
    models = ChatModels(default, preferences, _NothingTrained(), further, allowed=settings.chat_models)
    assert await models.names() == ["other/free", "scripted", "small"]
    assert (await models.of(GUILD)).model == "scripted"
    with pytest.raises(NoSuchModelError):
        await models.choose(GUILD, "other/big")
    await models.close()
    await default.close()


async def test_a_model_behind_the_first_answers_when_it_cannot(
    endpoint: ScriptedChat,
    other: ScriptedChat,
    preferences: Preferences,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _settings(endpoint, other, tmp_path)
    default = build_endpoint_model(settings)
    models = ChatModels(default, preferences, _NothingTrained(), build_further_endpoints(settings))
    models.stand_behind("other/big")
    endpoint.script = lambda _body: Scripted({"error": {"message": "Insufficient credits"}}, 402)
    assert await _said(await models.of(None)) == "Lyon."
    await models.choose(GUILD, "small")
    assert await _said(await models.of(GUILD)) == "Lyon."
    await models.close()
    await default.close()


async def test_a_slow_endpoint_keeps_nobody_waiting_who_types(
    endpoint: ScriptedChat, preferences: Preferences, tmp_path: Path
) -> None:
    endpoint.list_delay_s = 30.0
    default = build_endpoint_model(read_settings(openai_base_url=endpoint.base_url, chat_model="scripted"))
    models = ChatModels(default, preferences, _NothingTrained())
    began = time.monotonic()
    assert await models.names(within_s=0.2) == ["scripted"]
    assert time.monotonic() - began < 20
    with pytest.raises(OnlyModelError):
        await models.two(None, None, None)
    await models.close()
    await default.close()


@pytest.mark.parametrize(
    "value",
    ["{", '[{"name": "a b", "base_url": "http://x/v1"}]', '[{"name": "a", "base_url": "x"}]', '[{"name": "a"}]',
     '[{"name": "a", "base_url": "http://x/v1", "key": "NOT_SET_ANYWHERE"}]',
     '[{"name": "a", "base_url": "http://x/v1"}, {"name": "a", "base_url": "http://y/v1"}]'],
)  # fmt: skip
def test_endpoints_that_cannot_be_used_are_told_of(value: str) -> None:
    with pytest.raises(SettingsError, match="CHAT_ENDPOINTS"):
        read_settings(chat_endpoints=value)


async def test_the_host_is_told_which_models_of_the_settings_there_are_not(
    endpoint: ScriptedChat, other: ScriptedChat, preferences: Preferences, tmp_path: Path
) -> None:
    named = ["scripted", "smal", "other/big", "other/bgi", "unknown/big"]
    settings = _settings(endpoint, other, tmp_path, chat_models=",".join(named), chat_fallback="other/fre")
    default = build_endpoint_model(settings)
    models = ChatModels(default, preferences, _NothingTrained(), build_further_endpoints(settings))
    assert await models.unlisted(named) == {
        "smal": ["small"], "other/bgi": ["other/big"], "unknown/big": ["scripted", "small"],
    }  # fmt: skip
    await models.close()
    told = {check.what: check for check in await examine(settings)}["CHAT_FALLBACK"]
    assert told.detail.endswith("does not list other/fre")
    assert "other/free" in told.remedy
    endpoint.models = []  # an endpoint that lists no models is trusted
    models = ChatModels(default, preferences, _NothingTrained(), build_further_endpoints(settings))
    assert set(await models.unlisted(named)) == {"other/bgi"}
    await models.close()
    await default.close()
