"""What a file of extensions/ declares beside its commands: the buttons, menus and forms that it answers, and what
they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Handler = Callable[..., Coroutine[Any, Any, Any]]
"""What is called with the context of an interaction; what it takes besides is injected by alluka."""

AnyHandler = TypeVar("AnyHandler", bound=Handler)
AnyType = TypeVar("AnyType", bound=type)

_ID = re.compile(r"[a-z]+(-[a-z]+)*")


class Screen:
    """The handlers of one file, by the custom id that their buttons or forms begin with; state follows a colon.

    A module-level ``screen = Screen()`` is found when the extensions are loaded, as a ``loader`` is.
    """

    def __init__(self) -> None:
        self.buttons: dict[str, Handler] = {}
        self.forms: dict[str, Handler] = {}
        self.services: list[type] = []

    def button(self, custom_id: str) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for buttons and menus whose custom id is ``custom_id``, or begins with it and a
        colon.

        Raises:
            ValueError: the id is taken in this file, or is none that an interaction could be matched by.
        """
        return self._declare(self.buttons, custom_id)

    def form(self, custom_id: str) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for forms whose custom id is ``custom_id``, or begins with it and a colon.

        Raises:
            ValueError: the id is taken in this file, or is none that an interaction could be matched by.
        """
        return self._declare(self.forms, custom_id)

    def service(self, service: AnyType) -> AnyType:
        """Make one of the decorated class when the extensions are loaded: its constructor takes services that are
        there, and handlers may take it as one."""
        self.services.append(service)
        return service

    @staticmethod
    def _declare(handlers: dict[str, Handler], custom_id: str) -> Callable[[AnyHandler], AnyHandler]:
        if _ID.fullmatch(custom_id) is None:
            # What is used is looked up by the text before the first colon, so an id with one would never be found.
            raise ValueError(f"the custom id {custom_id!r} is not made of small letters and single hyphens")
        if custom_id in handlers:
            raise ValueError(f"the custom id {custom_id!r} is declared twice")

        def declared(handler: AnyHandler) -> AnyHandler:
            handlers[custom_id] = handler
            return handler

        return declared
