"""A cache of recent speech, for those who want to hear it again."""

from __future__ import annotations

import asyncio
import hashlib
from weakref import WeakValueDictionary

from cachetools import TTLCache

from audio.synthesis.prosody import Prosody
from audio.synthesis.speech import Speech

KEPT_S = 3600
"""In memory only, and for an hour at most: nothing spoken outlives what is stored of the conversation."""


class SpeechCache:
    """Speeches by a hash of what was requested. The least recently used are evicted first."""

    def __init__(self, max_bytes: int) -> None:
        """``max_bytes``: the limit of all Ogg files together; 0 keeps nothing. A minute of speech takes about 240
        KB."""
        self._speeches: TTLCache[bytes, Speech] = TTLCache(max_bytes, KEPT_S, getsizeof=lambda kept: len(kept.ogg))
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def lock(self, text: str) -> asyncio.Lock:
        """The lock to hold while ``text`` is spoken, so that the second of two simultaneous requests finds the speech
        of the first."""
        return self._locks.setdefault(_hash(text), asyncio.Lock())

    def get(self, text: str, engine: str, voice: str, prosody: Prosody) -> Speech | None:
        """The speech for exactly these arguments, or None."""
        return self._speeches.get(_key(text, engine, voice, prosody))

    def keep(self, text: str, engine: str, voice: str, prosody: Prosody, speech: Speech) -> None:
        """Keep ``speech`` unless it is larger than the whole cache."""
        if len(speech.ogg) <= self._speeches.maxsize:
            self._speeches[_key(text, engine, voice, prosody)] = speech


def _key(text: str, engine: str, voice: str, prosody: Prosody) -> bytes:
    return _hash(repr((engine, voice, prosody.rate, prosody.pitch, text)))


def _hash(asked: str) -> bytes:
    return hashlib.blake2b(asked.encode(), digest_size=16).digest()
