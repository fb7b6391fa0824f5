"""A dict of things by id, which can also be found by what they belong to."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class Grouped(UserDict[_K, _V], Generic[_K, _V]):
    """A dict whose values are in groups, such as the channels of each guild; a group is listed without scanning the
    rest. Values are replaced as a whole when they change, and keep their place in the order."""

    def __init__(self, *groupings: Callable[[_V], Hashable]) -> None:
        """Each of ``groupings`` returns the group that a value belongs to."""
        self._groupings = groupings
        self._groups: list[dict[Hashable, dict[_K, _V]]] = [{} for _ in groupings]
        super().__init__()

    def of(self, group: Hashable, grouping: int = 0) -> list[_V]:
        """The values that belong to ``group`` by the grouping of that number, in the order in which they were added."""
        return list(self._groups[grouping].get(group, {}).values())

    def __setitem__(self, key: _K, value: _V) -> None:
        before = self.data.get(key)
        self.data[key] = value
        for group_of, groups in zip(self._groupings, self._groups, strict=True):
            group = group_of(value)
            if before is not None and group_of(before) != group:
                self._leave(groups, group_of(before), key)
            groups.setdefault(group, {})[key] = value

    def __delitem__(self, key: _K) -> None:
        value = self.data.pop(key)
        for group_of, groups in zip(self._groupings, self._groups, strict=True):
            self._leave(groups, group_of(value), key)

    @staticmethod
    def _leave(groups: dict[Hashable, dict[_K, _V]], group: Hashable, key: _K) -> None:
        del groups[group][key]
        if not groups[group]:
            del groups[group]
