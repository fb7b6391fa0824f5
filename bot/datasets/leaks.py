"""Secrets and personal data that somebody has put into an example.

Secrets: the detectors of detect-secrets that know a token by its form; those that go by entropy or by words alone
would flag half of what people write about programs. Telephone numbers: phonenumbers (Google's libphonenumber). Bank
accounts and cards: their check digits, by python-stdnum.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Literal

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

Leak = Literal["secret", "email", "phone", "account", "card"]

LEAK_NAMES: dict[Leak, str] = {
    "secret": _("a key or a token"),
    "email": _("an e-mail address"),
    "phone": _("a telephone number"),
    "account": _("a bank account"),
    "card": _("a number of a bank card"),
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


def leaks_in(text: str, language: str | None) -> set[Leak]:
    """What leaks in ``text``, of at most ``MAX_CHARS``; numbers without a country's code are taken for Russian ones in
    a Russian text. Takes about 1 ms, or a fifth of a second when first called."""
    found: set[Leak] = set()
    lines = text.splitlines()
    if _NEWER_KEYS.search(text) or any(_has_secret(line) for line in lines):
        found.add("secret")
    if any(not match.group().casefold().endswith(_EXAMPLE_DOMAINS) for match in _EMAIL.finditer(text)):
        found.add("email")
    if len(_DIGIT.findall(text)) < _MIN_DIGITS:
        return found
    if any(iban.is_valid(match.group()) for match in _IBAN.finditer(text)):
        found.add("account")
    if any(luhn.is_valid(re.sub("[ -]", "", match.group())) for match in _CARD.finditer(text)):
        found.add("card")
    region = "RU" if language == "ru" else None
    if any(True for _match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=1000)):
        found.add("phone")
    return found


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
