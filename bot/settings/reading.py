"""Reading the settings, and checking them against each other."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ValidationError

from bot.settings.errors import EXAMPLES, SettingsError, SettingsFileError, settings_error
from bot.settings.settings import Settings


def read_settings(**given: object) -> Settings:
    """Read the settings; ``given`` takes precedence over the environment, and the environment over ``.env``.

    Raises:
        SettingsError: the first value that cannot be used.
        SettingsFileError: ``.env`` cannot be read.
    """
    try:
        _require_lines(Path(".env"))
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        defaults = {name: field.default for name, field in Settings.model_fields.items()}
        # The original exception would reveal values, including keys.
        raise settings_error(error.errors(include_url=False)[0], defaults) from None
    except UnicodeDecodeError:
        raise SettingsFileError("it is not text in UTF-8. Save it as that, which Notepad calls an encoding") from None
    except OSError as error:
        raise SettingsFileError(error.strerror or str(error)) from error
    if not settings.embedded_chat and settings.chat_model is None:
        raise SettingsError(
            "CHAT_MODEL", "it is needed with OPENAI_BASE_URL or OPENAI_API_KEY (such as CHAT_MODEL=gpt-5)"
        )
    names = [endpoint.name for endpoint in settings.chat_endpoints]
    if len(set(names)) < len(names):
        raise SettingsError("CHAT_ENDPOINTS", f"two of them have the same name (such as {EXAMPLES['chat_endpoints']})")
    for endpoint in settings.chat_endpoints:
        if endpoint.key and not endpoint.api_key:
            reason = f"the key of {endpoint.name} is not set (such as {endpoint.key}={EXAMPLES['openai_api_key']})"
            raise SettingsError("CHAT_ENDPOINTS", reason)
    _require_shares(settings)
    if settings.embedded_chat and settings.judge_model is not None:
        raise SettingsError("JUDGE_MODEL", "it needs an endpoint (such as OPENAI_BASE_URL=http://localhost:11434/v1)")
    if settings.embedded_chat and settings.chat_fallback is not None:
        name = settings.chat_fallback.partition("/")[0]
        if name not in names:
            reason = "it needs an endpoint (such as CHAT_FALLBACK=other/large, with one named other in CHAT_ENDPOINTS)"
            raise SettingsError("CHAT_FALLBACK", reason)
    return settings


def _require_lines(file: Path) -> None:
    """
    Raises:
        SettingsFileError: a line of ``file`` sets nothing and would be ignored.
        OSError, UnicodeDecodeError: it cannot be read.
    """
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for line in parse_stream(lines):
            if line.error or (line.key is not None and line.value is None):
                written = line.original.string
                number = line.original.line + written[: len(written) - len(written.lstrip())].count("\n")
                raise SettingsFileError(f"line {number} is no NAME=value, or a quotation mark has no end")


def _require_shares(settings: Settings) -> None:
    """
    Raises:
        SettingsError: the settings do not say which shards are this gateway's.
    """
    count = settings.gateways
    if settings.gateway >= count:
        numbers = "GATEWAYS is 1" if count == 1 else f"of {count} gateways the last is {count - 1}"
        raise SettingsError("GATEWAY", f"{settings.gateway} is too much: {numbers} (such as GATEWAY=0)")
    if count > 1 and settings.shards < count:
        reason = "with GATEWAYS above 1 it is needed, the same everywhere and no fewer than there are gateways"
        raise SettingsError("SHARDS", f"{reason} (such as SHARDS={count})")


def unknown_names(file: Path = Path(".env")) -> list[str]:
    """One sentence for each name in ``file`` that is not a setting, suggesting the most similar setting if there is
    one."""
    if not file.is_file():
        return []
    known = [name.upper() for name in Settings.model_fields]
    notes, given = [], dotenv_values(file)
    keys = re.findall(r'"key"\s*:\s*"([^"]+)"', given.get("CHAT_ENDPOINTS") or "")
    for name in given:
        if name.upper() not in known and name not in keys:
            like = get_close_matches(name.upper(), known, 1)
            meant = f" Did you mean {like[0]}?" if like else ""
            notes.append(f"{file} sets {name}, which is no setting of Starling's.{meant}")
    return notes
