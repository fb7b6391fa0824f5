"""What people see in a message besides its words: polls, stickers, forwards, embeds, names."""

from __future__ import annotations

from typing import Any

import hikari
import pytest

from bot.answering.attachments import attachments_of, has_readable_attachments
from bot.answering.message_text import text_of

ME, PERSON = 1100000000000000100, 1100000000000000203
EMBED = {"title": "Weather", "description": "Rain", "fields": [{"name": "Wind", "value": "strong"}]}
STICKERS = [{"id": "9", "name": "Wave", "format_type": 1}]
POLL = {
    "question": {"text": "Tea or coffee?"},
    "answers": [{"answer_id": n, "poll_media": {"text": text}} for n, text in enumerate(("Tea", "Coffee"), 1)],
    "expiry": "2026-11-27T00:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}
FILE = {
    "id": "8",
    "filename": "plan.pdf",
    "size": 9,
    "url": "https://cdn.invalid/plan.pdf",
    "proxy_url": "https://cdn.invalid/plan.pdf",
    "content_type": "application/pdf",
}


@pytest.fixture(scope="module")
def bot() -> hikari.GatewayBot:
    return hikari.GatewayBot("MTIz.made.up", banner=None, logs=None, suppress_optimization_warning=True)


def message(bot: hikari.GatewayBot, **parts: Any) -> hikari.Message:
    """A message as Discord's gateway delivers it."""
    author = {"id": str(PERSON), "username": "chloe", "discriminator": "0", "avatar": None, "global_name": "Chloe"}
    payload: dict[str, Any] = {
        "id": "7", "channel_id": "5", "author": author, "content": "", "timestamp": "2026-11-26T00:00:00+00:00",
        "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0, "components": [],
    }  # fmt: skip
    return bot.entity_factory.deserialize_message(payload | parts)


def snapshot(**parts: Any) -> list[dict[str, Any]]:
    known: dict[str, Any] = {
        "content": "", "timestamp": "2026-11-26T00:00:00+00:00", "edited_timestamp": None, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "type": 0, "flags": 0, "components": [],
    }  # fmt: skip
    return [{"message": known | parts}]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"sticker_items": STICKERS}, "[Wave]"),
        ({"poll": POLL, "content": "Vote!"}, "Vote!\nTea or coffee?\n- Tea\n- Coffee"),
        ({"embeds": [EMBED]}, "Weather\nRain\nWind: strong"),
        ({"message_snapshots": snapshot(content="Come at five.")}, "Come at five."),
        (
            {"message_snapshots": snapshot(embeds=[EMBED], sticker_items=STICKERS)},
            "Weather\nRain\nWind: strong\n[Wave]",
        ),
        ({"content": f"<@{ME}> is <:star:12> nice?"}, "is :star: nice?"),
        ({"content": "Use </ask:12> before <t:1764115200:R>"}, "Use /ask before 26 November 2025, 00:00 UTC"),
        ({"content": "<t:9999999999999:R>"}, "<t:9999999999999:R>"),
        ({"content": "Look at <id:customize>"}, "Look at #Channels & Roles"),
        (
            {
                "flags": 1 << 15,
                "components": [
                    {
                        "type": 17,
                        "id": 1,
                        "accent_color": None,
                        "spoiler": False,
                        "components": [
                            {"type": 10, "id": 2, "content": "# Weather"},
                            {
                                "type": 9,
                                "id": 3,
                                "components": [{"type": 10, "id": 4, "content": "Rain in Riga"}],
                                "accessory": {
                                    "type": 2,
                                    "id": 5,
                                    "style": 5,
                                    "label": "More",
                                    "url": "https://a.invalid",
                                },
                            },
                        ],
                    }
                ],
            },
            "# Weather\nRain in Riga",
        ),
    ],
)
def test_what_people_see_is_text(bot: hikari.GatewayBot, parts: dict[str, Any], text: str) -> None:
    assert text_of(message(bot, **parts), ME, bot.cache, embeds=True) == text


def test_embeds_that_discord_adds_later_are_no_edit_of_a_question(bot: hikari.GatewayBot) -> None:
    before, after = message(bot, content="https://a.invalid"), message(bot, content="https://a.invalid", embeds=[EMBED])
    assert text_of(before, ME, bot.cache, embeds=False) == text_of(after, ME, bot.cache, embeds=False)


def test_files_that_are_forwarded_are_read(bot: hikari.GatewayBot) -> None:
    forwarded = message(bot, message_snapshots=snapshot(attachments=[FILE]))
    assert [one.filename for one in attachments_of(forwarded)] == ["plan.pdf"]
    assert has_readable_attachments(forwarded)
