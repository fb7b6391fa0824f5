"""What a person would say when reading a message aloud: no markup, no addresses, no code, no pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import emoji
from markdown_it import MarkdownIt
from markdown_it.token import Token

from audio.language import detect_language
from audio.synthesis.timestamps import TIMESTAMP, spoken_time

# https://discord.com/developers/docs/reference#message-formatting: mentions of people, roles, channels, commands and
# guild pages, custom emoji. They contain only numbers, which nobody would read out.
_DISCORD = re.compile(r"<(?:@[!&]?\d+|#\d+|/[^:>\n]+:\d+|id:\w+|a?:\w+:\d+|t:[^<>\s]*)>")
_COMMAND = re.compile(r"<(/[^:>\n]+):\d+>")
_SMALL_PRINT = re.compile(r"^-# ", re.MULTILINE)
_SPOILER = re.compile(r"(?P<code>`+)(?:.+?)(?P=code)|\|\|(?=\S).+?\|\|", re.DOTALL)
"""Also matches code spans, in which bars are literal."""
_SPOILER_WORDS = {"en": "spoiler", "ru": "спойлер"}
_SHORTCODE = re.compile(r"(?<!\w):[a-z][a-z0-9_+-]*:(?!\w)")
_ADDRESS = re.compile(r"<?https?://(?:[^\s<>/@]*@)?(?:www\.)?([\w-]+(?:\.[\w-]+)*)(?:[^\s<>]*[\w/])?>?")
_STRAY_MARK = re.compile(
    r"(?<!\S)(?:\*{1,3}|__|~~|`+|\|\|)(?=[^\s*_~`|])|(?<=[^\s*_~`|])(?:\*{1,3}|__|~~|`+|\|\|)(?!\S)"
)
"""Emphasis that was never closed: engines would say "asterisk"."""
_LOST_MARK = re.compile(r" +(?=[,.;!?](?:\s|$))")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_ENDED = re.compile(r"[.!?…:;,。！？：；،؛؟।։][\"'”’»)\]」』）】]*$")
_HAS_WORDS = re.compile(r"[^\W_]")

# As Discord renders it: no HTML, no references, no code by indentation, addresses left as they are.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable(["strikethrough", "table"])
    .disable(["autolink", "entity", "code", "reference"])
)


def normalize_for_speech(text: str, *, now: datetime | None = None) -> str:
    """The words of ``text``, Discord's markdown, as plain text; each heading, list item and paragraph is a sentence.

    Links become their words, bare addresses their host, timestamps a date or the time relative to ``now``. A spoiler
    becomes that word, in English and Russian, or nothing. Code blocks, pictures, mentions and emoji are left out; code
    within a sentence stays. Empty if nothing is left. Numbers and abbreviations stay as they are: engines read them,
    offline ones through ``read_out``.
    """
    plain = _CONTROL.sub("", text.replace("\r\n", "\n"))
    if "||" in plain or "<t:" in plain:
        language = detect_language(_SPOILER.sub("", _DISCORD.sub("", plain)) or plain)
        plain = _SPOILER.sub(lambda match: match[0] if match["code"] else _SPOILER_WORDS.get(language, ""), plain)
        moment = now or datetime.now(UTC)
        plain = TIMESTAMP.sub(lambda match: spoken_time(match, language, moment), plain)
    plain = _DISCORD.sub("", _COMMAND.sub(r"\1", plain))
    plain = _SMALL_PRINT.sub("", plain)
    return "\n".join(_ended(block) for block in _blocks(_MARKDOWN.parse(plain)))


def _blocks(tokens: Iterable[Token]) -> Iterator[str]:
    """The paragraphs, headings, list items and table rows with words in them."""
    row: list[str] | None = None
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row:
            yield ", ".join(row)
            row = None
        elif token.type == "inline" and (words := _words(token.children or [])):
            if row is None:
                yield words
            else:
                row.append(words)


def _words(inline: Iterable[Token]) -> str:
    parts = ("\n" if token.type.endswith("break") else token.content for token in inline if token.type != "image")
    plain = _ADDRESS.sub(r"\1", "".join(parts))
    plain = emoji.replace_emoji(_STRAY_MARK.sub("", _SHORTCODE.sub("", plain)), "")
    lines = (_LOST_MARK.sub("", " ".join(line.split())) for line in plain.splitlines())
    return "\n".join(line for line in lines if _HAS_WORDS.search(line))


def _ended(block: str) -> str:
    return block if _ENDED.search(block) else block + "."
