"""The voice engines that there are. A further one is one more file beside this one, which registers it here."""

from __future__ import annotations

from audio.registry import Registry
from audio.synthesis.engine import Engine

ENGINES: Registry[Engine] = Registry("audio.synthesis", setting="TTS_ENGINE")
