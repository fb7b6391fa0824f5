"""What a part of a streamed reply says, in whatever shape an endpoint sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.conversation.refusals import Refusal, refusal_in
from bot.conversation.sources import Source, sources_in


class ReplyEnd(StrEnum):
    """How a reply came to its end."""

    WHOLE = "whole"
    LIMIT = "limit"
    """Cut off at the token limit."""
    FILTERED = "filtered"
    FAILED = "failed"


_ENDS: tuple[tuple[ReplyEnd, re.Pattern[str]], ...] = (
    (ReplyEnd.FILTERED, re.compile(
        r"^(?!functioncall)(.*filter|.*safety|.*moderat|.*polic|.*sensitive|.*guardrail|.*block|.*prohibited"
        r"|.*refus|recitation|spii)"
    )),
    (ReplyEnd.FAILED, re.compile(
        r"error|fail|abort|cancel|overload|timeout|timedout|interrupt|disconnect|unavailable|resource|ratelimit"
    )),
    (ReplyEnd.LIMIT, re.compile(r"length|limit|truncat|incomplete|max\w*token|contextwindow|maxtime")),
)  # fmt: skip
"""Which words in a finish reason mean which end, at OpenAI, Azure, Mistral, Gemini, Anthropic, DeepSeek, Zhipu, vLLM,
SGLang and others that spell it differently; any other, such as ``stop`` and ``eos``, means that the reply is whole."""

_ABSENT = ("", "null", "none")
_CHOICES = ("choices", "choice", "candidates")
_ENDINGS = ("finishreason", "stopreason", "donereason", "nativefinishreason", "stoptype")
_FLAGS_OF_END = ("done", "stop", "isfinished", "finished", "isend")
_REASONING = ("reasoningcontent", "reasoning", "reasoningtext", "thinking", "thought", "thoughts")
_TEXT = ("content", "contents", "text", "outputtext", "parts", "value", "response", "message", "messages", "refusal")
"""Fields that hold text, the likeliest first."""
_KINDS = ("type", "channel", "object")
"""Fields that say of which kind a text, or an event, is."""
_OF_REASONING = re.compile(r"think|thought|reason|analysis|commentary")
_OF_WORDS = re.compile(r"delta|text|content|message|completion|response|chunk")
_NO_WORDS = re.compile(r"argument|tool|function|json|signature|citation|start|created|status")
_OF_LAST = re.compile(r"(message|response|completion|stream)(stop|done|end|complete|completed|finished)$")
_OF_ALL = re.compile(r"(done|completed)$")
_MAX_WRAPPERS = 3
_MAX_KEY_CHARS = 80


@dataclass(frozen=True, slots=True)
class CountedTokens:
    """The endpoint's token counts."""

    prompt: int = 0
    reply: int = 0
    """Reasoning included."""
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was read from one event."""

    text: str = ""
    reasoning: str = ""
    """The model's reasoning, if the endpoint keeps it apart."""
    is_complete: bool = False
    """Whether ``text`` is the whole reply, of an endpoint that does not stream."""
    end: ReplyEnd | None = None
    wants_tool: bool = False
    """Whether the model calls a tool, though none was offered."""
    counted: CountedTokens | None = None
    sources: tuple[Source, ...] = ()
    """The pages that it cites."""
    refusal: Refusal | None = None
    """An error in the middle of a stream that began well."""
    index: int = 0
    """The index of its choice, if there are several."""


def read_chunk(data: Mapping[str, object], name: str = "") -> Chunk:
    """What an event says: ``data`` is its JSON, ``name`` is its name.

    Nothing in it need be present or of the right type: what can be read is read.
    """
    data = _unwrapped(data)
    choice = _first(_field(data, *_CHOICES))
    refusal = refusal_in(data, name) or refusal_in(choice)
    counted = _counted(data)
    kind = _kind(data)
    if choice is None and refusal is None and _is_choice(data, kind):
        choice = data
    if choice is None:
        return Chunk(counted=counted, refusal=refusal, end=_end_in(data), sources=sources_in(data))
    delta, message = _structure(choice, "delta"), _structure(choice, "message")
    said = message if delta is None or (isinstance(delta, str | list) and isinstance(message, Mapping)) else delta
    is_complete = said is message is not None and data.get("done") is not False and not _NO_WORDS.search(kind)
    is_complete = is_complete or (choice is data and bool(_OF_ALL.search(kind)))
    text = reasoning = ""
    wants_tool = False
    if isinstance(said, Mapping):
        text, reasoning = _text(said)
        if not reasoning:
            reasoning = "".join("".join(_text(said[key])) for key in said if _plain(key) in _REASONING)[: 1 << 20]
        if _field(said, "content") is not None:
            refused = _field(said, "refusal")
            text += refused if isinstance(refused, str) else ""
        wants_tool = bool(_field(said, "toolcalls") or _field(said, "functioncall"))
    elif said is not None:
        text, reasoning = _text(said)
    if not (text or reasoning):
        # The older completions API, and servers with an API of their own.
        text, reasoning = _text(_field(choice, "text") if isinstance(said, Mapping) else choice)
    if choice is data and _OF_REASONING.search(kind):
        text, reasoning = "", reasoning + text
    return Chunk(
        text,
        reasoning,
        is_complete,
        _end_in(choice, said, data),
        wants_tool,
        counted,
        sources_in(data, choice, said),
        refusal,
        index=0 if choice is data else _index(choice),
    )


def _unwrapped(data: Mapping[str, object], depth: int = 0) -> Mapping[str, object]:
    """The event inside whatever a proxy has wrapped around it."""
    if _field(data, *_CHOICES) is None and depth < _MAX_WRAPPERS:
        for inner in data.values():
            if isinstance(inner, Mapping):
                found = _unwrapped(inner, depth + 1)
                if _field(found, *_CHOICES) is not None:
                    return found
    return data


def _kind(data: Mapping[str, object]) -> str:
    """The kind that an event says it is, such as ``contentblockdelta``."""
    found = (data.get(name) for name in _KINDS)
    return next((_plain(one) for one in found if isinstance(one, str)), "")


def _is_choice(data: Mapping[str, object], kind: str) -> bool:
    """Whether an event without choices contains text for people all the same."""
    if _NO_WORDS.search(kind) or (kind and not (_OF_WORDS.search(kind) or _OF_REASONING.search(kind))):
        return False
    if isinstance(_field(data, "message"), Mapping):
        # Ollama's own API.
        return True
    return any(isinstance(_field(data, name), str | list | Mapping) for name in ("delta", "content")) or any(
        isinstance(_field(data, name), str) for name in ("text", "outputtext", "response")
    )


def _structure(choice: Mapping[str, object], name: str) -> object:
    """The field ``name`` of ``choice``; None if it is absent, or holds a word such as "null" instead."""
    found = _field(choice, name)
    return None if isinstance(found, str) and found.strip().lower() in _ABSENT else found


def _first(choices: object) -> Mapping[str, object] | None:
    """The choice with the lowest index; None if there is none."""
    if isinstance(choices, Mapping):
        choices = [choices["0"]] if "0" in choices else [choices]
    if not isinstance(choices, list):
        return None
    found = [one for one in choices if isinstance(one, Mapping)]
    if not found:
        return next((first for one in choices if isinstance(one, list) and (first := _first(one)) is not None), None)
    return min(found, key=_index)


def _index(choice: Mapping[str, object]) -> int:
    return _count(choice.get("index"))


def _plain(key: object) -> str:
    """A key's letters in lower case, the same for ``finish_reason``, ``finishReason`` and ``Finish-Reason``."""
    return _letters(str(key)[:_MAX_KEY_CHARS])


@lru_cache(1024)
def _letters(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _field(data: Mapping[str, object], *names: str) -> object:
    """The value of the first of ``names`` that is present and neither null nor empty text; None if none is."""
    there = _fields(data)
    return next((there[name] for name in names if name in there), None)


def _fields(data: Mapping[str, object]) -> dict[str, object]:
    """The first value of each plain name, leaving out nulls and empty text."""
    there: dict[str, object] = {}
    for key, value in data.items():
        if value is not None and value != "":
            there.setdefault(_plain(key), value)
    return there


def _text(value: object) -> tuple[str, str]:
    """The text and the reasoning in ``value``: a string, a number, a part or a list of parts."""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value), ""
    if isinstance(value, list):
        found = [_text(one) for one in value]
        return "".join(text for text, _reasoning in found), "".join(reasoning for _text, reasoning in found)
    if isinstance(value, Mapping):
        kinds = "".join(_plain(kind) for key in _KINDS if isinstance(kind := value.get(key), str))
        if _OF_REASONING.search(kinds) or value.get("thought") is True:
            return "", "".join(_strings(value))
        for name in _TEXT:
            if (inner := _field(value, name)) is not None:
                return _text(inner)
    return "", ""


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth < 5:
        for key, inner in value.items():
            if _plain(key) in _TEXT or _plain(key) in _REASONING or "summary" in _plain(key):
                yield from _strings(inner, depth + 1)
    elif isinstance(value, list) and depth < 5:
        for inner in value:
            yield from _strings(inner, depth + 1)


def _end_in(*holders: object) -> ReplyEnd | None:
    """How the reply ends, by the first of ``holders`` that says so; None if none does."""
    for holder in holders:
        if not isinstance(holder, Mapping):
            continue
        # Computed once for all names: this runs for every word of a reply.
        there = _fields(holder)
        for name in _ENDINGS:
            if name in there and (end := _end(there[name])) is not None:
                return end
        if any(there.get(name) is True for name in _FLAGS_OF_END) or _OF_LAST.search(_kind(holder)):
            return ReplyEnd.WHOLE
    return None


def _end(value: object) -> ReplyEnd | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        value = _field(value, "type", "reason")
    if not isinstance(value, str) or value.strip().lower() in _ABSENT:
        return None
    # Gemini says why it filters: "content_filter: PROHIBITED_CONTENT".
    kind = _plain(value.partition(":")[0])
    return next((end for end, words in _ENDS if words.search(kind)), ReplyEnd.WHOLE)


def _counted(data: Mapping[str, object]) -> CountedTokens | None:
    usage = _field(data, "usage", "usagemetadata")
    if not isinstance(usage, Mapping) and isinstance(inner := data.get("x_groq"), Mapping):
        usage = _field(inner, "usage")
    if not isinstance(usage, Mapping):
        return None
    details = _field(usage, "completiontokensdetails", "outputtokensdetails")
    counted = CountedTokens(
        _count(_field(usage, "prompttokens", "inputtokens", "prompttokencount")),
        _count(_field(usage, "completiontokens", "outputtokens", "candidatestokencount")),
        _count(_field(details, "reasoningtokens")) if isinstance(details, Mapping) else 0,
    )
    return counted if counted != CountedTokens() else None


def _count(value: object) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | float) and 0 <= value < 1 << 40:
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 12:
        return int(value)
    return 0
