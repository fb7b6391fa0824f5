"""Problems with an uploaded file, collected so that they are reported all at once."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.storage.file_names import shown

MAX_PROBLEMS = 20


class UploadRefusedError(StarlingError):
    """Raised for a file with problems; nothing in it was accepted.

    ``problems`` has at most ``MAX_PROBLEMS`` sentences, plus one that says so if there are more.
    """

    sentence = _("Nothing in {file} was taken. Please correct this and upload it again:")

    def __init__(self, file: str, problems: Sequence[LazyMessage]) -> None:
        super().__init__(file=shown(file))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.problems)])


class Problem(Exception):  # noqa: N818 - collected while reading; what is raised in the end is UploadRefusedError
    """Something that is wrong with a file, or with one record of it."""

    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.message = lazy(text, **params)


AT_LINE = _("Line {line}: {problem}")
AT_ITEM = _("Item {item}: {problem}")


def at_line(line: int, problem: LazyMessage) -> LazyMessage:
    """``problem`` with its line number, counted from 1."""
    return lazy(AT_LINE, line=line, problem=problem)


def at_item(item: int, problem: LazyMessage) -> LazyMessage:
    """``problem`` with the position of its object in a list, counted from 1."""
    return lazy(AT_ITEM, item=item, problem=problem)


class TooManyProblems(Exception):  # noqa: N818 - ends the reading; what is raised in the end is UploadRefusedError
    """Raised to stop reading once there are more than ``MAX_PROBLEMS`` problems."""


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self.messages: list[LazyMessage] = []

    def add(self, problem: LazyMessage) -> None:
        """Add ``problem``.

        Raises:
            TooManyProblems: there are ``MAX_PROBLEMS`` already.
        """
        if len(self.messages) >= MAX_PROBLEMS:
            raise TooManyProblems
        self.messages.append(problem)
