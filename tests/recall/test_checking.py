"""If something taught is close to a question, the chat model itself says whether it applies."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.endpoint import EndpointAddress
from bot.corrections.correction import ApprovedCorrection
from bot.recall.checking import RecallCheck
from bot.recall.indexes import REACH, RecallMatch
from tests.scripted_chat import ScriptedChat

GAMES = ApprovedCorrection("a", 1, "When is the weekly game night?", "Every Thursday at 19:30.")
POTTERY = ApprovedCorrection("b", 2, "Who runs the pottery workshop?", "Marisol.")
NEAR = (RecallMatch(GAMES, 0.05), RecallMatch(POTTERY, -0.04), RecallMatch(GAMES, -2 * REACH))


def model_at(address: str, *, is_demonstration: bool = False) -> ChatModel:
    return ChatModel(
        EndpointAddress(address, "key"),
        "m",
        ChatLimits(timeout_s=5, max_reply_tokens=50, context_tokens=4000),
        is_demonstration=is_demonstration,
    )


@pytest.mark.parametrize(
    ("answer", "applying"),
    [("[2]", [POTTERY]), ("[]", []), ("```json\n[1, 2]\n```", [GAMES, POTTERY]), ("Neither, I think.", [GAMES])],
)
async def test_what_the_model_says_applies_is_recalled(answer: str, applying: Sequence[ApprovedCorrection]) -> None:
    async with ScriptedChat() as chat:
        chat.answer = answer
        model, check = model_at(chat.base_url), RecallCheck(None, is_on=True)
        found = await check.applying(model, "who teaches ceramics", NEAR, user=1, guild=2)
        assert list(found) == applying
        told = json.loads(chat.requests[-1]["messages"][-1]["content"])
        assert [fact["question"] for fact in told["facts"]] == [GAMES.prompt, POTTERY.prompt]
        await check.applying(model, "who teaches ceramics", NEAR, user=1, guild=2)
        assert len(chat.requests) == (2 if answer.startswith("Neither") else 1)
        await model.close()


async def test_the_model_is_not_asked_where_nothing_is_near_nor_where_that_is_off_nor_for_demonstration() -> None:
    async with ScriptedChat() as chat:
        chat.answer = "[2]"
        model, demonstration = model_at(chat.base_url), model_at(chat.base_url, is_demonstration=True)
        on, off = RecallCheck(None, is_on=True), RecallCheck(None, is_on=False)
        assert await on.applying(model, "x", NEAR[2:], user=1, guild=2) == ()
        assert await on.applying(demonstration, "x", NEAR, user=1, guild=2) == (GAMES,)
        assert await off.applying(model, "x", NEAR, user=1, guild=2) == (GAMES,)
        assert chat.requests == []
        chat.trouble = {"status": 500, "error": {"message": "down"}}
        assert await on.applying(model, "x", NEAR, user=1, guild=2) == (GAMES,)
        await model.close()
        await demonstration.close()
