"""RTF: the text. Pictures and embedded objects are ignored."""

from __future__ import annotations

from striprtf.striprtf import rtf_to_text

from bot.answering.documents.gathering import gathered, load_encodings

BEGINNING = b"{\\rtf"


def load() -> None:
    """Load everything that would otherwise be loaded with the first document."""
    load_encodings()
    read(BEGINNING + b"1\\ansi a}", max_chars=10)


def read(data: bytes, *, max_chars: int) -> bytes:
    """The document's text, see ``gathered``.

    Raises:
        ValueError: it is not RTF.
        NoTextFoundError: there is no text in it.
    """
    if not data.lstrip().startswith(BEGINNING):
        raise ValueError("no RTF")
    # Everything beyond ASCII is escaped, in the encoding that the document names.
    text: str = rtf_to_text(data.decode("cp1252", "replace"), errors="replace")  # type: ignore[no-untyped-call]
    return gathered(text.splitlines(), max_chars)
