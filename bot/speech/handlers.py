"""How a worker handles tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from audio import Recognizer, Synthesizer, TranscriptionProgress
from bot.speech.file_hosts import FileHosts
from bot.speech.tasks import HearTask, SpeakTask, VoicesTask
from bot.ui.bounded_download import FileTooLargeError

Tell = Callable[[bytes], None]
"""Called with a task's progress, encoded."""


class HearHandler:
    """Downloads recordings from Discord and transcribes them."""

    def __init__(self, recognizer: Recognizer, hosts: FileHosts, *, limit_bytes: int) -> None:
        self._recognizer = recognizer
        self._hosts = hosts
        self._limit_bytes = limit_bytes

    async def __call__(self, body: bytes, tell: Tell) -> bytes:
        """The ``Transcript`` for a ``HearTask``.

        Raises:
            StarlingError: what ``FileHosts.download`` and ``Recognizer.transcribe`` raise.
        """
        task = msgspec.msgpack.decode(body, type=HearTask)
        if task.size_bytes > self._limit_bytes:
            raise FileTooLargeError(self._limit_bytes)

        def heard(progress: TranscriptionProgress) -> None:
            tell(msgspec.msgpack.encode(progress))

        data = await self._hosts.download(task.url, self._limit_bytes)
        options = replace(task.options, progress=heard)
        return msgspec.msgpack.encode(await self._recognizer.transcribe(data, options))


class SpeakHandler:
    """Speaks texts, and lists the voices."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self._synthesizer = synthesizer

    async def __call__(self, body: bytes, _tell: Tell) -> bytes:
        """The ``Speech`` for a ``SpeakTask``, or every ``Voice`` for a ``VoicesTask``.

        Raises:
            StarlingError: what ``Synthesizer.speak`` raises.
        """
        task = msgspec.msgpack.decode(body, type=SpeakTask | VoicesTask)
        if isinstance(task, VoicesTask):
            return msgspec.msgpack.encode(await self._synthesizer.voices())
        speech = await self._synthesizer.speak(
            task.text,
            is_plain=task.is_plain,
            language=task.language,
            hint=task.hint,
            voice=task.voice,
            prosody=task.prosody,
        )
        return msgspec.msgpack.encode(speech)
