"""Building the prompt: the instruction, the earlier turns, and the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.conversation.chat_message import ChatMessage
from bot.conversation.tokens import MESSAGE_TOKENS, count_tokens, first_tokens
from bot.errors import StarlingError
from bot.errors import translatable as _

BUNDLED_INSTRUCTION = Path(__file__).parent / "instruction.md"

BRIEF_INSTRUCTION = "You are a helpful AI assistant named Starling, trained by Hugging Face"
"""For the demonstration model: word for word what it was trained with, except for the name. With it, the model answers
30 of 32 questions of general knowledge correctly, and all in English. Told to be brief, it got 26 right, and named the
capital of France in French, as it also does when told the date, the place and to mind the language."""

PICTURE_TOKENS = 1000
"""For a picture of 1,024 pixels; models count from 700 to 1,400."""

MIN_QUESTION_TOKENS = 64
"""At least this much of a question is always shown: the instruction is cut to make room for it."""


class InstructionMissingError(StarlingError):
    """Raised when the instruction file cannot be read."""

    sentence = _("The instruction file {path} cannot be read: {reason}. Fix INSTRUCTION_FILE or leave it empty.")

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path=path, reason=reason)


def read_instruction(path: Path | None, *, brief: bool = False) -> str:
    """The instruction in the UTF-8 file ``path``, or the bundled one, which is shorter when ``brief``.

    Raises:
        InstructionMissingError: the file cannot be read, or is not UTF-8.
    """
    if path is None and brief:
        return BRIEF_INSTRUCTION
    file = path or BUNDLED_INSTRUCTION
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InstructionMissingError(file, str(error)) from error


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is shown."""

    messages: tuple[ChatMessage, ...]
    tokens: int
    """Of all messages, as ``count_tokens`` counts."""
    history_cut: bool
    """Whether earlier turns did not fit."""
    question_cut: bool
    """Whether a part of the question did not fit."""
    instruction_cut: bool
    """Whether a part of the instruction did not fit."""


def build_prompt(
    instruction: str,
    history: Sequence[ChatMessage],
    asked: ChatMessage,
    *,
    guild_name: str | None,
    now: datetime,
    room_tokens: int,
    thread_name: str | None = None,
    brief: bool = False,
) -> Prompt:
    """The prompt for ``asked``, after ``history`` (oldest first).

    ``thread_name``: the title of the thread or forum post in which it is asked, which may be half of the question.
    ``brief`` leaves out who speaks, where and when, for a model that such details confuse. ``room_tokens`` is the room
    for all of it: first the instruction, then the beginning of the question, then the latest turns that fit whole. If
    several people speak, each of their turns begins with a name.
    """
    place = f"in the Discord server {guild_name}" if guild_name else "in a direct message"
    if thread_name:
        place = f'in the thread "{thread_name}" {place}'
    circumstances = f"\nToday is {now:%A, %d %B %Y}. You talk with {asked.speaker} {place}."
    naming = " Several people speak; each of their messages begins with a name. Yours do not."
    names = {message.speaker for message in [*history, asked] if message.speaker}
    # Room for names is reserved if anyone else has spoken, though it may turn out that none of their turns fits.
    named = len(names) > 1 and not brief
    aside = "" if brief else circumstances + naming * named
    words = replace(asked, pictures=())
    least = min(_tokens(words, named=named), _tokens(replace(words, text=""), named=named) + MIN_QUESTION_TOKENS)
    shown_instruction = first_tokens(instruction, room_tokens - least - _tokens(ChatMessage("system", aside)))
    room = room_tokens - _tokens(ChatMessage("system", shown_instruction + aside))
    question = asked
    if _tokens(question, named=named) > room:
        around = _tokens(replace(asked, text=""), named=named)
        question = replace(asked, text=first_tokens(asked.text, max(room - around, MIN_QUESTION_TOKENS)))
    room -= _tokens(question, named=named)
    kept: list[ChatMessage] = []
    for message in reversed(history):
        room -= _tokens(message, named=named)
        if room < 0:
            break
        kept.append(message)
    kept.reverse()
    cut = len(kept) < len(history)
    # An answer without its question says little.
    while kept and kept[0].role == "assistant":
        del kept[0]
    several = named and len({message.speaker for message in [*kept, asked] if message.speaker}) > 1
    system = ChatMessage("system", shown_instruction if brief else shown_instruction + circumstances + naming * several)
    spoken = [_named(message) if several else message for message in [*kept, question]]
    messages = (system, *spoken)
    return Prompt(
        messages,
        tokens=sum(_tokens(message) for message in messages),
        history_cut=cut,
        question_cut=question.text != asked.text,
        instruction_cut=shown_instruction != instruction,
    )


def _named(message: ChatMessage) -> ChatMessage:
    if message.role != "user" or not message.speaker:
        return message
    return replace(message, text=f"{message.speaker}: {message.text}")


def _tokens(message: ChatMessage, *, named: bool = False) -> int:
    shown = _named(message) if named else message
    return MESSAGE_TOKENS + PICTURE_TOKENS * len(shown.pictures) + count_tokens(shown.text)
