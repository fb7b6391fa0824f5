"""Reads the body of a request that writes a message: checks every limit that does not depend on the channel."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from bot.sandbox.model.entities import Poll
from bot.sandbox.model.enums import MessageFlag
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.snowflakes import parse
from bot.sandbox.model.uploads import Upload
from bot.sandbox.validation.component_form import read_message_components
from bot.sandbox.validation.embed_form import read_embeds
from bot.sandbox.validation.forms import Form, Path
from bot.sandbox.validation.mentions import AllowedMentions, read_allowed_mentions

_MAX_CONTENT = 2000
_MAX_FILES = 10
_MAX_NONCE = 25
_MAX_WAVEFORM = 400
_LEGACY_FIELDS = ("content", "embeds", "poll", "sticker_ids")

MESSAGE_FLAGS = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_VOICE_MESSAGE
    | MessageFlag.IS_COMPONENTS_V2
)
"""The flags that may be set on an ordinary message."""

CALLBACK_FLAGS = MESSAGE_FLAGS | MessageFlag.EPHEMERAL
"""The flags that may be set on the answer to an interaction."""

EDIT_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.IS_COMPONENTS_V2
"""The flags that an edit may change; IS_VOICE_MESSAGE can only be set when a message is created."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """An uploaded file with what the message says about it."""

    filename: str
    content_type: str
    data: bytes
    title: str | None = None
    description: str | None = None
    duration_s: float | None = None
    waveform: str | None = None

    @property
    def is_audio(self) -> bool:
        return self.content_type.startswith("audio/")


@dataclass(frozen=True, slots=True)
class MessageForm:
    """A body that was read and found valid."""

    given: frozenset[str]
    """The keys that were in the body: an edit changes only these."""
    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    flags: MessageFlag
    """The flags that were given and may be set."""
    files: tuple[NewFile, ...]
    kept_ids: frozenset[int] | None
    """The attachments that an edit keeps; None keeps all."""
    allowed_mentions: AllowedMentions
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reference: Json | None = None
    tts: bool = False
    poll: Poll | None = None
    sticker_ids: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (
            self.content.strip() or self.embeds or self.components or self.files or self.poll or self.sticker_ids
        )


def read_message_form(
    body: Json,
    files: Mapping[str, Upload],
    default_mentions: AllowedMentions,
    settable: MessageFlag,
    *,
    at: Path = (),
    present_flags: MessageFlag = MessageFlag.NONE,
) -> MessageForm:
    """Read and check ``body``.

    ``files``: the uploads of the request by their number. ``settable``: the flags that may be set here; others are
    dropped silently, as Discord does. ``at``: where in the request the message is. ``present_flags``: the flags of the
    message that is edited.

    Raises:
        DiscordError: 400 50035 with every field that is wrong.
    """
    form = Form()
    content = form.text(body, "content", 0, _MAX_CONTENT, at=at) or ""
    flags = MessageFlag(form.integer(body, "flags", 0, 1 << 31, at=at) or 0) & settable
    v2 = bool((flags | present_flags) & MessageFlag.IS_COMPONENTS_V2)
    if v2:
        for key in _LEGACY_FIELDS:
            if body.get(key):
                message = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.wrong((*at, key), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    embeds = read_embeds(form, body, at)
    components = read_message_components(form, body, v2=v2, at=at)
    new_files, kept_ids = _read_files(form, body, files, at)
    nonce = body.get("nonce")
    if isinstance(nonce, str):
        form.length((*at, "nonce"), len(nonce), 0, _MAX_NONCE)
    elif nonce is not None and (isinstance(nonce, bool) or not isinstance(nonce, int)):
        form.wrong((*at, "nonce"), "NONCE_TYPE_INVALID", "Nonce must be a string or an integer.")
    stickers = form.values(body, "sticker_ids", at=at)
    form.length((*at, "sticker_ids"), len(stickers), 0, 3)
    poll = _read_poll(form, body, at)
    made = MessageForm(
        given=frozenset(body),
        content=content,
        embeds=embeds,
        components=components,
        flags=flags,
        files=new_files,
        kept_ids=kept_ids,
        allowed_mentions=read_allowed_mentions(form, body, default_mentions, at),
        nonce=nonce,
        enforce_nonce=bool(body.get("enforce_nonce")),
        reference=body.get("message_reference") if isinstance(body.get("message_reference"), dict) else None,
        tts=bool(body.get("tts")),
        poll=poll,
        sticker_ids=tuple(str(s) for s in stickers),
    )
    form.raise_if_wrong()
    return made


def check_voice_rules(form: MessageForm) -> None:
    """Refuse a voice message that is not exactly one recording.

    Raises:
        DiscordError: 400 50159 (it has other content), 50160 (not exactly one audio file) or 50161 (no waveform or
            duration).
    """
    if form.content or form.embeds or form.components or form.poll or form.sticker_ids:
        raise DiscordError(400, 50159, "Voice messages do not support additional content.")
    if len(form.files) != 1 or not form.files[0].is_audio:
        raise DiscordError(400, 50160, "Voice messages must have a single audio attachment.")
    if form.files[0].waveform is None or form.files[0].duration_s is None:
        raise DiscordError(400, 50161, "Voice messages must have supporting metadata.")


def clean_filename(name: str) -> str:
    """The name that the CDN stores: without folders, spaces and other characters that a link would have to escape."""
    return re.sub(r"[^\w.\-]+", "_", PurePath(name.replace("\\", "/")).name).strip("_") or "unknown"


def _read_files(
    form: Form, body: Json, files: Mapping[str, Upload], at: Path
) -> tuple[tuple[NewFile, ...], frozenset[int] | None]:
    described = form.objects(body, "attachments", 0, _MAX_FILES, at=at)
    form.length((*at, "files"), len(files), 0, _MAX_FILES)
    by_number: dict[str, Json] = {}
    kept: set[int] = set()
    for i, entry in enumerate(described):
        here: Path = (*at, "attachments", i)
        number = str(entry.get("id", i))
        if number in files:
            by_number[number] = entry
            continue
        attachment_id = parse(entry.get("id"), "attachments")
        if attachment_id < _MAX_FILES:
            message = f"A file with the id {attachment_id} was not uploaded."
            form.wrong((*here, "id"), "ATTACHMENT_NOT_FOUND", message)
        kept.add(attachment_id)
    new_files = [
        _read_file(form, files[number], by_number.get(number, {}), (*at, "attachments", i))
        for i, number in enumerate(sorted(files, key=lambda n: (len(n), n)))
    ]
    return tuple(new_files), frozenset(kept) if body.get("attachments") is not None else None


def _read_file(form: Form, upload: Upload, entry: Json, here: Path) -> NewFile:
    given_name = form.text(entry, "filename", 1, 1024, at=here) or upload.filename
    filename = clean_filename(given_name)
    title = PurePath(given_name).stem if filename != given_name else None
    description = form.text(entry, "description", 0, 1024, at=here)
    waveform = form.text(entry, "waveform", 0, _MAX_WAVEFORM, at=here)
    if waveform is not None:
        try:
            b64decode(waveform, validate=True)
        except (binascii.Error, ValueError):
            form.wrong((*here, "waveform"), "WAVEFORM_INVALID", "The waveform is not base64.")
    duration = entry.get("duration_secs")
    if duration is not None and (isinstance(duration, bool) or not isinstance(duration, int | float) or duration < 0):
        form.wrong((*here, "duration_secs"), "FLOAT_TYPE_COERCE", f'Value "{duration}" is not a duration.')
        duration = None
    # Discord keeps duration and waveform only for audio, which it recognises by the content type of the upload.
    audio = upload.content_type.startswith("audio/")
    return NewFile(
        filename=filename,
        content_type=upload.content_type,
        data=upload.data,
        title=title,
        description=description,
        duration_s=float(duration) if audio and duration is not None else None,
        waveform=waveform if audio else None,
    )


def _read_poll(form: Form, body: Json, at: Path) -> Poll | None:
    given = body.get("poll")
    if not isinstance(given, dict):
        return None
    here: Path = (*at, "poll")
    asked = form.object(given, "question", at=here)
    question = form.text(asked, "text", 1, 300, at=(*here, "question"), required=True)
    answers: list[Json] = []
    for i, answer in enumerate(form.objects(given, "answers", 1, 10, at=here)):
        place: Path = (*here, "answers", i, "poll_media")
        media = form.object(answer, "poll_media", at=(*here, "answers", i))
        text = form.text(media, "text", 1, 55, at=place, required=True)
        emoji = form.object(media, "emoji", at=place)
        answers.append({"text": text} | ({"emoji": emoji} if emoji else {}))
    duration_h = form.integer(given, "duration", 1, 768, at=here) or 24
    return Poll(
        question={"text": question},
        answers=tuple(answers),
        expires_at=datetime.now(UTC) + timedelta(hours=duration_h),
        multiselect=bool(given.get("allow_multiselect")),
    )
