"""How long the parts of the bus wait for each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BusTiming:
    """All in seconds. Gateways and workers of one NATS have the same."""

    lease_s: float = 5.0
    """So long after its last sign of life a task is given to another worker."""
    beat_s: float = 1.0
    """Between two signs of life."""
    look_s: float = 2.0
    """A task of which nothing was heard for so long is looked for among the stored results; later ever more rarely."""
    silence_s: float = 30.0
    """Tasks wait, workers ask, and for so long none is given out: its queue is made anew."""
    other_version_s: float = 5.0
    """What one worker cannot read is offered to another after this."""
    taken_s: float = 120.0
    """A result that has reached its gateway is kept for so long, should that be started again."""
    linger_s: float = 1.0
    """How long a worker's question for work is open; stopping waits for it."""
    connect_s: float = 5.0
    """At the start NATS must answer within this."""
    answer_s: float = 2.0
    """Each later question to it as well, or it is asked again."""
    retry_s: float = 0.2
    """Between two questions that were not answered."""


USUAL_TIMING = BusTiming()
