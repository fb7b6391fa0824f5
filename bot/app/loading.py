"""Finding and loading extensions: lightbulb serves their commands and listeners, our routers their screens."""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Iterator
from dataclasses import dataclass, field

import lightbulb

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.screen import Handler, Screen


class BrokenExtensionError(StarlingError):
    """Raised when a file in extensions/ cannot be loaded: continuing would delete its commands from Discord."""

    sentence = _("The extension {name} cannot be loaded: {reason}. Fix it and start again.")

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name=name, reason=reason)


@dataclass(frozen=True, slots=True)
class Extensions:
    """Everything that the modules of a package declare."""

    loaders: list[lightbulb.Loader] = field(default_factory=list)
    buttons: dict[str, Handler] = field(default_factory=dict)
    """By the prefix of their custom ids, up to the first colon; the same for ``forms``."""
    forms: dict[str, Handler] = field(default_factory=dict)
    services: list[type] = field(default_factory=list)
    """The types to instantiate, see ``Screen.service``."""


async def load(client: lightbulb.Client, package: types.ModuleType) -> Extensions:
    """Load every module of ``package`` and of its subpackages, and collect what they declare.

    Each module directly in the package must declare something, and so must at least one module of each subpackage; the
    others there are helpers. lightbulb skips an extension that fails, and then deletes its commands from Discord.

    Raises:
        BrokenExtensionError: a module cannot be imported, declares nothing, or declares what another one does.
    """
    found, declaring = Extensions(), set[str]()
    modules = list(imported_modules(package))
    for module in modules:
        loaders = [value for value in vars(module).values() if isinstance(value, lightbulb.Loader)]
        screens = [value for value in vars(module).values() if isinstance(value, Screen)]
        if not loaders and not screens:
            continue
        declaring.add(module.__name__)
        for loader in loaders:
            # lightbulb has no public list of what a loader, or the client, has loaded, and it only logs failures.
            if not loader._loadables:
                raise BrokenExtensionError(module.__name__, "its loader has no command and no listener")
            await client.load_extensions(module.__name__)
            if module.__name__ not in client._extensions:
                raise BrokenExtensionError(module.__name__, "adding its loader failed; the log says why")
            found.loaders.append(loader)
        for screen in screens:
            if not (screen.buttons or screen.forms or screen.services):
                raise BrokenExtensionError(module.__name__, "its screen has no button and no form")
            found.services.extend(screen.services)
            _take(found.buttons, screen.buttons, module.__name__)
            _take(found.forms, screen.forms, module.__name__)
    for module in modules:
        _require_declaration(module, declaring, package.__name__)
    return found


def imported_modules(package: types.ModuleType) -> Iterator[types.ModuleType]:
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda _name: None):
        try:
            yield importlib.import_module(each.name)
        except Exception as error:
            raise BrokenExtensionError(each.name, f"{type(error).__name__}: {error}") from error


def _take(known: dict[str, Handler], declared: dict[str, Handler], module: str) -> None:
    for custom_id, handler in declared.items():
        if custom_id in known:
            raise BrokenExtensionError(module, f"{known[custom_id].__module__} answers {custom_id!r} already")
        known[custom_id] = handler


def _require_declaration(module: types.ModuleType, declaring: set[str], package: str) -> None:
    name = module.__name__
    is_folder = hasattr(module, "__path__")
    is_helper = not is_folder and name.rpartition(".")[0] != package
    declares = any(one == name or (is_folder and one.startswith(f"{name}.")) for one in declaring)
    if not is_helper and not declares:
        raise BrokenExtensionError(name, "it declares neither commands nor listeners, buttons nor forms")
