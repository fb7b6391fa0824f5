"""Catching up on what happened while nobody listened, or while nothing could be stored."""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.deletions import LEFT_TO_FORGET, Deletions
from bot.answering.left_guilds import KNOWN_GUILDS, LeftGuilds
from bot.answering.missed_questions import LAST_CONNECTED, MissedQuestions
from bot.app.answering import Answering
from bot.app.foundation import Foundation
from bot.app.learning import Learning
from bot.app.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """The services for missed questions, for deletions, and for servers that Starling was removed from."""

    deletions: Deletions
    missed: MissedQuestions
    left_guilds: LeftGuilds


def build_catch_up(base: Foundation, stores: Stores, answering: Answering, learning: Learning) -> CatchUp:
    """Build the services; nothing is caught up on yet."""
    bot, folder, which = base.bot, base.settings.data_folder, base.settings.of_gateway
    deletions = Deletions(
        answering.answers, learning.personal_data, stores.jobs, stores.exchanges, stores.feedback,
        folder / f"{LEFT_TO_FORGET}{which}.json",
    )  # fmt: skip
    return CatchUp(
        deletions=deletions,
        missed=MissedQuestions(
            bot, answering.intake, stores.jobs, base.runner, stores.preferences, folder / f"{LAST_CONNECTED}{which}",
            base.clock, deletions,
        ),
        left_guilds=LeftGuilds(bot.rest, deletions, folder / f"{KNOWN_GUILDS}{which}.json"),
    )  # fmt: skip
