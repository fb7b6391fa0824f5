"""Whisper on this machine, as the settings describe it."""

from __future__ import annotations

from audio.decoding.limits import DecodingLimits
from audio.recognition.batch import Quality
from audio.recognition.device import Device
from audio.recognition.recognizers import RECOGNIZERS
from audio.recognition.transcriber import Transcriber
from audio.registry import FindWeights, Registration
from audio.speech_settings import SpeechSettings


def build_transcriber(settings: SpeechSettings, find: FindWeights) -> Transcriber:
    """The transcriber that the settings describe, not loaded yet."""
    return Transcriber(
        find(settings.whisper_model),
        device=Device(settings.whisper_device),
        device_index=settings.whisper_device_index,
        compute_type=settings.whisper_compute_type,
        quality=Quality(settings.whisper_quality),
        threads=settings.whisper_threads,
        workers=settings.whisper_workers,
        unload_after_s=settings.whisper_unload_s,
        limits=DecodingLimits.of_settings(settings),
    )


RECOGNIZERS.register(
    Registration(
        name=Transcriber.name,
        label="Whisper",
        preference=100,
        build=build_transcriber,
        model=lambda settings: settings.whisper_model,
        weights=lambda settings: (settings.whisper_model,),
    )
)
