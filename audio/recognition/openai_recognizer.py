"""Transcribing at a service that offers OpenAI's audio API: OpenAI, Groq, speaches, another machine of one's own."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import av
import babel
import numpy as np
from av.audio.frame import AudioFrame

from audio.decoding.decoder import Decoder
from audio.decoding.limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import RecognizerFailedError
from audio.language import detect_language
from audio.language_tags import base_language
from audio.openai_service import build_client, host_of, reason_of
from audio.recognition.hallucinations import is_hallucination
from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.progress import TranscriptionProgress
from audio.recognition.recognizers import RECOGNIZERS
from audio.recognition.transcript import Segment, Transcript, Word
from audio.recognition.whisper_languages import LANGUAGES
from audio.recording import RECORDING_RATE_HZ, Recording, Samples
from audio.registry import FindWeights, Registration
from audio.speech_settings import SpeechSettings

TIMEOUT_S = 300.0
AT_ONCE = 8
"""How many recordings are sent at the same time; the others wait."""


class OpenAIRecognizer:
    """Sends the sound of recordings to a service, and nothing else from their files.

    The files are first decoded here, in the sealed decoder: where and on what they were recorded stays here.
    """

    name = "openai"

    def __init__(
        self, base_url: str | None, api_key: str | None, model: str, *, limits: DecodingLimits = DEFAULT_LIMITS
    ) -> None:
        """Does not connect yet. ``base_url``: None for OpenAI's own; ``api_key``: None if the service needs none."""
        self._client = build_client(base_url, api_key, timeout_s=TIMEOUT_S)
        self._model = model
        self._decoder = Decoder(limits, processes=1)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tells_segments = True

    async def load(self) -> None:
        """See ``Recognizer``; starts the decoder."""
        self._decoder.start()

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """See ``Recognizer``. ``languages`` counts only if it has a single one, and ``expected_languages`` is ignored,
        because the API has no such option."""
        recording = audio if isinstance(audio, Recording) else await asyncio.to_thread(self._decoder.decode, audio)
        language = options.language
        if language is None and options.languages is not None and len(options.languages) == 1:
            (language,) = options.languages
        async with self._places:
            flac = await asyncio.to_thread(_flac, recording.samples)
            try:
                answer = await self._ask(flac, language, options)
            except Exception as error:
                # Services answer in many ways, and the client raises various errors for answers it cannot parse.
                raise RecognizerFailedError(self.name, reason_of(error)) from error
        transcript = _transcript(answer, recording, None if language is None else base_language(language))
        if options.progress is not None:
            options.progress(TranscriptionProgress(recording.duration_s, recording.duration_s, transcript.text))
        return transcript

    async def close(self) -> None:
        await self._client.close()
        await asyncio.to_thread(self._decoder.close)

    async def _ask(self, flac: bytes, language: str | None, options: TranscriptionOptions) -> Any:
        import openai

        asked: dict[str, Any] = {"file": ("recording.flac", flac, "audio/flac"), "model": self._model}
        if options.hints:
            asked["prompt"] = options.hints
        if options.translate:
            return await self._client.audio.translations.create(**asked, response_format="verbose_json")
        if language is not None:
            asked["language"] = base_language(language)
        if self._tells_segments:
            detailed = asked | {"response_format": "verbose_json"}
            if options.words:
                detailed["timestamp_granularities"] = ["segment", "word"]
            try:
                return await self._client.audio.transcriptions.create(**detailed)
            except openai.BadRequestError as error:
                if "response_format" not in str(error.message) and error.param != "response_format":
                    raise
                # gpt-4o-transcribe and similar models return only the text.
                self._tells_segments = False
        return await self._client.audio.transcriptions.create(**asked, response_format="json")


def _flac(samples: Samples) -> bytes:
    """``samples`` at ``RECORDING_RATE_HZ`` as 16-bit FLAC, in half the bytes of a WAV. Blocks."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        track = container.add_stream("flac", rate=RECORDING_RATE_HZ, layout="mono")
        whole = np.round(np.clip(samples, -1, 1) * (2**15 - 1)).astype(np.int16)
        frame = AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
        frame.sample_rate = RECORDING_RATE_HZ
        for packets in (track.encode(frame), track.encode(None)):
            container.mux(packets)
    return file.getvalue()


def _transcript(answer: Any, recording: Recording, asked: str | None) -> Transcript:
    dated = [
        one
        for one in getattr(answer, "segments", None) or ()
        if one.text.strip() and not is_hallucination(one.no_speech_prob or 0.0, one.avg_logprob or 0.0)
    ]
    spoken = list(getattr(answer, "words", None) or ())
    if getattr(answer, "segments", None) is not None:
        segments = tuple(
            Segment(one.start, one.end, one.text.strip(), _words_within(spoken, one.start, one.end)) for one in dated
        )
    else:
        text = str(answer.text).strip()
        segments = (Segment(0.0, recording.duration_s, text, _words_within(spoken, 0.0, recording.duration_s)),)
    segments = tuple(segment for segment in segments if segment.text)
    text = " ".join(segment.text for segment in segments)
    heard = _code(str(getattr(answer, "language", "") or "")) or (detect_language(text) if text else None)
    return Transcript(
        text=text,
        language=asked or heard if text else asked,
        language_probability=1.0 if text else 0.0,
        duration_s=recording.duration_s,
        segments=segments,
        truncated=recording.truncated,
    )


def _words_within(spoken: list[Any], start_s: float, end_s: float) -> tuple[Word, ...]:
    """The words that begin in [``start_s``, ``end_s``), with a probability of 1, because the API returns none."""
    return tuple(Word(one.start, one.end, one.word.strip(), 1.0) for one in spoken if start_s <= one.start < end_s)


def _code(language: str) -> str | None:
    """Whisper's code for a language that a service names by that code or in English (``russian``); None if unknown."""
    if language.lower() in LANGUAGES:
        return language.lower()
    names = babel.Locale("en").languages
    return next((code for code in LANGUAGES if code in names and names[code].lower() == language.lower()), None)


def build_openai_recognizer(settings: SpeechSettings, _find: FindWeights) -> OpenAIRecognizer:
    """The recognizer that the settings describe."""
    key = settings.stt_api_key
    limits = DecodingLimits.of_settings(settings)
    return OpenAIRecognizer(
        settings.stt_base_url, None if key is None else key.get_secret_value(), settings.stt_model, limits=limits
    )


RECOGNIZERS.register(
    Registration(
        name=OpenAIRecognizer.name,
        label="OpenAI's audio API",
        preference=50,
        build=build_openai_recognizer,
        recipient=lambda settings: host_of(settings.stt_base_url),
        model=lambda settings: settings.stt_model,
        needs_one_of=("stt_base_url", "stt_api_key"),
    )
)
