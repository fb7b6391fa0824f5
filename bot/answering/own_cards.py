"""The bot's own cards, which count in a conversation like anyone's messages: comparisons, long notes, results."""

from __future__ import annotations

from collections.abc import Iterator

import hikari

from bot.ui.answer_buttons import (
    AGAIN_ID,
    ALOUD_ID,
    BAD_ID,
    CORRECT_ID,
    GO_ON_ASKED_ID,
    GO_ON_ID,
    GOOD_ID,
    RECALLED_ID,
    STOP_ID,
    STOP_TASK_ID,
)

_OF_ANSWERS = frozenset(
    (AGAIN_ID, ALOUD_ID, BAD_ID, CORRECT_ID, GO_ON_ASKED_ID, GO_ON_ID, GOOD_ID, RECALLED_ID, STOP_TASK_ID, STOP_ID)
)


def is_card(message: hikari.PartialMessage) -> bool:
    """Whether ``message``, one of the bot's own, is a card and not an answer.

    An answer is known as an exchange, or was forgotten and must stay so; a card is on Discord for everyone to read. An
    ephemeral message, such as the list of what someone has taught, is not part of a conversation.
    """
    flags = message.flags or hikari.MessageFlag.NONE
    if flags & hikari.MessageFlag.EPHEMERAL:
        return False
    if flags & hikari.MessageFlag.IS_COMPONENTS_V2:
        return True
    if message.embeds and not message.content:
        return True
    ids = set(_button_ids(message))
    return bool(ids) and ids.isdisjoint(_OF_ANSWERS)


def _button_ids(message: hikari.PartialMessage) -> Iterator[str]:
    """The kinds of the buttons below ``message``: their custom ids up to the first colon."""
    for row in message.components or ():
        if isinstance(row, hikari.ActionRowComponent):
            for one in row.components:
                if isinstance(one, hikari.ButtonComponent) and one.custom_id:
                    yield one.custom_id.partition(":")[0]
