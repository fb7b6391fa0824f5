"""Comparing language tags."""

from __future__ import annotations

_SAME_LANGUAGE = {"cmn": "zh", "nb": "no", "fil": "tl", "iw": "he", "in": "id", "jw": "jv"}
"""Older, wider or narrower codes, and the code used here for the same written language."""


def base_language(tag: str) -> str:
    """The language of a BCP-47 ``tag``, without script and region: ``pt`` for ``pt-BR``, ``zh`` for ``cmn``."""
    code = tag.replace("_", "-").partition("-")[0].strip().lower()
    return _SAME_LANGUAGE.get(code, code)
