"""What a file of extensions/ declares beside its commands: the buttons, menus and forms that it answers, and what
they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

Handler = Callable[..., Coroutine[Any, Any, Any]]
"""What is called with the context of an interaction; what it takes besides is injected by alluka."""

AnyHandler = TypeVar("AnyHandler", bound=Handler)
AnyType = TypeVar("AnyType", bound=type)

ROW_ID = "[0-9a-f]{32}"
"""The shape of an id of ours."""
SNOWFLAKE = "(?:[1-8][0-9]{18}|[1-9][0-9]{0,17})"
"""Of one of Discord's, as databases keep them."""
NUMBER = "[0-9]{1,9}"

_STATES: dict[Handler, tuple[re.Pattern[str] | None, re.Pattern[str] | None]] = {}
"""What state, and what chosen values, each handler takes; None: any."""
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_ID = re.compile(r"[a-z]+(-[a-z]+)*")


class Screen:
    """The handlers of one file, by the custom id that their buttons or forms begin with; state follows a colon.

    A module-level ``screen = Screen()`` is found when the extensions are loaded, as a ``loader`` is.
    """

    def __init__(self) -> None:
        self.buttons: dict[str, Handler] = {}
        self.forms: dict[str, Handler] = {}
        self.services: list[type] = []

    def button(
        self, custom_id: str, *, state: str | None = None, values: str | None = None
    ) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for buttons and menus whose custom id is ``custom_id``, or begins with it and a
        colon, behind which there is what the regular expression ``state`` matches, and where what was chosen is matched
        by ``values``; None: anything.

        Raises:
            ValueError: the id is taken in this file, or is none that an interaction could be matched by.
        """
        return self._declare(self.buttons, custom_id, state, values)

    def form(self, custom_id: str, *, state: str | None = None) -> Callable[[AnyHandler], AnyHandler]:
        """Call the decorated function for forms whose custom id is ``custom_id``, or begins with it and a colon, and
        ``state`` as above.

        Raises:
            ValueError: the id is taken in this file, or is none that an interaction could be matched by.
        """
        return self._declare(self.forms, custom_id, state)

    def service(self, service: AnyType) -> AnyType:
        """Make one of the decorated class when the extensions are loaded: its constructor takes services that are
        there, and handlers may take it as one."""
        self.services.append(service)
        return service

    @staticmethod
    def _declare(
        handlers: dict[str, Handler], custom_id: str, state: str | None, values: str | None = None
    ) -> Callable[[AnyHandler], AnyHandler]:
        if _ID.fullmatch(custom_id) is None:
            # What is used is looked up by the text before the first colon, so an id with one would never be found.
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
    """Whether ``handler`` takes the whole of ``custom_id``, and what was chosen: nothing that was made of other parts,
    or by somebody else, comes to it."""
    state, chosen = _STATES.get(handler, (None, None))
    if any(_UNSTORABLE.search(part) for part in (custom_id, *values)):
        return False
    if state is not None and state.fullmatch(custom_id.partition(":")[2]) is None:
        return False
    return chosen is None or all(chosen.fullmatch(value) for value in values)
