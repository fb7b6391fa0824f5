"""Secrets and personal data that somebody has put into an example.

Secrets: the detectors of detect-secrets that know a token by its form; those that go by entropy or by words alone
would flag half of what people write about programs. Telephone numbers: phonenumbers (Google's libphonenumber). Bank
accounts and cards: their check digits, by python-stdnum.

Their regular expressions take a time that grows with the square of a line, and hold the interpreter while they do: what
people have uploaded is searched in a sealed process.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from stdnum import iban, luhn

from bot.errors import translatable as _


class LeakKind(StrEnum):
    """What nobody should learn from an example."""

    SECRET = "secret"  # noqa: S105 - a word, not a secret
    EMAIL = "email"
    PHONE = "phone"
    ACCOUNT = "account"
    CARD = "card"


LEAK_NAMES: dict[LeakKind, str] = {
    LeakKind.SECRET: _("a key or a token"),
    LeakKind.EMAIL: _("an e-mail address"),
    LeakKind.PHONE: _("a telephone number"),
    LeakKind.ACCOUNT: _("a bank account"),
    LeakKind.CARD: _("a number of a bank card"),
}

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?![\w-])")
_EXAMPLE_DOMAINS = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid")
"""Nobody's, by RFC 2606."""
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CARD = re.compile(r"(?<![\d-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\d-])")
_DIGIT = re.compile(r"\d")
_MIN_DIGITS = 7
# Newer than what detect-secrets knows: keys of OpenAI and Anthropic with a prefix.
_NEWER_KEYS = re.compile(r"(?<![\w-])sk-(?:proj|svcacct|ant)-[\w-]{20,200}")

_SEARCHED_CHARS, _OVERLAP_CHARS = 1000, 400
"""A longer line is searched in parts that overlap by more than the longest keys but tokens with much inside."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """What leaks in an example."""

    leaks: tuple[LeakKind, ...] = ()
    """In alphabetical order."""
    in_prompt: bool = False
    """Whether some of it does in the prompt."""


def unpacked_leaks(given: bytes) -> list[Leaks]:
    """What ``found`` gave, of each example."""
    return [Leaks(tuple(map(LeakKind, leaks)), in_prompt) for leaks, in_prompt in json.loads(given)]


def load() -> None:
    """Have all loaded that is loaded at the first search."""
    leaks_in("call +7 912 345-67-89 or +1 212 555 0100, pay to DE89 3704 0044 0532 0130 00", None)


def found(packed: bytes) -> bytes:
    """What leaks in examples, as ``unpacked_leaks`` reads it; for a sealed process, so this imports little. ``packed``
    is a list as JSON, with the language and the texts of each example, the prompt first."""
    made: list[tuple[list[LeakKind], bool]] = []
    for language, (prompt, *others) in json.loads(packed):
        in_prompt = leaks_in(prompt, language)
        made.append((sorted(in_prompt.union(*(leaks_in(text, language) for text in others))), bool(in_prompt)))
    return json.dumps(made).encode()


def leaks_in(text: str, language: str | None) -> set[LeakKind]:
    """What leaks in ``text``, of at most ``MAX_CHARS``; numbers without a country's code are taken for Russian ones in
    a Russian text. Takes about 1 ms, or a fifth of a second when first called."""
    found: set[LeakKind] = set()
    if _NEWER_KEYS.search(text) or any(_has_secret(part) for line in text.splitlines() for part in _parts(line)):
        found.add(LeakKind.SECRET)
    if any(not match.group().casefold().endswith(_EXAMPLE_DOMAINS) for match in _EMAIL.finditer(text)):
        found.add(LeakKind.EMAIL)
    if len(_DIGIT.findall(text)) < _MIN_DIGITS:
        return found
    if any(iban.is_valid(match.group()) for match in _IBAN.finditer(text)):
        found.add(LeakKind.ACCOUNT)
    if any(luhn.is_valid(re.sub("[ -]", "", match.group())) for match in _CARD.finditer(text)):
        found.add(LeakKind.CARD)
    region = "RU" if language == "ru" else None
    if any(True for _match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=1000)):
        found.add(LeakKind.PHONE)
    return found


def _parts(line: str) -> Iterator[str]:
    for start in range(0, max(1, len(line) - _OVERLAP_CHARS), _SEARCHED_CHARS - _OVERLAP_CHARS):
        yield line[start : start + _SEARCHED_CHARS]


def _has_secret(line: str) -> bool:
    return any(True for detector in _detectors() for _secret in detector.analyze_string(line))


@functools.cache
def _detectors() -> Sequence[RegexBasedDetector]:
    return [
        kind()
        for kind in (
            *(ArtifactoryDetector, AWSKeyDetector, AzureStorageKeyDetector, BasicAuthDetector, DiscordBotTokenDetector),
            *(GitHubTokenDetector, GitLabTokenDetector, JwtTokenDetector, NpmDetector, OpenAIDetector),
            *(PrivateKeyDetector, PypiTokenDetector, SendGridDetector, SlackDetector, StripeDetector),
            TelegramBotTokenDetector,
        )
    ]
