"""Which model answers: every guild may choose one of those at the endpoint."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Protocol

from bot.conversation.chat import ChatModel
from bot.conversation.errors import ChatError
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.preferences import Preferences

LIST_TIMEOUT_S = 2.5
"""Autocomplete has three seconds."""
LIST_KEPT_S = 300.0


class NoSuchModelError(StarlingError):
    """Raised when a guild chooses a model that the endpoint does not list."""

    sentence = _("There is no model {model} at my endpoint. /model list shows those that there are.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class SameModelError(StarlingError):
    """Raised when a model is to be compared with itself."""

    sentence = _("These are one and the same model. Name another one; /model list shows those that there are.")


class WhichModelError(StarlingError):
    """Raised when a model is to be compared with another one, and it is not clear with which."""

    sentence = _("Tell me with which model to compare {model}. /model list shows those that there are.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class Trained(Protocol):
    """The models that guilds have trained."""

    async def active(self, guild_id: int) -> ChatModel | None:
        """The one that was promoted; None: there is none."""

    async def by_name(self, guild_id: int, name: str) -> ChatModel | None:
        """The one of that name; None: there is none."""


class ChatModels:
    """The models of one endpoint, and who has chosen which."""

    def __init__(self, default: ChatModel, preferences: Preferences, trained: Trained) -> None:
        """What a guild has trained and promoted answers there instead of all others."""
        self.default = default
        self._trained = trained
        self._preferences = preferences
        self._others: dict[str, ChatModel] = {}
        self._listed: list[str] = []
        self._listed_at = -LIST_KEPT_S
        self._listing = asyncio.Lock()

    async def of(self, guild: int | None) -> ChatModel:
        """The model that answers in ``guild``; in direct messages, the default."""
        if guild is None:
            return self.default
        if (trained := await self._trained.active(int(guild))) is not None:
            return trained
        name = (await self._preferences.guild(guild)).chat_model
        return self.default if name is None else self._known(name)

    async def named(self, name: str) -> ChatModel:
        """The model ``name``.

        Raises:
            NoSuchModelError: there is no such model.
        """
        if name not in await self.names():
            raise NoSuchModelError(name)
        return self._known(name)

    async def in_guild(self, guild: int | None, name: str) -> ChatModel:
        """The model ``name``, of those that the guild has trained or of the endpoint's.

        Raises:
            NoSuchModelError: there is no such model.
        """
        found = None if guild is None else await self._trained.by_name(int(guild), name)
        return found or await self.named(name)

    async def two(self, guild: int | None, first: str | None, second: str | None) -> tuple[ChatModel, ChatModel]:
        """Two different models by their names. Without the first, it is the one that answers in ``guild``; without the
        second, it is the only other that there is.

        Raises:
            NoSuchModelError: one of them is not there.
            SameModelError: they are the same.
            WhichModelError: there is no second, or more than one.
        """
        one = await self.of(guild) if first is None else await self.in_guild(guild, first)
        if second is None:
            others = [name for name in await self.names() if name != one.model]
            if len(others) != 1:
                raise WhichModelError(one.model)
            second = others[0]
        other = await self.in_guild(guild, second)
        if other.model == one.model:
            raise SameModelError
        return one, other

    def _known(self, name: str) -> ChatModel:
        if name == self.default.model:
            return self.default
        if name not in self._others:
            self._others[name] = self.default.named(name)
        return self._others[name]

    async def names(self) -> list[str]:
        """The names of all models there are, in order; the default alone where the endpoint lists none or is silent,
        and where it is the demonstration model, whose engine lists a path of this machine."""
        if self.default.is_demonstration:
            return [self.default.model]
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
        if name == self.default.model:
            name = None
        if name is not None and name not in await self.names():
            raise NoSuchModelError(name)
        await self._preferences.change_guild(guild, lambda chosen: replace(chosen, chat_model=name))
