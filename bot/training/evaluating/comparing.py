"""Having two models answer one prompt, for people to say which answer they prefer."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from datetime import UTC, datetime

from bot.conversation.chat import ChatModel
from bot.conversation.chat_message import ChatMessage
from bot.conversation.errors import ChatError, ChatTimedOutError
from bot.conversation.reply_stream import extended
from bot.conversation.tokens import TokenUse
from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.training.evaluating.comparisons import Comparison, ComparisonStore
from bot.usage.meter import BudgetMeter

TIMEOUT_S = 120.0
"""For one whole answer."""
MAX_CHARS = 20_000
"""Of one answer; the rest is not read."""


class OneIsSilentError(StarlingError):
    """Raised when one of two models gives no answer. Which one is not disclosed, since it might be asked again."""

    sentence = _("One of the two models gave no answer, so there is nothing to compare. Please try again.")
    is_transient = True


async def compare(
    models: tuple[ChatModel, ChatModel],
    instruction: str,
    prompt: str,
    meter: BudgetMeter,
    store: ComparisonStore,
    *,
    guild_id: int,
    channel_id: int,
    asked_by: int,
) -> Comparison:
    """Have both models answer, and store the comparison; which one is A is drawn at random.

    Raises:
        UsedUpError: the budget is used up.
        OneIsSilentError: one of them fails, or takes longer than ``TIMEOUT_S``.
        ComparisonGoneError: the user who asks was forgotten meanwhile.
    """
    await meter.require()
    asked_at = datetime.now(UTC)
    first, second = secrets.SystemRandom().sample(models, 2)
    turns = (ChatMessage("system", instruction), ChatMessage("user", prompt))
    try:
        async with asyncio.TaskGroup() as group:
            answers = [group.create_task(_answer(model, turns, meter)) for model in (first, second)]
    except ExceptionGroup as errors:  # before Python 3.11.4, a raise in except* gives a group; Debian 12 has 3.11.2
        if errors.split(ChatError)[1] is not None:
            raise
        raise OneIsSilentError from errors.exceptions[0]
    return await store.add(
        guild_id=guild_id, channel_id=channel_id, asked_by=asked_by, prompt=prompt,
        models=(first.model, second.model), answers=(answers[0].result(), answers[1].result()),
        asked_at=asked_at,
    )  # fmt: skip


async def _answer(model: ChatModel, turns: tuple[ChatMessage, ...], meter: BudgetMeter) -> str:
    use, said = TokenUse(), ""
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(model.stream(turns, use)) as parts:
            async for part in parts:
                said = extended(said, part)
                if len(said) > MAX_CHARS:
                    break
    except TimeoutError:
        raise ChatTimedOutError(TIMEOUT_S) from None
    finally:
        await meter.count(model.model, use)
    return said[:MAX_CHARS].strip()
