"""The settings, as an operator meets them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audio import Prosody
from audio.synthesis.prosody import FASTEST, HIGHEST, LOWEST, SLOWEST
from bot.settings import Settings, SettingsError, read_settings
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
