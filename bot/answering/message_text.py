"""The text that people see in a message: its words with names instead of ids, and its other readable parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import hikari

from bot.answering.request import own_roles, words

_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")
_EMOJI = re.compile(r"<a?:(\w+):\d+>")
_MOMENT = re.compile(r"<t:(-?\d{1,13})(?::\w)?>")
_PLACE = re.compile(r"<id:(customize|browse|guide)>")
_PLACES = {"customize": "Channels & Roles", "browse": "Browse Channels", "guide": "Server Guide"}
"""Discord's names for the places of a server that are not channels."""
_COMMAND = re.compile(r"</([^:<>]{1,100}):\d+>")
_MAX_EMBEDS = 5
_MAX_EMBED_CHARS = 2000
_MAX_LAID_OUT_CHARS = 4000
"""Discord's limit on the text of a message that consists of components."""


def text_of(message: hikari.PartialMessage, me: hikari.Snowflakeish, cache: hikari.api.Cache, *, embeds: bool) -> str:
    """The words of ``message`` without the mention of the bot ``me`` at its start or end, of what it forwards, and of
    its poll, stickers and components. ``embeds``: include its embeds as well, which Discord adds to links after a
    message was written."""
    return "\n".join(part for part in _parts(message, me, cache, embeds=embeds) if part)


def _parts(
    message: hikari.PartialMessage, me: hikari.Snowflakeish, cache: hikari.api.Cache, *, embeds: bool
) -> Iterator[str]:
    users = message.user_mentions or {}
    yield _named(
        words(message, me, roles=own_roles(me, message.guild_id or None, cache)), message.guild_id, users, cache
    )
    for snapshot in message.message_snapshots or ():
        yield _named(snapshot.content or "", message.guild_id, snapshot.user_mentions or {}, cache)
        # The embeds of a forwarded message are already there.
        yield from map(_embed, snapshot.embeds[:_MAX_EMBEDS])
        yield from _stickers(snapshot.stickers)
        yield _named("\n".join(_laid_out(snapshot.components))[:_MAX_LAID_OUT_CHARS], message.guild_id, users, cache)
    if message.poll:
        answers = [answer.poll_media.text for answer in message.poll.answers if answer.poll_media.text]
        yield "\n".join([str(message.poll.question.text or ""), *(f"- {answer}" for answer in answers)])
    yield from _stickers(message.stickers or ())
    yield _named("\n".join(_laid_out(message.components or ()))[:_MAX_LAID_OUT_CHARS], message.guild_id, users, cache)
    if embeds:
        yield from map(_embed, (message.embeds or ())[:_MAX_EMBEDS])


def _stickers(stickers: Sequence[hikari.PartialSticker]) -> Iterator[str]:
    for sticker in stickers:
        yield f"[{sticker.name}]"


def _laid_out(components: Iterable[object]) -> Iterator[str]:
    """The texts in ``components``; a message that consists of components has no other text."""
    for component in components:
        if isinstance(component, hikari.TextDisplayComponent):
            yield component.content
        elif isinstance(component, hikari.ContainerComponent | hikari.SectionComponent):
            yield from _laid_out(component.components)


def _embed(embed: hikari.Embed) -> str:
    fields = [f"{field.name}: {field.value}" for field in embed.fields]
    author, footer = embed.author.name if embed.author else None, embed.footer.text if embed.footer else None
    parts = (author, embed.title, embed.description, *fields, footer)
    return "\n".join(str(part) for part in parts if part)[:_MAX_EMBED_CHARS]


def _named(
    content: str,
    guild: hikari.Snowflake | None,
    users: Mapping[hikari.Snowflake, hikari.User],
    cache: hikari.api.Cache,
) -> str:
    def name(found: re.Match[str]) -> str:
        kind, id_ = found[1], hikari.Snowflake(found[2])
        if kind == "#":
            channel = cache.get_guild_channel(id_) or cache.get_thread(id_)
            return f"#{channel.name}" if channel is not None and channel.name else found[0]
        if kind == "@&":
            role = cache.get_role(id_)
            return f"@{role.name}" if role is not None else found[0]
        member = cache.get_member(guild, id_) if guild is not None else None
        user = users.get(id_) or member or cache.get_user(id_)
        return f"@{user.global_name or user.username}" if user is not None else found[0]

    def moment(found: re.Match[str]) -> str:
        try:
            return f"{datetime.fromtimestamp(int(found[1]), UTC):%d %B %Y, %H:%M} UTC"
        except (ValueError, OverflowError, OSError):
            return found[0]

    named = _EMOJI.sub(r":\1:", _MENTION.sub(name, content))
    named = _PLACE.sub(lambda found: f"#{_PLACES[found[1]]}", named)
    return _COMMAND.sub(r"/\1", _MOMENT.sub(moment, named))
