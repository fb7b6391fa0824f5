"""The available voice engines. A new one is added as a module beside this one that registers it here."""

from __future__ import annotations

from audio.registry import Registry
from audio.synthesis.engine import Engine

ENGINES: Registry[Engine] = Registry("audio.synthesis", setting="TTS_ENGINE")
