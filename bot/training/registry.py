"""The available trainers. To add one, add a folder beside this file whose ``trainer.py`` registers it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.conversation.endpoint import EndpointAddress
from bot.i18n.message import LazyMessage
from bot.settings import Settings
from bot.training.trainer import Trainer
from bot.weights.weights import WeightsCache

_PACKAGE = "bot.training"


@dataclass(frozen=True, slots=True)
class TrainerRegistration:
    """One trainer."""

    name: str
    """One word, by which the trainer is chosen; stored with what it has trained."""
    label: Callable[[Settings], LazyMessage]
    """Where it trains, worded for users."""
    preference: int
    """Trainers with a lower number are preferred where none is named."""
    build: Callable[[Settings, WeightsCache], Trainer]
    """Builds the trainer, without opening connections."""
    needs_network: bool = False
    """Whether the examples leave this machine."""
    packages: tuple[str, ...] = ()
    """Modules without which it cannot train."""
    install: str = ""
    """The command that installs them."""
    needs: tuple[str, ...] = ()
    """Settings that must be given, by their field names in ``Settings``."""
    endpoint: Callable[[Settings], EndpointAddress] | None = None
    """The endpoint at which the models that it has trained answer by their names; None if it trains at no service."""

    @property
    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(package) is not None for package in self.packages)

    def is_configured(self, settings: Settings) -> bool:
        """Whether every setting that it needs is given."""
        return all(getattr(settings, name) for name in self.needs)


class TrainerRegistry:
    """All registrations, found by importing ``trainer`` from every folder of the package that has one."""

    def __init__(self) -> None:
        self._registered: dict[str, TrainerRegistration] = {}
        self._is_searched = False

    def register(self, registration: TrainerRegistration) -> None:
        """Add a trainer. Raises ``ValueError`` if its name is taken."""
        if registration.name in self._registered:
            raise ValueError(f"{registration.name!r} is taken")
        self._registered[registration.name] = registration

    def withdraw(self, name: str) -> None:
        """Remove a trainer."""
        del self._registered[name]

    def all(self) -> Mapping[str, TrainerRegistration]:
        """All registrations by name, the preferred first."""
        if not self._is_searched:
            for folder in pkgutil.iter_modules(importlib.import_module(_PACKAGE).__path__, f"{_PACKAGE}."):
                if folder.ispkg and importlib.util.find_spec(f"{folder.name}.trainer") is not None:
                    importlib.import_module(f"{folder.name}.trainer")
            self._is_searched = True
        return dict(sorted(self._registered.items(), key=lambda entry: entry[1].preference))

    def build(self, settings: Settings, cache: WeightsCache) -> dict[str, Trainer]:
        """All trainers that are configured, by name, the preferred first."""
        return {name: one.build(settings, cache) for name, one in self.all().items() if one.is_configured(settings)}

    def endpoints(self, settings: Settings) -> dict[str, EndpointAddress]:
        """The endpoints at which the models of the configured trainers answer, by the names of the trainers."""
        return {
            name: one.endpoint(settings)
            for name, one in self.all().items()
            if one.endpoint is not None and one.is_configured(settings)
        }


TRAINERS = TrainerRegistry()
