"""Which model answers: every guild may choose one of those at the endpoint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.conversation.chat import ChatModel
from bot.conversation.errors import ChatError
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.settings import SettingsStore

LIST_TIMEOUT_S = 2.5
"""Autocomplete has three seconds."""
LIST_KEPT_S = 300.0
_NAME = "chat_model"


class NoSuchModelError(StarlingError):
    """Raised when a guild chooses a model that the endpoint does not list."""

    sentence = _("There is no model {model} at my endpoint. /model list shows those that there are.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class ChatModels:
    """The models of one endpoint, and who has chosen which."""

    def __init__(
        self,
        default: ChatModel,
        store: SettingsStore,
        trained: Callable[[int], Awaitable[ChatModel | None]] | None = None,
    ) -> None:
        """``trained`` gives the model that a guild has trained and promoted, which wins over all others."""
        self.default = default
        self._trained = trained
        self._store = store
        self._others: dict[str, ChatModel] = {}
        self._listed: list[str] = []
        self._listed_at = -LIST_KEPT_S
        self._listing = asyncio.Lock()

    async def of(self, guild: int | None) -> ChatModel:
        """The model that answers in ``guild``; in direct messages, the default."""
        if guild is None:
            return self.default
        if self._trained is not None and (trained := await self._trained(int(guild))) is not None:
            return trained
        name = await self._store.get("guild", int(guild), _NAME)
        return self._known(name) if isinstance(name, str) else self.default

    async def named(self, name: str) -> ChatModel:
        """The model ``name``.

        Raises:
            NoSuchModelError: there is no such model.
        """
        if name not in await self.names():
            raise NoSuchModelError(name)
        return self._known(name)

    def _known(self, name: str) -> ChatModel:
        if name == self.default.model:
            return self.default
        if name not in self._others:
            self._others[name] = self.default.named(name)
        return self._others[name]

    async def names(self) -> list[str]:
        """The names of all models there are, in order; the default alone where the endpoint lists none or is silent."""
        async with self._listing:
            if time.monotonic() - self._listed_at > LIST_KEPT_S:
                try:
                    async with asyncio.timeout(LIST_TIMEOUT_S):
                        self._listed = sorted(await self.default.names(), key=str.lower)
                except (ChatError, TimeoutError):
                    return sorted({*self._listed, self.default.model}, key=str.lower)
                self._listed_at = time.monotonic()
        return sorted({*self._listed, self.default.model}, key=str.lower)

    async def choose(self, guild: int, name: str | None) -> None:
        """Let ``name`` answer in ``guild`` from now on; None for the default.

        Raises:
            NoSuchModelError: there is no such model.
        """
        if name is None or name == self.default.model:
            await self._store.reset("guild", int(guild), _NAME)
            return
        if name not in await self.names():
            raise NoSuchModelError(name)
        await self._store.set("guild", int(guild), _NAME, name)
