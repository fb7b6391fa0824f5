"""What every part of the composition is built on."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import hikari

from bot.settings import Settings
from bot.usage.store import Clock
from bot.weights.weights import WeightsCache
from bot.work.jobs import JobRunner
from bot.work.sealed import SealedProcesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The basic services of one Starling, one instance of each."""

    settings: Settings
    weights: WeightsCache
    bot: hikari.GatewayBot
    runner: JobRunner
    """Runs the jobs that people wait for."""
    sealed: SealedProcesses
    clock: Clock
    """Says which day it is for budgets."""
    stack: AsyncExitStack
    """Closes everything that was opened, at the end."""
