"""What Discord accepts as an application command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex

from bot.sandbox.model.enums import LOCALES, CommandType, OptionType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.validation.forms import Form, Path

_SLASH_NAME = regex.compile(r"[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}")
_MAX_OPTIONS = 25
_MAX_CHOICES = 25
_MAX_CHOICE_TEXT = 100
_MAX_TOTAL = 8000
_MAX_SAFE_INTEGER = 1 << 53
_NESTS = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
_TYPES = frozenset(int(type_) for type_ in OptionType)
_WITH_CHOICES = frozenset({OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER})
_USER_INSTALL = 1
_PRIVATE_CHANNEL = 2


def read_command(form: Form, given: Json, installs: list[int], at: Path = ()) -> Json:
    """``given`` in the form in which commands are stored, with every key present; problems go to ``form``.

    ``installs``: the installation contexts of the application, which a command has by default.
    """
    kind = form.choice(given, "type", frozenset(int(t) for t in CommandType), at=at) or int(CommandType.CHAT_INPUT)
    slash = kind == CommandType.CHAT_INPUT
    made: Json = {
        "type": kind,
        "name": _name(form, given, at, slash=slash),
        "description": "",
        "name_localizations": _localizations(form, given, "name", at, slash=slash),
        "description_localizations": _localizations(form, given, "description", at, slash=slash),
        "default_member_permissions": _permissions(form, given, at),
        "nsfw": bool(given.get("nsfw")),
        "contexts": None if given.get("contexts") is None else form.values(given, "contexts", at=at),
        "integration_types": form.values(given, "integration_types", at=at) or installs,
    }
    if slash:
        made["description"] = form.text(given, "description", 1, 100, at=at, required=True) or ""
        made["options"] = _options(form, given, at, depth=0)
    elif given.get("description"):
        form.wrong((*at, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", "Must be empty.")
    _contexts(form, made, at)
    # The sum of all texts, each with the length of its longest translation.
    size = _size(made)
    if size > _MAX_TOTAL:
        form.wrong(at, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MAX_TOTAL})")
    return made


def _name(form: Form, given: Json, at: Path, *, slash: bool) -> str:
    name = form.text(given, "name", 1, 32, at=at, required=True)
    if name is not None and slash:
        _check_slash_name(form, name, (*at, "name"))
    return name or ""


def _check_slash_name(form: Form, name: str, at: Path) -> None:
    if not _SLASH_NAME.fullmatch(name):
        form.wrong(at, "STRING_TYPE_REGEX", "String value did not match validation regex.")
    elif name != name.lower():
        form.wrong(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _localizations(form: Form, given: Json, key: str, at: Path, *, slash: bool) -> Json | None:
    field = f"{key}_localizations"
    value: Any = given.get(field)
    if value is None:
        return None
    if not isinstance(value, dict):
        form.wrong((*at, field), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return None
    maximum = 32 if key == "name" and slash else _MAX_CHOICE_TEXT
    for locale, text in value.items():
        here: Path = (*at, field, locale)
        if locale not in LOCALES:
            form.wrong(here, "BASE_TYPE_CHOICES", "Not a locale of Discord.")
        elif text is not None and not isinstance(text, str):
            form.wrong(here, "STRING_TYPE_CONVERT", f'Could not interpret "{text}" as string.')
        elif text is not None:
            form.length(here, len(text), 1, maximum)
            if slash and key == "name":
                _check_slash_name(form, text, here)
    return {locale: text for locale, text in value.items() if isinstance(text, str)} or None


def _permissions(form: Form, given: Json, at: Path) -> str | None:
    value = given.get("default_member_permissions")
    if value is None:
        return None
    if not str(value).isdigit():
        form.wrong((*at, "default_member_permissions"), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        return None
    return str(value)


def _contexts(form: Form, made: Json, at: Path) -> None:
    for key, allowed in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        for i, value in enumerate(made[key] or []):
            if value not in list(allowed):
                form.wrong((*at, key, i), "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    if _PRIVATE_CHANNEL in (made["contexts"] or []) and _USER_INSTALL not in made["integration_types"]:
        message = "PRIVATE_CHANNEL can only be used by commands with the USER_INSTALL integration type."
        form.wrong((*at, "contexts"), "APPLICATION_COMMAND_CONTEXTS_NEED_USER_INSTALL", message)


def _options(form: Form, given: Json, at: Path, *, depth: int) -> list[Json]:
    found: list[Json] = []
    names: set[str] = set()
    optional_seen = False
    for i, option in enumerate(form.objects(given, "options", 0, _MAX_OPTIONS, at=at)):
        here: Path = (*at, "options", i)
        made = _option(form, option, here, depth=depth)
        if made["name"] in names:
            message = "Option names must be unique"
            form.wrong((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", message)
        names.add(made["name"])
        if made["type"] not in _NESTS:
            if made["required"] and optional_seen:
                message = "Required options must be placed before non-required options"
                form.wrong(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
            optional_seen = optional_seen or not made["required"]
        found.append(made)
    nests = [option for option in found if option["type"] in _NESTS]
    if nests and len(nests) != len(found):
        message = "Subcommands and other options do not go together"
        form.wrong((*at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    return found


def _option(form: Form, given: Json, here: Path, *, depth: int) -> Json:
    kind = form.choice(given, "type", _TYPES, at=here, required=True)
    made: Json = {
        "type": kind,
        "name": _name(form, given, here, slash=True),
        "description": form.text(given, "description", 1, 100, at=here, required=True) or "",
        "name_localizations": _localizations(form, given, "name", here, slash=True),
        "description_localizations": _localizations(form, given, "description", here, slash=True),
        "required": bool(given.get("required")),
    }
    if kind in _NESTS:
        # A group is directly in the command, a subcommand in the command or in a group.
        deepest = 0 if kind == OptionType.SUB_COMMAND_GROUP else 1
        inside = _options(form, given, here, depth=depth + 1)
        if depth > deepest:
            message = "Sub-commands and sub-command groups cannot be nested this deep."
            form.wrong((*here, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        if kind == OptionType.SUB_COMMAND_GROUP and any(o["type"] != OptionType.SUB_COMMAND for o in inside):
            message = "A group holds subcommands only."
            form.wrong((*here, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        made["options"] = inside
        return made
    made["choices"] = _choices(form, given, here)
    made["autocomplete"] = bool(given.get("autocomplete"))
    if made["autocomplete"] and (made["choices"] or kind not in _WITH_CHOICES):
        message = "Autocomplete is for text and numbers without choices."
        form.wrong((*here, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", message)
    if kind == OptionType.STRING:
        for key, minimum in (("min_length", 0), ("max_length", 1)):
            made[key] = form.integer(given, key, minimum, 6000, at=here)
    if kind in (OptionType.INTEGER, OptionType.NUMBER):
        for key in ("min_value", "max_value"):
            value = given.get(key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                form.wrong((*here, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
            elif value is not None and abs(value) > _MAX_SAFE_INTEGER:
                form.wrong((*here, key), "NUMBER_TYPE_MAX", "Must be within 2^53.")
            made[key] = value
    if kind == OptionType.CHANNEL and (types := form.values(given, "channel_types", at=here)):
        made["channel_types"] = types
    return made


def _choices(form: Form, given: Json, here: Path) -> list[Json]:
    found: list[Json] = []
    for i, choice in enumerate(form.objects(given, "choices", 0, _MAX_CHOICES, at=here)):
        place: Path = (*here, "choices", i)
        name = form.text(choice, "name", 1, _MAX_CHOICE_TEXT, at=place, required=True)
        value = choice.get("value")
        if isinstance(value, str):
            form.length((*place, "value"), len(value), 1, _MAX_CHOICE_TEXT)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            form.wrong((*place, "value"), "BASE_TYPE_REQUIRED", "This field is required")
        localizations = _localizations(form, choice, "name", place, slash=False)
        found.append({"name": name, "name_localizations": localizations, "value": value})
    return found


def read_choices(form: Form, data: Json, at: Path) -> list[Json]:
    """The choices of an autocomplete callback: at most 25, values of at most 100 characters."""
    return _choices(form, data, at)


def _size(node: Json) -> int:
    return sum(_texts(node))


def _texts(node: Json) -> Iterator[int]:
    for key in ("name", "description"):
        texts = [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]
        yield max(len(text) for text in texts)
    for choice in node.get("choices") or []:
        texts = [choice["name"] or "", *(choice.get("name_localizations") or {}).values()]
        yield max(len(text) for text in texts) + len(str(choice["value"]))
    for option in node.get("options") or []:
        yield from _texts(option)


def shown_command(command: Json) -> Json:
    """The command as REST returns it: options leave out the keys that say nothing, as on Discord."""
    empty = {"required": False, "autocomplete": False}

    def shown_option(option: Json) -> Json:
        kept = {
            key: value
            for key, value in option.items()
            if value is not None and value != [] and not (key in empty and value is False)
        }
        if "options" in kept:
            kept["options"] = [shown_option(inner) for inner in option["options"]]
        if "choices" in kept:
            kept["choices"] = [{k: v for k, v in c.items() if v is not None} for c in kept["choices"]]
        return kept

    shown = {key: value for key, value in command.items() if key != "options"}
    if command.get("options"):
        shown["options"] = [shown_option(option) for option in command["options"]]
    return shown
