"""Splitting a dataset, summarising it, drawing it."""

from __future__ import annotations

import dataclasses
import io
import random
import time
from collections.abc import Sequence
from typing import Any

import matplotlib.image
import pytest

from bot.conversation.tokens import count_tokens
from bot.datasets.example import Example, Turn
from bot.datasets.leaks import found, unpacked_leaks
from bot.datasets.linting import LintKind, LintReport, lint, packed_texts
from bot.datasets.picture import draw
from bot.datasets.splitting import split
from tests.datasets.factories import ADA, BORIS, said

TOPICS = [
    *("the capital of France", "boiling water", "the tallest mountain", "writing a loop in Python", "feeding a cat"),
    *("Пушкин и его сказки", "столица Японии", "сварить борщ", "починить велосипед", "температура на Марсе"),
    *("who painted the Mona Lisa", "vaccines", "baking sourdough bread", "the rules of chess", "tying a tie"),
    *("почему небо голубое", "высота Эвереста", "как растёт бамбук", "правила русской орфографии", "полёт шмеля"),
]
PARAPHRASES = [
    said(question.format(topic), f"{topic}, so far as I know, {number}")
    for topic in TOPICS
    for number, question in enumerate(("{}?", "Tell me: {}!", "{}, please"))
]


def test_paraphrases_stay_on_one_side() -> None:
    divided = split(PARAPHRASES, seed=3)
    assert 0.1 <= len(divided.heldout) / len(PARAPHRASES) <= 0.2
    assert sorted([*divided.training, *divided.heldout], key=PARAPHRASES.index) == PARAPHRASES

    def topics(side: tuple[Example, ...]) -> set[str]:
        return {topic for topic in TOPICS for example in side if topic in example.prompt}

    assert not topics(divided.training) & topics(divided.heldout)


def test_the_same_examples_are_split_alike_in_any_order_and_otherwise_by_another_seed() -> None:
    shuffled = random.Random(5).sample(PARAPHRASES, len(PARAPHRASES))
    assert set(split(shuffled, seed=3).heldout) == set(split(PARAPHRASES, seed=3).heldout)
    assert set(split(PARAPHRASES, seed=4).heldout) != set(split(PARAPHRASES, seed=3).heldout)


def test_a_conversation_stays_on_one_side() -> None:
    openings = [f"{topic}?" for topic in TOPICS]
    later = [
        dataclasses.replace(said(f"Well, number {n * 7919}?", "Yes."), turns=(Turn("user", o), Turn("assistant", "x")))
        for n, o in enumerate(openings)
    ]
    divided = split([*(said(opening, "x") for opening in openings), *later], seed=1)
    begun = {example.turns[0].text if example.turns else example.prompt for example in divided.heldout}
    assert begun
    assert not begun & {example.turns[0].text if example.turns else example.prompt for example in divided.training}


@pytest.mark.parametrize("count", [0, 1, 4])
def test_of_very_few_examples_none_is_held_out(count: int) -> None:
    divided = split(PARAPHRASES[:count], seed=1)
    assert divided.heldout == ()
    assert len(divided.training) == count


def test_one_prompt_with_many_answers_is_not_torn_apart() -> None:
    assert split([said("Hello?", f"Hi {number}") for number in range(30)], seed=1).heldout == ()


def _looked_over(examples: Sequence[Example]) -> LintReport:
    return lint(examples, unpacked_leaks(found(packed_texts(examples))))


def _found(*examples: Example) -> list[tuple[str, str]]:
    findings = _looked_over(examples).findings
    return [(finding.kind, str(finding.message)) for finding in findings if finding.kind != "imbalance"]


def test_a_clean_dataset_has_no_findings() -> None:
    assert _looked_over([dataclasses.replace(e, given_by=n % 3) for n, e in enumerate(PARAPHRASES[::3])]).findings == ()


@pytest.mark.parametrize(
    ("examples", "kind", "sentence"),
    [
        (
            [said("2+2?", "4"), said("2+2 ?", "5")],
            "contradiction",
            "Different answers to one prompt: `2+2?`: `4` and `5`",
        ),
        ([said("Hi", "Yo"), said("hi!", None, "yo.")], "contradiction", "`Hi`: `Yo` and `✗ yo.`"),
        ([said("Столица?", "Париж"), said("столица", "париж!")], "duplicate", "The same twice"),
        (
            [said("What is the capital city of France?", "P"), said("What is the capital city of france then", "Q")],
            "near duplicate",
            "Nearly the same prompts",
        ),
        ([said("Long?", "очень длинный ответ " * 700)], "too long", "tokens; more than 2048"),
        ([said("What now?", "…")], "too short", "So short an answer teaches little: `…`"),
    ],
)
def test_what_is_wrong_is_found(examples: list[Example], kind: str, sentence: str) -> None:
    [(found, message)] = _found(*examples)
    assert found == kind
    assert sentence in message


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("my key is AKIAIOSFODNN7EXAMPLE", "a key or a token"),
        ("use sk-proj-abcdefghijklmnopqrstuvwxyz0123456789", "a key or a token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a key or a token"),
        ("write to ivan.petrov@mail.ru about it", "an e-mail address"),
        ("пишите на почту иван@почта.рф сегодня", "an e-mail address"),
        ("звоните 8 (912) 345-67-89 вечером", "a telephone number"),
        ("call +44 20 7946 0958 tonight", "a telephone number"),
        ("pay to DE89 3704 0044 0532 0130 00 please", "a bank account"),
        ("my card 4111 1111 1111 1111 was stolen", "a number of a bank card"),
    ],
)
def test_what_should_not_be_learnt_by_heart_is_found_and_not_repeated(text: str, what: str) -> None:
    for example in (said("What to do?", text), said(text, "Thank you for telling me.")):
        leaks = [message for kind, message in _found(example) if kind == "leak"]
        assert [message for message in leaks if message.startswith(f"This holds {what}: ")]
        assert not [message for message in leaks if text[12:30] in message]


@pytest.mark.parametrize(
    "text",
    [
        "The order 1234567890123 of 2024-11-23 12:30:45 costs 1 000 000 roubles.",
        "Write to somebody@example.com, or use the function foo@bar in line 42.",
        "Версия 3.11.14 вышла 23.11.2026, ей нужно 1048576 байт и порт 65535.",
        "password and token are only words; sha256 is a hash",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert _found(said("What is this?", text)) == []


def test_a_key_is_found_wherever_it_stands_in_a_long_line() -> None:
    for before in (0, 590, 990, 5000):
        [(kind, message)] = _found(said("What is it?", f"{'word ' * (before // 5)}AKIAIOSFODNN7EXAMPLE{' word' * 900}"))
        assert (kind, message[:32]) == ("leak", "This holds a key or a token: `Wh")


@pytest.mark.parametrize("sign", ["/", "://", "sk-", "a@", "7 ", "eyJ", "AZ09 "])
def test_searching_for_keys_takes_no_longer_than_the_text_is_long(sign: str) -> None:
    def searched_s(length: int) -> float:
        packed = packed_texts([said("What is it?", (sign * length)[:length])])
        began_s = time.process_time()
        found(packed)
        return time.process_time() - began_s

    searched_s(100)
    assert searched_s(19_990) < 0.1 + 12 * searched_s(5_000), "four times as long a text takes about four times as long"


def test_imbalance_is_told() -> None:
    one_giver = [dataclasses.replace(e, given_by=BORIS if n else ADA) for n, e in enumerate(PARAPHRASES[::3])]
    message = [str(finding.message) for finding in _looked_over(one_giver).findings]
    assert message == ["95 % of the examples were given by one person."]
    same = [dataclasses.replace(e, given_by=n, answer="No.") for n, e in enumerate(PARAPHRASES[::3])]
    assert [str(f.message) for f in _looked_over(same).findings] == ["100 % of the prompts have the same answer: `No.`"]
    few = [str(f.message) for f in _looked_over([said("a b c d?", None, "no way")]).findings]
    assert few == [
        "There are 0 examples with an answer; training makes sense from about 10 on.",
        "100 % of the examples say only what not to say.",
    ]


def test_many_findings_are_counted_and_the_first_are_told() -> None:
    report = _looked_over([said("Which one?", f"The {number}th") for number in range(100)])
    assert report.counts[LintKind.CONTRADICTION] == 99
    assert sum(finding.kind == "contradiction" for finding in report.findings) == 20


def test_tokens_are_counted_without_special_ones() -> None:
    assert count_tokens("hello world") == 2
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens("") == 0


@pytest.mark.parametrize("examples", [[], PARAPHRASES, [said("x" * 20_000, None, "🌱")]])
@pytest.mark.filterwarnings("error::UserWarning")
def test_a_dataset_is_drawn_whatever_its_name(examples: list[Example]) -> None:
    words: list[str] = []

    def say(text: str) -> str:
        words.append(text)
        return {"Languages": "Языки"}.get(text, text)

    png: Any = matplotlib.image.imread(io.BytesIO(draw("Море $x^{2 🌱 \n" * 20, examples, say)))
    assert png.shape[:2] == (600, 900)
    assert png[..., :3].std() > 0.05
    assert "Languages" in words
