"""Voice engines and recognizers by name: the file that has one registers it, and nothing else names it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from audio.errors import EngineNotConfiguredError, UnknownEngineError
from audio.speech_settings import SpeechSettings

T = TypeVar("T")

AUTO, OFFLINE = "auto", "offline"
"""Choices beside the single names: all that are configured, and all of them that need no network."""


FindWeights = Callable[[str], str | Path]
"""Where the weights of a name lie, every file verified first (blocks); a name that is not bundled comes back as it is.
"""


@dataclass(frozen=True, slots=True)
class Registration(Generic[T]):
    """One voice engine or recognizer."""

    name: str
    """One word: it is chosen by it, and it stands in logs and statistics."""
    label: str
    """What people call it; a product's name, the same in every language."""
    preference: int
    """Of those that are chosen together the lowest is asked first, and the others when it fails."""
    build: Callable[[SpeechSettings, FindWeights], T]
    """Makes it, without loading models or opening connections. May block for a second; raises what is wrong with the
    settings or the weights."""
    recipient: Callable[[SpeechSettings], str] | None = None
    """Who gets what is spoken or heard, in words for people, where it goes over a network."""
    model: Callable[[SpeechSettings], str] = lambda _settings: ""
    """Which of several models it uses, where one is chosen by a setting."""
    weights: Callable[[SpeechSettings], tuple[str, ...]] = lambda _settings: ()
    """Names of what it needs in the catalogue of weights; those that are not there are its own business."""
    package: str | None = None
    """The module of an extra package without which it has nothing to offer."""
    is_here: Callable[[], bool] = lambda: True
    """Whether the program of the system that it calls, if any, is on this machine."""
    needs_one_of: tuple[str, ...] = ()
    """Settings of which at least one must be given, as ``Settings`` names its fields."""

    @property
    def needs_network(self) -> bool:
        return self.recipient is not None

    @property
    def is_installed(self) -> bool:
        return self.package is None or importlib.util.find_spec(self.package) is not None

    def described(self, settings: SpeechSettings) -> str:
        """For people, with its model: ``Whisper (small)``."""
        return f"{self.label} ({model})" if (model := self.model(settings)) else self.label

    def is_configured(self, settings: SpeechSettings) -> bool:
        """Whether it has been given what it needs."""
        return not self.needs_one_of or any(getattr(settings, name) for name in self.needs_one_of)


class Registry(Generic[T]):
    """All registrations of one kind. They are found by importing every module of a package."""

    def __init__(self, package: str, setting: str) -> None:
        """``package``: whose modules register. ``setting``: by which one is chosen, as it is called outside."""
        self._package = package
        self._setting = setting
        self._registered: dict[str, Registration[T]] = {}
        self._is_searched = False

    def register(self, registration: Registration[T]) -> None:
        """Offer it from now on. Raises ``ValueError`` for a name that another one has."""
        name = registration.name
        if name in (AUTO, OFFLINE) or name in self._registered:
            raise ValueError(f"{name!r} is taken")
        self._registered[name] = registration

    def withdraw(self, name: str) -> None:
        """Offer it no longer."""
        del self._registered[name]

    def all(self) -> Mapping[str, Registration[T]]:
        """By name, the preferred first."""
        self._search()
        return dict(sorted(self._registered.items(), key=lambda entry: entry[1].preference))

    def chosen(self, choice: str, settings: SpeechSettings) -> list[Registration[T]]:
        """What ``choice`` means, the preferred first: ``AUTO``, ``OFFLINE``, or one name.

        Raises:
            UnknownEngineError: there is none of that name.
            EngineNotConfiguredError: it lacks a setting.
        """
        known = self.all()
        if choice in (AUTO, OFFLINE):
            return [
                one
                for one in known.values()
                if one.is_configured(settings) and one.is_here() and not (choice == OFFLINE and one.needs_network)
            ]
        if choice not in known:
            raise UnknownEngineError(self._setting, choice, ", ".join((AUTO, OFFLINE, *known)))
        if not known[choice].is_configured(settings):
            needed = " or ".join(name.upper() for name in known[choice].needs_one_of)
            raise EngineNotConfiguredError(self._setting, choice, needed)
        return [known[choice]]

    def build(self, choice: str, settings: SpeechSettings, find: FindWeights) -> list[T]:
        """What ``choice`` means, made; raises what ``chosen`` and the making of one raise."""
        return [one.build(settings, find) for one in self.chosen(choice, settings)]

    def _search(self) -> None:
        if not self._is_searched:
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__, f"{self._package}."):
                importlib.import_module(module.name)
            self._is_searched = True
