"""Collects everything that is wrong with a request, in the tree that Discord answers with."""

from __future__ import annotations

from typing import Any

from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.json_codec import Json

Path = tuple[str | int, ...]
"""The place of a value in the body: keys of objects and indices of lists."""


class Form:
    """The problems found so far. Check everything, then call ``raise_if_wrong``."""

    def __init__(self) -> None:
        self._tree: Json = {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        """Record one problem; ``code`` is Discord's, such as BASE_TYPE_MAX_LENGTH."""
        node = self._tree
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def raise_if_wrong(self) -> None:
        """Raises:
        DiscordError: 400 50035 with every recorded problem.
        """
        if self._tree:
            raise DiscordError(400, 50035, "Invalid Form Body", _leaves(self._tree))

    def length(self, path: Path, size: int, minimum: int, maximum: int) -> None:
        """Record a problem if the length of a text or list is not within ``minimum`` and ``maximum``."""
        if minimum <= size <= maximum:
            return
        if minimum == maximum:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be exactly {maximum} in length.")
        elif minimum == 0:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
        else:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.")

    def text(
        self, body: Json, key: str, minimum: int, maximum: int, *, at: Path = (), required: bool = False
    ) -> str | None:
        """The string ``body[key]``; None if it is absent, null or not acceptable."""
        value = body.get(key)
        if value is None:
            if required:
                self.wrong((*at, key), "BASE_TYPE_REQUIRED", "This field is required")
            return None
        if not isinstance(value, str):
            self.wrong((*at, key), "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return None
        self.length((*at, key), len(value), minimum, maximum)
        return value

    def integer(
        self, body: Json, key: str, minimum: int, maximum: int, *, at: Path = (), required: bool = False
    ) -> int | None:
        """The integer ``body[key]``; None if it is absent, null or not acceptable."""
        value = body.get(key)
        if value is None:
            if required:
                self.wrong((*at, key), "BASE_TYPE_REQUIRED", "This field is required")
            return None
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong((*at, key), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return None
        if value < minimum:
            self.wrong((*at, key), "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {minimum}.")
            return None
        if value > maximum:
            self.wrong((*at, key), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {maximum}.")
            return None
        return value

    def choice(
        self, body: Json, key: str, choices: frozenset[int], *, at: Path = (), required: bool = False
    ) -> int | None:
        """The number ``body[key]``, one of ``choices``; None if it is absent, null or not acceptable."""
        value = body.get(key)
        if value is None:
            if required:
                self.wrong((*at, key), "BASE_TYPE_REQUIRED", "This field is required")
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
            listed = ", ".join(str(c) for c in sorted(choices))
            self.wrong((*at, key), "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
            return None
        return value

    def word(self, body: Json, key: str, choices: frozenset[str], *, at: Path = ()) -> str | None:
        """The string ``body[key]``, one of ``choices``; None if it is absent, null or not acceptable."""
        value = body.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or value not in choices:
            self.wrong((*at, key), "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(sorted(choices))}}}.")
            return None
        return value

    def object(self, body: Json, key: str, *, at: Path = ()) -> Json:
        """The object ``body[key]``; empty if it is absent, null or not acceptable."""
        value: Any = body.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong((*at, key), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return {}
        found: Json = value
        return found

    def values(self, body: Json, key: str, *, at: Path = ()) -> list[Any]:
        """The list ``body[key]`` of any values; empty if it is absent, null or not acceptable."""
        value: Any = body.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong((*at, key), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        found: list[Any] = value
        return found

    def objects(self, body: Json, key: str, minimum: int, maximum: int, *, at: Path = ()) -> list[Json]:
        """The list of objects ``body[key]``; empty if it is absent, null or not acceptable."""
        if body.get(key) is None and minimum:
            self.wrong((*at, key), "BASE_TYPE_REQUIRED", "This field is required")
            return []
        value = self.values(body, key, at=at)
        self.length((*at, key), len(value), minimum, maximum)
        found: list[Json] = []
        for i, item in enumerate(value):
            if isinstance(item, dict):
                found.append(item)
            else:
                self.wrong((*at, key, i), "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return found


def _leaves(tree: Json) -> Json:
    """``tree`` without the problems of a value as a whole if there are problems within it: Discord checks the whole
    only if all its parts are right.
    """
    inner = {key: _leaves(node) for key, node in tree.items() if key != "_errors"}
    return inner or tree
