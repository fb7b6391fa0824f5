"""The real edge-tts client with a local service that speaks Microsoft's protocol, and breaks it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import aiohttp
import edge_tts.communicate
import edge_tts.voices
import numpy as np
import pytest
import pytest_asyncio
from edge_tts.drm import DRM

from audio import EdgeEngine, EngineFailedError, EspeakEngine, Prosody, Synthesizer, Voice, decode
from audio.synthesis.clips import PAUSE_S
from audio.synthesis.edge_voices import WELL_KNOWN
from audio.synthesis.voices import Gender
from tests.audio.synthesis.edge_server import SENTENCE_S, EdgeStandIn, edge_stand_in

ARIA = Voice("en-US-AriaNeural", "en-US", Gender.FEMALE, "edge")
TEXT = "This is the first sentence. Here comes the second one! And this, finally, is the third?"


@pytest_asyncio.fixture
async def edge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[EdgeStandIn, EdgeEngine]]:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(DRM, "clock_skew_seconds", 0.0)

    def trust(context: object) -> None:
        monkeypatch.setattr(edge_tts.communicate, "_SSL_CTX", context)
        monkeypatch.setattr(edge_tts.voices, "_SSL_CTX", context)

    async with edge_stand_in(trust) as running:
        yield running


async def test_a_text_is_spoken_by_the_voice_that_was_asked_for(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge

    sound = await engine.speak(TEXT, ARIA)

    assert service.spoken == [("Microsoft Server Speech Text to Speech Voice (en-US, AriaNeural)", TEXT)]
    assert sound.rate_hz == 24_000
    assert sound.duration_s == pytest.approx(3 * SENTENCE_S, abs=0.3)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    assert np.argmax(spectrum) * sound.rate_hz / len(sound.samples) == pytest.approx(440, abs=5)


async def test_a_long_text_takes_several_connections(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    text = "Съешь же ещё этих мягких французских булок, да выпей чаю & кофе. " * 60

    sound = await engine.speak(text, Voice("ru-RU-DmitryNeural", "ru-RU", Gender.MALE, "edge"))

    assert service.connections == 2
    assert sound.duration_s == pytest.approx(60 * SENTENCE_S, rel=0.2)


@pytest.mark.parametrize("ahead_s", [-7200.0, 7200.0])
async def test_a_clock_that_is_wrong_by_two_hours_is_put_right_once(
    edge: tuple[EdgeStandIn, EdgeEngine], ahead_s: float
) -> None:
    service, engine = edge
    service.clock_ahead_s = ahead_s

    assert (await engine.speak(TEXT, ARIA)).duration_s > 1
    assert service.connections == 2
    assert (await engine.speak(TEXT, ARIA)).duration_s > 1
    assert service.connections == 3


async def test_speed_and_pitch_are_sent_in_percent_and_hertz(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    dmitry = Voice("ru-RU-DmitryNeural", "ru-RU", Gender.MALE, "edge")

    await engine.speak(TEXT, ARIA)
    await engine.speak(TEXT, ARIA, Prosody(rate=2.0, pitch=6))
    await engine.speak("Привет", dmitry, Prosody(rate=0.5, pitch=-6))

    assert service.manners == [("+0%", "+0Hz"), ("+100%", "+83Hz"), ("-50%", "-35Hz")]


@pytest.mark.parametrize(
    ("refusals", "reason"),
    [
        ([401], "the service answered 401"),
        ([403, 403], "the service answered 403"),
        ([429], "the service answered 429"),
        ([503], "the service answered 503"),
    ],
    ids=str,
)
async def test_a_refusal_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine], refusals: list[int], reason: str) -> None:
    service, engine = edge
    service.refusals = list(refusals)

    with pytest.raises(EngineFailedError, match=reason):
        await engine.speak(TEXT, ARIA)
    assert service.connections == len(refusals)


async def test_a_turn_without_sound_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.silent = True
    with pytest.raises(EngineFailedError, match="the service sent no sound for en-US-AriaNeural"):
        await engine.speak(TEXT, ARIA)


async def test_a_service_that_never_answers_is_left_after_a_second(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.hangs = True
    began_s = time.monotonic()
    with pytest.raises(EngineFailedError, match="the service did not answer in time"):
        await engine.speak(TEXT, ARIA)
    assert time.monotonic() - began_s < 20


async def test_a_name_that_is_no_voice_of_the_service_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    with pytest.raises(EngineFailedError, match="Invalid voice"):
        await engine.speak(TEXT, Voice("Nobody", "en-US", Gender.FEMALE, "edge"))
    assert service.connections == 0


async def test_a_stalled_service_is_left_after_a_second(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.stalls = True
    began_s = time.monotonic()
    with pytest.raises(EngineFailedError, match="the service did not answer in time"):
        await engine.speak(TEXT, ARIA)
    assert time.monotonic() - began_s < 20


@pytest.mark.parametrize("sentences_said", [1, 2])
async def test_a_dropped_connection_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine], sentences_said: int) -> None:
    service, engine = edge
    service.drops_after = sentences_said
    with pytest.raises(EngineFailedError, match="the connection was dropped"):
        await engine.speak(TEXT, ARIA)


async def test_a_text_that_is_not_spoken_to_its_end_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.swallows_after = 2
    with pytest.raises(EngineFailedError, match="it spoke 43 of 67 letters"):
        await engine.speak(TEXT, ARIA)


async def test_what_nobody_understands_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.talks_nonsense = True
    with pytest.raises(EngineFailedError, match="UnknownResponse"):
        await engine.speak(TEXT, ARIA)


async def test_a_service_that_is_not_there_is_a_failure(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    class NoSuchHost(aiohttp.ThreadedResolver):
        async def resolve(self, *_: object, **__: object) -> list[aiohttp.abc.ResolveResult]:
            raise OSError("Name or service not known")

    engine = EdgeEngine(connector_factory=lambda: aiohttp.TCPConnector(resolver=NoSuchHost()))

    with pytest.raises(EngineFailedError, match="the service cannot be reached"):
        await engine.speak(TEXT, ARIA)
    assert await engine.voices() == WELL_KNOWN


async def test_the_catalogue_is_asked_for_once_and_begins_with_the_well_known(
    edge: tuple[EdgeStandIn, EdgeEngine],
) -> None:
    service, engine = edge

    assert await engine.voices(ask_network=False) == WELL_KNOWN
    names = [voice.name for voice in await engine.voices()]
    assert names == ["en-US-AriaNeural", "ru-RU-DmitryNeural", "en-AU-NatashaNeural", "xx-XX-NewNeural"]
    assert await engine.voices() == await engine.voices(ask_network=False)
    assert service.catalogue_requests == 1


async def test_a_catalogue_that_does_not_come_is_not_waited_for_again(edge: tuple[EdgeStandIn, EdgeEngine]) -> None:
    service, engine = edge
    service.catalogue_fails = True

    assert await engine.voices() == WELL_KNOWN
    assert await engine.voices() == WELL_KNOWN
    assert service.catalogue_requests == 1


async def test_another_engine_speaks_the_same_language_when_the_service_refuses(
    edge: tuple[EdgeStandIn, EdgeEngine],
) -> None:
    service, engine = edge
    synthesizer = Synthesizer([engine, EspeakEngine()], pause_after_failure_s=3.0)
    service.refusals = [503]
    try:
        first = await synthesizer.speak("Привет! Сегодня хорошая погода.", voice="ru-RU-DmitryNeural")
        second = await synthesizer.speak("Привет! Сегодня хорошая погода.")
        assert (first.voice, first.engine) == ("espeak-ru", "espeak")
        assert second.engine == "espeak"
        assert service.connections == 1

        time.sleep(3)  # noqa: ASYNC251 - nothing else runs, and the pause is over when the clock says so
        third = await synthesizer.speak("Привет! Сегодня хорошая погода.", voice="ru-RU-DmitryNeural")
        assert (third.voice, third.engine) == ("ru-RU-DmitryNeural", "edge")
        assert decode(third.ogg).duration_s == pytest.approx(2 * (SENTENCE_S + PAUSE_S), abs=0.1)
    finally:
        await synthesizer.close()


async def test_a_voice_that_the_service_has_no_more_is_replaced_by_another_of_its_voices(
    edge: tuple[EdgeStandIn, EdgeEngine],
) -> None:
    service, engine = edge
    synthesizer = Synthesizer([engine, EspeakEngine()])
    service.gone_voices = {"ru-RU-DmitryNeural"}
    try:
        spoken = [await synthesizer.speak("Привет! Как дела?", voice="ru-RU-DmitryNeural") for _ in range(2)]
    finally:
        await synthesizer.close()

    assert [(speech.voice, speech.engine) for speech in spoken] == [("ru-RU-SvetlanaNeural", "edge")] * 2
    assert [voice for voice, _ in service.spoken if "Dmitry" in voice] == [
        "Microsoft Server Speech Text to Speech Voice (ru-RU, DmitryNeural)"
    ]


async def test_a_connection_that_drops_in_the_middle_of_an_answer_leaves_it_to_one_offline_voice(
    edge: tuple[EdgeStandIn, EdgeEngine],
) -> None:
    service, engine = edge
    offline = EspeakEngine()
    synthesizer = Synthesizer([engine, offline])
    service.drops_connections_after = 1
    try:
        speech = await synthesizer.speak(TEXT)
        expected = await Synthesizer([offline]).speak(TEXT)
    finally:
        await synthesizer.close()

    assert service.connections == 2
    assert speech.engine == "espeak"
    assert speech.duration_s == pytest.approx(expected.duration_s, abs=0.01)


async def test_the_first_sentence_is_asked_for_alone_and_the_rest_together(
    edge: tuple[EdgeStandIn, EdgeEngine],
) -> None:
    service, engine = edge
    clips = [clip async for clip in Synthesizer([engine]).clips(TEXT)]

    assert [clip.text for clip in clips] == [
        "This is the first sentence.",
        "Here comes the second one! And this, finally, is the third?",
    ]
    assert [text for _, text in service.spoken] == [clip.text for clip in clips]
    assert [clip.duration_s for clip in clips] == pytest.approx(
        [SENTENCE_S + PAUSE_S, 2 * SENTENCE_S + PAUSE_S], abs=0.1
    )


def test_the_well_known_voices_cover_sixty_languages() -> None:
    assert len({voice.language.partition("-")[0] for voice in WELL_KNOWN}) >= 60
    assert len({voice.name for voice in WELL_KNOWN}) == len(WELL_KNOWN)
    assert {"en-US-AriaNeural", "ru-RU-SvetlanaNeural", "ru-RU-DmitryNeural", "de-DE-KatjaNeural"} <= {
        voice.name for voice in WELL_KNOWN
    }
