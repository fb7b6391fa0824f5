"""Making the prompt: the instruction, what was said before, and the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.conversation.turns import Turn
from bot.errors import StarlingError
from bot.errors import translatable as _

BUNDLED_INSTRUCTION = Path(__file__).parent / "instruction.md"

BRIEF_INSTRUCTION = "You are a helpful AI assistant named Starling. Answer briefly."
"""For the demonstration model: of the instructions tried, the one with which it names the capital of France. Told the
date, the place and to mind the language, it answers in French."""

HISTORY_CHARACTERS = 3000
"""About 1,000 tokens of English and 1,500 of Russian: half of the embedded model's context."""
QUESTION_CHARACTERS = 6000


class InstructionMissingError(StarlingError):
    """Raised when the file with the instruction cannot be read."""

    sentence = _("The instruction file {path} cannot be read: {reason}. Mend INSTRUCTION_FILE or leave it empty.")

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path=path, reason=reason)


def read_instruction(path: Path | None, *, brief: bool = False) -> str:
    """The instruction in the UTF-8 file ``path``, or the bundled one, which is shorter when ``brief``.

    Raises:
        InstructionMissingError: the file cannot be read, or is not text.
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

    turns: tuple[Turn, ...]
    cut: bool
    """Whether earlier exchanges, or a part of the question, did not fit."""


def build_prompt(
    instruction: str,
    history: Sequence[Turn],
    asked: Turn,
    *,
    guild_name: str | None,
    now: datetime,
    brief: bool = False,
) -> Prompt:
    """The prompt for ``asked``, after ``history`` (oldest first).

    ``brief`` leaves out who speaks where and when, for a model that such things confuse.
    The latest turns that fit in ``HISTORY_CHARACTERS`` are kept whole. Where several people speak, each of their turns
    begins with a name.
    """
    place = f"in the Discord server {guild_name}" if guild_name else "in a direct message"
    circumstances = f"\nToday is {now:%A, %d %B %Y}. You talk with {asked.speaker} {place}."
    kept: list[Turn] = []
    room = HISTORY_CHARACTERS
    for turn in reversed(history):
        room -= len(turn.text)
        if room < 0:
            break
        kept.append(turn)
    kept.reverse()
    # An answer without its question says little.
    while kept and kept[0].role == "assistant":
        del kept[0]
    several = len({turn.speaker for turn in [*kept, asked] if turn.speaker}) > 1
    if several:
        circumstances += " Several people speak; each of their messages begins with a name. Yours do not."
    question = replace(asked, text=asked.text[:QUESTION_CHARACTERS])
    system = Turn("system", instruction if brief else instruction + circumstances)
    spoken = [_named(turn) if several and not brief else turn for turn in [*kept, question]]
    return Prompt((system, *spoken), cut=len(kept) < len(history) or question.text != asked.text)


def _named(turn: Turn) -> Turn:
    return replace(turn, text=f"{turn.speaker}: {turn.text}") if turn.role == "user" and turn.speaker else turn
