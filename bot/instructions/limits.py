"""How long instructions may be, and how many a guild may have."""

from __future__ import annotations

from collections.abc import Collection

from bot.errors import StarlingError
from bot.errors import translatable as _

MAX_CHARS = 4000
"""Discord's limit on the text of a field in a modal."""
MAX_NAME_CHARS = 32
MAX_NAMES = 25
"""Per guild; Discord shows this many choices at once."""
MAX_VERSIONS = 20
"""Per name; beyond that, the oldest version is deleted."""


class TooManyInstructionsError(StarlingError):
    """Raised when a guild that has ``MAX_NAMES`` instructions would add another."""

    sentence = _("This server has {most} instructions already. Delete one with /instruction delete first.")

    def __init__(self) -> None:
        super().__init__(most=MAX_NAMES)


class InstructionTooLongError(StarlingError):
    """Raised when an instruction is longer than ``MAX_CHARS``."""

    sentence = _("This instruction has {characters} characters; I take at most {most}.")

    def __init__(self, characters: int) -> None:
        super().__init__(characters=characters, most=MAX_CHARS)


class EmptyInstructionError(StarlingError):
    """Raised when an instruction is empty."""

    sentence = _("There is nothing in it. /instruction reset goes back to my built-in instruction.")


def require_text(text: str) -> None:
    """
    Raises:
        EmptyInstructionError, InstructionTooLongError
    """
    if not text:
        raise EmptyInstructionError
    if len(text) > MAX_CHARS:
        raise InstructionTooLongError(len(text))


def require_room(name: str, names: Collection[str]) -> None:
    """Check that a guild whose instructions have these ``names`` may write ``name``.

    Raises:
        TooManyInstructionsError: ``name`` is new, and there are already ``MAX_NAMES``.
    """
    if name not in names and len(names) >= MAX_NAMES:
        raise TooManyInstructionsError
