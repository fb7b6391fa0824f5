"""Transcripts become subtitle files that players accept."""

from __future__ import annotations

from audio import Segment, Transcript, subrip, webvtt

TALK = Transcript(
    text="Ask not <what> R&D can do. Это хорошо.",
    language="en",
    language_probability=0.9,
    duration_s=3725.5,
    segments=(Segment(0.0, 1.9996, "Ask not <what> R&D can do."), Segment(3661.25, 3725.5, "Это хорошо.")),
)
SILENCE = Transcript("", None, 0, 5, ())


def test_subrip_numbers_its_cues_and_counts_in_milliseconds_after_a_comma() -> None:
    assert subrip(TALK) == (
        "1\n00:00:00,000 --> 00:00:02,000\nAsk not <what> R&D can do.\n"
        "\n"
        "2\n01:01:01,250 --> 01:02:05,500\nЭто хорошо.\n"
    )


def test_webvtt_has_a_header_and_escapes_what_would_be_tags() -> None:
    assert webvtt(TALK) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:02.000\nAsk not &lt;what&gt; R&amp;D can do.\n"
        "\n01:01:01.250 --> 01:02:05.500\nЭто хорошо.\n"
    )


def test_silence_has_no_cues() -> None:
    assert subrip(SILENCE) == ""
    assert webvtt(SILENCE) == "WEBVTT\n"
