"""What endpoints mean when they refuse pictures."""

from __future__ import annotations

import re

from bot.conversation.errors import ChatCannotSeeError, ChatFilteredError, ChatPictureRefusedError, ContextTooLongError
from bot.conversation.refusals import Refusal

_BAD_PICTURE = re.compile(
    r"unsupported image(?! input)|invalid_image|image_parse_error|at most \d+ image"
    r"|(process|decode|load|download|read|parse|open).{0,20}(the |an )?(image|picture)"
    r"|(invalid|corrupt\w*|damaged|malformed|bad) (image|picture)"
    r"|image.{0,30}(too (large|big|small)|exceeds|dimension|corrupt|damaged)"
)

_NO_PICTURES = ("image", "picture", "vision", "multimodal", "mmproj", "content type", "must be a string")
"""In what endpoints say when they refuse any picture: OpenAI, llama.cpp, Ollama, vLLM and those that know text only."""

_STATUSES = (0, 400, 415, 422, 500, 501)
"""That a picture may be the reason of; 0: an error within a reply."""


def picture_error(refusal: Refusal, model: str) -> ChatPictureRefusedError | ChatCannotSeeError | None:
    """What ``refusal`` of a prompt with pictures is about: one picture, where others may be taken; any picture; None:
    something else."""
    if refusal.status not in _STATUSES or isinstance(refusal.error(model), ContextTooLongError | ChatFilteredError):
        return None
    if _BAD_PICTURE.search(refusal.words):
        return ChatPictureRefusedError()
    return ChatCannotSeeError() if any(mark in refusal.words for mark in _NO_PICTURES) else None
