"""Transcripts as subtitle files."""

from __future__ import annotations

from audio.recognition.transcript import Transcript


def subrip(transcript: Transcript) -> str:
    """``transcript`` as a SubRip (.srt) file; empty when there was no speech."""
    return "\n".join(
        f"{number}\n{_time(segment.start_s, ',')} --> {_time(segment.end_s, ',')}\n{segment.text}\n"
        for number, segment in enumerate(transcript.segments, 1)
    )


def webvtt(transcript: Transcript) -> str:
    """``transcript`` as a WebVTT (.vtt) file; only its header when there was no speech."""
    cues = (
        f"\n{_time(segment.start_s, '.')} --> {_time(segment.end_s, '.')}\n{_escaped(segment.text)}\n"
        for segment in transcript.segments
    )
    return "WEBVTT\n" + "".join(cues)


def _time(time_s: float, decimal_mark: str) -> str:
    minutes, ms = divmod(round(time_s * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{ms // 1000:02}{decimal_mark}{ms % 1000:03}"


def _escaped(text: str) -> str:
    """Escape ``text``: WebVTT takes ``&`` and ``<`` for the start of a reference or a tag (W3C WebVTT, section 4.1)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
