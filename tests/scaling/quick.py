"""Timing with which a bus soon notices that something has died."""

from __future__ import annotations

from bot.work.bus.timing import BusTiming

QUICK = BusTiming(
    lease_s=1.0,
    beat_s=0.25,
    look_s=0.5,
    silence_s=2.0,
    linger_s=0.5,
    connect_s=5.0,
    answer_s=1.0,
    retry_s=0.1,
    other_version_s=0.2,
)
