"""Recordings are decoded in processes that may die: the caller gets an error, and the next recording is decoded."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from audio import (
    AudioError,
    Decoder,
    DecoderFailedError,
    DecodingLimits,
    DecodingTooSlowError,
    Recording,
    RecordingError,
    TooLongError,
    Transcriber,
    TranscriberClosedError,
    decode,
)
from audio.decoding import child as decoder_child
from audio.decoding import decoder as decoder_module
from tests.audio.made_recordings import (
    ALL_FORMATS,
    FLAC,
    M4A,
    MP3,
    WAV,
    Format,
    file_of,
    noise,
    silence,
    silent_video,
    tone,
    two_tracks,
)

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    decoder.start()
    yield decoder
    decoder.close()


@pytest.fixture(scope="module")
def unharmed() -> Iterator[Decoder]:
    """One decoder for all files that do not harm its child process."""
    with contextlib.closing(Decoder()) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def long_file() -> bytes:
    """A file that takes about two seconds to decode."""
    return file_of(noise(20).samples, MP3) * 29


def children(parent_pid: int) -> set[int]:
    """The living child processes of a process."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == parent_pid and state != "Z":
                found.add(int(process.name))
    return found


def only_child(decoder: Decoder) -> int:
    (pid,) = decoder.pids
    return pid


def until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@contextlib.contextmanager
def decoding(decoder: Decoder, data: bytes) -> Iterator[Future[Recording]]:
    """Decode ``data`` in another thread; the block starts once decoding is well under way."""
    with ThreadPoolExecutor(1) as threads:
        decoder.decode(file_of(tone(1).samples, FLAC))
        used_s = processor_s(only_child(decoder))
        future = threads.submit(decoder.decode, data)
        until(lambda: processor_s(only_child(decoder)) > used_s + 0.05)
        yield future


def processor_s(pid: int) -> float:
    with contextlib.suppress(FileNotFoundError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0


@pytest.mark.parametrize("how", ALL_FORMATS, ids=str)
def test_a_child_hears_exactly_what_this_process_would(
    how: Format, unharmed: Decoder, americans_sound: Recording
) -> None:
    file = file_of(americans_sound.samples, how)
    for data in (file, file[: len(file) // 2]):
        try:
            here = decode(data)
        except RecordingError as error:
            with pytest.raises(type(error)):
                unharmed.decode(data)
        else:
            there = unharmed.decode(data)
            assert there.truncated == here.truncated
            np.testing.assert_array_equal(there.samples, here.samples)


@pytest.mark.parametrize(
    "data",
    [b"", b"a letter", b"OggS" + bytes(100), silent_video(1), file_of(tone(0.01).samples, FLAC), bytes(26 * 2**20)],
    ids=["empty", "text", "damaged", "no-sound-track", "too-short", "too-large"],
)
def test_an_error_is_the_same_as_in_this_process(data: bytes, unharmed: Decoder) -> None:
    with pytest.raises(RecordingError) as here:
        decode(data)
    with pytest.raises(RecordingError) as there:
        unharmed.decode(data)
    assert type(there.value) is type(here.value)
    assert there.value.params == here.value.params
    assert str(there.value) == str(here.value)


def test_a_video_with_subtitles_is_heard_too(unharmed: Decoder, americans_sound: Recording) -> None:
    file = bytearray(two_tracks(americans_sound, silence(1)))
    # Turn the second track into a text track (Matroska: TrackType 0x83, CodecID 0x86).
    start = file.rindex(b"A_PCM/INT/LIT")
    file[start : start + 13] = b"S_TEXT/UTF8\0\0"
    kind = file.rindex(b"\x83\x81\x02")
    file[kind + 2] = 0x11

    assert unharmed.decode(bytes(file)).duration_s == pytest.approx(americans_sound.duration_s, abs=0.05)


def test_the_children_keep_the_limits_of_their_decoder(jfk: bytes) -> None:
    decoder = Decoder(DecodingLimits(max_duration_s=10))
    with contextlib.closing(decoder), pytest.raises(TooLongError, match="the limit is 10 s"):
        decoder.decode(jfk)


@ON_LINUX
def test_a_child_can_open_nothing_start_nothing_and_take_only_so_much(unharmed: Decoder, jfk: bytes) -> None:
    unharmed.decode(jfk)
    pid = only_child(unharmed)

    assert {int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir()} == {0, 1, 2}
    for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        assert resource.prlimit(pid, kind) == (0, 0)
    max_memory, _ = resource.prlimit(pid, resource.RLIMIT_AS)
    assert 0 < max_memory < 700 * 2**20
    max_time_s, _ = resource.prlimit(pid, resource.RLIMIT_CPU)
    assert 20 < max_time_s < 25


@ON_LINUX
def test_a_child_knows_no_secrets(jfk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a secret")
    decoder = Decoder()
    with contextlib.closing(decoder):
        decoder.decode(jfk)
        assert b"secret" not in Path(f"/proc/{only_child(decoder)}/environ").read_bytes()


@ON_LINUX
@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGKILL])
def test_a_child_that_dies_at_a_recording_is_replaced(
    sign: signal.Signals, decoder: Decoder, long_file: bytes, jfk: bytes
) -> None:
    with decoding(decoder, long_file) as future:
        died = only_child(decoder)
        os.kill(died, sign)
        with pytest.raises(DecoderFailedError, match="Reading this MP3 file failed"):
            future.result(timeout=30)

    assert only_child(decoder) != died
    assert decoder.decode(jfk).duration_s == pytest.approx(11, abs=0.05)


@ON_LINUX
def test_a_child_that_died_while_it_waited_is_not_noticed(decoder: Decoder, jfk: bytes) -> None:
    died = only_child(decoder)
    os.kill(died, signal.SIGKILL)
    until(lambda: died not in children(os.getpid()))
    assert decoder.decode(jfk).duration_s == pytest.approx(11, abs=0.05)


@ON_LINUX
def test_a_child_that_stalls_is_ended(decoder: Decoder, jfk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_child, "WALL_START_S", 0.5)
    monkeypatch.setattr(decoder_child, "WALL_S_PER_CPU_S", 0.01)
    stalled = only_child(decoder)
    os.kill(stalled, signal.SIGSTOP)
    with pytest.raises(DecodingTooSlowError, match="more than 20 s"):
        decoder.decode(jfk)
    monkeypatch.undo()

    assert only_child(decoder) != stalled
    assert decoder.decode(jfk).duration_s == pytest.approx(11, abs=0.05)


def with_comments(count: int) -> bytes:
    """A FLAC file with ``count`` comments, each of which FFmpeg compares with all earlier ones when it opens the
    file."""
    flac = file_of(tone(1).samples, FLAC)
    comments = b"".join(len(one).to_bytes(4, "little") + one for one in (b"%x=x" % number for number in range(count)))
    block = (0).to_bytes(4, "little") + count.to_bytes(4, "little") + comments
    # The first block, STREAMINFO, is 34 bytes long; the new block follows it and is not the last one either (RFC 9639).
    return flac[:4] + b"\0" + flac[5:42] + b"\x04" + len(block).to_bytes(3, "big") + block + flac[42:]


def test_a_single_step_of_decoding_that_takes_too_long_is_ended() -> None:
    decoder = Decoder(DecodingLimits(max_decoding_s=0.3))
    with contextlib.closing(decoder):
        assert decoder.decode(with_comments(100)).duration_s == pytest.approx(1)
        began_s = time.monotonic()
        with pytest.raises(DecodingTooSlowError, match="takes too long to read: more than 0 s"):
            decoder.decode(with_comments(200_000))
        # It would take minutes.
        assert time.monotonic() - began_s < decoder_child.WALL_START_S + 10
        assert decoder.decode(with_comments(100)).duration_s == pytest.approx(1)


@ON_LINUX
def test_a_child_without_memory_gives_an_error_and_the_next_recording_is_decoded(decoder: Decoder, jfk: bytes) -> None:
    decoder.decode(jfk)
    pid = only_child(decoder)
    taken = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (taken + 2**20, taken + 2**20))
    with pytest.raises(RecordingError):
        decoder.decode(file_of(noise(120).samples, WAV))
    assert decoder.decode(jfk).duration_s == pytest.approx(11, abs=0.05)


def test_a_file_that_claims_a_hundred_million_packets_harms_nobody(unharmed: Decoder, jfk: bytes) -> None:
    file = bytearray(file_of(tone(1).samples, M4A))
    for box, field_at in ((b"stsz", 12), (b"stts", 12), (b"stsc", 16)):
        start = file.find(box) + field_at
        file[start : start + 4] = (100_000_000).to_bytes(4, "big")
    with pytest.raises(RecordingError):
        unharmed.decode(bytes(file))
    assert unharmed.decode(jfk).duration_s == pytest.approx(11, abs=0.05)


@ON_LINUX
def test_ctrl_c_and_service_managers_leave_the_children_to_the_parent(unharmed: Decoder, jfk: bytes) -> None:
    unharmed.decode(jfk)
    pid = only_child(unharmed)
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    assert unharmed.decode(jfk).duration_s == pytest.approx(11, abs=0.05)
    assert only_child(unharmed) == pid


@ON_LINUX
def test_a_child_gives_way_to_a_fresh_one_in_time(
    decoder: Decoder, jfk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "FILES_PER_CHILD", 2)
    pids = []
    for _ in range(4):
        pids.append(only_child(decoder))
        decoder.decode(jfk)
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_more_threads_than_children_wait_for_their_turn(jfk: bytes) -> None:
    decoder = Decoder(processes=2)
    with contextlib.closing(decoder), ThreadPoolExecutor(6) as threads:
        lengths = list(threads.map(lambda _: decoder.decode(jfk).duration_s, range(12)))
        assert len(set(decoder.pids)) == 2
    assert lengths == [lengths[0]] * 12


@ON_LINUX
def test_closing_ends_the_children_even_in_the_middle_of_a_file(decoder: Decoder, long_file: bytes) -> None:
    with decoding(decoder, long_file) as future:
        pid = only_child(decoder)
        decoder.close()
        with pytest.raises(TranscriberClosedError):
            future.result(timeout=30)
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(AudioError, match="I am shutting down"):
        decoder.decode(long_file)
    decoder.start()
    assert decoder.pids == ()


@ON_LINUX
async def test_a_transcriber_starts_a_decoder_ahead_and_ends_it(
    whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audio.recognition.transcriber.Decoder", Decoder)  # the tests' own keeps its child processes
    before = children(os.getpid())
    transcriber = Transcriber(whisper_base, workers=2)
    await transcriber.load()
    assert len(children(os.getpid()) - before) == 1
    await transcriber.close()
    assert children(os.getpid()) == before


@ON_LINUX
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_no_child_outlives_a_parent_that_is_killed(busy: bool, tmp_path: Path, long_file: bytes) -> None:
    path = tmp_path / "long.mp3"
    path.write_bytes(long_file)
    program = (
        "import sys, time, pathlib\n"
        "from audio import Decoder\n"
        "decoder = Decoder(); decoder.start(); print('started', flush=True)\n"
        "data = pathlib.Path(sys.argv[1]).read_bytes()\n"
        "while True: decoder.decode(data) if len(sys.argv) == 3 else time.sleep(1)\n"
    )
    arguments = [str(path), *(["busy"] if busy else [])]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"started\n"
        (child,) = children(parent.pid)
        if busy:
            until(lambda: processor_s(child) > 0.3)
        parent.kill()
    until(lambda: not Path(f"/proc/{child}").exists() or "\tZ" in Path(f"/proc/{child}/status").read_text())


def test_threads_that_wait_for_a_child_are_told_when_the_decoder_closes(long_file: bytes) -> None:
    decoder = Decoder()
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(decoder.decode, long_file) for _ in range(3)]
        threading.Event().wait(0.3)
        decoder.close()
        for future in waiting:
            with pytest.raises(TranscriberClosedError):
                future.result(timeout=30)
