"""What is counted and measured while Starling works, for Prometheus.

The instruments are global to the process, as is usual with Prometheus. No label names a person, a guild, a channel or
a message: label values are names of classes, models and stages, of which there are few.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
"""Holds all instruments, and the memory, processor time and open files of the process."""

ProcessCollector(registry=REGISTRY)

_WAIT_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 600)

NOTES = Counter("starling_voice_notes", "Transcribed recordings.", registry=REGISTRY)
NOTES_S = Counter(
    "starling_voice_notes_seconds", "Duration of the transcribed recordings, in seconds.", registry=REGISTRY
)
ANSWERS = Counter("starling_answers", "Finished answers, by outcome.", ["outcome"], registry=REGISTRY)
FAILURES = Counter(
    "starling_failures",
    "Errors that people were told about, by class. concern=host: the operator may have to act; concern=person: only "
    "the person who was told can do something about it.",
    ["error", "concern"],
    registry=REGISTRY,
)
TOKENS = Counter(
    "starling_tokens", "Tokens of chat models; direction=in: prompts, out: replies.", ["model", "direction"],
    registry=REGISTRY,
)  # fmt: skip
SPOKEN_CHARACTERS = Counter("starling_spoken_characters", "Characters spoken.", ["engine"], registry=REGISTRY)
SPOKEN = Counter("starling_spoken_answers", "Answers that were spoken.", ["engine", "voice"], registry=REGISTRY)
WAITS_S = Histogram(
    "starling_wait_seconds",
    "How long people wait, in seconds. stage=queue: for a place; transcript: for the transcript; first_word: for the "
    "chat model's first word; answer: from its turn in the queue to its last word, spoken ones included.",
    ["stage"],
    buckets=_WAIT_BUCKETS_S,
    registry=REGISTRY,
)
DISCORD_REQUESTS = Counter(
    "starling_discord_requests", "Requests that count against Discord's limit for the whole bot.", registry=REGISTRY
)
DISCORD_WAITS_S = Counter(
    "starling_discord_waits_seconds",
    "Total time that those requests waited for their turn, in seconds.",
    registry=REGISTRY,
)
DISCORD_LIMITS_MET = Counter(
    "starling_discord_limits_met", "Requests that Discord refused because of that limit.", registry=REGISTRY
)
