"""Errors for unusable settings, worded for the person who wrote them: what is wrong, why, and an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic_core import ErrorDetails

from bot.errors import StarlingError
from bot.errors import translatable as _

CURRENCY, ENDPOINT_NAME = "^[A-Z]{3}$", r"^[A-Za-z0-9_.-]{1,32}$"


class SettingsError(StarlingError):
    """Raised when a setting has a value that cannot be used."""

    sentence = _("The setting {name} cannot be used: {reason}. Fix it in the environment or in .env.")

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name=name, reason=reason)


class SettingsFileError(StarlingError):
    """Raised when the file with settings cannot be read."""

    sentence = _("The file .env cannot be read: {reason}.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


_NO_NUMBER, _NO_WHOLE_NUMBER, _NO_LIST, _NO_OBJECT = (
    "{what} is not a number", "{what} is not a whole number", "{what} is not a list, [...]",
    "{what} is not an object, {{...}}",
)  # fmt: skip
_REASONS = {
    "int_parsing": _NO_WHOLE_NUMBER,
    "int_from_float": _NO_WHOLE_NUMBER,
    "int_type": _NO_WHOLE_NUMBER,
    "float_parsing": _NO_NUMBER,
    "float_type": _NO_NUMBER,
    "finite_number": _NO_NUMBER,
    "bool_parsing": "{what} is neither true nor false",
    "literal_error": "{what} is not one of these: {expected}",
    "enum": "{what} is not one of these: {expected}",
    "greater_than_equal": "{what} is too small; the least is {ge:g}",
    "less_than_equal": "{what} is too much; the most is {le:g}",
    "string_pattern_mismatch": "{what} is not {form}",
    "string_type": "{what} is not text in quotation marks",
    "tuple_type": _NO_LIST,
    "list_type": _NO_LIST,
    "dict_type": _NO_OBJECT,
    "model_type": _NO_OBJECT,
    "too_long": "{what} has {actual_length} items, and {max_length} are wanted",
    "missing": "{what} is missing",
    "extra_forbidden": "{what} is not known there",
    "json_invalid": "it is not JSON: {error}",
    "no_id": "{given!r} is no id of Discord's: switch on its developer mode, and copy the id from a menu",
    "no_address": "{what} does not begin with http:// or https://",
    "no_work_address": "{what} does not begin with nats:// or tls://",
    "no_server": "{what} names no server, or a port that is none",
    "odd_header": "{header!r} is no name of a header, or its value has other characters than those of ASCII",
    "odd_models": '"models" in it is not an object of objects: {{"models": {{"gpt-5": {{...}}}}}}',
    "own_messages": '"messages" are what Starling sends',
    "odd_key": "it has characters that no key has, such as a long dash or a typographic quotation mark",
    "no_folder": "there is no folder {folder}",
    "no_file": "there is no file {file}",
}
"""Our wording for each of pydantic's error types."""
_FORMS = {
    CURRENCY: "three capital letters",
    ENDPOINT_NAME: "1 to 32 letters, digits, dots, dashes and underscores",
}
"""What each regular expression accepts, in words."""

EXAMPLES = {
    "chat_prices": '{"gpt-5": [1.25, 10]}',
    "chat_extra": '{"top_p": 0.9}',
    "chat_headers": '{"X-Title": "Starling"}',
    "chat_endpoints": '[{"name": "other", "base_url": "https://api.example.org/v1", "key": "OTHER_API_KEY"}]',
    "chat_models": "gpt-5, other/large",
    "discord_api_url": "https://discord.com/api/v10",
    "openai_api_key": "sk-proj-4fG7",
    "stt_api_key": "sk-proj-4fG7",
    "tts_api_key": "sk-proj-4fG7",
    "training_api_key": "sk-proj-4fG7",
    "stt_base_url": "http://localhost:8000/v1",
    "tts_base_url": "http://localhost:8880/v1",
    "training_base_url": "https://api.openai.com/v1",
    "training_price": "25",
    "database_url": "postgresql://starling:password@localhost/starling",
    "openai_base_url": "http://localhost:11434/v1",
    "piper_voices": "/srv/voices",
    "instruction_file": "instruction.md",
    "allowed_guilds": "123456789012345678",
    "blocked_guilds": "123456789012345678",
    "blocked_users": "123456789012345678, 234567890123456789",
    "owner_id": "123456789012345678",
    "metrics_port": "9464",
    "work_url": "nats://gateway:password@localhost:4222",
    "work_kinds": "hear,speak",
}
"""Examples for settings whose default is not a helpful one."""


def settings_error(error: ErrorDetails, defaults: Mapping[str, object]) -> SettingsError:
    """The error that says what is wrong, in one sentence with an example. ``defaults``: those of all settings, by field
    name."""
    field, *place = error["loc"] or ("",)
    field, context = str(field), error.get("ctx", {})
    template = _REASONS.get(error["type"], "{what}: {message}")
    form = _FORMS.get(context.get("pattern", ""), "of that form")
    words = {"message": error["msg"], "what": _what(error["input"], place), "form": form}
    reason = template.format_map({**words, **context})
    default = defaults.get(field)
    plain = str(default).lower() if isinstance(default, bool) else default
    example = EXAMPLES.get(field, plain)
    if example not in (None, ""):
        reason += f" (such as {field.upper()}={example})"
    return SettingsError(field.upper(), reason)


def _what(value: object, place: Sequence[int | str]) -> str:
    """How to refer to the wrong value: by the value itself or, if it is nested in a larger one, which may contain
    secrets, only by its position there."""
    if not place:
        return repr(value) if isinstance(value, str) else str(value) if isinstance(value, int | float) else "it"
    return " of ".join(f"number {part + 1}" if isinstance(part, int) else part for part in reversed(place))
