"""Files become samples, or a sentence that says why not; and nothing but the files' bytes is ever read."""

from __future__ import annotations

import functools
import io
import random
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from audio import (
    DamagedFileError,
    DecodingLimits,
    DecodingTooSlowError,
    EmptyFileError,
    NoSoundTrackError,
    NotAudioError,
    Recording,
    RecordingError,
    SampleRateTooHighError,
    TooLargeError,
    TooLongError,
    TooManyChannelsError,
    TooShortError,
    UnknownCodecError,
    decode,
)
from audio.recording import Samples
from tests.audio.decoding.mutations import repair_ogg
from tests.audio.made_recordings import (
    AAC,
    AC3,
    ALL_FORMATS,
    CAF,
    EAC3,
    FLAC,
    M4A,
    MOV,
    MP3,
    MPEG_PS,
    MPEG_TS,
    OGG,
    RATE_HZ,
    WAV,
    WEBM,
    WMA,
    Format,
    file_of,
    repeated,
    silence,
    silent_video,
    tone,
    two_tracks,
)
from tests.conftest import RECORDINGS


def loudness(samples: Samples) -> npt.NDArray[np.float64]:
    """The loudness of each tenth of a second, which is the same for the same words, however they are encoded."""
    tenths = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    return np.asarray(np.sqrt((tenths.astype(np.float64) ** 2).mean(axis=1)))


def alike(one: Samples, other: Samples) -> float:
    """The correlation of the loudness, in [-1, 1]; some codecs start a twentieth of a second late or early."""
    count = min(len(one), len(other)) - 800
    pairs = [(one[late:], other[early:]) for late, early in ((0, 0), (800, 0), (0, 800))]
    return max(float(np.corrcoef(loudness(a[:count]), loudness(b[:count]))[0, 1]) for a, b in pairs)


SENTENCE_S = 5
""""And so my fellow Americans, ask not": kept short, since encoding takes time for each format."""


@pytest.fixture(scope="module")
def sentence() -> Recording:
    return _sentence()


@functools.cache
def said_in(how: Format) -> bytes:
    """The sentence as a file. Cached, so tests must not change it."""
    return file_of(_sentence().samples, how)


@functools.cache
def _sentence() -> Recording:
    return Recording(decode((RECORDINGS / "jfk.ogg").read_bytes()).samples[: SENTENCE_S * RATE_HZ])


@pytest.mark.parametrize("how", ALL_FORMATS, ids=str)
def test_the_same_words_come_out_of_every_container(how: Format, sentence: Recording) -> None:
    recording = decode(said_in(how))

    assert recording.samples.dtype == np.float32
    assert recording.samples.ndim == 1
    assert np.abs(recording.samples).max() <= 1
    assert recording.duration_s == pytest.approx(SENTENCE_S, abs=0.05)
    assert not recording.truncated
    assert alike(recording.samples, sentence.samples) > 0.95


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
def test_the_sound_track_of_a_video_counts(container: str, sentence: Recording) -> None:
    recording = decode(file_of(sentence.samples, Format(container, "aac", "fltp"), pictures=True))

    assert recording.duration_s == pytest.approx(SENTENCE_S, abs=0.05)
    assert not recording.truncated
    assert alike(recording.samples, sentence.samples) > 0.95


INDEX_AT_THE_END = (M4A, MOV, CAF)
BREAKS_OFF_UNSEEN = (WMA, MPEG_TS, MPEG_PS, AC3, EAC3)
"""Formats whose packets simply follow one another: nothing says how many there are."""


@pytest.mark.parametrize(
    "how", [how for how in ALL_FORMATS if how not in INDEX_AT_THE_END + BREAKS_OFF_UNSEEN], ids=str
)
def test_a_file_that_breaks_off_gives_its_first_part_and_says_so(how: Format, sentence: Recording) -> None:
    file = said_in(how)

    recording = decode(file[: len(file) // 2])

    assert recording.truncated
    assert 1.5 < recording.duration_s < 3
    assert alike(recording.samples, sentence.samples) > 0.95


def test_mp3_files_that_were_joined_to_one_are_whole(jfk_sound: Recording) -> None:
    """With small frames, FFmpeg's estimate of the duration is half a second too long."""
    file = file_of(jfk_sound.samples, replace(MP3, rate_hz=16_000, bit_rate=8_000))
    recording = decode(file * 4)
    assert not recording.truncated
    assert recording.duration_s == pytest.approx(44, abs=0.5)
    assert decode(file[: len(file) // 2]).truncated


@pytest.mark.parametrize("how", BREAKS_OFF_UNSEEN, ids=str)
def test_a_stream_that_breaks_off_gives_its_first_part(how: Format, sentence: Recording) -> None:
    file = said_in(how)

    recording = decode(file[: len(file) // 2])

    assert 1.5 < recording.duration_s < 3
    assert alike(recording.samples, sentence.samples) > 0.95


def test_a_broken_off_mp4_with_its_index_in_front_gives_its_first_part(tmp_path: Path) -> None:
    whole = tmp_path / "index-first.m4a"
    with (
        av.open(io.BytesIO(said_in(M4A)), "r") as source,
        av.open(str(whole), "w", options={"movflags": "faststart"}) as target,
    ):
        track = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)
    file = whole.read_bytes()
    assert file.find(b"moov") < file.find(b"mdat")

    assert not decode(file).truncated
    recording = decode(file[: len(file) // 2])
    assert recording.truncated
    assert 1.5 < recording.duration_s < 3


@pytest.mark.parametrize("how", INDEX_AT_THE_END, ids=str)
def test_a_broken_off_file_with_its_index_at_the_end_is_damaged(how: Format) -> None:
    file = said_in(how)
    with pytest.raises(DamagedFileError, match=r"This \w+ file is damaged"):
        decode(file[: len(file) // 2])


def test_no_recording_of_the_corpus_is_taken_for_a_broken_one(corpus: Path) -> None:
    files = sorted(corpus.glob("*.ogg"))
    assert files
    assert [file.name for file in files if decode(file.read_bytes()).truncated] == []


def test_an_ogg_file_whose_recorder_wrote_no_last_page_is_whole(jfk: bytes) -> None:
    file = bytearray(jfk)
    file[file.rfind(b"OggS") + 5] &= ~4
    repair_ogg(file)

    assert not decode(bytes(file)).truncated
    assert decode(bytes(file[:-10])).truncated


@pytest.mark.parametrize("declared", [0, 0x7FFF_F024, 0x8000_0024, 0xFFFF_FFFF], ids=hex)
def test_a_wav_file_that_came_through_a_pipe_is_whole(declared: int) -> None:
    file = bytearray(file_of(tone(1).samples, WAV))
    file[4:8] = declared.to_bytes(4, "little")
    start = file.index(b"data") + 4
    file[start : start + 4] = max(declared - 36, 0xFFFF_FFFF if not declared else 0).to_bytes(4, "little")

    recording = decode(bytes(file))

    assert recording.duration_s == pytest.approx(1)
    assert not recording.truncated


def test_an_ogg_file_cut_out_of_a_stream_lasts_as_long_as_its_sound(jfk: bytes) -> None:
    file, hour = bytearray(jfk), 3600 * 48_000
    page = file.find(b"OggS")
    while page >= 0:
        granule = int.from_bytes(file[page + 6 : page + 14], "little")
        if granule:
            file[page + 6 : page + 14] = (granule + hour).to_bytes(8, "little")
        page = file.find(b"OggS", page + 27)
    repair_ogg(file)

    recording = decode(bytes(file))

    assert recording.duration_s == pytest.approx(11, abs=0.1)
    assert not recording.truncated


@pytest.mark.parametrize(
    "before",
    [bytes(3000), b"\xff" * 9, b"APETAGEX\xd0\x07\0\0 " + bytes(19), None],
    ids=["zeros", "ones", "ape-tag", "half-a-frame"],
)
def test_an_mp3_file_need_not_begin_with_a_frame(before: bytes | None, sentence: Recording) -> None:
    file = said_in(MP3)
    first = file.index(b"\xff", 45)
    recording = decode(file[first + 100 :] if before is None else before + file[first:])

    assert recording.duration_s == pytest.approx(SENTENCE_S, abs=0.2)
    assert alike(recording.samples, sentence.samples) > 0.9


@pytest.mark.parametrize("how", [AAC, MPEG_TS], ids=["aac", "mpeg-ts"])
def test_a_stream_may_begin_in_the_middle_of_a_frame(how: Format) -> None:
    file = said_in(how)
    recording = decode(file[1000:])

    assert recording.duration_s == pytest.approx(SENTENCE_S, abs=0.5)
    assert not recording.truncated


@pytest.mark.parametrize("box", [b"styp", b"skip", b"free", b"pnot"])
def test_an_mp4_file_need_not_begin_with_its_type(box: bytes) -> None:
    file = said_in(M4A)
    assert file[4:8] == b"ftyp"
    assert decode(file[:4] + box + file[8:]).duration_s == pytest.approx(SENTENCE_S, abs=0.1)


def stereo(left: Samples, right: Samples, codec: str = "pcm_s16le") -> bytes:
    """Two sounds as the channels of one WAV or Matroska file."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav" if codec.startswith("pcm") else "matroska") as container:
        track = container.add_stream(codec, rate=RATE_HZ, layout="stereo")
        assert isinstance(track, av.AudioStream)
        samples = np.stack([left, right], axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16), format="s16", layout="stereo")
        frame.sample_rate = RATE_HZ
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


def test_two_channels_the_wrong_way_round_are_not_silent_together(sentence: Recording) -> None:
    file = stereo(sentence.samples, -sentence.samples)

    recording = decode(file)

    assert alike(recording.samples, sentence.samples) > 0.99
    assert (recording.rendering, recording.renderings) == (1, 3)
    assert np.abs(decode(file, rendering=0).samples).max() < 0.001


def test_two_loud_channels_are_not_cut_off_where_they_are_added() -> None:
    loud = 3 * tone(1).samples
    samples = decode(stereo(loud, loud)).samples
    np.testing.assert_allclose(samples, loud, atol=0.001)


def test_speech_on_the_second_track_is_found_when_the_first_is_silent(sentence: Recording) -> None:
    recording = decode(two_tracks(silence(SENTENCE_S), sentence))

    assert alike(recording.samples, sentence.samples) > 0.95
    assert (recording.rendering, recording.renderings) == (1, 2)


def test_recordings_joined_into_one_ogg_file_follow_each_other(jfk: bytes, jfk_sound: Recording) -> None:
    assert decode(jfk + jfk).duration_s == pytest.approx(22.0, abs=0.1)


@pytest.mark.parametrize(
    ("file", "error", "sentence"),
    [
        (b"", EmptyFileError, "This file is empty. Please record it again."),
        (b"dear diary, today I named a text .ogg\n" * 50, NotAudioError, "not a recording that I can read"),
        (random.Random(1).randbytes(20_000), NotAudioError, "not a recording that I can read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), NotAudioError, "not a recording that I can read"),
        (b"\xff\xfb\x90\x00" + random.Random(2).randbytes(9000), DamagedFileError, "This MP3 file is damaged"),
        (b"OggS" + random.Random(3).randbytes(9000), DamagedFileError, "This Ogg file is damaged"),
        (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", DamagedFileError, "This MP3 file is damaged"),
        (silent_video(1), NoSoundTrackError, "This MP4 file has no sound track"),
    ],
    ids=["empty", "text", "random", "picture", "random-mp3", "random-ogg", "endless-id3", "video-without-sound"],
)
def test_each_kind_of_unusable_file_has_its_own_sentence(
    file: bytes, error: type[RecordingError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        decode(file)


@pytest.mark.parametrize("how", [OGG, WAV, FLAC, WEBM, M4A, MP3, AAC], ids=str)
@pytest.mark.parametrize("kept_bytes", [12, 25, 60])
def test_a_file_cut_in_its_header_is_damaged(how: Format, kept_bytes: int) -> None:
    with pytest.raises(DamagedFileError, match="no sound in it can be read"):
        decode(file_of(tone(1).samples, how)[:kept_bytes])


@pytest.mark.parametrize("how", [OGG, WAV, FLAC, MP3], ids=str)
def test_ten_milliseconds_are_too_short(how: Format) -> None:
    with pytest.raises(TooShortError, match=r"it lasts 0\.0\d s, and at least 0\.1 s is needed"):
        decode(file_of(tone(0.01).samples, how))


def test_a_small_file_that_claims_a_day_is_refused_at_once() -> None:
    file = bytearray(file_of(tone(1).samples, FLAC))
    # The number of samples is in the 36 bits ending 18 bytes into the first metadata block, which starts at byte 8.
    samples = 24 * 3600 * FLAC.rate_hz
    file[21] = file[21] & 0xF0 | samples >> 32
    file[22:26] = (samples & 0xFFFF_FFFF).to_bytes(4, "big")

    began_s = time.thread_time()
    with pytest.raises(TooLongError, match=r"it lasts 86400 s or more, and the limit is 1200 s") as refused:
        decode(bytes(file))
    assert time.thread_time() - began_s < 0.1
    assert refused.value.params == {"duration_s": 86400, "limit_s": 1200}


def test_a_small_file_that_claims_a_hundred_million_packets_gets_no_memory_for_them() -> None:
    file = bytearray(file_of(tone(1).samples, M4A))
    claimed = (100_000_000).to_bytes(4, "big")
    for box, field_at in ((b"stsz", 12), (b"stts", 12), (b"stsc", 16)):
        start = file.find(box) + field_at
        file[start : start + 4] = claimed
    size_at = file.find(b"stsz") + 8
    file[size_at : size_at + 4] = (1).to_bytes(4, "big")

    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedFileError):
        decode(bytes(file))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 200 * 1024


def test_three_hours_of_silence_that_claim_nothing_cost_as_much_as_the_limit() -> None:
    ten_seconds = file_of(silence(10).samples, AAC)
    file = ten_seconds * (3 * 360)
    assert len(file) < 6 * 2**20

    began_s = time.thread_time()
    with pytest.raises(TooLongError, match=r"it lasts 12\d s or more"):
        decode(file, DecodingLimits(max_duration_s=120))
    assert time.thread_time() - began_s < 5


def test_what_lasts_as_long_as_it_may_is_not_too_long_and_discord_records_twenty_minutes() -> None:
    file = repeated(file_of(silence(10).samples, AAC), 120, "adts")
    assert decode(file, DecodingLimits(max_duration_s=120)).duration_s == pytest.approx(120, abs=0.1)
    assert DecodingLimits().max_duration_s == 1200


def test_each_limit_is_kept(jfk: bytes) -> None:
    with pytest.raises(TooLargeError, match=r"it has 0\.0 MiB, and the limit is 0\.0 MiB"):
        decode(jfk, DecodingLimits(max_bytes=len(jfk) - 1))
    with pytest.raises(TooLongError, match="it lasts 11 s or more, and the limit is 10 s"):
        decode(jfk, DecodingLimits(max_duration_s=10))
    with pytest.raises(SampleRateTooHighError, match="48000 samples a second, and the limit is 44100"):
        decode(jfk, DecodingLimits(max_rate_hz=44_100))
    with pytest.raises(TooManyChannelsError, match="has 2 channels, and the limit is 1"):
        decode(file_of(tone(1).samples, WAV), DecodingLimits(max_channels=1))
    with pytest.raises(DecodingTooSlowError, match="more than 0 s"):
        decode(jfk, DecodingLimits(max_decoding_s=0))


@contextmanager
def listener() -> Iterator[tuple[int, socket.socket]]:
    """A server that must never be contacted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server.getsockname()[1], server


@pytest.mark.parametrize("disguise", [b"", b"OggS", b"\xff\xfb\x90\x00", b"ID3\x04\x00\x00\x00\x00\x00\x00"])
@pytest.mark.parametrize("playlist", ["sdp", "concat", "hls-file", "hls-address"])
def test_a_playlist_opens_neither_file_nor_address(
    playlist: str, disguise: bytes, tmp_path: Path, jfk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.ogg"
    secret.write_bytes(jfk)
    with listener() as (port, server):
        text = {
            "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
            f"m=audio {port} RTP/AVP 0\na=rtpmap:0 PCMU/8000\n",
            "concat": "ffconcat version 1.0\nfile secret.ogg\n",
            "hls-file": f"#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\n{secret.as_uri()}\n#EXT-X-ENDLIST\n",
            "hls-address": "#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\n"
            f"http://127.0.0.1:{port}/a.ogg\n#EXT-X-ENDLIST\n",
        }[playlist]
        began_s = time.monotonic()
        with pytest.raises((NotAudioError, DamagedFileError)):
            decode(disguise + text.encode())
        assert time.monotonic() - began_s < 20
        with pytest.raises(TimeoutError):
            server.accept()


def test_damage_in_the_middle_costs_only_the_damaged_part(jfk: bytes) -> None:
    file = bytearray(jfk)
    middle = len(file) // 2
    file[middle : middle + 600] = random.Random(4).randbytes(600)

    recording = decode(bytes(file))

    assert recording.duration_s > 9
    assert not recording.truncated


def test_the_largest_groups_of_frames_fit_into_memory() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        track = container.add_stream("pcm_f64le", rate=8_000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8 * 8_000)), format="dbl", layout="7.1")
        frame.sample_rate = 8_000
        for _ in range(70):
            container.mux(track.encode(frame))
    limits = DecodingLimits(max_bytes=100 * 2**20)

    assert decode(file.getvalue(), limits).duration_s == pytest.approx(70)


def test_samples_that_are_no_numbers_are_silent() -> None:
    file = bytearray(file_of(tone(1).samples, Format("wav", "pcm_f32le", "flt", rate_hz=RATE_HZ)))
    for number, sample in enumerate((np.nan, np.inf, -np.inf)):
        file[-4 * (number + 1) : len(file) - 4 * number] = np.float32(sample).tobytes()

    samples = decode(bytes(file)).samples

    assert samples[-3:].tolist() == [-1, 1, 0]


def test_tags_behind_tags_behind_tags_are_no_way_to_exhaust_the_stack() -> None:
    with pytest.raises(DamagedFileError):
        decode(b"ID3\x04\x00\x00\x00\x00\x00\x00" * 100_000)


def test_a_tag_in_front_of_another_is_no_obstacle() -> None:
    file = said_in(MP3)
    assert file.startswith(b"ID3")
    assert decode(b"ID3\x04\x00\x00\x00\x00\x00\x05....." + file).duration_s == pytest.approx(SENTENCE_S, abs=0.1)


def test_codecs_that_nobody_records_with_are_not_even_tried() -> None:
    file = file_of(tone(1).samples, Format("wav", "dfpwm", "u8"))
    with pytest.raises(UnknownCodecError, match=r"WAV file is in a form that I cannot read \(dfpwm\)"):
        decode(file)


def test_frames_that_are_not_what_the_header_says_keep_the_limits_too() -> None:
    mono, stereo, fast = (
        file_of(tone(1).samples, Format("adts", "aac", "fltp", rate_hz, layout))
        for rate_hz, layout in ((48_000, "mono"), (48_000, "stereo"), (96_000, "mono"))
    )
    with pytest.raises(TooManyChannelsError, match="has 2 channels, and the limit is 1"):
        decode(mono + stereo, DecodingLimits(max_channels=1))
    with pytest.raises(SampleRateTooHighError, match="96000 samples a second, and the limit is 48000"):
        decode(mono + fast, DecodingLimits(max_rate_hz=48_000))
    assert decode(mono + stereo + fast).duration_s == pytest.approx(3, abs=0.1)


def test_sound_that_cannot_be_mixed_to_one_channel_is_told_of() -> None:
    file = file_of(tone(1).samples, OGG)
    start = file.index(b"OpusHead")
    # Mapping family 2 is ambisonics (RFC 8486): one stream for the first of four channels, none for the others.
    head = file[start : start + 9] + b"\x04" + file[start + 10 : start + 18] + b"\x02\x01\x00\x00\xff\xff\xff"
    ambisonic = bytearray(file[: start - 1] + bytes([len(head)]) + head + file[start + 19 :])
    repair_ogg(ambisonic)

    with pytest.raises(DamagedFileError):
        decode(bytes(ambisonic))


def test_samples_are_given_at_sixteen_kilohertz() -> None:
    recording = decode(file_of(tone(2, pitch_hz=440).samples, WAV))

    spectrum = np.abs(np.fft.rfft(recording.samples))
    assert np.argmax(spectrum) * RATE_HZ / len(recording.samples) == pytest.approx(440, abs=1)
