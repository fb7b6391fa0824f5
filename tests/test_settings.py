"""The settings, as an operator meets them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audio import Prosody
from audio.synthesis.prosody import FASTEST, HIGHEST, LOWEST, SLOWEST
from bot.settings import Settings, read_settings, unknown_names
from bot.settings.errors import SettingsError, SettingsFileError
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default_that_needs_no_key() -> None:
    settings = read_settings()
    assert settings.discord_token is None
    assert settings.embedded_chat
    assert settings.database == "sqlite:///data/starling.db"


def test_the_example_file_has_every_setting_with_its_default(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert set(given) == {name.upper() for name in Settings.model_fields}
    (tmp_path / ".env").write_text(example)
    assert read_settings() == Settings(_env_file=None)  # type: ignore[call-arg]


def test_the_readme_has_every_setting_with_the_default_of_the_example() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? *\|", (ROOT / "README.md").read_text(), re.MULTILINE))
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert table == example


def test_a_value_that_cannot_be_used_is_named() -> None:
    with pytest.raises(SettingsError, match="SANDBOX_PORT"):
        read_settings(sandbox_port=70000)


def test_voices_speak_within_the_bounds_that_the_engines_have() -> None:
    for rate, pitch in ((SLOWEST, LOWEST), (FASTEST, HIGHEST)):
        settings = read_settings(tts_rate=rate, tts_pitch=pitch)
        assert Prosody(settings.tts_rate, settings.tts_pitch) == Prosody(rate, pitch)
    for name, value in (("tts_rate", SLOWEST - 0.1), ("tts_rate", FASTEST + 0.1), ("tts_pitch", LOWEST - 1)):
        with pytest.raises(SettingsError, match=name.upper()):
            read_settings(**{name: value})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"gateway": 1}, "GATEWAY cannot be used: 1 is too much: GATEWAYS is 1"),
        (
            {"gateways": 2, "gateway": 2, "shards": 2},
            "2 is too much: of 2 gateways the last is 1",
        ),
        ({"gateways": 2}, "SHARDS cannot be used: with GATEWAYS above 1 it is needed, the same everywhere"),
        ({"gateways": 4, "shards": 3}, "(such as SHARDS=4)"),
    ],
)
def test_a_gateway_that_would_not_know_its_shards_is_refused(given: dict[str, int], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(**given)
    assert told in str(refused.value)
    assert read_settings(gateways=2, gateway=1, shards=2).of_gateway == "-1"
    assert read_settings(shards=4).of_gateway == ""


def test_an_endpoint_needs_the_name_of_a_model() -> None:
    with pytest.raises(SettingsError, match="CHAT_MODEL"):
        read_settings(openai_base_url="http://127.0.0.1:1/v1")


def test_the_token_is_not_shown() -> None:
    assert "secret-token" not in repr(read_settings(discord_token="secret-token"))


def test_prices_are_read_from_one_line_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_PRICES", '{"gpt-5": [1.25, 10], "local": [0, 0]}')
    assert read_settings().chat_prices == {"gpt-5": (1.25, 10.0), "local": (0.0, 0.0)}


@pytest.mark.parametrize(
    "prices", ["gpt-5: 1", "[1, 2]", '{"m": [1]}', '{"m": [-1, 2]}', '{"m": [NaN, 2]}', '{"m": 3}']
)
def test_prices_that_cannot_be_used_are_told_of(monkeypatch: pytest.MonkeyPatch, prices: str) -> None:
    monkeypatch.setenv("CHAT_PRICES", prices)
    with pytest.raises(SettingsError, match="CHAT_PRICES"):
        read_settings()


WRONG = [
    ("SANDBOX_PORT", "many", "'many' is not a whole number"),
    ("SANDBOX_PORT", "70000", "too much; the most is 65535"),
    ("SANDBOX_PORT", "-1", "too small; the least is 0"),
    ("SANDBOX_PORT", "81.5", "is not a whole number"),
    ("DISCORD_REQUESTS_PER_S", "0", "too small; the least is 1"),
    ("SANDBOX_AUTOSTART", "maybe", "neither true nor false"),
    ("MESSAGE_CONTENT_INTENT", "on please", "neither true nor false"),
    ("WHISPER_QUALITY", "best", "is not one of these: 'fast' or 'accurate'"),
    ("WHISPER_THREADS", "0", "too small; the least is 1"),
    ("WHISPER_THREADS", "all", "is not a whole number"),
    ("WHISPER_WORKERS", "1000", "too much; the most is 256"),
    ("WHISPER_UNLOAD_S", "never", "is not a number"),
    ("WHISPER_UNLOAD_S", "-5", "too small"),
    ("MAX_AUDIO_MB", "0", "too small; the least is 1"),
    ("MAX_AUDIO_MB", "25MB", "is not a whole number"),
    ("MAX_AUDIO_S", "20 minutes", "is not a number"),
    ("MAX_AUDIO_S", "100000", "too much"),
    ("TTS_PAUSE_S", "5m", "is not a number"),
    ("TTS_RATE", "3", "too much; the most is 2"),
    ("TTS_RATE", "slow", "is not a number"),
    ("TTS_PITCH", "-7", "too small; the least is -6"),
    ("TTS_CACHE_MB", "5000", "too much; the most is 4096"),
    ("SPEAK", "sometimes", "is not one of these"),
    ("CHAT_TIMEOUT_S", "0", "too small; the least is 1"),
    ("CHAT_TIMEOUT_S", "a minute", "is not a number"),
    ("CHAT_MAX_TOKENS", "8", "too small; the least is 16"),
    ("CHAT_MAX_TOKENS", "1e3x", "is not a whole number"),
    ("CHAT_CONTEXT_TOKENS", "128k", "is not a whole number"),
    ("CHAT_PRICES", "gpt-5: 1", "it is not JSON: expecting value at character 1"),
    ("CHAT_PRICES", '{"gpt-5": 1}', "gpt-5 is not a list"),
    ("CHAT_CURRENCY", "euro", "'euro' is not three capital letters"),
    ("RECALL", "yes", "is not one of these"),
    ("TRAININGS_A_DAY", "-1", "too small; the least is 0"),
    ("TRAINING_PRICE", "free", "is not a number"),
    ("TRAINING_PRICE", "inf", "is not a number"),
    ("USER_TOKENS_A_DAY", "1,000", "is not a whole number"),
    ("GUILD_AUDIO_S_A_DAY", "nan", "is not a number"),
    ("RETENTION_DAYS", "0", "too small; the least is 1"),
    ("RETENTION_DAYS", "forever", "is not a whole number"),
    ("GUILD_FILES_MB", "0.5", "is not a whole number"),
    ("STOP_TIMEOUT_S", "601", "too much; the most is 600"),
    ("ANSWERS_AT_ONCE", "0", "too small; the least is 1"),
    ("ANSWERS_WAITING", "lots", "is not a whole number"),
    ("LOG_LEVEL", "verbose", "is not one of these: 'debug', 'info', 'warning' or 'error'"),
    ("CHAT_CURRENCY", "€", "'€' is not three capital letters"),
    ("CHAT_PRICES", '{"a": [1, "x"]}', "number 2 of a is not a number"),
    ("CHAT_EXTRA", "[1]", "it is not an object, {...}"),
    ("CHAT_HEADERS", '{"a": 1}', "a is not text in quotation marks"),
    ("CHAT_ENDPOINTS", '{"name": "a"}', "it is not a list, [...]"),
    ("CHAT_ENDPOINTS", '[{"name": "a"}]', "base_url of number 1 is missing"),
    ("CHAT_ENDPOINTS", '[{"name": "a b", "base_url": "http://x"}]', "name of number 1 is not 1 to 32 letters"),
    ("CHAT_ENDPOINTS", '[{"name": "a", "base_url": "http://x", "kee": "X"}]', "kee of number 1 is not known there"),
    ("CHAT_MODELS", "[1", "it is not JSON: expecting ',' delimiter at character 3"),
    ("OPENAI_BASE_URL", "localhost:11434", "'localhost:11434' does not begin with http:// or https://"),
    ("OPENAI_BASE_URL", "http://localhost:abc/v1", "names no server, or a port that is none"),
    ("OPENAI_BASE_URL", "http://localhost:99999/v1", "names no server, or a port that is none"),
    ("OPENAI_BASE_URL", "http://[::1/v1", "names no server, or a port that is none"),
    ("OPENAI_BASE_URL", "https://", "names no server, or a port that is none"),
    ("WORK_URL", "nats://localhost:nats", "names no server, or a port that is none"),
    ("CHAT_FALLBACK", "nowhere/model", "it needs an endpoint"),
    ("CHAT_HEADERS", '{"a b": "c"}', "'a b' is no name of a header"),
    ("CHAT_HEADERS", '{"X-Key": "пароль"}', "its value has other characters than those of ASCII"),
    ("CHAT_EXTRA", '{"models": {"gpt-5": 1}}', '"models" in it is not an object of objects'),
    ("CHAT_EXTRA", '{"messages": []}', '"messages" are what Starling sends'),
    ("OPENAI_API_KEY", "sk\N{EN DASH}1", "it has characters that no key has"),
    ("STT_BASE_URL", "localhost:8000", "does not begin with http:// or https://"),
    ("TTS_BASE_URL", "localhost:8880", "does not begin with http:// or https://"),
    ("TRAINING_BASE_URL", "api.example.org", "does not begin with http:// or https://"),
    ("DISCORD_API_URL", "discord.com", "does not begin with http:// or https://"),
    ("PIPER_VOICES", "/nowhere", "there is no folder /nowhere"),
    ("INSTRUCTION_FILE", "nowhere.md", "there is no file nowhere.md"),
    ("OWNER_ID", "Ada", "'Ada' is not a whole number"),
    ("ALLOWED_GUILDS", "my server", "'my server' is no id of Discord's"),
    ("METRICS_PORT", "99999", "is too much; the most is 65535"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_each_wrong_value_is_one_sentence_with_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    told = str(refused.value)
    assert told.startswith(f"The setting {name} cannot be used: ")
    assert reason in told
    assert f"(such as {name}=" in told
    assert "\n" not in told
    assert not re.search("pydantic|[Ii]nput|[Ff]ield", told)


@pytest.mark.parametrize("copied", ["Bot abc.def.ghi", ' "abc.def.ghi" ', "'abc.def.ghi'", "abc.def.ghi\n"])
def test_a_token_is_taken_as_people_copy_it(copied: str) -> None:
    token = read_settings(discord_token=copied).discord_token
    assert token is not None
    assert token.get_secret_value() == "abc.def.ghi"


def test_what_is_wrong_within_a_value_is_told_without_the_value_for_it_may_be_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_ENDPOINTS", '[{"name": "a", "base_url": "b", "headers": {"Authorization": "swordfish"}}]')
    with pytest.raises(SettingsError, match="base_url of number 1 does not begin with http") as refused:
        read_settings()
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"CHAT_MODEL=caf\xe9\n", "it is not text in UTF-8"),
        ("OWNER_ID=1\n".encode("utf-16"), "it is not text in UTF-8"),
        (b"OWNER_ID=1\nCHAT_MODEL: gpt-5\n", "line 2 is no NAME=value"),
        (b"CHAT_MODEL gpt-5\n", "line 1 is no NAME=value"),
        (b'\nINSTRUCTION_FILE="a.md\n', "line 2 is no NAME=value, or a quotation mark has no end"),
    ],
)
def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path, written: bytes, told: str) -> None:
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(SettingsFileError, match=told):
        read_settings()


def test_a_name_that_is_no_setting_is_told_with_the_one_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_MODLE=gpt-5\nDISCORD_TOKEN=\nFLAVOUR_OF_THE_DAY=mint\n")
    like, unlike = unknown_names()
    assert like == ".env sets CHAT_MODLE, which is no setting of Starling's. Did you mean CHAT_MODEL?"
    assert unlike == ".env sets FLAVOUR_OF_THE_DAY, which is no setting of Starling's."
