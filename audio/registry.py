"""Voice engines and recognizers by name: each is registered in its own file and named nowhere else."""

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
"""Choices besides the single names: all that are configured, or those of them that need no network."""


FindWeights = Callable[[str], str | Path]
"""Returns where the weights of a name are stored, after verifying every file (blocks); a name that is not bundled is
returned unchanged."""


@dataclass(frozen=True, slots=True)
class Registration(Generic[T]):
    """One voice engine or recognizer."""

    name: str
    """One word, used to choose it in the settings, and in logs and statistics."""
    label: str
    """The name shown to people: a product's name, the same in every language."""
    preference: int
    """Of those that are chosen together, the one with the lowest value is tried first, and the others when it fails."""
    build: Callable[[SpeechSettings, FindWeights], T]
    """Builds it, without loading models or opening connections. May block for a second; raises if the settings or the
    weights are wrong."""
    recipient: Callable[[SpeechSettings], str] | None = None
    """Who receives the texts or recordings, in words for people, if they are sent over a network; None if not."""
    model: Callable[[SpeechSettings], str] = lambda _settings: ""
    """Which of several models it uses, if a setting chooses one; otherwise empty."""
    weights: Callable[[SpeechSettings], tuple[str, ...]] = lambda _settings: ()
    """The names of the weights that it needs, as in the catalogue of weights; it takes care itself of those that are
    not in the catalogue."""
    package: str | None = None
    """The module of the optional package without which it has nothing to offer, if any."""
    is_here: Callable[[], bool] = lambda: True
    """Whether the system program that it calls, if any, is installed on this machine."""
    needs_one_of: tuple[str, ...] = ()
    """Settings of which at least one must be set, by their field names in ``Settings``; empty if it needs none."""

    @property
    def needs_network(self) -> bool:
        return self.recipient is not None

    @property
    def is_installed(self) -> bool:
        return self.package is None or importlib.util.find_spec(self.package) is not None

    def described(self, settings: SpeechSettings) -> str:
        """The name shown to people, with the model: ``Whisper (small)``."""
        return f"{self.label} ({model})" if (model := self.model(settings)) else self.label

    def is_configured(self, settings: SpeechSettings) -> bool:
        """Whether the settings that it needs are set."""
        return not self.needs_one_of or any(getattr(settings, name) for name in self.needs_one_of)


class Registry(Generic[T]):
    """All registrations of one kind, found by importing every module of a package."""

    def __init__(self, package: str, setting: str) -> None:
        """``package``: the one whose modules register. ``setting``: the name, as people set it, of the setting that
        chooses one."""
        self._package = package
        self._setting = setting
        self._registered: dict[str, Registration[T]] = {}
        self._is_searched = False

    def register(self, registration: Registration[T]) -> None:
        """Offer it from now on. Raises ``ValueError`` if the name is taken."""
        name = registration.name
        if name in (AUTO, OFFLINE) or name in self._registered:
            raise ValueError(f"{name!r} is taken")
        self._registered[name] = registration

    def withdraw(self, name: str) -> None:
        """Offer it no longer."""
        del self._registered[name]

    def all(self) -> Mapping[str, Registration[T]]:
        """All registrations by name, the preferred first."""
        self._search()
        return dict(sorted(self._registered.items(), key=lambda entry: entry[1].preference))

    def chosen(self, choice: str, settings: SpeechSettings) -> list[Registration[T]]:
        """The registrations that ``choice`` (``AUTO``, ``OFFLINE`` or one name) stands for, the preferred first.

        Raises:
            UnknownEngineError: there is none of that name.
            EngineNotConfiguredError: the one of that name lacks a setting.
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
        """Build all that ``choice`` stands for; raises what ``chosen`` and ``Registration.build`` raise."""
        return [one.build(settings, find) for one in self.chosen(choice, settings)]

    def _search(self) -> None:
        if not self._is_searched:
            package = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(package.__path__, f"{self._package}."):
                importlib.import_module(module.name)
            self._is_searched = True
