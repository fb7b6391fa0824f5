"""Finds secrets and personal data in examples.

Secrets: the detectors of detect-secrets that recognise a token by its form; those that go by entropy or by words alone
would flag half of what people write about programs. Telephone numbers: phonenumbers (Google's libphonenumber). Bank
accounts and cards: their check digits, by python-stdnum.

The time that the detectors' regular expressions take grows with the square of a line's length, and they hold the GIL
meanwhile, so what people have uploaded is searched in a sealed process.
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
    """Kinds of data that should not be in an example."""

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
"""Reserved by RFC 2606, so nobody's."""
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])")
_CARD = re.compile(r"(?<![\d-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\d-])")
_DIGIT = re.compile(r"\d")
_MIN_DIGITS = 7
# Prefixed keys of OpenAI and Anthropic, which detect-secrets does not know yet.
_NEWER_KEYS = re.compile(r"(?<![\w-])sk-(?:proj|svcacct|ant)-[\w-]{20,200}")

_SEARCHED_CHARS, _OVERLAP_CHARS = 1000, 400
"""Longer lines are searched in parts. The overlap is longer than any key, except tokens that carry much content."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """The leaks found in an example."""

    leaks: tuple[LeakKind, ...] = ()
    """In alphabetical order."""
    in_prompt: bool = False
    """Whether the prompt has some of them."""


def unpacked_leaks(given: bytes) -> list[Leaks]:
    """Decode the result of ``found``: the leaks of each example."""
    return [Leaks(tuple(map(LeakKind, leaks)), in_prompt) for leaks, in_prompt in json.loads(given)]


def load() -> None:
    """Load everything that is otherwise loaded by the first search."""
    leaks_in("call +7 912 345-67-89 or +1 212 555 0100, pay to DE89 3704 0044 0532 0130 00", None)


def found(packed: bytes) -> bytes:
    """Search examples for leaks; ``unpacked_leaks`` decodes the result. Runs in a sealed process, so this module
    imports little. ``packed`` is a JSON list with the language and the texts of each example, the prompt first."""
    made: list[tuple[list[LeakKind], bool]] = []
    for language, (prompt, *others) in json.loads(packed):
        in_prompt = leaks_in(prompt, language)
        made.append((sorted(in_prompt.union(*(leaks_in(text, language) for text in others))), bool(in_prompt)))
    return json.dumps(made).encode()


def leaks_in(text: str, language: str | None) -> set[LeakKind]:
    """The kinds of leaks in ``text``, of at most ``MAX_CHARS``. In a Russian text, telephone numbers without a country
    code are taken as Russian. Takes about 1 ms, or a fifth of a second when first called."""
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
