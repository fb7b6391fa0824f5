"""Cards of our own, which stand in a conversation as what anyone writes does: comparisons, long notes, results."""

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
    """Whether ``message``, which is our own, is a card and no answer.

    What was answered is known as an exchange, or was forgotten, and then no more is to be known of it; a card stands on
    Discord, where everyone reads it. What one alone sees, such as what they have taught, is told and not talked of.
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
    """What the buttons below ``message`` are for."""
    for row in message.components or ():
        if isinstance(row, hikari.ActionRowComponent):
            for one in row.components:
                if isinstance(one, hikari.ButtonComponent) and one.custom_id:
                    yield one.custom_id.partition(":")[0]
