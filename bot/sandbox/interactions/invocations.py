"""Checks what a person fills in, as Discord's client and server do, and converts it to what the bot receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.model.entities import Attachment, Channel, Message, User
from bot.sandbox.model.enums import SELECT_TYPES, ComponentType, OptionType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads, role_payload, user_payload
from bot.sandbox.model.state import SandboxState
from bot.sandbox.model.uploads import Upload
from bot.sandbox.validation.component_form import find_component
from bot.sandbox.validation.forms import Form, Path
from bot.sandbox.validation.message_form import NewFile, clean_filename

_NESTS = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
_MAX_STRING = 6000
_MAX_OPTIONS = 25

StoreFile = Callable[[NewFile], Attachment]


class Resolver:
    """Collects the objects behind ids that a person chose, as ``data.resolved`` carries them."""

    def __init__(
        self,
        state: SandboxState,
        payloads: Payloads,
        user: User,
        channel: Channel,
        files: Mapping[str, Upload],
        store: StoreFile,
    ) -> None:
        self.resolved: Json = {}
        self._state = state
        self._payloads = payloads
        self._user = user
        self._channel = channel
        self._files = files
        self._store = store

    def add_user(self, user_id: int) -> bool:
        """Add a user; False if nobody has that id."""
        if (user := self._state.users.get(user_id)) is None:
            return False
        self._put("users", user_id, user_payload(user))
        guild_id = self._channel.guild_id
        if guild_id is not None and (member := self._state.members.get((guild_id, user_id))) is not None:
            payload = self._payloads.member(member, with_user=False)
            for key in ("deaf", "mute"):
                payload.pop(key)
            granted = self._state.permissions(user_id, self._channel)
            self._put("members", user_id, payload | {"permissions": str(int(granted))})
        return True

    def add_role(self, role_id: int) -> bool:
        role = self._state.roles.get(role_id)
        if role is None or role.guild_id != self._channel.guild_id:
            return False
        self._put("roles", role_id, role_payload(role))
        return True

    def add_channel(self, channel_id: int, allowed: list[int] | None) -> bool:
        channel = self._state.channels.get(channel_id)
        if channel is None or channel.guild_id != self._channel.guild_id or channel.guild_id is None:
            return False
        if not self._state.may_see(self._user.id, channel) or (allowed and int(channel.type) not in allowed):
            return False
        self._put("channels", channel_id, self._payloads.partial_channel(channel, self._user.id))
        return True

    def add_message(self, message: Message) -> None:
        self._put("messages", message.id, self._payloads.message(message, self._user.id))

    def add_file(self, number: str) -> str | None:
        """Store the upload ``number``; returns its id, None if there is no such upload."""
        upload = self._files.get(number)
        if upload is None:
            return None
        stored = self._store(NewFile(clean_filename(upload.filename), upload.content_type, upload.data))
        self._put("attachments", stored.id, self._payloads.attachment(stored))
        return str(stored.id)

    def _put(self, kind: str, key: int, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[str(key)] = payload


def read_options(command: Json, data: Json, resolver: Resolver, *, autocomplete: bool) -> list[Json]:
    """The options of a slash command as the bot receives them.

    Raises:
        DiscordError: 400 50035 if one is missing, unknown, of another type or out of bounds. During autocompletion
            nothing has to be complete, but exactly one option must have the focus.
    """
    form = Form()
    given = form.objects(data, "options", 0, _MAX_OPTIONS, at=("data",))
    options = _options(form, command.get("options") or [], given, resolver, ("data",), autocomplete)
    if autocomplete and _count_focused(options) != 1:
        form.wrong(("data", "options"), "AUTOCOMPLETE_FOCUS", "Exactly one option has the focus.")
    form.raise_if_wrong()
    return options


def _options(
    form: Form, known: list[Json], given: list[Json], resolver: Resolver, at: Path, autocomplete: bool
) -> list[Json]:
    by_name = {option["name"]: option for option in known}
    found: list[Json] = []
    seen: set[str] = set()
    for i, option in enumerate(given):
        here: Path = (*at, "options", i)
        name = str(option.get("name"))
        spec = by_name.get(name)
        if spec is None or name in seen:
            form.wrong((*here, "name"), "APPLICATION_COMMAND_OPTION_UNKNOWN", f"There is no option {name!r}.")
            continue
        seen.add(name)
        made: Json = {"name": name, "type": spec["type"]}
        if spec["type"] in _NESTS:
            inner = form.objects(option, "options", 0, _MAX_OPTIONS, at=here)
            made["options"] = _options(form, spec.get("options") or [], inner, resolver, here, autocomplete)
        else:
            focused = autocomplete and bool(option.get("focused"))
            value = option.get("value")
            if not autocomplete:
                value = _value(form, spec, value, resolver, (*here, "value"))
            made["value"] = value
            if focused:
                made["focused"] = True
        found.append(made)
    nested = any(option["type"] in _NESTS for option in known)
    if nested and len(found) != 1:
        form.wrong((*at, "options"), "APPLICATION_COMMAND_SUBCOMMAND_REQUIRED", "Choose one subcommand.")
    if not autocomplete and not nested:
        for spec in known:
            if spec.get("required") and spec["name"] not in seen:
                message = "This option is required"
                form.wrong((*at, "options", spec["name"]), "APPLICATION_COMMAND_OPTIONS_VALUE_REQUIRED", message)
    return found


def _count_focused(options: list[Json]) -> int:
    return sum(bool(o.get("focused")) + _count_focused(o.get("options") or []) for o in options)


def _value(form: Form, spec: Json, value: Any, resolver: Resolver, here: Path) -> Any:
    kind = OptionType(spec["type"])
    choices = [choice["value"] for choice in spec.get("choices") or []]
    if choices and value not in choices:
        form.wrong(here, "APPLICATION_COMMAND_OPTION_VALUE_INVALID", f"Value must be one of {choices}.")
        return value
    match kind:
        case OptionType.STRING:
            if not isinstance(value, str):
                form.wrong(here, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            else:
                form.length(here, len(value), spec.get("min_length") or 0, spec.get("max_length") or _MAX_STRING)
        case OptionType.INTEGER | OptionType.NUMBER:
            kinds: Any = int if kind is OptionType.INTEGER else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds):
                form.wrong(here, "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
            elif spec.get("min_value") is not None and value < spec["min_value"]:
                form.wrong(here, "NUMBER_TYPE_MIN", f"Value must be at least {spec['min_value']}.")
            elif spec.get("max_value") is not None and value > spec["max_value"]:
                form.wrong(here, "NUMBER_TYPE_MAX", f"Value must be at most {spec['max_value']}.")
        case OptionType.BOOLEAN:
            if not isinstance(value, bool):
                form.wrong(here, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        case OptionType.ATTACHMENT:
            stored = resolver.add_file(str(value))
            if stored is None:
                form.wrong(here, "ATTACHMENT_NOT_FOUND", f"A file with the id {value} was not uploaded.")
            return stored
        case _:
            if not _resolve(kind, spec, str(value), resolver):
                form.wrong(here, "APPLICATION_COMMAND_OPTION_VALUE_INVALID", f"There is no such thing as {value}.")
            return str(value)
    return value


def _resolve(kind: OptionType, spec: Json, value: str, resolver: Resolver) -> bool:
    if not value.isdigit():
        return False
    number = int(value)
    if kind is OptionType.USER:
        return resolver.add_user(number)
    if kind is OptionType.ROLE:
        return resolver.add_role(number)
    if kind is OptionType.CHANNEL:
        return resolver.add_channel(number, spec.get("channel_types"))
    return resolver.add_user(number) or resolver.add_role(number)


def read_component_use(message: Message, data: Json, resolver: Resolver) -> Json:
    """The data of a click or a selection as the bot receives it.

    Raises:
        DiscordError: 400 50035 if the message has no such component, or the component does not accept these values.
    """
    custom_id = str(data.get("custom_id"))
    component = find_component(message.components, custom_id)
    form = Form()
    if component is None or component.get("disabled"):
        form.wrong(("data", "custom_id"), "COMPONENT_VALIDATION_FAILED", "The message has no such component.")
        form.raise_if_wrong()
        raise AssertionError
    made: Json = {"custom_id": custom_id, "component_type": component["type"], "id": component["id"]}
    if component["type"] in SELECT_TYPES:
        chosen = form.values(data, "values", at=("data",))
        made["values"] = _selected(form, component, chosen, resolver, ("data", "values"))
        if resolver.resolved:
            made["resolved"] = resolver.resolved
    form.raise_if_wrong()
    return made


def _selected(form: Form, component: Json, values: list[Any], resolver: Resolver, here: Path) -> list[str]:
    chosen = [str(value) for value in values]
    kind = ComponentType(component["type"])
    fewest = component.get("min_values", 1)
    if component.get("required") is False and not chosen:
        fewest = 0
    form.length(here, len(chosen), fewest, component.get("max_values", 1))
    for i, value in enumerate(chosen):
        if kind is ComponentType.STRING_SELECT:
            known = value in [option["value"] for option in component["options"]]
        elif not value.isdigit():
            known = False
        elif kind is ComponentType.USER_SELECT:
            known = resolver.add_user(int(value))
        elif kind is ComponentType.ROLE_SELECT:
            known = resolver.add_role(int(value))
        elif kind is ComponentType.CHANNEL_SELECT:
            known = resolver.add_channel(int(value), component.get("channel_types"))
        else:
            known = resolver.add_user(int(value)) or resolver.add_role(int(value))
        if not known:
            form.wrong((*here, i), "SELECT_COMPONENT_INVALID_VALUE", f"{value} cannot be chosen.")
    return chosen


def read_modal_submission(modal: Json, data: Json, resolver: Resolver) -> Json:
    """The data of a submitted modal as the bot receives it: every input of the modal, in its order and nesting.

    ``data["components"]`` may be nested like the modal or be a flat list of ``{"custom_id", "value" | "values"}``.

    Raises:
        DiscordError: 400 50035 if an input is missing or out of bounds.
    """
    form = Form()
    entries = _entries(form.objects(data, "components", 0, _MAX_OPTIONS, at=("data",)))
    components = [
        answered
        for i, component in enumerate(modal["components"])
        if (answered := _answered(form, component, entries, resolver, ("data", "components", i))) is not None
    ]
    form.raise_if_wrong()
    made: Json = {"custom_id": modal["custom_id"], "components": components}
    if resolver.resolved:
        made["resolved"] = resolver.resolved
    return made


def _entries(given: object) -> dict[str, Json]:
    """The entries that were filled in, by custom id, at any depth."""
    found: dict[str, Json] = {}
    for entry in given if isinstance(given, list) else []:
        if isinstance(entry, dict):
            if "custom_id" in entry:
                found[str(entry["custom_id"])] = entry
            found |= _entries(entry.get("components")) | _entries([entry.get("component")])
    return found


def _answered(form: Form, component: Json, entries: dict[str, Json], resolver: Resolver, at: Path) -> Json | None:
    """One component of the modal with what was filled in; a text display has only its type and id."""
    kind = ComponentType(component["type"])
    made: Json = {"type": component["type"], "id": component["id"]}
    if kind is ComponentType.TEXT_DISPLAY:
        return made
    if kind is ComponentType.ACTION_ROW:
        inner = [
            _answered(form, child, entries, resolver, (*at, "components", i))
            for i, child in enumerate(component["components"])
        ]
        return made | {"components": inner}
    if kind is ComponentType.LABEL:
        return made | {"component": _answered(form, component["component"], entries, resolver, (*at, "component"))}
    made["custom_id"] = component["custom_id"]
    entry = entries.get(component["custom_id"], {})
    required = component.get("required", True)
    if kind is ComponentType.TEXT_INPUT:
        value = str(entry.get("value") or "")
        if value or required:
            fewest = component.get("min_length") or (1 if required else 0)
            form.length((*at, "value"), len(value), fewest, component.get("max_length") or 4000)
        return made | {"value": value}
    if kind is ComponentType.CHECKBOX:
        return made | {"value": bool(entry.get("value"))}
    values = [str(value) for value in form.values(entry, "values", at=at)]
    if not values and entry.get("value") is not None:
        values = [str(entry["value"])]
    if kind is ComponentType.RADIO_GROUP:
        return made | {"value": _one_of(form, component, values, required, at)}
    if kind is ComponentType.CHECKBOX_GROUP:
        known = {option["value"] for option in component["options"]}
        form.length((*at, "values"), len(values), component.get("min_values") or 0, component.get("max_values") or 10)
        if not known.issuperset(values):
            form.wrong((*at, "values"), "SELECT_COMPONENT_INVALID_VALUE", "Not one of the choices.")
        return made | {"values": list(values)}
    if kind is ComponentType.FILE_UPLOAD:
        fewest = component.get("min_values", 1) if required else 0
        form.length((*at, "values"), len(values), fewest, component.get("max_values", 1))
        ids = [resolver.add_file(str(value)) for value in values]
        if None in ids:
            form.wrong((*at, "values"), "ATTACHMENT_NOT_FOUND", "A file was not uploaded.")
        return made | {"values": ids}
    return made | {"values": _selected(form, component, values, resolver, (*at, "values"))}


def _one_of(form: Form, component: Json, values: list[Any], required: bool, at: Path) -> str | None:
    if not values:
        if required:
            form.wrong((*at, "value"), "BASE_TYPE_REQUIRED", "This field is required")
        return None
    chosen = str(values[0])
    if chosen not in [option["value"] for option in component["options"]]:
        form.wrong((*at, "value"), "SELECT_COMPONENT_INVALID_VALUE", "Not one of the choices.")
    return chosen
