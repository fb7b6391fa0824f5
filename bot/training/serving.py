"""Trained models as chat models that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog

from bot.conversation.chat import ChatModel
from bot.conversation.embedded import EmbeddedChat
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.training.model_store import Model, ModelKind, ModelStore, NoSuchTrainedModelError

log = structlog.get_logger()

MAX_LOADED = 8
"""How many adapters the engine holds before those that answer nowhere are unloaded; each takes 10 MB."""


class ModelNotServedError(StarlingError):
    """Raised when a trained model cannot answer here."""

    sentence = _("{name} cannot answer here.")

    def __init__(self, name: str, **params: object) -> None:
        super().__init__(name=name, **params)


class NoEngineForAdapterError(ModelNotServedError):
    """Raised for an adapter if a model other than the demonstration model answers on this host."""

    sentence = _(
        "{name} cannot answer here: it goes on top of the demonstration model, and another model answers on this host."
    )


class OnlyPackedError(ModelNotServedError):
    """Raised for examples that were only packed, to be trained on elsewhere."""

    sentence = _("{name} cannot answer here: its examples were only packed, to be trained elsewhere.")


class ModelFileGoneError(ModelNotServedError):
    """Raised for an adapter whose file no longer exists."""

    sentence = _("{name} cannot answer here: its file is gone. /train makes it anew.")


class ServiceNotSetUpError(ModelNotServedError):
    """Raised for a model at a service that is not, or no longer, set up."""

    sentence = _(
        "{name} cannot answer here: the service of the trainer {trainer} is not set up. Please tell whoever runs me."
    )


class Serving:
    """Serves trained models: adapters in the embedded engine, others at the services that trained them."""

    def __init__(
        self,
        store: ModelStore,
        engine: EmbeddedChat | None,
        services: Mapping[str, ChatModel],
        *,
        folder: Path,
        timeout_s: float,
        max_tokens: int,
    ) -> None:
        """``engine``: None if another model answers. ``services``: by the name of the trainer, a chat model at the
        service of each trainer that has one. ``folder``: what the paths of models are relative to."""
        self._store = store
        self._engine = engine
        self._services = services
        self._folder = folder
        self._timeout_s = timeout_s
        self._max_tokens = max_tokens
        self._models: dict[str, ChatModel] = {}
        self._loading = asyncio.Lock()

    async def prepare(self) -> None:
        """Load the adapters that are active in any guild; failures are logged. Other models need no loading."""
        if self._engine is None:
            return
        for model in await self._store.all_active():
            try:
                await self.chat_of(model)
            except StarlingError as error:
                log.warning("a trained model cannot answer", model=model.id, why=str(error))

    async def active(self, guild_id: int) -> ChatModel | None:
        """The trained model that answers in a guild; None if there is none, or if it cannot answer."""
        model = await self._store.active(guild_id)
        if model is None:
            return None
        try:
            return await self.chat_of(model)
        except StarlingError as error:
            log.warning("a trained model cannot answer", model=model.id, why=str(error))
            return None

    async def by_name(self, guild_id: int, name: str) -> ChatModel | None:
        """A model that the guild has trained, active or not; None if there is none with that name.

        Raises: as ``chat_of``.
        """
        try:
            return await self.chat_of(await self._store.get(guild_id, name))
        except NoSuchTrainedModelError:
            return None

    async def chat_of(self, model: Model) -> ChatModel:
        """``model``, ready to answer.

        Raises:
            ModelNotServedError: it cannot answer here.
            EngineNotStartedError, EngineBusyError: the engine could not load its adapter.
        """
        if model.kind is ModelKind.FILES:
            raise OnlyPackedError(model.name)
        if model.kind is ModelKind.REMOTE:
            service = self._services.get(model.trainer)
            if service is None:
                raise ServiceNotSetUpError(model.name, trainer=model.trainer)
            return self._models.setdefault(model.id, service.named(model.remote_name))
        if self._engine is None or model.path is None:
            raise NoEngineForAdapterError(model.name)
        path = self._folder / model.path
        await self._load(self._engine, model.name, path)
        if model.id not in self._models:
            chat = self._engine.model(timeout_s=self._timeout_s, max_reply_tokens=self._max_tokens, adapter=path)
            # The engine ignores this name; it is shown to people.
            chat.model = model.name
            self._models[model.id] = chat
        return self._models[model.id]

    async def close(self) -> None:
        """Close every connection."""
        for chat in self._models.values():
            await chat.close()

    async def _load(self, engine: EmbeddedChat, name: str, path: Path) -> None:
        """Have the engine load the adapter; once ``MAX_LOADED`` are loaded, those that answer nowhere make room."""
        async with self._loading:
            loaded = engine.adapters
            if path in loaded:
                return
            if not await asyncio.to_thread(path.is_file):
                raise ModelFileGoneError(name)
            if len(loaded) >= MAX_LOADED:
                active = {self._folder / model.path for model in await self._store.all_active() if model.path}
                loaded = tuple(one for one in loaded if one in active)
            await engine.use_adapters([*loaded, path])
