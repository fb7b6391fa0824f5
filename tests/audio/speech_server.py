"""A speech service on loopback with OpenAI's audio API, which really transcribes and speaks, or refuses on request."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Any, Self

import av
from aiohttp import web

from audio import Sound, Transcriber
from audio.recognition.options import TranscriptionOptions
from audio.synthesis.engine import Engine
from audio.synthesis.filtering import frames_of
from audio.synthesis.prosody import Prosody

KEY = "a-key-of-the-service"
_TRANSCRIPTION = {"file", "model", "language", "prompt", "response_format", "timestamp_granularities[]"}
_TRANSLATION = {"file", "model", "prompt", "response_format"}
_SPEECH = {"model", "input", "voice", "response_format", "speed"}


class SpeechServer:
    """``trouble``: the status of a refusal, or None. ``plain``: whether it returns no segments, like some models."""

    def __init__(self, transcriber: Transcriber, engine: Engine) -> None:
        self.trouble: int | None = None
        self.plain = False
        self.heard: list[dict[str, Any]] = []
        """The fields of each transcription request, with the beginning of its file."""
        self.spoken: list[dict[str, Any]] = []
        self._transcriber = transcriber
        self._engine = engine
        app = web.Application(client_max_size=32 << 20)
        app.router.add_post("/v1/audio/transcriptions", self._transcriptions)
        app.router.add_post("/v1/audio/translations", self._transcriptions)
        app.router.add_post("/v1/audio/speech", self._speech)
        self._runner = web.AppRunner(app)

    @property
    def base_url(self) -> str:
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/v1"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "wrong key")
        return None if self.trouble is None else _error(self.trouble, "as it was told to")

    async def _transcriptions(self, request: web.Request) -> web.Response:
        translate = request.path.endswith("translations")
        form = await request.post()
        if (refusal := self._refusal(request)) is not None:
            return refusal
        assert set(form) <= (_TRANSLATION if translate else _TRANSCRIPTION)
        file = form["file"]
        assert isinstance(file, web.FileField)
        data = file.file.read()
        self.heard.append({**{name: form[name] for name in form if name != "file"}, "file": data[:4]})
        if self.plain and form["response_format"] != "json":
            return _error(400, "response_format 'verbose_json' is not compatible with this model", "response_format")
        language = str(form["language"]) if "language" in form else None
        wants_words = "word" in form.getall("timestamp_granularities[]", [])
        transcript = await self._transcriber.transcribe(
            data,
            TranscriptionOptions(
                words=wants_words, language=language, hints=str(form.get("prompt", "")), translate=translate
            ),
        )
        if form["response_format"] == "json":
            return web.json_response({"text": transcript.text})
        names = {"en": "english", "ru": "russian"}
        answer: dict[str, Any] = {
            "task": "transcribe", "language": names.get(transcript.language or "", "english"),
            "duration": transcript.duration_s, "text": transcript.text,
            "segments": [_segment(number, one.start_s, one.end_s, one.text) for number, one in
                         enumerate(transcript.segments)],
        }  # fmt: skip
        answer["segments"].append(_segment(99, 0.0, 1.0, "Thank you for watching.", no_speech=0.9, logprob=-1.5))
        if wants_words:
            answer["words"] = [
                {"word": word.text, "start": word.start_s, "end": word.end_s}
                for segment in transcript.segments
                for word in segment.words
            ]
        return web.json_response(answer)

    async def _speech(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (refusal := self._refusal(request)) is not None:
            return refusal
        assert set(body) <= _SPEECH and body["response_format"] == "mp3"
        self.spoken.append(body)
        voice = (await self._engine.voices())[0]
        sound = await self._engine.speak(body["input"], voice, Prosody(rate=body["speed"]))
        return web.Response(body=_mp3(sound), content_type="audio/mpeg")


def _error(status: int, message: str, param: str | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "x", "param": param, "code": None}}, status=status)


def _segment(
    number: int, start_s: float, end_s: float, text: str, *, no_speech: float = 0.1, logprob: float = -0.2
) -> dict[str, Any]:
    return {
        "id": number, "seek": 0, "start": start_s, "end": end_s, "text": f" {text}", "tokens": [1], "temperature": 0.0,
        "avg_logprob": logprob, "compression_ratio": 1.2, "no_speech_prob": no_speech,
    }  # fmt: skip


def _mp3(sound: Sound) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        track = container.add_stream("mp3", rate=24_000, layout="mono")
        resampler = av.AudioResampler("s16p", "mono", 24_000)
        for frame in (*frames_of(sound), None):
            for converted in resampler.resample(frame):
                container.mux(track.encode(converted))
        container.mux(track.encode(None))
    return file.getvalue()
