"""The trainers that are set up here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.training.trainer import Trainer


class NoTrainerError(StarlingError):
    """Raised when no trainer has the given name."""

    sentence = _("There is no trainer {name} here; there is: {known}.")

    def __init__(self, name: str, known: str) -> None:
        super().__init__(name=name[:40], known=known)


class Trainers(Mapping[str, Trainer]):
    """Trainers by name, the preferred first."""

    def __init__(self, trainers: Mapping[str, Trainer]) -> None:
        self._trainers = trainers

    def __getitem__(self, name: str) -> Trainer:
        return self._trainers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._trainers)

    def __len__(self) -> int:
        return len(self._trainers)

    def named(self, name: str) -> Trainer:
        """
        Raises:
            NoTrainerError
        """
        if name not in self._trainers:
            raise NoTrainerError(name, ", ".join(self._trainers))
        return self._trainers[name]
