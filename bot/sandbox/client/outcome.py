"""How an interaction went, as the person sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.client.user_client import PATIENCE_S, UserClient
from bot.sandbox.model.enums import MessageFlag
from bot.sandbox.model.json_codec import Json


@dataclass
class Outcome:
    """How an interaction went, as the person sees it."""

    id: str
    """The interaction's id."""
    nonce: str
    """The nonce that the client gave it."""
    succeeded: bool
    """Whether the bot acknowledged it in time."""
    modal: Json | None
    """The form that was opened, if one was."""
    _person: UserClient = field(repr=False)

    @property
    def messages(self) -> list[Json]:
        """The bot's answers to this interaction so far, in their latest form, oldest first."""
        found = [m for m in self._person.known_messages.values() if _interaction_of(m) == self.id]
        return sorted(found, key=lambda m: int(m["id"]))

    @property
    def message(self) -> Json | None:
        """The first answer, even while it is loading; None if there is none yet."""
        return next(iter(self.messages), None)

    async def response(self, timeout_s: float = PATIENCE_S) -> Json:
        """The first answer once there is something to read in it, after any "thinking...".

        Raises:
            NothingCameError: it did not come within ``timeout_s``.
        """
        return await self.response_where(lambda _: True, timeout_s)

    async def response_where(self, wanted: Callable[[Json], object], timeout_s: float = PATIENCE_S) -> Json:
        """The first finished answer for which ``wanted`` is true, for answers that grow by edits.

        Raises:
            NothingCameError: it did not come within ``timeout_s``.
        """

        def find() -> Json | None:
            finished = (m for m in self.messages if not m["flags"] & MessageFlag.LOADING)
            return next((m for m in finished if wanted(m)), None)

        return await self._person.wait_until(find, timeout_s, "the answer to an interaction")


def _interaction_of(message: Json) -> str | None:
    metadata = message.get("interaction_metadata")
    return metadata["id"] if metadata else None
