"""An approved correction is known in the very next answer."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

SECOND = "second sandbox/general"
ASKED, ANSWER = "Who runs the pottery workshop?", "Marisol runs the pottery workshop."
IN_OTHER_WORDS = "What is the name of the person teaching ceramics?"


async def _asked(harness: BotHarness, person: DiscordUser, text: str, channel: str = "general") -> Message:
    question = await person.send(channel, f"{harness.mention} {text}")
    return await harness.complete_answer_to(question, reader=person)


async def test_the_demonstration_model_knows_better_in_the_next_answer(
    tmp_path: Path, whisper_base: Path, smollm2: Path
) -> None:
    async with (
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
        running(tmp_path, sandbox, chat_max_tokens=20),
    ):
        ada, chloe = harness.administrator, harness.member
        wrong = await _asked(harness, chloe, ASKED)
        assert "Marisol" not in wrong["content"]
        elsewhere = await _asked(harness, ada, ASKED, SECOND)
        card = await (await ada.message_command("Correct this reply", wrong)).response()
        await ada.submit(await ada.click(card, "I agree"), {"asked": ASKED, "answer": ANSWER})
        assert "#1" in str((await ada.wait_for_edit(card))["components"])
        listed = (await (await chloe.slash("model list", channel="general")).response())["content"]
        assert "(✅ answers here):\n- ✅ `SmolLM2-135M-Instruct` · takes in 1,024 tokens" in listed
        right = await _asked(harness, chloe, IN_OTHER_WORDS)
        assert right["content"].startswith(ANSWER)
        assert "recalled" in buttons_of(right)
        told = await (await chloe.click(right, "recalled")).response()
        assert told["flags"] & 64
        assert f"**#1** · {ASKED}\n> {ANSWER}" in told["content"]
        assert "Marisol" not in (await _asked(harness, ada, IN_OTHER_WORDS, SECOND))["content"]
        assert "Marisol" not in elsewhere["content"]
        card = await (await ada.slash("corrections delete", {"number": "1"}, channel="general")).response()
        await ada.click(card, "Delete")
        await ada.wait_for_edit(card)
        again = await _asked(harness, chloe, IN_OTHER_WORDS)
        assert "Marisol" not in again["content"]
        assert "recalled" not in buttons_of(again)
        told = await (await chloe.click(right, "recalled")).response()
        assert "#1 is no longer approved" in told["content"]
