"""What a part of a streamed reply says, however an endpoint dresses it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.conversation.refusals import Refusal, refusal_in
from bot.conversation.sources import Source, sources_in


class ReplyEnd(StrEnum):
    """How a reply came to its end."""

    WHOLE = "whole"
    LIMIT = "limit"
    """At the limit of tokens: it would go on."""
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
"""By what is in the word for it, of OpenAI, Azure, Mistral, Gemini, Anthropic, DeepSeek, Zhipu, vLLM, SGLang and those
who write it in another way; all others, such as ``stop`` and ``eos``, mean that the reply is whole."""

_ABSENT = ("", "null", "none")
_WRAPPERS = ("result", "data", "output", "response", "body")
_ENDINGS = ("finishreason", "stopreason", "donereason", "nativefinishreason")
_REASONING = ("reasoningcontent", "reasoning", "reasoningtext", "thinking", "thought", "thoughts")
_TEXT = ("content", "text", "outputtext", "value", "refusal")


@dataclass(frozen=True, slots=True)
class CountedTokens:
    """What the endpoint counts."""

    prompt: int = 0
    reply: int = 0
    """Reasoning included."""
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is read of one event."""

    text: str = ""
    reasoning: str = ""
    """What the model says to itself, where the endpoint keeps it apart."""
    is_complete: bool = False
    """Whether ``text`` is the whole reply, of an endpoint that does not stream."""
    end: ReplyEnd | None = None
    wants_tool: bool = False
    """Whether the model calls a tool, though none was offered."""
    counted: CountedTokens | None = None
    sources: tuple[Source, ...] = ()
    """Pages that it is taken from."""
    refusal: Refusal | None = None
    """An error in the middle of a stream that began well."""


def read_chunk(data: object, name: str = "") -> Chunk:
    """What an event says: ``data`` is its JSON, ``name`` what it is called.

    Nothing in it need be there, or be of the type that it should be: what can be read is read.
    """
    if isinstance(data, list):
        # Gemini's native streams and some proxies wrap each event in a list.
        data = next((one for one in data if isinstance(one, Mapping)), {})
    if not isinstance(data, Mapping):
        return Chunk()
    data = _unwrapped(data)
    choice = _first(_field(data, "choices"))
    refusal = refusal_in(data, name) or refusal_in(choice)
    counted = _counted(data)
    if choice is None and isinstance(_field(data, "message"), Mapping):
        # Of Ollama's own contract.
        choice = data
    if choice is None:
        return Chunk(counted=counted, refusal=refusal, end=_end_in(data), sources=sources_in(data))
    delta, message = _structure(choice, "delta"), _structure(choice, "message")
    is_complete = not isinstance(delta, Mapping) and isinstance(message, Mapping) and data.get("done") is not False
    said = message if isinstance(message, Mapping) and not isinstance(delta, Mapping) else delta
    end = _end_in(choice, said, data)
    text = reasoning = ""
    wants_tool = False
    if isinstance(said, Mapping):
        text, reasoning = _text(_field(said, "content"))
        reasoning += "".join(_text(said[key])[0] for key in said if _plain(key) in _REASONING)[: 1 << 20]
        refused = _field(said, "refusal")
        text += refused if isinstance(refused, str) else ""
        wants_tool = bool(_field(said, "toolcalls") or _field(said, "functioncall"))
        if said.get("thought") is True:
            text, reasoning = "", reasoning + text
    elif isinstance(delta, str | list):
        text, reasoning = _text(delta)
    if not text:
        # Of the older contract for completions.
        text = _text(_field(choice, "text"))[0]
    return Chunk(text, reasoning, is_complete, end, wants_tool, counted, sources_in(data, choice, said), refusal)


def _unwrapped(data: Mapping[str, object]) -> Mapping[str, object]:
    """What some proxies put around an event is left out."""
    if "choices" not in data:
        for name in _WRAPPERS:
            if isinstance(inner := data.get(name), Mapping) and "choices" in inner:
                return inner
    return data


def _structure(choice: Mapping[str, object], name: str) -> object:
    """A part of ``choice`` that is no text of its own: the word "null" in its place says that there is none."""
    found = _field(choice, name)
    return None if isinstance(found, str) and found.strip().lower() in _ABSENT else found


def _first(choices: object) -> Mapping[str, object] | None:
    """The first choice; one that says that it is another one is left out."""
    found = choices if isinstance(choices, list) else []
    if isinstance(choices, Mapping):
        found = [choices["0"]] if "0" in choices else [choices]
    for choice in found:
        if isinstance(choice, Mapping) and choice.get("index") in (None, 0, "0", ""):
            return choice
    return None


def _plain(key: object) -> str:
    """A key without what spellings of it differ in: ``finish_reason``, ``finishReason``, ``Finish-Reason``."""
    return re.sub(r"[^a-z]", "", str(key).lower())


def _field(data: Mapping[str, object], *names: str) -> object:
    """The first value that is there of those names; None for what only says that there is none."""
    for name in names:
        for key, value in data.items():
            if _plain(key) == name and not (isinstance(value, str) and value == "") and value is not None:
                return value
    return None


def _text(value: object) -> tuple[str, str]:
    """Text and reasoning in ``value``: a text, a number, a part or a list of parts."""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value), ""
    if isinstance(value, list):
        found = [_text(one) for one in value]
        return "".join(text for text, _reasoning in found), "".join(reasoning for _text, reasoning in found)
    if isinstance(value, Mapping):
        if _plain(value.get("type")) in _REASONING or value.get("thought") is True:
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
            if _plain(key) != "type":
                yield from _strings(inner, depth + 1)
    elif isinstance(value, list) and depth < 5:
        for inner in value:
            yield from _strings(inner, depth + 1)


def _end_in(*holders: object) -> ReplyEnd | None:
    """How the reply ends, by the first of ``holders`` that says so."""
    for holder in holders:
        if not isinstance(holder, Mapping):
            continue
        for name in _ENDINGS:
            if (end := _end(_field(holder, name))) is not None:
                return end
        if holder.get("done") is True:
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
    usage = _field(data, "usage")
    if not isinstance(usage, Mapping) and isinstance(inner := data.get("x_groq"), Mapping):
        usage = _field(inner, "usage")
    if not isinstance(usage, Mapping):
        return None
    details = _field(usage, "completiontokensdetails", "outputtokensdetails")
    counted = CountedTokens(
        _count(_field(usage, "prompttokens", "inputtokens")),
        _count(_field(usage, "completiontokens", "outputtokens")),
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
