"""The buttons below answers. Those about an answer's job hold its id, so that they still work after a restart."""

from __future__ import annotations

from collections.abc import Sequence

import hikari

from bot.errors import translatable as _
from bot.i18n.translation import translate

STOP_ID, AGAIN_ID, ALOUD_ID, RECALLED_ID = "stop", "again", "aloud", "recalled"
STOP_TASK_ID = "stop-hearing"
GO_ON_ID, GO_ON_ASKED_ID = "goon", "goonasked"
GOOD_ID, BAD_ID, CORRECT_ID = "good", "bad", "correct"

STOP = _("Stop")
STOPPED = _("Stopped.")
REGENERATE = _("Regenerate")
RETRY = _("Try again")
ANSWER_NOW = _("Answer now")
CONTINUE = _("Continue")
READ_ALOUD = _("Read aloud")
RECALLED = _("Taught")


def streaming_row(job: str, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below an answer that is being written, with the button Stop."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{STOP_ID}:{job}", label=translate(STOP, locale), emoji="⏹️"
    )


def stop_row(task: str, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below a recording that is being transcribed, with the button Stop."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, f"{STOP_TASK_ID}:{task}", label=translate(STOP, locale), emoji="⏹️"
    )


def answer_row(
    job: str | None,
    locale: str,
    *,
    aloud: bool,
    votes: bool = False,
    corrects: bool = False,
    recalled: Sequence[int] = (),
    goes_on: bool = False,
    reply: int | None = None,
) -> hikari.api.MessageActionRowBuilder | None:
    """The row of buttons below a complete answer; None if it would be empty.

    ``job``: None if the answer cannot be regenerated. ``aloud``: whether to offer reading it aloud. ``votes``: whether
    people may rate it. ``corrects``: whether the person who asked may correct it. ``recalled``: the ids of the
    corrections recalled for it; the button that lists them also leads to correcting the answer, so it replaces the
    button for that. ``goes_on``: whether the answer was cut off; the button to continue replaces the one to read aloud,
    because a row holds at most five. ``reply``: the first message of an answer without a job that can be continued.
    """
    row = hikari.impl.MessageActionRowBuilder()
    further = f"{GO_ON_ID}:{job}" if job is not None else f"{GO_ON_ASKED_ID}:{reply}" if reply is not None else None
    if goes_on and further is not None:
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, further, label=translate(CONTINUE, locale), emoji="▶️")
        aloud = False
    if aloud:
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY, ALOUD_ID, label=translate(READ_ALOUD, locale), emoji="🔊"
        )
    if job is not None:
        row.add_interactive_button(
            hikari.ButtonStyle.SECONDARY, f"{AGAIN_ID}:{job}", label=translate(REGENERATE, locale), emoji="🔄"
        )
    if votes:
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, GOOD_ID, emoji="👍")
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, BAD_ID, emoji="👎")
    if recalled:
        told_by = f"{RECALLED_ID}:{','.join(map(str, recalled))}"
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, told_by, label=translate(RECALLED, locale), emoji="💡")
    elif corrects:
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, CORRECT_ID, emoji="✏️")
    return row if row.components else None


def read_aloud_row(locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below a text that is not an answer but can be read aloud."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.SECONDARY, ALOUD_ID, label=translate(READ_ALOUD, locale), emoji="🔊"
    )


def retry_row(job: str, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below an error report, or an answer that was interrupted."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.PRIMARY, f"{AGAIN_ID}:{job}", label=translate(RETRY, locale), emoji="🔄"
    )


def offer_row(job: str, locale: str) -> hikari.api.MessageActionRowBuilder:
    """The row below an offer to answer a question late."""
    row = hikari.impl.MessageActionRowBuilder()
    return row.add_interactive_button(
        hikari.ButtonStyle.PRIMARY, f"{AGAIN_ID}:{job}", label=translate(ANSWER_NOW, locale), emoji="💬"
    )
