"""Short requests to a chat model other than answers: counted, and limited in time and length."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import ChatTimedOutError
from bot.conversation.models import ChatModels
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.usage.budgets import BudgetKind, Budgets

TIMEOUT_S = 120.0
MAX_CHARS = 20_000


class ModelRequests:
    """Asks the model of a person's guild, within the limits on their usage."""

    def __init__(self, models: ChatModels, budgets: Budgets) -> None:
        self._models = models
        self._budgets = budgets

    async def model(self, guild: int | None) -> ChatModel:
        """The model that is asked in ``guild``."""
        return await self._models.of(guild)

    async def ask(
        self,
        instruction: str,
        text: str,
        *,
        user: int,
        guild: int | None,
        on_said: Callable[[str], object] = lambda _said: None,
    ) -> str:
        """The model's reply to ``text`` under the ``instruction``. ``on_said``: called with the reply so far.

        Raises:
            UsedUpError: the user has used up their tokens.
            ChatError: a subclass says why there is no answer.
        """
        await self._budgets.require(user, guild, BudgetKind.TOKENS)
        model = (await self._models.of(guild)).steady()
        use = TokenUse()
        try:
            return await said_by(model, instruction, text, use, on_said)
        finally:
            self._budgets.count_tokens(user, guild, model.model, use)


async def said_by(
    model: ChatModel, instruction: str, text: str, use: TokenUse, on_said: Callable[[str], object]
) -> str:
    """The reply of ``model`` to ``text`` under the ``instruction``; the tokens are added to ``use``. ``on_said``:
    called with the reply so far.

    Raises:
        ChatError: a subclass says why there is no answer.
    """
    said = ""
    messages = [ChatMessage("system", instruction), ChatMessage("user", text)]
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(model.stream(messages, use)) as parts:
            async for part in parts:
                said = extended(said, part)
                on_said(said)
                if len(said) > MAX_CHARS:
                    break
    except TimeoutError as error:
        raise ChatTimedOutError(TIMEOUT_S) from error
    return said.strip()
