"""The recognizers that there are. A further one is one more file beside this one, which registers it here."""

from __future__ import annotations

from audio.recognition.recognizer import Recognizer
from audio.registry import Registry

RECOGNIZERS: Registry[Recognizer] = Registry("audio.recognition", setting="STT_ENGINE")
