"""What each model at an endpoint accepts: learnt from its refusals, and remembered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from bot.conversation.refusal_words import TOO_LONG
from bot.conversation.refusals import Refusal

log = structlog.get_logger()

KEPT_S = 7 * 86400.0
"""What was learnt is forgotten after a week: endpoints change, and learning it again costs one request."""
MIN_CONTEXT_TOKENS = 256

_LIMITS = ("max_tokens", "max_completion_tokens")
_REQUIRED = ("model", "messages", "stream")
_NO_SYSTEM = re.compile(
    r"system (role|message|prompt|instruction)s?.{0,40}(not|n't|unsupported|only)|developer instruction is not enabled"
    r"|(role|roles).{0,30}\bsystem\b.{0,30}(not|unsupported|invalid)"
    r"|(unsupported|unknown|invalid|unexpected) (message )?role.{0,20}system|only user.{0,30}roles"
    r"|role.{0,20}not support .?system|invalid value: .system|'system' is not|roles must alternate"
)
"""The last one is how chat templates without that role refuse it, since our roles do alternate."""
_NO_STREAM = re.compile(
    r"verified to stream|not support stream|stream(ing)?\W{0,3}(is )?(not|n't|un)[ ]?(supported|allowed|available)"
    r"|stream\W{0,3}.{0,40}must be false"
)
_UNKNOWN_FIELD = re.compile(
    r"extra (fields|inputs)|unrecognized|(unknown|unexpected) (field|name|parameter|argument|key)"
    r"|not permitted|unsupported|not supported|does not support|not allowed|additional properties|invalid"
    r"|deprecated|cannot (both )?be|may only be|must be (one of|set to)"
)
_OF_ROLES = re.compile(r"\b(system|roles?|alternat\w*|multiturn)\b|(start|begin|first).{0,40}\buser\b")
_OF_SAMPLING = ("temperature", "seed")
_OTHER_LIMITS = re.compile(r"max_?(output|new|completion)_?tokens")
"""What proxies call the token limit of the provider behind them."""
_MIN_REPLY_TOKENS = 16
"""A smaller number in a refusal is the lower bound of what is allowed, or not a token count."""
_OF_THINKING = ("think", "reasoning_effort", "reasoning", "enable_thinking", "thinking", "chat_template_kwargs")
"""Fields that a model without reasoning refuses without naming them."""
_CONTEXT = re.compile(
    r"(?:maximum context length|context (?:length|size|window)|n_ctx|max_?seq_?len"
    r"|maximum supported sequence length)(?: is| of|:|=)?(?: only| just)? ?\(?(\d[\d,_]*)"
    r"|maximum (?:prompt|input) length is (\d[\d,_]*)|maximum number of tokens allowed \((\d[\d,_]*)\)"
    r"|max_new_tokens.{0,3} must be <= (\d+)|must have less than (\d+) tokens"
)
_NUMBER = re.compile(r"(?<![\w.])\d[\d,_]*(?![\w.]*\w)")


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """How one model at one endpoint wants to be asked, and how it answers."""

    limit_field: str | None = "max_tokens"
    """The field that limits the length of a reply; None if it accepts none."""
    left_out: frozenset[str] = frozenset()
    """Request fields that it refuses."""
    system_role: bool = True
    """Whether it accepts system messages; otherwise instructions are put in front of the user's first message."""
    pictures: bool = True
    streams: bool = True
    """Whether it sends its replies in parts; otherwise each comes as a whole."""
    reasons: bool = False
    """Whether it reasons before it answers, which uses up tokens of the reply."""
    opens_thinking: bool = False
    """Whether its replies begin inside their reasoning, so that only the closing mark comes."""
    max_reply_tokens: int | None = None
    """The highest limit that it accepts; None if unknown."""
    context_tokens: int | None = None
    """The room for prompt and reply together that it states, in its own tokens; None if unknown."""

    def differences(self) -> list[str]:
        """How it differs from OpenAI's API, in words for whoever runs Starling."""
        lines = []
        if self.limit_field != "max_tokens":
            lines.append(f"limits replies by {self.limit_field}" if self.limit_field else "takes no limit of tokens")
        if self.left_out:
            lines.append(f"does not take {', '.join(sorted(self.left_out))}")
        if not self.system_role:
            lines.append("has no system role")
        if not self.pictures:
            lines.append("takes no pictures")
        if not self.streams:
            lines.append("does not stream")
        if self.reasons:
            lines.append("thinks before it answers")
        if self.max_reply_tokens is not None:
            lines.append(f"writes at most {self.max_reply_tokens} tokens")
        if self.context_tokens is not None:
            lines.append(f"has a context of {self.context_tokens} tokens")
        return lines


def adapt(profile: ModelProfile, refusal: Refusal, sent: Mapping[str, object]) -> ModelProfile | None:
    """The profile that ``refusal`` of the request ``sent`` teaches; None if it teaches nothing that could help another
    request.

    A profile that is returned is worth one more request, and nothing is learnt twice.
    """
    if refusal.is_page or refusal.status not in (0, 400, 422, 500, 501, 502):
        return None
    words = refusal.words
    for learnt in (
        _of_streaming(profile, refusal, sent),
        _of_limits(profile, refusal, sent),
        _of_roles(profile, words, sent),
        _of_fields(profile, refusal, sent),
    ):
        if learnt is not None and learnt != profile:
            return learnt
    return None


def guess(profile: ModelProfile, refusal: Refusal, sent: Mapping[str, object]) -> ModelProfile | None:
    """A profile that may help if the refusal's words are not recognised: without a field that it names, without the
    system role if it mentions roles, or else without asking for a token count, which the fewest endpoints know."""
    if refusal.is_page or refusal.status not in (400, 422, 500):
        return None
    # A word such as "stop" or "user" may occur by chance.
    named = {name for name in _named_in(refusal, sent) if "_" in name or name in _OF_SAMPLING}
    if named:
        return replace(profile, left_out=profile.left_out | named)
    if _has_system(sent) and _OF_ROLES.search(refusal.words):
        return replace(profile, system_role=False)
    # A failure that may pass teaches nothing.
    if "stream_options" not in sent or refusal.status == 500:
        return None
    return replace(profile, left_out=profile.left_out | {"stream_options"})


def stated_context(refusal: Refusal) -> int | None:
    """The context length that an endpoint states when a prompt is too long; None if it states none."""
    found = _CONTEXT.search(refusal.words)
    return None if found is None else _integer(next(filter(None, found.groups())))


def _of_limits(profile: ModelProfile, refusal: Refusal, sent: Mapping[str, object]) -> ModelProfile | None:
    field = next((name for name in _LIMITS if name in sent), None)
    words = refusal.words
    limit = None if field is None else sent[field]
    # What CHAT_EXTRA sets instead is not changed.
    if field is None or not isinstance(limit, int):
        return None
    context = stated_context(refusal)
    if context is not None:
        # Whoever wrote a prompt that is too long cuts it; here, the reply is shortened if it takes up the room.
        if context < MIN_CONTEXT_TOKENS or limit <= context // 2:
            return None
        return replace(profile, context_tokens=context, max_reply_tokens=context // 2)
    if TOO_LONG.search(words):
        return None
    other = _LIMITS[1 - _LIMITS.index(field)]
    if not re.search(rf"(?<!\w){field}(?!\w)", words) and not _OTHER_LIMITS.search(words):
        return None
    numbers = [
        number
        for found in _NUMBER.finditer(words)
        if _MIN_REPLY_TOKENS <= (number := _integer(found[0]) - ("(exclusive" in words[found.end() :][:12])) < limit
    ]
    # The refused field is named first, and then the one to use instead.
    if re.search(rf"(?<!\w){other}(?!\w).{{0,40}}instead", words) or (
        other not in profile.left_out and not numbers and _UNKNOWN_FIELD.search(words)
    ):
        left_out = profile.left_out | {field}
        return replace(profile, limit_field=None if other in left_out else other, left_out=left_out)
    if numbers:
        return replace(profile, max_reply_tokens=max(numbers))
    return replace(profile, limit_field=None, left_out=profile.left_out | {field})


def _of_streaming(profile: ModelProfile, refusal: Refusal, sent: Mapping[str, object]) -> ModelProfile | None:
    if sent.get("stream") is not True or not (refusal.param == "stream" or _NO_STREAM.search(refusal.words)):
        return None
    return replace(profile, streams=False)


def _of_roles(profile: ModelProfile, words: str, sent: Mapping[str, object]) -> ModelProfile | None:
    return replace(profile, system_role=False) if _has_system(sent) and _NO_SYSTEM.search(words) else None


def _of_fields(profile: ModelProfile, refusal: Refusal, sent: Mapping[str, object]) -> ModelProfile | None:
    fields = [name for name in sent if name not in (*_REQUIRED, *_LIMITS)]
    words = refusal.words
    if refusal.param in fields:
        return replace(profile, left_out=profile.left_out | {refusal.param})
    if not _UNKNOWN_FIELD.search(words):
        return None
    named = _named_in(refusal, sent)
    if re.search(r"not support (thinking|reasoning)", words):
        named |= {name for name in fields if name in _OF_THINKING}
    return replace(profile, left_out=profile.left_out | named) if named else None


def _has_system(sent: Mapping[str, object]) -> bool:
    messages = sent.get("messages")
    return isinstance(messages, list) and any(one["role"] == "system" for one in messages)


def _named_in(refusal: Refusal, sent: Mapping[str, object]) -> set[str]:
    """The fields of ``sent`` that ``refusal`` names and that can be left out."""
    # xAI spells fields differently in refusals than in requests: reasoningEffort.
    spellings = {
        name: {name.lower(), name.lower().replace("_", "")} for name in sent if name not in (*_REQUIRED, *_LIMITS)
    }
    return {
        name
        for name, spelt in spellings.items()
        if any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", refusal.words) for one in spelt)
    }


def _integer(text: str) -> int:
    return int(text.replace(",", "").replace("_", "")[:12] or 0)


class ModelProfiles:
    """The profiles of all models, kept in a file if there is one. It holds nothing that was asked or answered."""

    def __init__(self, file: Path | None = None) -> None:
        """``file``: JSON; None: nothing outlives the process."""
        self._file = file
        self._known: dict[str, tuple[float, ModelProfile]] = {}
        if file is not None:
            self._known = _read(file)

    def of(self, endpoint: str, model: str) -> ModelProfile:
        """The profile of ``model`` at ``endpoint``, a string that identifies the endpoint and its settings."""
        learnt_at, profile = self._known.get(f"{endpoint} {model}", (0.0, None))
        return profile if profile is not None and time.time() - learnt_at < KEPT_S else _usual(endpoint)

    def learn(self, endpoint: str, model: str, profile: ModelProfile) -> None:
        """Remember ``profile``."""
        if profile == self.of(endpoint, model):
            return
        log.info("learnt the profile of a chat model", model=model, ways=profile.differences())
        self._known[f"{endpoint} {model}"] = (time.time(), profile)
        if self._file is None:
            return
        known = {key: {"at": at, **_plain(one)} for key, (at, one) in self._known.items() if time.time() - at < KEPT_S}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(known, indent=1), encoding="utf-8")
            fresh.replace(self._file)
        except OSError as error:
            log.warning("profiles of chat models cannot be stored", file=str(self._file), why=str(error))


def _usual(endpoint: str) -> ModelProfile:
    # OpenAI's own endpoint accepts the newer field for all of its models, and the older one only for some.
    return ModelProfile(
        limit_field="max_completion_tokens" if endpoint.startswith("https://api.openai.com/") else "max_tokens"
    )


def _plain(profile: ModelProfile) -> dict[str, Any]:
    return {**asdict(profile), "left_out": sorted(profile.left_out)}


def _read(file: Path) -> dict[str, tuple[float, ModelProfile]]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(key): (float(one.pop("at")), ModelProfile(**{**one, "left_out": frozenset(one["left_out"])}))
            for key, one in data.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("profiles of chat models cannot be read, learning them again", file=str(file), why=str(error))
        return {}
