"""How long the parts of the bus wait for each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BusTiming:
    """All in seconds. Gateways and workers of one NATS have the same values."""

    lease_s: float = 5.0
    """How long after its last sign of life a task is given to another worker."""
    beat_s: float = 1.0
    """The time between two signs of life."""
    look_s: float = 2.0
    """After this much silence, a task is looked for among the stored results; then less and less often."""
    silence_s: float = 30.0
    """If tasks wait and workers ask, but none is delivered for this long, the queue is recreated."""
    other_version_s: float = 5.0
    """After this, a task that one worker cannot read is offered to another."""
    taken_s: float = 120.0
    """How long a result that has reached its gateway is kept, in case the gateway is restarted."""
    linger_s: float = 1.0
    """How long a worker's request for work stays open; stopping waits for it."""
    connect_s: float = 5.0
    """NATS must answer within this at the start."""
    answer_s: float = 2.0
    """NATS must answer each later request within this, or it is repeated."""
    retry_s: float = 0.2
    """The time between two requests that were not answered."""


USUAL_TIMING = BusTiming()
