"""Posts, edits and deletes messages, and publishes the events for it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.sandbox.gateway.events import Event, Publish
from bot.sandbox.gateway.intents import MESSAGES_IN
from bot.sandbox.model.attachments import AttachmentStore
from bot.sandbox.model.entities import Attachment, Channel, Message, Reference, User
from bot.sandbox.model.enums import ChannelType, MessageFlag, MessageType
from bot.sandbox.model.errors import DiscordError, unknown
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import Payloads
from bot.sandbox.model.permissions import Permissions
from bot.sandbox.model.snowflakes import created_at, parse
from bot.sandbox.model.state import SandboxState
from bot.sandbox.validation.component_form import attachment_names
from bot.sandbox.validation.forms import Form
from bot.sandbox.validation.mentions import find_mentions
from bot.sandbox.validation.message_form import EDIT_FLAGS, MessageForm, NewFile, check_voice_rules

_NONCES_KEPT = 2_000
_FORWARD = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an answer to an interaction carries that an ordinary message does not."""

    type: MessageType
    application_id: int
    interaction: Json
    command: Json | None = None
    reference: Reference | None = None
    ephemeral_to: int | None = None
    loading: bool = False


class Messages:
    """The one place where messages change."""

    def __init__(self, state: SandboxState, payloads: Payloads, attachments: AttachmentStore, publish: Publish) -> None:
        self.declared_size_lies: list[int] = []
        """Sizes in bytes that the next uploads declare instead of their own."""
        self._state = state
        self._payloads = payloads
        self._attachments = attachments
        self._publish = publish
        self._nonces: OrderedDict[tuple[int, int, str], int] = OrderedDict()

    def send(self, author: User, channel: Channel, form: MessageForm) -> Message:
        """Post an ordinary message as ``author``.

        Raises:
            DiscordError: permissions are missing (50001, 50013, 50173), it is empty (50006), the recipient accepts no
                direct messages (50007), the message that it replies to or forwards does not exist, or it breaks the
                rules of voice messages.
        """
        if channel.type is ChannelType.GUILD_CATEGORY:
            raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")
        voice = bool(form.flags & MessageFlag.IS_VOICE_MESSAGE)
        self._require_sending(author, channel, form, voice=voice)
        if channel.guild_id is None:
            self._require_open_door(author, channel)
        if form.nonce is not None and form.enforce_nonce:
            earlier = self._nonces.get((author.id, channel.id, str(form.nonce)))
            if earlier is not None and (message := self._state.messages.get(earlier)) is not None:
                return message
        reference, snapshots = self._read_reference(author, channel, form)
        forward = bool(snapshots)
        if form.is_empty and not forward:
            raise DiscordError(400, 50006, "Cannot send an empty message")
        if voice:
            check_voice_rules(form)
        replied = self._state.messages.get(reference.message_id or 0) if reference and not forward else None
        message = self._compose(author, channel, form, replied)
        message = replace(
            message,
            type=MessageType.REPLY if reference and not forward else MessageType.DEFAULT,
            flags=form.flags | (MessageFlag.HAS_SNAPSHOT if forward else MessageFlag.NONE),
            reference=reference,
            snapshots=snapshots,
            application_id=author.id if author.bot else None,
        )
        self._announce(message)
        if form.nonce is not None:
            self._nonces[author.id, channel.id, str(form.nonce)] = message.id
            while len(self._nonces) > _NONCES_KEPT:
                self._nonces.popitem(last=False)
        return message

    def answer(self, author: User, channel: Channel, form: MessageForm, provenance: Provenance) -> Message:
        """Post the application's answer to an interaction; the permissions of the channel do not matter.

        Raises:
            DiscordError: it is empty (50006) or breaks the rules of voice messages.
        """
        voice = bool(form.flags & MessageFlag.IS_VOICE_MESSAGE)
        if not provenance.loading:
            if form.is_empty:
                raise DiscordError(400, 50006, "Cannot send an empty message")
            if voice:
                check_voice_rules(form)
        flags = form.flags
        if provenance.loading:
            flags |= MessageFlag.LOADING
        if provenance.ephemeral_to is not None:
            flags |= MessageFlag.EPHEMERAL
        message = self._compose(author, channel, form, None, ephemeral=provenance.ephemeral_to is not None)
        message = replace(
            message,
            type=provenance.type,
            flags=flags,
            webhook_id=provenance.application_id,
            application_id=provenance.application_id,
            interaction=provenance.interaction,
            command=provenance.command,
            reference=provenance.reference,
            ephemeral_to=provenance.ephemeral_to,
        )
        self._announce(message)
        return message

    def system(self, author: User, channel: Channel, kind: MessageType, content: str, reference: Reference) -> Message:
        """Post a message of Discord itself, such as the notice of a new thread."""
        message_id = self._state.clock.next()
        message = Message(
            id=message_id,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            author_id=author.id,
            content=content,
            sent_at=created_at(message_id),
            type=kind,
            reference=reference,
        )
        self._announce(message)
        return message

    def edit(self, message: Message, form: MessageForm) -> Message:
        """Change the fields that ``form.given`` names. The first edit of a loading message ends its loading.

        Raises:
            DiscordError: it becomes empty (50006), or is a voice message (50162).
        """
        loading = bool(message.flags & MessageFlag.LOADING)
        voice = bool(message.flags & MessageFlag.IS_VOICE_MESSAGE)
        if voice and not loading:
            raise DiscordError(400, 50162, "Voice messages cannot be edited.")
        if voice:
            check_voice_rules(form)
        channel = self._state.channel(message.channel_id)
        kept = tuple(a for a in message.attachments if form.kept_ids is None or a.id in form.kept_ids)
        attachments = kept + self._store_files(channel, form.files, ephemeral=message.ephemeral_to is not None)
        settable = EDIT_FLAGS & form.flags
        if message.flags & MessageFlag.IS_COMPONENTS_V2:
            settable |= MessageFlag.IS_COMPONENTS_V2
        given = form.given
        changed = replace(
            message,
            content=form.content if "content" in given else message.content,
            embeds=form.embeds if "embeds" in given else message.embeds,
            components=form.components if "components" in given else message.components,
            attachments=attachments,
            poll=form.poll or message.poll,
            flags=(message.flags & ~(MessageFlag.LOADING | EDIT_FLAGS)) | settable
            if "flags" in given
            else message.flags & ~MessageFlag.LOADING,
            edited_at=None if loading else datetime.now(UTC),
        )
        self._require_media(changed)
        _require_one_style(changed)
        shown = changed.content or changed.embeds or changed.components or changed.attachments or changed.poll
        if not shown and not changed.snapshots:
            raise DiscordError(400, 50006, "Cannot send an empty message")
        if "content" in given:
            changed = self._with_mentions(changed, channel, form, self._pinged_by_reply(message))
        for gone in message.attachments:
            if gone not in kept:
                self._attachments.remove(gone.id)
        self._state.messages.put(changed)
        self._tell("MESSAGE_UPDATE", changed)
        return changed

    def update(self, message: Message) -> None:
        """Replace a message whose pin, thread, poll or flags changed, and publish the update."""
        self._state.messages.put(message)
        self._tell("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        self._forget(message)
        in_guild = message.guild_id is not None and message.ephemeral_to is None
        data: Json = {"id": str(message.id), "channel_id": str(message.channel_id)}
        if message.guild_id is not None:
            data["guild_id"] = str(message.guild_id)
        event = Event(
            "MESSAGE_DELETE",
            data,
            guild_id=message.guild_id if in_guild else None,
            channel_id=message.channel_id,
            intents=MESSAGES_IN[in_guild],
            only_user_id=message.ephemeral_to,
        )
        self._publish(event)

    def delete_many(self, channel: Channel, messages: list[Message]) -> None:
        for message in messages:
            self._forget(message)
        data: Json = {"ids": [str(m.id) for m in messages], "channel_id": str(channel.id)}
        if channel.guild_id is not None:
            data["guild_id"] = str(channel.guild_id)
        intents = MESSAGES_IN[channel.guild_id is not None]
        self._publish(Event("MESSAGE_DELETE_BULK", data, channel.guild_id, channel.id, intents))

    def _forget(self, message: Message) -> None:
        self._state.messages.remove(message.id)
        for attachment in message.attachments:
            self._attachments.remove(attachment.id)

    def _require_sending(self, author: User, channel: Channel, form: MessageForm, *, voice: bool) -> None:
        needed = Permissions.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permissions.SEND_MESSAGES
        if form.tts:
            needed |= Permissions.SEND_TTS_MESSAGES
        if form.poll:
            needed |= Permissions.SEND_POLLS
        # A voice message needs its own permission and not the one for files.
        if form.files and not voice:
            needed |= Permissions.ATTACH_FILES
        if form.reference and channel.guild_id is not None:
            needed |= Permissions.READ_MESSAGE_HISTORY
        self._state.require(author.id, channel, needed)
        if voice and not self._state.permissions(author.id, channel) & Permissions.SEND_VOICE_MESSAGES:
            raise DiscordError(403, 50173, "You cannot send voice messages in this channel.")
        if channel.thread is not None and channel.thread.locked:
            self._state.require(author.id, channel, Permissions.MANAGE_THREADS)

    def _require_open_door(self, author: User, channel: Channel) -> None:
        others = [self._state.user(i) for i in channel.recipient_ids if i != author.id]
        if author.bot and not all(other.allow_dms for other in others):
            raise DiscordError(403, 50007, "Cannot send messages to this user")

    def _read_reference(
        self, author: User, channel: Channel, form: MessageForm
    ) -> tuple[Reference | None, tuple[Message, ...]]:
        given = form.reference
        if given is None:
            return None, ()
        message_id = parse(given.get("message_id"), "message_reference")
        target = self._state.messages.get(message_id)
        if target is not None and target.ephemeral_to is not None:
            target = None
        if given.get("type") == _FORWARD:
            source = self._state.channels.get(parse(given.get("channel_id"), "message_reference"))
            if source is None or target is None or target.channel_id != source.id:
                raise _unknown_reference()
            if not self._state.may_see(author.id, source):
                raise DiscordError(400, 160014, "You cannot forward a message whose content you cannot read.")
            originals = target.snapshots or (target,)
            copied = tuple(self._copy(channel, original) for original in originals)
            return Reference(source.id, message_id, source.guild_id, _FORWARD), copied
        if target is None or target.channel_id != channel.id:
            if given.get("fail_if_not_exists") is False:
                return None, ()
            raise _unknown_reference()
        return Reference(channel.id, message_id, channel.guild_id), ()

    def _copy(self, channel: Channel, original: Message) -> Message:
        """A snapshot: its files are copies of their own, so that they outlive the original."""
        copies: list[Attachment] = []
        for attachment in original.attachments:
            stored = self._attachments.get(attachment.id)
            made = replace(attachment, id=self._state.clock.next(), channel_id=channel.id, ephemeral=False)
            if stored is not None:
                self._attachments.put(made.id, stored.content_type, stored.data)
            copies.append(made)
        return replace(original, attachments=tuple(copies))

    def _compose(
        self, author: User, channel: Channel, form: MessageForm, replied: Message | None, *, ephemeral: bool = False
    ) -> Message:
        files = self._store_files(channel, form.files, ephemeral=ephemeral)
        message_id = self._state.clock.next()
        message = Message(
            id=message_id,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            author_id=author.id,
            content=form.content,
            sent_at=created_at(message_id),
            tts=form.tts,
            attachments=files,
            embeds=form.embeds,
            components=form.components,
            nonce=form.nonce,
            poll=form.poll,
        )
        self._require_media(message)
        # A reply to an interaction's answer pings nobody: that message belongs to a webhook.
        pinged = replied.author_id if replied is not None and replied.webhook_id is None else None
        return self._with_mentions(message, channel, form, pinged)

    def _pinged_by_reply(self, message: Message) -> int | None:
        if message.type is not MessageType.REPLY or message.reference is None:
            return None
        replied = self._state.messages.get(message.reference.message_id or 0)
        return replied.author_id if replied is not None and replied.author_id in message.mention_ids else None

    def _with_mentions(
        self, message: Message, channel: Channel, form: MessageForm, replied_author_id: int | None = None
    ) -> Message:
        found = find_mentions(
            self._state, channel, message.author_id, message.content, form.allowed_mentions, replied_author_id
        )
        return replace(
            message,
            mention_ids=found.user_ids,
            mention_role_ids=found.role_ids,
            mention_everyone=found.everyone,
        )

    def _require_media(self, message: Message) -> None:
        missing = attachment_names(message.components) - {a.filename for a in message.attachments}
        if missing:
            form = Form()
            text = f"The referenced attachments were not found: {', '.join(sorted(missing))}."
            form.wrong(("components",), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", text)
            form.raise_if_wrong()

    def _store_files(self, channel: Channel, files: tuple[NewFile, ...], *, ephemeral: bool) -> tuple[Attachment, ...]:
        return tuple(self.store_file(channel.id, file, ephemeral=ephemeral) for file in files)

    def store_file(self, channel_id: int, file: NewFile, *, ephemeral: bool) -> Attachment:
        """Put one upload on the CDN."""
        attachment_id = self._state.clock.next()
        self._attachments.put(attachment_id, file.content_type, file.data)
        declared = self.declared_size_lies.pop(0) if self.declared_size_lies else len(file.data)
        return Attachment(
            id=attachment_id,
            channel_id=channel_id,
            filename=file.filename,
            content_type=file.content_type,
            size_bytes=declared,
            description=file.description,
            title=file.title,
            duration_s=file.duration_s,
            waveform=file.waveform,
            ephemeral=ephemeral,
        )

    def _announce(self, message: Message) -> None:
        state = self._state
        state.messages.put(message)
        channel = state.channels[message.channel_id]
        if message.ephemeral_to is None:
            channel = replace(channel, last_message_id=message.id)
            if (thread := channel.thread) is not None:
                members = dict.fromkeys((*thread.member_ids, message.author_id))
                thread = replace(
                    thread,
                    archived=False,
                    member_ids=tuple(members),
                    message_count=thread.message_count + 1,
                    total_message_sent=thread.total_message_sent + 1,
                )
                channel = replace(channel, thread=thread)
            state.channels[channel.id] = channel
        self._tell("MESSAGE_CREATE", message)

    def _tell(self, name: str, message: Message) -> None:
        data = self._payloads.message_in_gateway(message)
        intents = MESSAGES_IN[message.guild_id is not None]
        if message.ephemeral_to is None:
            self._publish(Event(name, data, message.guild_id, message.channel_id, intents, message=True))
            return
        # The application receives its ephemeral messages like direct ones, without the guild; their reader gets it.
        person = data | ({"guild_id": str(message.guild_id)} if message.guild_id else {})
        self._publish(Event(name, data, intents=MESSAGES_IN[False], to_people=False))
        self._publish(Event(name, person, to_bot=False, only_user_id=message.ephemeral_to))

    def readable(self, user: User, message: Message) -> Message:
        """``message``, unless it is ephemeral.

        Raises:
            DiscordError: 404 10008 for an ephemeral message, which exists only in its reader's client.
        """
        if message.ephemeral_to is not None:
            raise unknown("Message")
        return message


def _require_one_style(message: Message) -> None:
    """Refuse an edit that switches to components V2 but leaves the content, embeds or poll in place."""
    if message.flags & MessageFlag.IS_COMPONENTS_V2 and (message.content or message.embeds or message.poll):
        form = Form()
        text = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        form.wrong(("content",), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
        form.raise_if_wrong()


def _unknown_reference() -> DiscordError:
    problem = {"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}
    return DiscordError(400, 50035, "Invalid Form Body", {"message_reference": {"_errors": [problem]}})
