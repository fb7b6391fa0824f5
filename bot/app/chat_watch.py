"""Whether the chat endpoints answer: checked at the start and now and then, and reported at once when they do not."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence

import structlog

from bot.answering.outcomes import AnswerPart, Outcomes
from bot.conversation.chat import ChatModel
from bot.conversation.errors import (
    ChatError,
    ChatForbiddenError,
    ChatModelUnknownError,
    ChatOverloadedError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRefusedError,
    ChatRegionError,
    ChatTimedOutError,
)
from bot.conversation.models import ChatModels
from bot.errors import StarlingError, causes_of

log = structlog.get_logger()

CHECK_TIMEOUT_S = 45.0
"""How long a chat model may take to answer a check; one that is not in memory is loaded first."""
TROUBLED_EVERY_S = 60.0
"""How often an endpoint that does not answer is asked again."""
WELL_EVERY_S = 300.0
"""How often an endpoint that answers is asked for its list of models, which costs nothing, to see if it is still
there."""


class ChatWatch:
    """Watches the endpoint of the host's model; additional endpoints are only checked at the start."""

    def __init__(self, models: ChatModels, outcomes: Outcomes, named: Mapping[str, Sequence[str]]) -> None:
        """``named``: the models that settings name, by setting."""
        self._models = models
        self._named = named
        self._outcomes = outcomes
        self.failed_checks = 0
        """How many checks in a row the endpoint has failed; 0 once it answers anyone."""
        self.has_answered = False
        """Whether the endpoint has passed a check since the start."""

    @property
    def problem(self) -> str | None:
        """What is wrong with the endpoint, in English; None if nothing is."""
        failure = self._outcomes.broken(AnswerPart.CHAT)
        return None if failure is None else f"{self._models.endpoints[0].base_url}: {failure}"

    async def run(self) -> None:
        """Ask every endpoint once, then watch the first until cancelled; if that is the demonstration model, end
        instead."""
        first, *further = self._models.endpoints
        lists = False
        if not first.is_demonstration:
            await self._check(first, "OPENAI_BASE_URL")
            lists = await self._lists(first)
        for chat in further:
            await self._check(chat, "base_url in CHAT_ENDPOINTS", watched=False)
        for setting, names in self._named.items():
            for name, near in (await self._models.unlisted(names)).items():
                remedy = f"Check the name in {setting}; models of other endpoints are written as endpoint/model."
                log.warning("a chat model is not listed", setting=setting, model=name, near=near, remedy=remedy)
        since_look_s = 0.0
        while not first.is_demonstration:
            await asyncio.sleep(TROUBLED_EVERY_S)
            since_look_s += TROUBLED_EVERY_S
            if self.problem is None:
                self.failed_checks = 0
                if since_look_s < WELL_EVERY_S or not lists or await self._lists(first):
                    continue
            since_look_s = 0.0
            await self._check(first, "OPENAI_BASE_URL")

    async def _lists(self, chat: ChatModel) -> bool:
        try:
            await chat.names()
        except ChatError:
            return False
        return True

    async def _check(self, chat: ChatModel, address: str, *, watched: bool = True) -> None:
        was_broken = watched and self.problem is not None
        try:
            await answers(chat)
        except ChatError as error:
            if watched:
                self._outcomes.fails(AnswerPart.CHAT, error)
                self.failed_checks += 1
            remedy = await remedy_for(chat, address, error)
            told = {"address": chat.base_url, "why": str(error), "causes": causes_of(error), "remedy": remedy}
            log.warning("a chat endpoint does not answer", **told)
            return
        if watched:
            self._outcomes.works(AnswerPart.CHAT)
            self.failed_checks = 0
            self.has_answered = True
        log.info("the chat endpoint answers again" if was_broken else "a chat endpoint answers", address=chat.base_url)


async def answers(chat: ChatModel) -> None:
    """Check that ``chat`` answers or, without a model, that its endpoint lists some.

    Raises:
        ChatError: a subclass says why not.
    """
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await (chat.ask_briefly() if chat.model else chat.names())
    except TimeoutError as error:
        raise ChatTimedOutError(CHECK_TIMEOUT_S) from error


async def remedy_for(chat: ChatModel, address: str, error: Exception) -> str:
    """What the host can do about ``error``; ``address``: the setting that holds the endpoint's address."""
    if isinstance(error, ChatRefusedError | ChatForbiddenError):
        return "Check the key: it may be another service's, have run out, or not be allowed to use this model."
    if isinstance(error, ChatQuotaExceededError | ChatRegionError | ChatRateLimitedError | ChatOverloadedError):
        return "There is nothing to mend here: see to it at the provider, or choose another one."
    if (better := await chat.better_address()) is not None:
        return f"The endpoint is at another address. Write it as the {address}: {better}"
    if isinstance(error, ChatModelUnknownError):
        try:
            names = await chat.names()
        except StarlingError:
            return "Check the model's name."
        near = difflib.get_close_matches(chat.model, names, 5, 0.3) or names[:5]
        return f"Check the model's name. There are: {', '.join(near)}" if near else "Check the model's name."
    return f"Check the {address}, the key and the model's name, and that the endpoint runs; what it said is in the log."
