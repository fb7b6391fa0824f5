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

NOTES = Counter("starling_voice_notes", "Recordings that were heard.", registry=REGISTRY)
NOTES_S = Counter("starling_voice_notes_seconds", "How long those were.", registry=REGISTRY)
ANSWERS = Counter("starling_answers", "Answers that came to an end, by how they did.", ["outcome"], registry=REGISTRY)
FAILURES = Counter(
    "starling_failures",
    "What people were told could not be done, by the class of the error. concern=host: whoever runs Starling may have "
    "to see to it; concern=person: it is the business of the one who was told.",
    ["error", "concern"],
    registry=REGISTRY,
)
TOKENS = Counter(
    "starling_tokens", "Tokens of chat models; direction=in: prompts, out: replies.", ["model", "direction"],
    registry=REGISTRY,
)  # fmt: skip
SPOKEN_CHARACTERS = Counter("starling_spoken_characters", "Characters that were spoken.", ["engine"], registry=REGISTRY)
SPOKEN = Counter("starling_spoken_answers", "Answers that were spoken.", ["engine", "voice"], registry=REGISTRY)
WAITS_S = Histogram(
    "starling_wait_seconds",
    "What people wait for. stage=queue: a place; transcript: what they said, written down; first_word: the chat "
    "model's first word; answer: all of it, from its turn in the queue to its last word, spoken ones included.",
    ["stage"],
    buckets=_WAIT_BUCKETS_S,
    registry=REGISTRY,
)
DISCORD_REQUESTS = Counter(
    "starling_discord_requests", "Requests that count against Discord's limit for all of a bot.", registry=REGISTRY
)
DISCORD_WAITS_S = Counter(
    "starling_discord_waits_seconds", "How long those have waited for their turn, all together.", registry=REGISTRY
)
DISCORD_LIMITS_MET = Counter(
    "starling_discord_limits_met", "Requests that Discord refused because that limit was met.", registry=REGISTRY
)
