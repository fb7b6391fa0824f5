"""The languages that Whisper transcribes, as ISO 639 codes."""

from __future__ import annotations

from audio.language_tags import base_language

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
"""In alphabetical order except for ``yue``, as in faster-whisper; only the large-v3 models know ``yue``."""


def whisper_language(tag: str) -> str:
    """Whisper's code for the language of a BCP-47 ``tag`` such as ``pt-BR`` or ``nb``, not necessarily a known one."""
    code = base_language(tag)
    return "jw" if code == "jv" else code
