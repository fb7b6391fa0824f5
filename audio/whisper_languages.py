"""The languages that Whisper transcribes, as ISO 639 codes."""

from __future__ import annotations

# fmt: off
LANGUAGES = (
    "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de", "el",
    "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht", "hu", "hy",
    "id", "is", "it", "ja", "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi",
    "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru",
    "sa", "sd", "si", "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl",
    "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "zh", "yue",
)
# fmt: on
"""In alphabetical order but for ``yue``, as faster-whisper has them; ``yue`` is known to the large-v3 models only."""

_OTHER_CODES = {"nb": "no", "jv": "jw", "fil": "tl", "iw": "he", "in": "id", "cmn": "zh"}
"""Codes in use elsewhere, and what Whisper calls them."""


def whisper_language(tag: str) -> str:
    """The Whisper code of a BCP-47 ``tag`` such as ``pt-BR`` or ``nb``; not necessarily a known one."""
    primary = tag.replace("_", "-").partition("-")[0].strip().lower()
    return _OTHER_CODES.get(primary, primary)
