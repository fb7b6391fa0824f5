"""What the words of a refusal mean, whether they come from OpenAI, other providers, servers or proxies."""

from __future__ import annotations

import re

from bot.conversation.errors import (
    ChatError,
    ChatFilteredError,
    ChatForbiddenError,
    ChatQuotaExceededError,
    ChatRateLimitedError,
    ChatRegionError,
    ContextTooLongError,
)

TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|request_too_large|string_above_max_length"
    r"|tokens_(exceeded|limit_reached)"
    r"|context (length|size|window|limit)|maximum context|max_?context|\bn_ctx\b|kv cache|max_?seq_?len"
    r"|(prompt|input|request|message|conversation|context)s?( text| length| token count| body)?"
    r" (is |are )?too (long|large)"
    r"|too many (input |prompt )?tokens|input token count|(input|prompt) tokens? (exceed|limit)"
    r"|maximum (prompt|input|(supported )?sequence length|number of (input )?tokens)|prompt (exceeds|has more)"
    r"|longer than the (model|maximum)|exceed(s|ed)? (the )?(model )?(token|context) (limit|length|window)"
    r"|reduce (the length|your (message|prompt|input))|range of input length|too long\b"
    r"|must be <= \d+\. given|must have less than \d+ tokens|超长"
    r"|context_?window_?exceeded|context shift is disabled|(payload|entity) too large|prompt has \d+ tokens"
)
_SEEMS_TOO_LONG = re.compile(
    r"(tokens?|prompt|input|sequence|length)\b.{0,60}(exceed|must be less than|(greater|larger|longer) than)"
    r"|request exceeds the maximum (size|length)|at most \d+ input tokens|cannot exceed the total tokens|长度超"
)
"""Words that may also describe a limit on replies, which is looked for first."""
NO_MODEL = re.compile(
    r"model_not_found|model_not_available|model_not_supported|(unknown|invalid|no such|nonexistent|unrecognized) model"
    r"|not a valid model|no endpoints found|try pulling it|is not found for api version|deploymentnotfound"
    r"|model.{0,120}?(not found|not exist|isn't available|is not available|no longer available|decommissioned)"
    r"|not have access to (the )?model|no access to model|unable to access model|could not find .{0,20}model"
    r"|model.{0,80}(not supported by any|deprecated|retired|not (allowed|permitted)|无可用|不存在)"
    r"|healthy deployments? for",
    re.DOTALL,
)
NO_KEY = re.compile(
    r"invalid_?api_?key|api_key_invalid|authentication|unauthenticated|no_db_connection"
    r"|(api|access|auth)[ _-]?(key|token).{0,30}(invalid|not valid|incorrect|expired|missing|leaked|revoked|disabled)"
    r"|(invalid|incorrect|expired|missing|no).{0,20}(api|auth)[ _-]?(key|token|credentials)"
    r"|(security|bearer) token.{0,40}invalid|^\W*(error\W*)?invalid token"
    r"|token (has |is )?expired|not authenticated|\bunauthorized\b"
)
"""``no_db_connection``: what LiteLLM's proxy says of a key that is not its master key, if it stores no others."""
NO_ADDRESS = re.compile(
    r"^\W*(error\W*)?(detail\W*)?((http )?404\W+)?((page|resource|path|endpoint|url) )?not[ _]found\W*$"
    r"|http request.{0,20}to (an )?https"
    r"|requested url .{1,200} not found|unsupported method|upgrade required"
    r"|invalid url|unexpected endpoint|unknown (url|request url)"
    r"|cannot (post|get) /|no route|route .{0,80}not found|method not allowed|could not route"
)
NO_CHAT = re.compile(
    r"not a chat model|only supported in v1/(responses|completions)|not support (chat|generate)\b"
    r"|is an? (embeddings?|reranking|image|speech) model"
)
OVERLOADED = re.compile(
    r"overloaded|at capacity|over capacity|capacity[ _]exceeded|(is|still|currently) loading|loading model"
    r"|no healthy|no available (server|worker|channel)"
    r"|out of memory|unable to allocate|queue( size)? (is )?(full|reached|exceeded)"
    r"|temporarily unavailable|high demand|try again later|server (is )?busy|engine is currently"
    r"|warming up|cold start"
)
_REQUESTED = re.compile(r"limit:? (\d+).{0,80}requested:? (\d+)", re.DOTALL)
"""How a limit on tokens per minute is stated: waiting does not help if a single request exceeds it."""
_TOO_MANY = re.compile(
    r"throttl|rate[ _-]?limit\w* (reached|exceeded)|(exceeded|reached).{0,20} rate[ _-]?limit"
    r"|ratelimit(reached|exceeded)|too many requests|rate_limit_(exceeded|error)"
    r"|(request|concurrency) limit|per (minute|second)\b|slow down"
)
_FILTERED = re.compile(
    r"content_?filter|content[ _]policy|content management policy|responsibleai|requires moderation|\bflagged\b"
    r"|moderation_blocked|data_inspection_failed|safety (system|filter|polic)|prohibited[_ ]content|content exists risk"
    r"|(inappropriate|sensitive|harmful|unsafe) content"
    r"|blocked (by|due to|for).{0,40}(safety|polic|guardrail)|guardrail|moderation"
    r"|violat(e|es|ed|ing|ion)\b.{0,40}(polic|guideline|terms of)|敏感|不安全|违规"
)
_REGION = re.compile(
    r"unsupported_country|country, region|(country|region|territory|location) (is )?not (supported|available|allowed)"
    r"|not (available|supported|allowed) in your (current )?(country|region|location|territory)"
    r"|location is not supported|(unsupported|restricted) (countr|region|territor|location)|geo-?(restrict|block)"
    r"|access from .{1,40} is (restricted|not (allowed|supported))|from your (country|region|location)"
)
_NO_CREDIT = re.compile(
    r"insufficient[ _](quota|balance|credits?|funds)|credit balance"
    r"|(more|out of|no|enough|any|available|remaining) credits?\b|(credits?|balance|funds).{0,20}(insufficient|too low)"
    r"|billing|payment required|purchase .{0,20}credits?|account is not active|arrearage|overdue"
    r"|exceeded your current quota|spending limit|budget has been exceeded|budget_exceeded|trial.{0,20}expired"
    r"|key limit exceeded|credits? (is |are )?depleted"
    r"|(free tier|credits?|quota) (is |are |has been |have been )?(exhausted|used up)|额度不足|余额不足|欠费"
)
_SURELY_NO_CREDIT = re.compile(r"insufficient[ _](quota|balance|credits?|funds)|exceeded your current quota")
_SHUT_OUT = re.compile(
    r"(organization|account|project|user) (has been |is |was )?(restricted|deactivated|suspended|disabled|banned)"
    r"|organization_restricted|account_deactivated"
)


def meaning_of(words: str, status: int, retry_after_s: float | None) -> ChatError | None:
    """The error that the words alone determine; None if they do not.

    ``words``: all that is said, in lower case. ``status``: the HTTP status, 0 if unknown. ``retry_after_s``: how long
    to wait, if that is said.
    """
    requested = _REQUESTED.search(words)
    too_large = requested is not None and int(requested[2]) > int(requested[1])
    if status == 413 or too_large or "request too large" in words:
        return ContextTooLongError()
    if status == 401:
        return ChatQuotaExceededError() if _SURELY_NO_CREDIT.search(words) else None
    if status in (420, 429):
        # Temporary limits are described in many words, some of which are also used for other refusals.
        if retry_after_s is None and _NO_CREDIT.search(words):
            return ChatQuotaExceededError()
        return None
    if status != 402 and _TOO_MANY.search(words):
        return ChatRateLimitedError.after(retry_after_s)
    for pattern, kind in (
        (_FILTERED, ChatFilteredError),
        (_REGION, ChatRegionError),
        (_NO_CREDIT, ChatQuotaExceededError),
        (_SHUT_OUT, ChatForbiddenError),
        (TOO_LONG, ContextTooLongError),
        (_SEEMS_TOO_LONG, ContextTooLongError),
    ):
        if pattern.search(words):
            return kind()
    return None
