"""The sentences of errors, and what their classes declare about them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import audio
import bot
import extensions
from bot.errors import StarlingError

_PROCESSES = ("audio.decoding.child", "bot.training.local.child", "bot.__main__")
"""Modules that are run as processes, not imported."""
_LEARNING = tuple(
    f"bot.training.local.{name}" for name in ("base_model", "learning", "objectives", "precision", "token_tree")
)
"""Modules that need the extra for training, whose threads would slow down all other tests in the process."""


def errors() -> Iterator[type[StarlingError]]:
    """All classes of errors that can be raised; base classes that others derive from are left out."""
    for package in (audio, bot, extensions):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in _PROCESSES + _LEARNING:
                importlib.import_module(module.name)
    waiting: list[type[StarlingError]] = [StarlingError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__subclasses__() and kind.__module__.partition(".")[0] in ("audio", "bot", "extensions"):
            yield kind


def test_an_error_that_asks_to_try_again_offers_it() -> None:
    asking = [kind for kind in errors() if "try again" in kind.sentence]
    assert len(asking) > 10
    assert [kind.__name__ for kind in asking if not kind.is_transient] == []
