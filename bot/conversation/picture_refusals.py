"""What endpoints mean when they refuse pictures."""

from __future__ import annotations

import re

from bot.conversation.errors import ChatCannotSeeError, ChatFilteredError, ChatPictureRefusedError, ContextTooLongError
from bot.conversation.refusals import Refusal

_BAD_PICTURE = re.compile(
    r"unsupported image(?! input)|invalid_image|image_parse_error|at most [1-9]\d* image|too many (images|pictures)"
    r"|image \d+\b|unsupported media type:? image/|only .{0,20}(jpe?g|png|gif|webp)"
    r"|image.{0,20}(url|base64).{0,20}valid"
    r"|(invalid|bad|malformed) base64|(not|n't) (represent )?a valid (image|picture)|identify image"
    r"|(process|decode|load|download|read|parse|open).{0,20}(the |an )?(image|picture)"
    r"|(invalid|corrupt\w*|damaged|malformed|bad) (image|picture)"
    r"|image.{0,30}(too (large|big|small)|exceeds|dimension|corrupt|damaged)"
)

_NO_PICTURES = (
    "image",
    "picture",
    "vision",
    "multimodal",
    "mmproj",
    "content type",
    "must be a string",
    "valid string",
    "item type in content",
    "multi-modal",
    "only accepts text",
    "expected a string",
    "str type expected",
    "must be string",
    "'list' object",
    'not "list"',
)
"""Found in what endpoints say when they refuse any picture: OpenAI, llama.cpp, Ollama, vLLM and those that know only
text, some of which fail on anything else."""

_NOT_FOR_PICTURES = re.compile(r"support.{0,20}(image|picture|vision|multimodal)|(image|picture|vision).{0,30}support")
"""What a router says if it finds no provider that accepts pictures; a model's name may contain such words as well."""
_STATUSES = (0, 400, 415, 422, 500, 501)
"""The statuses that a picture may cause; 0: an error within a reply."""


def picture_error(refusal: Refusal, model: str) -> ChatPictureRefusedError | ChatCannotSeeError | None:
    """The error if ``refusal`` of a prompt with pictures is about one picture, where others may be accepted, or about
    any picture; None if it is about something else."""
    of_model = refusal.status == 404 and _NOT_FOR_PICTURES.search(refusal.words)
    if not (refusal.status in _STATUSES or of_model):
        return None
    meant = refusal.error(model)
    if isinstance(meant, ContextTooLongError | ChatFilteredError):
        return None
    if not of_model and _BAD_PICTURE.search(refusal.words):
        return ChatPictureRefusedError()
    return ChatCannotSeeError() if any(mark in refusal.words for mark in _NO_PICTURES) else None
