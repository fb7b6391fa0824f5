"""What Discord accepts as components of messages and modals, and how it numbers and completes them."""

from __future__ import annotations

from itertools import count

from bot.sandbox.model.enums import SELECT_TYPES, ComponentType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.validation.forms import Form, Path

_MAX_ROWS = 5
_MAX_V2_COMPONENTS = 40
_MAX_V2_TEXT = 4000
_MAX_MODAL_COMPONENTS = 5
_LINK_STYLE = 5
_PREMIUM_STYLE = 6

_TOP_LEVEL_V2 = frozenset(
    {
        ComponentType.ACTION_ROW,
        ComponentType.SECTION,
        ComponentType.TEXT_DISPLAY,
        ComponentType.MEDIA_GALLERY,
        ComponentType.FILE,
        ComponentType.SEPARATOR,
        ComponentType.CONTAINER,
    }
)
_IN_CONTAINER = _TOP_LEVEL_V2 - {ComponentType.CONTAINER}
_IN_ROW = SELECT_TYPES | {ComponentType.BUTTON}
_IN_LABEL = SELECT_TYPES | {
    ComponentType.TEXT_INPUT,
    ComponentType.FILE_UPLOAD,
    ComponentType.RADIO_GROUP,
    ComponentType.CHECKBOX_GROUP,
    ComponentType.CHECKBOX,
}
_MAX_VALUES_SELECT = 25


def read_message_components(form: Form, body: Json, *, v2: bool, at: Path = ()) -> tuple[Json, ...]:
    """``body["components"]`` of a message, with ids and defaults filled in; problems go to ``form``."""
    reader = _Reader(form)
    allowed = _TOP_LEVEL_V2 if v2 else frozenset({ComponentType.ACTION_ROW})
    maximum = _MAX_V2_COMPONENTS if v2 else _MAX_ROWS
    found = reader.children(body, "components", allowed, 0, maximum, at)
    if reader.total > _MAX_V2_COMPONENTS:
        message = f"The number of components exceeds the maximum of {_MAX_V2_COMPONENTS}."
        form.wrong((*at, "components"), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    if reader.text_length > _MAX_V2_TEXT:
        message = f"The total text length of the components exceeds {_MAX_V2_TEXT}."
        form.wrong((*at, "components"), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    return tuple(found)


def read_modal(form: Form, data: Json, at: Path = ("data",)) -> Json:
    """The data of a modal callback: ``custom_id`` of 1-100 characters, ``title`` of 1-45, 1-5 ``components``."""
    custom_id = form.text(data, "custom_id", 1, 100, at=at, required=True)
    title = form.text(data, "title", 1, 45, at=at, required=True)
    allowed = frozenset({ComponentType.ACTION_ROW, ComponentType.LABEL, ComponentType.TEXT_DISPLAY})
    reader = _Reader(form, modal=True)
    components = reader.children(data, "components", allowed, 1, _MAX_MODAL_COMPONENTS, at)
    return {"custom_id": custom_id, "title": title, "components": components}


class _Reader:
    """Walks the tree once, counting and numbering the components."""

    def __init__(self, form: Form, *, modal: bool = False) -> None:
        self.total = 0
        self.text_length = 0
        self._form = form
        self._modal = modal
        self._ids = count(1)
        self._media_ids = count(1)
        self._custom_ids: set[str] = set()

    def children(
        self, parent: Json, key: str, allowed: frozenset[ComponentType], minimum: int, maximum: int, at: Path
    ) -> list[Json]:
        given = self._form.objects(parent, key, minimum, maximum, at=at)
        return [self._component(child, allowed, (*at, key, i)) for i, child in enumerate(given)]

    def _component(self, given: Json, allowed: frozenset[ComponentType], here: Path) -> Json:
        form = self._form
        kind = given.get("type")
        if isinstance(kind, bool) or not isinstance(kind, int) or kind not in {int(a) for a in allowed}:
            listed = ", ".join(str(int(a)) for a in sorted(allowed))
            form.wrong((*here, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({listed}).')
            return {}
        self.total += 1
        kind = ComponentType(kind)
        # Discord numbers every component that has no id.
        number = form.integer(given, "id", 0, (1 << 31) - 1, at=here)
        made: Json = {"type": int(kind), "id": number or next(self._ids)}
        match kind:
            case ComponentType.ACTION_ROW:
                inside = frozenset({ComponentType.TEXT_INPUT}) if self._modal else _IN_ROW
                made["components"] = self._row(given, inside, here)
            case ComponentType.BUTTON:
                made |= self._button(given, here)
            case ComponentType.TEXT_INPUT:
                made |= self._text_input(given, here)
            case ComponentType.SECTION:
                texts = frozenset({ComponentType.TEXT_DISPLAY})
                made["components"] = self.children(given, "components", texts, 1, 3, here)
                accessories = frozenset({ComponentType.BUTTON, ComponentType.THUMBNAIL})
                if not isinstance(given.get("accessory"), dict):
                    form.wrong((*here, "accessory"), "BASE_TYPE_REQUIRED", "This field is required")
                else:
                    made["accessory"] = self._component(given["accessory"], accessories, (*here, "accessory"))
            case ComponentType.TEXT_DISPLAY:
                content = form.text(given, "content", 1, _MAX_V2_TEXT, at=here, required=True) or ""
                self.text_length += len(content)
                made["content"] = content
            case ComponentType.THUMBNAIL:
                made |= self._media(given, "media", here)
                description = form.text(given, "description", 0, 1024, at=here)
                made |= {"description": description, "spoiler": bool(given.get("spoiler"))}
            case ComponentType.MEDIA_GALLERY:
                made["items"] = self._gallery(given, here)
            case ComponentType.FILE:
                made |= self._media(given, "file", here)
                made |= {"name": None, "size": None, "spoiler": bool(given.get("spoiler"))}
            case ComponentType.SEPARATOR:
                spacing = form.choice(given, "spacing", frozenset({1, 2}), at=here)
                made |= {"divider": bool(given.get("divider", True)), "spacing": spacing or 1}
            case ComponentType.CONTAINER:
                colour = form.integer(given, "accent_color", 0, 0xFFFFFF, at=here)
                made |= {"accent_color": colour, "spoiler": bool(given.get("spoiler"))}
                made["components"] = self.children(given, "components", _IN_CONTAINER, 1, _MAX_V2_COMPONENTS, here)
            case ComponentType.LABEL:
                made |= self._label(given, here)
            case _:
                made |= self._input(given, kind, here)
        return made

    def _row(self, given: Json, inside: frozenset[ComponentType], here: Path) -> list[Json]:
        children = self.children(given, "components", inside, 1, 5, here)
        wide = [c for c in children if c.get("type") != ComponentType.BUTTON]
        if wide and len(children) > 1:
            self._form.wrong((*here, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "Component width exceeded.")
        return children

    def _custom_id(self, given: Json, here: Path) -> Json:
        custom_id = self._form.text(given, "custom_id", 1, 100, at=here, required=True)
        if custom_id in self._custom_ids:
            message = "Component custom id cannot be duplicated"
            self._form.wrong((*here, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        if custom_id is not None:
            self._custom_ids.add(custom_id)
        return {"custom_id": custom_id}

    def _button(self, given: Json, here: Path) -> Json:
        form = self._form
        style = form.choice(given, "style", frozenset(range(1, 7)), at=here, required=True)
        made: Json = {"style": style}
        label = form.text(given, "label", 0, 80, at=here)
        if label:
            made["label"] = label
        if emoji := form.object(given, "emoji", at=here):
            made["emoji"] = _emoji(emoji)
        if given.get("disabled"):
            made["disabled"] = True
        if style == _LINK_STYLE:
            made["url"] = form.text(given, "url", 1, 512, at=here, required=True)
            if given.get("custom_id"):
                message = "A custom id and url cannot both be specified"
                form.wrong((*here, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
        elif style == _PREMIUM_STYLE:
            made["sku_id"] = given.get("sku_id")
        else:
            made |= self._custom_id(given, here)
            if not label and "emoji" not in made:
                message = "A button needs a label or an emoji."
                form.wrong((*here, "label"), "BUTTON_COMPONENT_INVALID_WITHOUT_LABEL_OR_EMOJI", message)
        return made

    def _text_input(self, given: Json, here: Path) -> Json:
        form = self._form
        made = self._custom_id(given, here)
        style = form.choice(given, "style", frozenset({1, 2}), at=here, required=True)
        made |= {"style": style, "required": bool(given.get("required", True))}
        # Within a Label, the label belongs to the Label.
        if here[-1] != "component":
            made["label"] = form.text(given, "label", 1, 45, at=here, required=True)
        for key, maximum in (("placeholder", 100), ("value", 4000)):
            if (value := form.text(given, key, 0, maximum, at=here)) is not None:
                made[key] = value
        for key, minimum in (("min_length", 0), ("max_length", 1)):
            if (number := form.integer(given, key, minimum, 4000, at=here)) is not None:
                made[key] = number
        return made

    def _label(self, given: Json, here: Path) -> Json:
        form = self._form
        made: Json = {"label": form.text(given, "label", 1, 45, at=here, required=True)}
        if description := form.text(given, "description", 0, 100, at=here):
            made["description"] = description
        if not isinstance(given.get("component"), dict):
            form.wrong((*here, "component"), "BASE_TYPE_REQUIRED", "This field is required")
        else:
            made["component"] = self._component(given["component"], _IN_LABEL, (*here, "component"))
        return made

    def _input(self, given: Json, kind: ComponentType, here: Path) -> Json:
        """Selects, and the inputs that only modals have."""
        form = self._form
        made = self._custom_id(given, here)
        if self._modal:
            if given.get("disabled"):
                message = "A component of a modal cannot be disabled."
                form.wrong((*here, "disabled"), "MODAL_COMPONENT_CANNOT_BE_DISABLED", message)
            made["required"] = bool(given.get("required", True))
        if kind in SELECT_TYPES:
            made["min_values"] = _or_default(form.integer(given, "min_values", 0, _MAX_VALUES_SELECT, at=here), 1)
            made["max_values"] = _or_default(form.integer(given, "max_values", 1, _MAX_VALUES_SELECT, at=here), 1)
            if placeholder := form.text(given, "placeholder", 0, 150, at=here):
                made["placeholder"] = placeholder
            made["disabled"] = bool(given.get("disabled"))
            for key in ("channel_types", "default_values"):
                if chosen := form.values(given, key, at=here):
                    made[key] = chosen
            if kind is ComponentType.STRING_SELECT:
                made["options"] = self._options(given, 1, _MAX_VALUES_SELECT, here)
        elif kind is ComponentType.FILE_UPLOAD:
            made["min_values"] = _or_default(form.integer(given, "min_values", 0, 10, at=here), 1)
            made["max_values"] = _or_default(form.integer(given, "max_values", 1, 10, at=here), 1)
        elif kind is ComponentType.RADIO_GROUP:
            made["options"] = self._options(given, 2, 10, here)
        elif kind is ComponentType.CHECKBOX_GROUP:
            made["options"] = self._options(given, 1, 10, here)
            for key in ("min_values", "max_values"):
                if (number := form.integer(given, key, 0, 10, at=here)) is not None:
                    made[key] = number
        elif given.get("default"):
            made["default"] = True
        return made

    def _options(self, given: Json, minimum: int, maximum: int, here: Path) -> list[Json]:
        form = self._form
        found: list[Json] = []
        seen: set[str | None] = set()
        for i, option in enumerate(form.objects(given, "options", minimum, maximum, at=here)):
            place: Path = (*here, "options", i)
            value = form.text(option, "value", 1, 100, at=place, required=True)
            made: Json = {"label": form.text(option, "label", 1, 100, at=place, required=True), "value": value}
            if value in seen:
                message = "The specified option value is already used"
                form.wrong((*place, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
            seen.add(value)
            if description := form.text(option, "description", 0, 100, at=place):
                made["description"] = description
            if emoji := form.object(option, "emoji", at=place):
                made["emoji"] = _emoji(emoji)
            if option.get("default"):
                made["default"] = True
            found.append(made)
        return found

    def _gallery(self, given: Json, here: Path) -> list[Json]:
        items = self._form.objects(given, "items", 1, 10, at=here)
        return [
            self._media(item, "media", (*here, "items", i))
            | {
                "description": self._form.text(item, "description", 0, 1024, at=(*here, "items", i)),
                "spoiler": bool(item.get("spoiler")),
            }
            for i, item in enumerate(items)
        ]

    def _media(self, given: Json, key: str, here: Path) -> Json:
        media = given.get(key)
        url = media.get("url") if isinstance(media, dict) else None
        if not isinstance(url, str) or not url.startswith(("http://", "https://", "attachment://")):
            message = "Must be an http, https or attachment address."
            self._form.wrong((*here, key, "url"), "URL_TYPE_INVALID_SCHEME", message)
            return {}
        if key == "file" and not url.startswith("attachment://"):
            message = "A file component shows an attachment of its own message."
            self._form.wrong((*here, key, "url"), "URL_TYPE_INVALID_SCHEME", message)
        unfurled: Json = {"id": str(next(self._media_ids)), "url": url, "proxy_url": url}
        return {key: unfurled | {"width": None, "height": None, "content_type": None}}


def _emoji(given: Json) -> Json:
    emoji_id = given.get("id")
    if emoji_id:
        return {"id": str(emoji_id), "name": given.get("name"), "animated": bool(given.get("animated"))}
    return {"name": given.get("name")}


def _or_default(value: int | None, default: int) -> int:
    return default if value is None else value


def attachment_names(components: tuple[Json, ...]) -> set[str]:
    """The file names that attachment:// addresses in ``components`` point to."""
    names: set[str] = set()
    pending: list[object] = list(components)
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            url = node.get("url")
            if isinstance(url, str) and url.startswith("attachment://"):
                names.add(url.removeprefix("attachment://"))
            pending.extend(node.values())
    return names


def find_component(components: tuple[Json, ...], custom_id: str) -> Json | None:
    """The component with ``custom_id``, anywhere in the tree; None if there is none."""
    pending: list[object] = list(components)
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            if node.get("custom_id") == custom_id:
                return node
            pending.extend(node.values())
    return None
