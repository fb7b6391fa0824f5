"""RTF: its text. Pictures and embedded objects are left where they are."""

from __future__ import annotations

from striprtf.striprtf import rtf_to_text

from bot.answering.documents.gathering import gathered, load_encodings

BEGINNING = b"{\\rtf"


def load() -> None:
    """Have all loaded that is loaded with the first document."""
    load_encodings()
    read(BEGINNING + b"1\\ansi a}", max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """Its text, see ``gathered``.

    Raises:
        ValueError: it is none.
        NoTextFoundError: there is nothing in it.
    """
    if not data.lstrip().startswith(BEGINNING):
        raise ValueError("no RTF")
    # All beyond ASCII is spelt out in it, in the encoding that it names.
    text: str = rtf_to_text(data.decode("cp1252", "replace"), errors="replace")  # type: ignore[no-untyped-call]
    return gathered(text.splitlines(), max_chars)
