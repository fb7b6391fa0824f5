"""Speaking a text while it is being written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from audio.errors import NothingToSayError
from audio.language import detect_language
from audio.language_tags import base_language
from audio.synthesis.script import Script
from audio.synthesis.speech import Speech
from audio.synthesis.streaming_markdown import StreamingMarkdown

OnBeginning = Callable[[str, Speech], None]
"""Called in the event loop with the beginning of the text, and its speech."""

_PIECE_CHARS = 1000
"""Larger parts are processed in pieces of this size, and no further than what can be said."""


class StreamingSynthesis:
    """One text, spoken from its first finished sentence on, so that the speech is ready soon after the last word.

    The script limits how much is queued; ``cancel`` abandons a text that is never finished.
    """

    def __init__(self, speak: Callable[[Script, str], Awaitable[Speech]], script: Script, hint: str) -> None:
        """``speak`` speaks a script that may still grow, in a language; ``hint`` is the text's likely language."""
        self._speak = speak
        self._script = script
        self._hint = hint
        self._text = StreamingMarkdown()
        self._language = hint
        self._task: asyncio.Task[Speech] | None = None

    def write(self, part: str) -> None:
        """Append ``part``, which is Discord's markdown."""
        for start in range(0, len(part), _PIECE_CHARS):
            if self._script.is_full:
                break
            self._script.add(self._text.write(part[start : start + _PIECE_CHARS]))
        if self._task is None and self._script.has_words:
            self._begin()

    @property
    def goes_on(self) -> bool:
        """Whether there is any sentence after the beginning that was already heard."""
        return self._script.has_more(self._script.told)

    async def end(self) -> None:
        """Mark the text as complete, so that the rest is spoken from now on. May be called twice.

        The whole text decides in which language it is spoken: if its beginning looked like another, it is spoken anew,
        unless that beginning was already heard.
        """
        if self._script.is_complete:
            return
        self._script.add(self._text.end())
        self._script.complete()
        if not self._script.has_words:
            return
        language = detect_language(self._script.text, self._hint)
        is_other = base_language(language) != base_language(self._language)
        if self._task is not None and is_other and not self._script.told:
            await self.cancel()
        if self._task is None:
            self._begin()

    async def finish(self) -> Speech:
        """Everything that was written, as a voice message. Call it once; it ends the text if nobody has.

        Raises: as ``Synthesizer.speak``; also ``NothingToSayError`` if nothing follows the beginning that was already
        heard.
        """
        await self.end()
        if self._task is None:
            raise NothingToSayError
        return await self._task

    async def cancel(self) -> None:
        """Stop speaking, soon, if anything is being spoken. May be called at any time."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()  # retrieved here, because nobody else will

    def _begin(self) -> None:
        self._language = detect_language(self._script.text, self._hint)
        self._task = asyncio.create_task(self._spoken(self._language))

    async def _spoken(self, language: str) -> Speech:
        return await self._speak(self._script, language)
