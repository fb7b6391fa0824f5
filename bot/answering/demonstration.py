"""Answers given in place of the demonstration model, which speaks English only and does not always say what it is
told."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from audio.language_tags import base_language
from bot.answering.prompting import AnswerPrompt
from bot.conversation.embedded import LANGUAGE, MODEL
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import translatable as _
from bot.i18n.translation import translate

ENGLISH_ONLY = _("I am running on a small demonstration model that speaks only English. Please ask me in English.")
MIN_WORDS = 5
"""The language of fewer words in Latin letters cannot be told."""


def answer_without(prompt: AnswerPrompt) -> str | None:
    """The answer to ``prompt`` in place of the demonstration model: what people taught, word for word, or, if the model
    does not understand the question's language, that it speaks English only. None if the model is to be asked.

    When the model is shown what was taught, it says it in 23 of 40 answers (docs/recall.md), and something else the
    next time.
    """
    understood = prompt.understood
    if understood.model.model != MODEL:
        return None
    foreign = is_foreign(understood.text, understood.language)
    if prompt.taught and (foreign or not understood.attached.text):
        return prompt.taught[0]
    return translate(ENGLISH_ONLY, understood.language) if foreign else None


def taught_for(said: str, asked: str, taught: Iterable[tuple[str, str]]) -> str:
    """The question for which ``said`` was taught, if that differs from the one ``asked``; empty if it is the same, or
    ``said`` was not taught. ``taught``: pairs of questions and answers."""
    question = next((question for question, answer in taught if answer == said), "")
    return "" if key_of_text(question) == key_of_text(asked) else question


def is_foreign(text: str, language: str) -> bool:
    """Whether ``text``, detected as ``language`` (a BCP-47 tag), is certainly not in the model's language."""
    letters = [char for char in text if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    if letters and 2 * latin < len(letters):
        return True
    return base_language(language) != LANGUAGE and len(text.split()) >= MIN_WORDS
