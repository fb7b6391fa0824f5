"""Which trainers could train now, and whom to ask about the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import cachetools

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.i18n.message import LazyMessage, lazy
from bot.training.trainer import Trainer

KEPT_S = 60.0
"""How long a trainer's answer is cached: a trainer at a service has to ask the service."""
WITHIN_S = 10.0
"""After this, a service that does not answer counts as unreachable."""

ASK = _("Ask {host}, who runs me, to set it up.")
ASK_SOMEBODY = _("Ask whoever runs me to set it up.")
INSTEAD = _("What is ready: {trainers}.")
NOTHING_INSTEAD = _("No other trainer is ready.")
NO_ANSWER = _("it does not answer.")
UNNAMED = _("Nothing trains here: {why}\n{ask} Until then I only pack the examples, to be trained elsewhere.")


class TrainerNotReadyError(StarlingError):
    """Raised for a trainer that cannot train now; nothing was stored, and nothing selected."""

    sentence = _("The trainer {trainer} is not ready: {why}\n{ask} {instead}")

    def __init__(self, trainer: str, why: LazyMessage, ask: LazyMessage, instead: LazyMessage) -> None:
        super().__init__(trainer=trainer, why=why, ask=ask, instead=instead)


class Readiness:
    """Knows which trainers could train now."""

    def __init__(self, trainers: Mapping[str, Trainer], host_id: int | None) -> None:
        """``trainers``: by name, the preferred first. ``host_id``: the user who runs Starling; None if unknown."""
        self._trainers = trainers
        self._ask = lazy(ASK_SOMEBODY) if host_id is None else lazy(ASK, host=f"<@{host_id}>")
        self._known: cachetools.TTLCache[str, asyncio.Task[LazyMessage | None]] = cachetools.TTLCache(64, KEPT_S)

    async def ready(self) -> list[str]:
        """The names of those that could train now, the preferred first."""
        why = await asyncio.gather(*(self._why_not(name) for name in self._trainers))
        return [name for name, reason in zip(self._trainers, why, strict=True) if reason is None]

    async def require(self, name: str) -> None:
        """Check that this trainer, which must be set up, could train now.

        Raises:
            TrainerNotReadyError
        """
        if (why := await self._why_not(name)) is None:
            return
        ready = await self.ready()
        instead = lazy(INSTEAD, trainers=", ".join(ready)) if ready else lazy(NOTHING_INSTEAD)
        raise TrainerNotReadyError(name, why, self._ask, instead)

    async def chosen(self) -> tuple[str, LazyMessage | None]:
        """The trainer to use if none is named: the first that could train. If that one makes no models, also a sentence
        that says why the first trainer that does is not ready; else None.

        Raises:
            TrainerNotReadyError: none could train.
        """
        name = next(iter(await self.ready()), None)
        if name is None:
            name = next(iter(self._trainers))
            await self.require(name)
        if self._trainers[name].makes_models:
            return name, None
        first = next((one for one, trainer in self._trainers.items() if trainer.makes_models), None)
        why = None if first is None else await self._why_not(first)
        return name, None if why is None else lazy(UNNAMED, why=why, ask=self._ask)

    async def _why_not(self, name: str) -> LazyMessage | None:
        task = self._known.get(name)
        if task is None:
            task = self._known[name] = asyncio.create_task(_reason(self._trainers[name]))
        return await asyncio.shield(task)


async def _reason(trainer: Trainer) -> LazyMessage | None:
    """Why ``trainer`` could not train now; None if it could."""
    try:
        async with asyncio.timeout(WITHIN_S):
            await trainer.check()
    except StarlingError as error:
        return LazyMessage(error.sentence, error.params)
    except TimeoutError:
        return lazy(NO_ANSWER)
    return None
