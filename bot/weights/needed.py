"""Which bundled models the settings ask for."""

from __future__ import annotations

from bot.settings import Settings
from bot.weights.weights import CATALOGUE


def needed_models(settings: Settings) -> list[str]:
    """Names in the catalogue: for speech in and out, the embedded chat model and recall, as far as they are used.

    Raises:
        UnknownEngineError, EngineNotConfiguredError: a setting chooses an engine that cannot be used.
    """
    # A second that the commands which ask for no model should not pay.
    from audio.recognition.recognizers import RECOGNIZERS
    from audio.synthesis.engines import ENGINES

    wanted = [name for one in RECOGNIZERS.chosen(settings.stt_engine, settings) for name in one.weights(settings)]
    wanted += [name for one in ENGINES.chosen(settings.tts_engine, settings) for name in one.weights(settings)]
    names = [name for name in wanted if name in CATALOGUE]
    if settings.embedded_chat:
        names.append("smollm2-135m")
    if settings.recall == "auto":
        names.append("bge-small-en")
    return list(dict.fromkeys(names))
