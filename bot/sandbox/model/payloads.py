"""The sandbox's entities as the JSON that Discord sends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.sandbox.model.attachments import AttachmentStore
from bot.sandbox.model.entities import Attachment, Channel, Guild, Member, Message, Poll, Role, User
from bot.sandbox.model.enums import ChannelType, ComponentType, MessageFlag, MessageType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.state import SandboxState

_SHOWN_WITH_REFERENCE = frozenset(
    {MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE, MessageType.CONTEXT_MENU_COMMAND}
)
"""The types of message with a ``referenced_message``; others, such as the notice of a pin, only point to theirs."""


def iso(moment: datetime) -> str:
    return moment.isoformat()


def user_payload(user: User) -> Json:
    payload: Json = {
        "id": str(user.id),
        "username": user.username,
        "discriminator": "0000" if user.bot else "0",
        "global_name": user.global_name,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    }
    if user.bot:
        payload["bot"] = True
    return payload


def own_user_payload(user: User) -> Json:
    """The account as it is shown to itself."""
    return user_payload(user) | {
        "mfa_enabled": False,
        "locale": user.locale,
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def role_payload(role: Role) -> Json:
    payload: Json = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": None, "tertiary_color": None},
        "hoist": role.hoist,
        "managed": role.bot_id is not None,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if role.bot_id is not None:
        payload["tags"] = {"bot_id": str(role.bot_id)}
    return payload


def emoji_payload(emoji: str) -> Json:
    """``emoji`` is a character, or "name:id" for one of a guild's own."""
    name, _, emoji_id = emoji.partition(":")
    return {"id": emoji_id or None, "name": name, **({"animated": False} if emoji_id else {})}


def _poll_media(media: Json) -> Json:
    """``media`` with both fields of the emoji: a character has no id, and a guild's own may come without a name."""
    if not media.get("emoji"):
        return media
    return media | {"emoji": {"id": None, "name": None} | media["emoji"]}


class Payloads:
    """Builds the payloads that depend on other entities: names of authors, roles of members, links to files."""

    def __init__(self, state: SandboxState, attachments: AttachmentStore) -> None:
        self._state = state
        self._attachments = attachments

    def member(self, member: Member, *, with_user: bool = True) -> Json:
        payload: Json = {
            "nick": member.nick,
            "avatar": None,
            "banner": None,
            "roles": [str(role_id) for role_id in member.role_ids],
            "joined_at": iso(member.joined_at),
            "premium_since": None,
            "communication_disabled_until": iso(member.timed_out_until) if member.timed_out_until else None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        if with_user:
            payload["user"] = user_payload(self._state.user(member.user_id))
        return payload

    def channel(self, channel: Channel, viewer_id: int | None = None) -> Json:
        """The channel; for a direct message, ``recipients`` are all but ``viewer_id``."""
        last = str(channel.last_message_id) if channel.last_message_id else None
        payload: Json = {"id": str(channel.id), "type": int(channel.type), "flags": 0, "last_message_id": last}
        if channel.guild_id is None:
            others = [self._state.user(i) for i in channel.recipient_ids if i != viewer_id]
            return payload | {"recipients": [user_payload(user) for user in others]}
        payload |= {
            "guild_id": str(channel.guild_id),
            "name": channel.name,
            "parent_id": str(channel.parent_id) if channel.parent_id else None,
            "rate_limit_per_user": channel.rate_limit_per_user_s,
        }
        if channel.last_pin_at is not None:
            payload["last_pin_timestamp"] = iso(channel.last_pin_at)
        if channel.thread is not None:
            return payload | self._thread(channel, viewer_id)
        return payload | {
            "topic": channel.topic,
            "position": channel.position,
            "nsfw": channel.nsfw,
            "permission_overwrites": [
                {"id": str(o.id), "type": int(o.type), "allow": str(int(o.allow)), "deny": str(int(o.deny))}
                for o in channel.overwrites
            ],
        }

    def _thread(self, channel: Channel, viewer_id: int | None) -> Json:
        thread = channel.thread
        assert thread is not None
        metadata: Json = {
            "archived": thread.archived,
            "archive_timestamp": iso(thread.changed_at),
            "auto_archive_duration": thread.auto_archive_minutes,
            "locked": thread.locked,
            "create_timestamp": iso(thread.created_at),
        }
        if channel.type is ChannelType.PRIVATE_THREAD:
            metadata["invitable"] = thread.invitable
        payload: Json = {
            "owner_id": str(thread.owner_id),
            "thread_metadata": metadata,
            "message_count": thread.message_count,
            "member_count": len(thread.member_ids),
            "total_message_sent": thread.total_message_sent,
        }
        if viewer_id in thread.member_ids:
            payload["member"] = self.thread_member(channel, viewer_id)
        return payload

    def _thread_of_guild(self, channel: Channel, viewer_id: int) -> Json:
        """A thread within a guild's payload, where ``member`` lacks the ids of the thread and of the reader."""
        payload = self.channel(channel, viewer_id)
        if "member" in payload:
            payload["member"] = {k: v for k, v in payload["member"].items() if k not in ("id", "user_id")}
        return payload

    def thread_member(self, channel: Channel, user_id: int) -> Json:
        assert channel.thread is not None
        return {
            "id": str(channel.id),
            "user_id": str(user_id),
            "join_timestamp": iso(channel.thread.created_at),
            "flags": 1,
        }

    def guild(self, guild: Guild) -> Json:
        """The guild as REST shows it; ``gateway_guild`` adds what GUILD_CREATE carries."""
        return {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "description": None,
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "features": [],
            "banner": None,
            "owner_id": str(guild.owner_id),
            "application_id": None,
            "region": "us-east",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 0,
            "roles": [role_payload(role) for role in self._state.guild_roles(guild.id)],
            "default_message_notifications": 1,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_presences": None,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": guild.preferred_locale,
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "premium_progress_bar_enabled": False,
            "premium_progress_bar_enabled_user_updated_at": None,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": None,
        }

    def gateway_guild(self, guild: Guild, viewer_id: int, *, hidden_channels: bool, all_members: bool) -> Json:
        """GUILD_CREATE's data. A bot also receives the channels that it cannot see, hence ``hidden_channels``, and no
        members but itself unless it has the GUILD_PRESENCES intent, hence ``all_members``.
        """
        channels = [
            c for c in self._state.guild_channels(guild.id) if hidden_channels or self._state.may_see(viewer_id, c)
        ]
        threads = [
            t
            for t in self._state.guild_threads(guild.id)
            if t.thread is not None and not t.thread.archived and self._state.may_see(viewer_id, t)
        ]
        members = self._state.guild_members(guild.id)
        return self.guild(guild) | {
            "joined_at": iso(self._state.member(guild.id, viewer_id).joined_at),
            "large": False,
            "unavailable": False,
            "member_count": len(members),
            "members": [self.member(m) for m in members if all_members or m.user_id == viewer_id],
            "channels": [self.channel(c, viewer_id) for c in channels],
            "threads": [self._thread_of_guild(t, viewer_id) for t in threads],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def attachment(self, attachment: Attachment) -> Json:
        url = self._attachments.url(attachment)
        payload: Json = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": attachment.size_bytes,
            "url": url,
            "proxy_url": url,
            "content_type": attachment.content_type,
            "flags": 0,
        }
        if attachment.title is not None:
            payload["title"] = attachment.title
        if attachment.description is not None:
            payload["description"] = attachment.description
        if attachment.duration_s is not None:
            payload["duration_secs"] = attachment.duration_s
        if attachment.waveform is not None:
            payload["waveform"] = attachment.waveform
        if attachment.ephemeral:
            payload["ephemeral"] = True
        return payload

    def message(self, message: Message, viewer_id: int | None = None, *, nested: bool = False) -> Json:
        """The message as REST shows it to ``viewer_id``.

        ``nested`` is for a message within a message: Discord includes replied messages only one level deep.
        """
        state = self._state
        payload: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "author": user_payload(state.user(message.author_id)),
            "pinned": message.pinned_at is not None,
            "mention_everyone": message.mention_everyone,
            "tts": message.tts,
            **self._content(message),
        }
        if message.nonce is not None:
            payload["nonce"] = message.nonce
        if message.webhook_id is not None:
            payload["webhook_id"] = str(message.webhook_id)
        if message.application_id is not None:
            payload["application_id"] = str(message.application_id)
        if message.interaction is not None:
            payload["interaction_metadata"] = message.interaction
        if message.command is not None:
            payload["interaction"] = message.command
        if message.reactions:
            payload["reactions"] = [
                {
                    "emoji": emoji_payload(emoji),
                    "count": len(users),
                    "count_details": {"burst": 0, "normal": len(users)},
                    "burst_colors": [],
                    "me_burst": False,
                    "me": viewer_id in users,
                }
                for emoji, users in message.reactions.items()
            ]
        if message.poll is not None:
            payload["poll"] = self.poll(message.poll, viewer_id)
        if message.flags & MessageFlag.HAS_THREAD and (thread := state.channels.get(message.id)) is not None:
            payload["thread"] = self.channel(thread, viewer_id)
        if message.reference is not None:
            payload |= self._reference(message, viewer_id, nested=nested)
        return payload

    def _content(self, message: Message) -> Json:
        """What a message and a snapshot of it have in common."""
        return {
            "type": int(message.type),
            "content": message.content,
            "mentions": [user_payload(self._state.user(i)) for i in message.mention_ids],
            "mention_roles": [str(i) for i in message.mention_role_ids],
            "attachments": [self.attachment(a) for a in message.attachments],
            "embeds": [self._with_links(e, message.attachments) for e in message.embeds],
            "components": [self._with_links(c, message.attachments) for c in message.components],
            "timestamp": iso(message.sent_at),
            "edited_timestamp": iso(message.edited_at) if message.edited_at else None,
            "flags": int(message.flags),
        }

    def _reference(self, message: Message, viewer_id: int | None, *, nested: bool) -> Json:
        reference = message.reference
        assert reference is not None
        link: Json = {"type": reference.type, "channel_id": str(reference.channel_id)}
        if reference.message_id is not None:
            link["message_id"] = str(reference.message_id)
        if reference.guild_id is not None:
            link["guild_id"] = str(reference.guild_id)
        found: Json = {"message_reference": link}
        if message.snapshots:
            found["message_snapshots"] = [{"message": self._content(s)} for s in message.snapshots]
        elif message.type in _SHOWN_WITH_REFERENCE and reference.message_id is not None and not nested:
            target = self._state.messages.get(reference.message_id)
            # An answer for everyone does not show the ephemeral message that it came from.
            hidden = target is None or (target.ephemeral_to is not None and message.ephemeral_to is None)
            shown = None if target is None or hidden else self.message(target, viewer_id, nested=True)
            found["referenced_message"] = shown
        return found

    def poll(self, poll: Poll, viewer_id: int | None) -> Json:
        counts = [{"id": n, "count": len(v), "me_voted": viewer_id in v} for n, v in sorted(poll.votes.items()) if v]
        return {
            "question": poll.question,
            "answers": [{"answer_id": n, "poll_media": _poll_media(media)} for n, media in enumerate(poll.answers, 1)],
            "expiry": iso(poll.expires_at),
            "allow_multiselect": poll.multiselect,
            "layout_type": 1,
            "results": {"is_finalized": poll.finalized, "answer_counts": counts},
        }

    def _with_links(self, value: Any, attachments: tuple[Attachment, ...]) -> Any:
        """``value`` with every attachment://name replaced by a link, and the fields that Discord adds to it."""
        if isinstance(value, list):
            return [self._with_links(item, attachments) for item in value]
        if not isinstance(value, dict):
            return value
        url = value.get("url")
        if isinstance(url, str) and url.startswith("attachment://"):
            name = url.removeprefix("attachment://")
            found = next((a for a in attachments if a.filename == name), None)
            link = self._attachments.url(found) if found else f"attachment://{quote(name)}"
            media = value | {"url": link, "proxy_url": link}
            if found and "id" in value:
                media |= {"content_type": found.content_type, "attachment_id": str(found.id)}
            return media
        linked = {key: self._with_links(item, attachments) for key, item in value.items()}
        if value.get("type") == ComponentType.FILE:
            name = str(value["file"]["url"]).removeprefix("attachment://")
            shown = next((a for a in attachments if a.filename == name), None)
            linked |= {"name": name, "size": shown.size_bytes if shown else None}
        return linked

    def message_in_gateway(self, message: Message) -> Json:
        """The data of MESSAGE_CREATE and MESSAGE_UPDATE in a guild or direct message."""
        payload = self.message(message)
        channel = self._state.channels.get(message.channel_id)
        if channel is not None:
            payload["channel_type"] = int(channel.type)
        if message.guild_id is not None and message.ephemeral_to is None:
            payload["guild_id"] = str(message.guild_id)
            member = self._state.members.get((message.guild_id, message.author_id))
            # Discord leaves out the member for messages of webhooks and for answers to interactions.
            if member is not None and message.webhook_id is None:
                payload["member"] = self.member(member, with_user=False)
        return payload

    def partial_channel(self, channel: Channel, user_id: int) -> Json:
        """The channel within an interaction; ``permissions`` are those of the user who invoked it."""
        payload = self.channel(channel, user_id)
        payload.pop("permission_overwrites", None)
        return payload | {"permissions": str(int(self._state.permissions(user_id, channel)))}
