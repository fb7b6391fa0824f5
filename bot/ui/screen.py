"""What a file of extensions/ declares beside its commands: the buttons, menus and forms that it serves, and the
services that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

Handler = Callable[..., Coroutine[Any, Any, Any]]
"""Called with the context of an interaction; alluka injects its other parameters."""

AnyHandler = TypeVar("AnyHandler", bound=Handler)
AnyType = TypeVar("AnyType", bound=type)

ROW_ID = "[0-9a-f]{32}"
"""The pattern of Starling's own ids."""
SNOWFLAKE = "(?:[1-8][0-9]{18}|[1-9][0-9]{0,17})"
"""The pattern of Discord's ids, as far as they fit a signed 64-bit column."""
NUMBER = "[0-9]{1,9}"

_STATES: dict[Handler, tuple[re.Pattern[str] | None, re.Pattern[str] | None]] = {}
"""The patterns of the state and of the chosen values that each handler accepts; None: anything."""
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_ID = re.compile(r"[a-z]+(-[a-z]+)*")


class Screen:
    """The handlers of one file, by the text before the first colon in the custom ids of their buttons or forms; state
    follows the colon.

    Like a ``loader``, a module-level ``screen = Screen()`` is found when the extensions are loaded.
    """

    def __init__(self) -> None:
        self.buttons: dict[str, Handler] = {}
        self.forms: dict[str, Handler] = {}
        self.services: list[type] = []

    def button(
        self, custom_id: str, *, state: str | None = None, values: str | None = None
    ) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for buttons and menus whose custom id is ``custom_id``, alone or followed by a
        colon and state. The regular expression ``state`` must match all of the state, and ``values`` each chosen value;
        None: anything.

        Raises:
            ValueError: the id is taken in this file, or is not made of small letters and single hyphens.
        """
        return self._declare(self.buttons, custom_id, state, values)

    def form(self, custom_id: str, *, state: str | None = None) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for forms whose custom id is ``custom_id``, alone or followed by a colon and
        state; ``state`` as above.

        Raises:
            ValueError: the id is taken in this file, or is not made of small letters and single hyphens.
        """
        return self._declare(self.forms, custom_id, state)

    def service(self, service: AnyType) -> AnyType:
        """Instantiate the decorated class when the extensions are loaded: its constructor takes existing services, and
        handlers may take the instance as one."""
        self.services.append(service)
        return service

    @staticmethod
    def _declare(
        handlers: dict[str, Handler], custom_id: str, state: str | None, values: str | None = None
    ) -> Callable[[AnyHandler], AnyHandler]:
        if _ID.fullmatch(custom_id) is None:
            # A handler is looked up by the text before the first colon, so an id with a colon would never be found.
            raise ValueError(f"the custom id {custom_id!r} is not made of small letters and single hyphens")
        if custom_id in handlers:
            raise ValueError(f"the custom id {custom_id!r} is declared twice")

        def declared(handler: AnyHandler) -> AnyHandler:
            handlers[custom_id] = handler
            known, chosen = (None if shape is None else re.compile(shape) for shape in (state, values))
            _STATES[handler] = known, chosen
            return handler

        return declared


def is_served(handler: Handler, custom_id: str, values: Sequence[str] = ()) -> bool:
    """Whether ``handler`` accepts the state in ``custom_id`` and the chosen ``values``, so that malformed or forged
    ones never reach it."""
    state, chosen = _STATES.get(handler, (None, None))
    if any(_UNSTORABLE.search(part) for part in (custom_id, *values)):
        return False
    if state is not None and state.fullmatch(custom_id.partition(":")[2]) is None:
        return False
    return chosen is None or all(chosen.fullmatch(value) for value in values)
