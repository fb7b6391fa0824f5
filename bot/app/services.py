"""Dependency injection by type for commands, listeners, buttons and forms; missing services are found at start."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import alluka
import hikari
import lightbulb

from bot.app.loading import Extensions
from bot.errors import StarlingError
from bot.errors import translatable as _

AnyCallable = Callable[..., Any]


class MissingServiceError(StarlingError):
    """Raised when a handler in extensions/ needs a service that nothing provides."""

    sentence = _("{handler} needs {service}, which nothing provides. Provide it in bot/app, or fix what it takes.")

    def __init__(self, handler: str, service: str) -> None:
        super().__init__(handler=handler, service=service)


class Services:
    """One instance of each type, shared by lightbulb's container, for commands and listeners, and yuyo's, for buttons
    and forms."""

    def __init__(self, client: lightbulb.Client, *services: object) -> None:
        """``services`` are registered by their own types; what ``client`` injects by itself is already known."""
        self._registry = client.di.registry_for(lightbulb.di.Contexts.DEFAULT)
        self.container = alluka.Client()
        """The container for yuyo."""
        self._values: dict[type, object] = {hikari.api.RESTClient: client.rest}
        for service in services:
            self._provide(service)

    def provide_fields(self, services: Any) -> None:
        """Provide every field of a dataclass that is not None: by its declared type if that is a protocol, since the
        value may be of any type, and otherwise by its own type."""
        declared = typing.get_type_hints(type(services))
        for each in dataclasses.fields(services):
            wanted, value = declared[each.name], getattr(services, each.name)
            is_protocol = inspect.isclass(wanted) and getattr(wanted, "_is_protocol", False)
            if value is not None:
                self._provide(value, wanted if is_protocol else None)

    def make(self, types: Iterable[type]) -> None:
        """Create and provide one instance of each of ``types``, whose constructors take existing services or each
        other.

        Raises:
            MissingServiceError: a constructor needs a service that does not exist.
        """
        waiting = {each: dict(_taken_by(each, called_with=0)) for each in types}
        while waiting:
            ready = [each for each, taken in waiting.items() if all(one in self._values for one in taken.values())]
            if not ready:
                each, taken = next(iter(waiting.items()))
                missing = next(service for service in taken.values() if service not in self._values)
                raise MissingServiceError(_name_of(each), _name_of(missing))
            for each in ready:
                taken = waiting.pop(each)
                self._provide(each(**{name: self._values[service] for name, service in taken.items()}))

    def require_for(self, extensions: Extensions) -> None:
        """Check that everything ``extensions`` declare will be given the services that it needs.

        Raises:
            MissingServiceError: something needs a service that does not exist.
        """
        for handler, called_with in _called_by_lightbulb(extensions.loaders):
            for _parameter, service in _taken_by(handler, called_with):
                if service not in self._registry:
                    raise MissingServiceError(_name_of(handler), _name_of(service))
        for handler in (*extensions.buttons.values(), *extensions.forms.values()):
            for parameter, service in _taken_by(handler, called_with=1):
                if typing.get_origin(service) is not typing.Annotated:
                    # alluka injects only parameters that are marked like this; any other would be missing in the call.
                    raise MissingServiceError(_name_of(handler), f"{parameter}: alluka.Injected")
                wanted = typing.get_args(service)[0]
                if self.container.get_type_dependency(wanted, default=None) is None:
                    raise MissingServiceError(_name_of(handler), _name_of(wanted))

    def _provide(self, service: object, known_as: type | None = None) -> None:
        """``known_as``: the type to register it by; None for its own type."""
        wanted = known_as or type(service)
        self._values[wanted] = service
        self._registry.register_value(wanted, service)
        self.container.set_type_dependency(wanted, service)


def _taken_by(handler: AnyCallable, called_with: int) -> Iterator[tuple[str, Any]]:
    """The name and annotation of each parameter without a default, except the first ``called_with``.

    Raises:
        MissingServiceError: an annotation names something that was not imported, or only for type checkers.
    """
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(handler, eval_str=True).parameters
    except NameError as error:
        raise MissingServiceError(_name_of(handler), error.name or str(error)) from error
    for parameter in list(parameters.values())[called_with:]:
        if parameter.default is inspect.Parameter.empty:
            yield parameter.name, parameter.annotation


def _called_by_lightbulb(loaders: Iterable[lightbulb.Loader]) -> Iterator[tuple[AnyCallable, int]]:
    """Commands with their hooks and autocomplete providers, listeners, tasks and error handlers, each with the number
    of arguments that it is called with."""
    # lightbulb 3.2 has no public view of what a loader holds.
    for loadable in (one for loader in loaders for one in loader._loadables):
        if (command := getattr(loadable, "_command", None)) is not None:
            yield from _of_command(command)
        elif (task := getattr(loadable, "_task", None)) is not None:
            yield _unwrapped(task._func), 0
        else:
            yield _unwrapped(loadable._callback), 1  # type: ignore[attr-defined]


def _of_command(command: Any) -> Iterator[tuple[AnyCallable, int]]:
    if isinstance(command, lightbulb.Group | lightbulb.SubGroup):
        for inner in command._commands.values():
            yield from _of_command(inner)
        return
    data = command._command_data
    yield _unwrapped(getattr(command, data.invoke_method)), 2
    for option in data.options.values():
        if option.autocomplete_provider is not hikari.UNDEFINED:
            yield _unwrapped(option.autocomplete_provider), 1
    for hook in data.hooks:
        yield _unwrapped(hook.func), 2


def _unwrapped(handler: Any) -> AnyCallable:
    """The function itself: linkd's wrapper around it hides its parameters."""
    plain: AnyCallable = getattr(handler, "_func", handler)
    return plain


def _name_of(thing: Any) -> str:
    """The name for messages, such as ``extensions.files.list.turn_page``; for types from elsewhere, without the
    module."""
    name = getattr(thing, "__qualname__", str(thing))
    return f"{thing.__module__}.{name}" if str(getattr(thing, "__module__", "")).startswith("extensions.") else name
