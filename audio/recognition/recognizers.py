"""The registry of recognizers. To add one, put a file that registers it here beside this one."""

from __future__ import annotations

from audio.recognition.recognizer import Recognizer
from audio.registry import Registry

RECOGNIZERS: Registry[Recognizer] = Registry("audio.recognition", setting="STT_ENGINE")
