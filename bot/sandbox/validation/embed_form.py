"""What Discord accepts as embeds, and how it stores them."""

from __future__ import annotations

from datetime import datetime

from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import iso
from bot.sandbox.validation.forms import Form, Path

_MAX_EMBEDS = 10
_MAX_TOTAL = 6000
_PICTURES = ("image", "thumbnail")


def read_embeds(form: Form, body: Json, at: Path = ()) -> tuple[Json, ...]:
    """``body["embeds"]``, checked and completed; problems go to ``form``."""
    total = 0
    found: list[Json] = []
    for i, given in enumerate(form.objects(body, "embeds", 0, _MAX_EMBEDS, at=at)):
        embed, size = _read(form, given, (*at, "embeds", i))
        found.append(embed)
        total += size
    if total > _MAX_TOTAL:
        form.wrong((*at, "embeds"), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_MAX_TOTAL}")
    return tuple(found)


def _read(form: Form, given: Json, here: Path) -> tuple[Json, int]:
    embed: Json = {"type": "rich"}
    size = 0
    for key, maximum in (("title", 256), ("description", 4096), ("url", 2048)):
        if value := form.text(given, key, 0, maximum, at=here):
            embed[key] = value
            size += len(value) if key != "url" else 0
    color = form.integer(given, "color", 0, 0xFFFFFF, at=here)
    if color is not None:
        embed["color"] = color
    if timestamp := form.text(given, "timestamp", 0, 64, at=here):
        try:
            embed["timestamp"] = iso(datetime.fromisoformat(timestamp))
        except ValueError:
            form.wrong((*here, "timestamp"), "DATE_TIME_TYPE_PARSE", f"Could not parse {timestamp}.")
    if footer := form.object(given, "footer", at=here):
        text = form.text(footer, "text", 0, 2048, at=(*here, "footer")) or ""
        embed["footer"] = {"text": text, **_icon(footer)}
        size += len(text)
    if author := form.object(given, "author", at=here):
        name = form.text(author, "name", 0, 256, at=(*here, "author")) or ""
        embed["author"] = {"name": name, **_icon(author)}
        if url := form.text(author, "url", 0, 2048, at=(*here, "author")):
            embed["author"]["url"] = url
        size += len(name)
    fields: list[Json] = []
    for i, field in enumerate(form.objects(given, "fields", 0, 25, at=here)):
        place: Path = (*here, "fields", i)
        name = form.text(field, "name", 1, 256, at=place, required=True) or ""
        value = form.text(field, "value", 1, 1024, at=place, required=True) or ""
        fields.append({"name": name, "value": value, "inline": bool(field.get("inline"))})
        size += len(name) + len(value)
    if fields:
        embed["fields"] = fields
    for key in _PICTURES:
        if url := form.text(form.object(given, key, at=here), "url", 0, 2048, at=(*here, key)):
            embed[key] = {"url": url, "proxy_url": url, "width": 0, "height": 0}
    if len(embed) == 1:
        form.wrong((*here, "description"), "BASE_TYPE_REQUIRED", "This field is required")
    return embed, size


def _icon(given: Json) -> Json:
    icon = given.get("icon_url")
    return {"icon_url": icon, "proxy_icon_url": icon} if icon and isinstance(icon, str) else {}
