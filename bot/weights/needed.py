"""Which bundled models the settings require."""

from __future__ import annotations

from collections.abc import Collection

from bot.settings import Settings
from bot.weights.catalogue import CATALOGUE


def needed_models(settings: Settings) -> list[str]:
    """The catalogue names of the models in use: for speech in and out unless workers do that, the embedded chat model,
    and recall.

    Raises:
        UnknownEngineError, EngineNotConfiguredError: a setting chooses an engine that cannot be used.
    """
    names = needed_for_speech(settings, ("hear", "speak")) if settings.work_url is None else []
    if settings.embedded_chat:
        names.append("smollm2-135m")
    if settings.recall == "auto":
        names.append("bge-small-en")
    return list(dict.fromkeys(names))


def needed_for_speech(settings: Settings, kinds: Collection[str]) -> list[str]:
    """The catalogue names of the models for speech; ``kinds``: ``hear``, ``speak``, or both.

    Raises:
        UnknownEngineError, EngineNotConfiguredError: a setting chooses an engine that cannot be used.
    """
    # These imports take a second, which commands that need no model should not pay.
    from audio.recognition.recognizers import RECOGNIZERS
    from audio.synthesis.engines import ENGINES

    wanted: list[str] = []
    if "hear" in kinds:
        wanted += [name for one in RECOGNIZERS.chosen(settings.stt_engine, settings) for name in one.weights(settings)]
    if "speak" in kinds:
        wanted += [name for one in ENGINES.chosen(settings.tts_engine, settings) for name in one.weights(settings)]
    return [name for name in wanted if name in CATALOGUE]
