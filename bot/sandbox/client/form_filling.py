"""Builds what a client sends when a person fills in options and forms, and finds buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.model.enums import ComponentType, OptionType
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json

_NESTS = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)

File = tuple[str, bytes, str]
"""Name, bytes and content type of a file."""


def find_component(message: Mapping[str, Any], custom_id: str) -> Json:
    """The component of ``message`` whose custom id or label is ``custom_id``, or whose custom id begins with it.

    Raises:
        SandboxError: there is none.
    """
    found = [c for c in _walk(message["components"]) if "custom_id" in c]
    exact = [c for c in found if custom_id in (c["custom_id"], c.get("label"))]
    beginning = [c for c in found if c["custom_id"].startswith(custom_id)]
    for component in exact + beginning:
        return component
    listed = ", ".join(f"{c['custom_id']} ({c.get('label', ComponentType(c['type']).name)})" for c in found)
    raise SandboxError(f"The message has no component {custom_id!r}; it has: {listed or 'none'}.")


def _walk(components: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    for component in components:
        found.append(component)
        found += _walk(component.get("components") or [])
        for key in ("accessory", "component"):
            if component.get(key):
                found += _walk([component[key]])
    return found


def fill_in_options(
    known: list[Json], path: list[str], values: dict[str, Any], uploads: list[File], focused: str | None = None
) -> list[Json]:
    """``values`` as the options of an interaction, within the subcommands of ``path``.

    Raises:
        SandboxError: there is no such option or subcommand.
    """
    by_name = {option["name"]: option for option in known}
    by_name |= {option["name_localized"]: option for option in known if "name_localized" in option}
    if path:
        nest = by_name.get(path[0])
        if nest is None or nest["type"] not in _NESTS:
            raise SandboxError(f"There is no subcommand {path[0]!r}; there are: {', '.join(by_name) or 'none'}.")
        inner = fill_in_options(nest.get("options") or [], path[1:], values, uploads, focused)
        return [{"type": nest["type"], "name": nest["name"], "options": inner}]
    filled: list[Json] = []
    for name, value in values.items():
        option = by_name.get(name)
        if option is None:
            raise SandboxError(f"There is no option {name!r}; there are: {', '.join(by_name) or 'none'}.")
        made: Json = {"type": option["type"], "name": option["name"]}
        if option["type"] == OptionType.ATTACHMENT and isinstance(value, tuple):
            made["value"] = str(len(uploads))
            uploads.append(value)
        else:
            made["value"] = str(value["id"]) if isinstance(value, Mapping) else value
        if name == focused:
            made["focused"] = True
        filled.append(made)
    return filled


def form_fields(components: Sequence[Json]) -> list[tuple[Json, str | None]]:
    """The inputs of a form, each with its label."""
    found: list[tuple[Json, str | None]] = []
    for component in components:
        if component["type"] == ComponentType.LABEL:
            found.append((component["component"], component["label"]))
        elif component["type"] == ComponentType.ACTION_ROW:
            found += [(child, child.get("label")) for child in component["components"]]
    return found


def fill_in_field(component: Json, label: str | None, values: dict[str, Any], uploads: list[File]) -> Json:
    entry: Json = {"type": component["type"], "custom_id": component["custom_id"]}
    key = component["custom_id"] if component["custom_id"] in values else label
    given = values.pop(key) if key in values else None
    if component["type"] == ComponentType.TEXT_INPUT:
        return entry | {"value": component.get("value", "") if given is None else given}
    if component["type"] == ComponentType.FILE_UPLOAD:
        files = [given] if isinstance(given, tuple) else list(given or [])
        numbers = [str(len(uploads) + i) for i in range(len(files))]
        uploads += files
        return entry | {"values": numbers}
    if given is None:
        chosen = [o["value"] for o in component.get("options") or [] if o.get("default")]
        given = bool(component.get("default")) if component["type"] == ComponentType.CHECKBOX else chosen
    if isinstance(given, list | tuple):
        return entry | {"values": list(given)}
    return entry | ({"value": given} if component["type"] == ComponentType.CHECKBOX else {"values": [given]})
