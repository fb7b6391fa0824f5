"""How fast and how high a voice speaks."""

from __future__ import annotations

from dataclasses import dataclass

SLOWEST, FASTEST = 0.5, 2.0
"""Bounds of the rate: beyond them the voices become hard to understand."""
LOWEST, HIGHEST = -6.0, 6.0
"""Bounds of the pitch in semitones: half an octave either way, beyond which the voices sound broken."""


@dataclass(frozen=True, slots=True)
class Prosody:
    """The manner of speaking, as SSML calls it."""

    rate: float = 1.0
    """The speed as a factor of the voice's own, ``SLOWEST`` to ``FASTEST``: 2 takes half the time."""
    pitch: float = 0.0
    """Semitones above the voice's own pitch, ``LOWEST`` to ``HIGHEST``."""

    def __post_init__(self) -> None:
        """Raises ``ValueError`` if out of bounds: callers check values from people first."""
        if not SLOWEST <= self.rate <= FASTEST:
            raise ValueError(f"the rate is {self.rate}, and must be {SLOWEST} to {FASTEST}")
        if not LOWEST <= self.pitch <= HIGHEST:
            raise ValueError(f"the pitch is {self.pitch} semitones, and must be {LOWEST} to {HIGHEST}")

    def altered(self, rate: float | None, pitch: float | None) -> Prosody:
        """A copy with another rate, pitch, or both; None keeps the current one. Raises ``ValueError`` as the class
        does."""
        return Prosody(self.rate if rate is None else rate, self.pitch if pitch is None else pitch)

    @property
    def frequency_ratio(self) -> float:
        """The pitch as a frequency factor."""
        return float(2 ** (self.pitch / 12))


PLAIN = Prosody()
"""The voice as it is."""
