"""Which bundled models the settings ask for."""

from __future__ import annotations

from bot.settings import Settings
from bot.weights.weights import CATALOGUE


def needed_models(settings: Settings) -> list[str]:
    """Names in the catalogue: for speech in, the offline voice and the embedded chat model, as far as they are used."""
    names = [settings.whisper_model] if settings.whisper_model in CATALOGUE else []
    if settings.tts_engine in ("auto", "offline", "piper"):
        names.append("piper-joe")
    if settings.embedded_chat:
        names.append("smollm2-135m")
    return names
