"""Which model answers: each guild may choose one of the endpoints' models."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.conversation.chat import ChatModel
from bot.conversation.errors import ChatError
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.preferences.preferences import Preferences

LIST_TIMEOUT_S = 2.5
TYPING_TIMEOUT_S = 0.8
"""Autocomplete must answer within three seconds, and people who are typing do not wait."""
LIST_KEPT_S = 300.0


class NoSuchModelError(StarlingError):
    """Raised when somebody names a model that does not exist."""

    sentence = _("There is no model {model} at my endpoint. /model list shows what there is.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class SameModelError(StarlingError):
    """Raised when a model is to be compared with itself."""

    sentence = _("These are one and the same model. Name another one; /model list shows what there is.")


class WhichModelError(StarlingError):
    """Raised when a model is to be compared with another one, and it is unclear with which."""

    sentence = _("Tell me which model to compare {model} with. /model list shows what there is.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class OnlyModelError(StarlingError):
    """Raised when a model is to be compared with another one, and there is no other."""

    sentence = _("There is only one model here, {model}, and nothing to compare it with.")

    def __init__(self, model: str) -> None:
        super().__init__(model=model)


class TrainedModels(Protocol):
    """The models that guilds have trained."""

    async def active(self, guild_id: int) -> ChatModel | None:
        """The guild's promoted model; None if there is none."""

    async def by_name(self, guild_id: int, name: str) -> ChatModel | None:
        """The guild's model of that name; None if there is none."""


@dataclass(frozen=True, slots=True)
class FurtherEndpoint:
    """An endpoint in addition to the default model's."""

    name: str
    """Its models are known as ``name/model``."""
    chat: ChatModel
    """Any model there."""
    models: tuple[str, ...] = ()
    """The models that may be chosen; if empty, all that it lists."""


def not_listed(names: Sequence[str], listed: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Those of ``names`` that their endpoint does not list, each with at most five names that it does list, similar
    ones if there are any. ``listed``: lists by endpoint name, empty for the default; an endpoint that is missing, or
    lists nothing, is assumed to have every model."""
    found = {}
    for name in names:
        prefix, slash, rest = name.partition("/")
        endpoint, model = (prefix, rest) if slash and prefix in listed else ("", name)
        there = listed.get(endpoint, ())
        # Ollama lists a model with its tag, and accepts it without.
        if there and not {model, f"{model}:latest"} & set(there):
            near = difflib.get_close_matches(model, there, 5, 0.3) or there[:5]
            found[name] = [f"{endpoint}/{one}" if endpoint else one for one in near]
    return found


class ChatModels:
    """The models of all endpoints, and who has chosen which."""

    def __init__(
        self,
        default: ChatModel,
        preferences: Preferences,
        trained: TrainedModels,
        further: Sequence[FurtherEndpoint] = (),
        *,
        allowed: Sequence[str] = (),
    ) -> None:
        """A model that a guild has trained and promoted answers there instead of all others. ``allowed``: the names
        that may be chosen besides the default; if empty, all."""
        self.default = default
        self._trained = trained
        self._preferences = preferences
        self._further = {endpoint.name: endpoint for endpoint in further}
        self._allowed = frozenset(allowed)
        self._others: dict[str, ChatModel] = {}
        self._listed: dict[str, list[str]] = {}
        """The listed models by endpoint name; the default's name is empty."""
        self._listed_at = -LIST_KEPT_S
        self._listing: asyncio.Task[None] | None = None

    @property
    def endpoints(self) -> list[ChatModel]:
        """One model of each endpoint, the default's first."""
        return [self.default, *(endpoint.chat for endpoint in self._further.values())]

    def stand_behind(self, name: str | None) -> None:
        """Let the model ``name`` answer when another one cannot; None: no model stands in."""
        self.default.stand_in = None if name is None else self._known(name)
        for endpoint in self._further.values():
            endpoint.chat.stand_in = self.default.stand_in

    async def close(self) -> None:
        """Close the connections of all endpoints except the default's."""
        if self._listing is not None:
            self._listing.cancel()
            await asyncio.gather(self._listing, return_exceptions=True)
        for endpoint in self._further.values():
            await endpoint.chat.close()

    async def of(self, guild: int | None) -> ChatModel:
        """The model that answers in ``guild``; in direct messages, the default."""
        if guild is None:
            return self.default
        trained = await self._trained.active(guild)
        return trained or await self.untrained(guild)

    async def untrained(self, guild: int) -> ChatModel:
        """The model that answers in ``guild`` if none that it has trained does."""
        name = (await self._preferences.guild(guild)).chat_model
        return self.default if name is None or not self._is_allowed(name) else self._known(name)

    async def named(self, name: str) -> ChatModel:
        """The model ``name``.

        Raises:
            NoSuchModelError: there is no such model.
        """
        if name not in await self.names():
            raise NoSuchModelError(name)
        return self._known(name)

    async def in_guild(self, guild: int | None, name: str) -> ChatModel:
        """The model ``name``, one that the guild has trained or one of the endpoints'.

        Raises:
            NoSuchModelError: there is no such model.
        """
        found = None if guild is None else await self._trained.by_name(guild, name)
        return found or await self.named(name)

    async def two(self, guild: int | None, first: str | None, second: str | None) -> tuple[ChatModel, ChatModel]:
        """Two different models by name. Without ``first``, it is the one that answers in ``guild``; without ``second``,
        it is the only other one that exists.

        Raises:
            NoSuchModelError: one of them does not exist.
            SameModelError: they are the same.
            OnlyModelError: there is no other model.
            WhichModelError: there are several other models.
        """
        one = await self.of(guild) if first is None else await self.in_guild(guild, first)
        if second is None:
            others = [name for name in await self.names() if name != one.model]
            if not others:
                raise OnlyModelError(one.model)
            if len(others) > 1:
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
            prefix, slash, model = name.partition("/")
            endpoint = self._further.get(prefix) if slash else None
            named = self.default.named(name) if endpoint is None else endpoint.chat.named(model).called(name)
            self._others[name] = named
        return self._others[name]

    def _is_allowed(self, name: str) -> bool:
        return not self._allowed or name in self._allowed or name == self.default.model

    async def names(self, *, within_s: float = LIST_TIMEOUT_S) -> list[str]:
        """The sorted names of all models; for an endpoint that lists none or is silent, those already known. The
        demonstration model's engine is not asked, since it lists a path on this machine.

        Endpoints that take more than ``within_s`` seconds are not waited for.
        """
        if time.monotonic() - self._listed_at > LIST_KEPT_S:
            if self._listing is None or self._listing.done():
                self._listing = asyncio.create_task(self._list())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await asyncio.shield(self._listing)
        known = {self.default.model, *self._listed.get("", ())}
        for endpoint in self._further.values():
            listed = endpoint.models or self._listed.get(endpoint.name, ())
            known |= {f"{endpoint.name}/{model}" for model in listed}
        return sorted(filter(self._is_allowed, known), key=str.lower)

    async def unlisted(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Those of ``names`` that do not exist, as ``not_listed`` returns them."""
        await self.names()
        chosen = {name: list(endpoint.models) for name, endpoint in self._further.items() if endpoint.models}
        listed = self._listed | chosen
        if listed.get(""):
            listed[""] = sorted({*listed[""], self.default.model})
        return not_listed(names, listed)

    async def _list(self) -> None:
        asked = {} if self.default.is_demonstration else {"": self.default}
        asked |= {name: endpoint.chat for name, endpoint in self._further.items() if not endpoint.models}
        answers = await asyncio.gather(*(chat.names() for chat in asked.values()), return_exceptions=True)
        for name, answer in zip(asked, answers, strict=True):
            if not isinstance(answer, BaseException):
                self._listed[name] = answer
            elif not isinstance(answer, ChatError):
                raise answer
        if not any(isinstance(answer, BaseException) for answer in answers):
            self._listed_at = time.monotonic()

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
