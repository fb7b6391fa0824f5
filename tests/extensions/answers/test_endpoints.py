"""What people see of endpoints that do things their own way, in both languages.

The problems that people have reported, and the tests that cover them; ``conversation`` is ``tests/conversation``:

- a refused parameter, a refused role, refused successive messages of one role, odd chunks, reasoning, a refusal in
  place of an answer: ``test_people_are_answered_whatever_the_endpoint_wants`` here; each provider's wording in
  ``conversation/test_dresses.py``
- a question that failed: ``test_a_question_that_failed_spoils_no_later_one``
- the end of a stream: ``test_what_went_wrong_is_said_in_both_languages``, and ``Continue`` in the three tests after it
- errors in a stream, credit, country, moderation, key, model, address, tools: the table of the same test
- a prompt that is too long: the same table, and ``test_context.py``
- limits: the same table, and ``test_a_wait_that_the_endpoint_asks_for_is_seen``
- wrong addresses and lists of models: ``conversation/test_addresses.py``, as the doctor reports them
- what the host reads: ``conversation/test_endpoints.py``
- one refused picture: ``test_one_picture_that_is_refused_is_named_and_the_others_are_looked_at``
- on Discord: the bot's role, a bare mention, forwards, embeds, names, old encodings in ``test_context.py``; polls,
  stickers and forwarded files in ``tests/answering/test_message_text.py``; unread files in ``test_answers.py`` and
  ``tests/answering/test_documents.py``; a silent clip in ``test_voice_notes.py``; code in lists and graphemes in
  ``tests/ui/test_splitting.py``; permissions and questions deleted at once in ``test_bad_input.py``; a slow endpoint
  and autocomplete in ``conversation/test_several_endpoints.py``; a command that fails in ``test_asking.py``
- the same on Discord in Russian: ``test_russian_readers.py``; cards above a question and the beginning of a long
  thread: ``test_context.py``
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from bot.conversation.endpoint_profile import ModelProfiles
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import Scripted, ScriptedChat, stream, words

Body = dict[str, Any]
PARIS = Scripted(words("Paris."))
CUT_OFF = Scripted(stream({"choices": [{"delta": {"content": "Paris is"}}]}, done=False), is_cut=True)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared_peculiar(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[tuple[BotHarness, list[ModelProfiles]]]:
    """A separate bot, and the profiles in which it records what it learns of its endpoints."""
    learnt: list[ModelProfiles] = []

    def kept(file: Path) -> ModelProfiles:
        learnt.append(ModelProfiles(file))
        return learnt[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.app.chat.ModelProfiles", kept)
        async with ScriptedChat() as chat, Sandbox() as sandbox:
            folder = tmp_path_factory.mktemp("peculiar")
            settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "chat_timeout_s": 3.0}
            further = [{"name": "spare", "base_url": chat.base_url, "models": ["second"]}]
            async with (
                running(folder, sandbox, **settings, chat_endpoints=further),
                populated(sandbox, chat) as harness,
            ):
                yield harness, learnt


@pytest_asyncio.fixture(loop_scope="session")
async def peculiar(shared_peculiar: tuple[BotHarness, list[ModelProfiles]]) -> AsyncIterator[BotHarness]:
    """A bot that has learnt nothing of its endpoints yet, since that would change what it says of them."""
    harness, learnt = shared_peculiar
    harness.chat.reset()
    for profiles in learnt:
        profiles._known.clear()
    yield harness
    assert list(harness.sandbox.failures) == []


async def _asked(harness: BotHarness, text: str, done: Callable[[str], bool], *, russian: bool = False) -> Message:
    person = harness.russian if russian else harness.member
    asked = await person.send(await harness.dm(person), text)
    return await harness.answer_to(asked, done, reader=person)


def _refusal(message: str, status: int = 400, **error: object) -> Scripted:
    return Scripted({"error": {"message": message, **error}}, status)


def _once(answer: Scripted) -> Callable[[Body], Scripted]:
    answers = [answer]
    return lambda _body: answers.pop() if answers else PARIS


@pytest.mark.parametrize(
    "script",
    [
        lambda body: _refusal("Use 'max_completion_tokens' instead of 'max_tokens'.", param="max_tokens")
        if "max_tokens" in body else PARIS,
        lambda body: _refusal("System role not supported") if body["messages"][0]["role"] == "system" else PARIS,
        lambda body: _refusal("Conversation roles must alternate user/assistant/user/assistant/...")
        if any(a["role"] == b["role"] for a, b in pairwise(body["messages"])) else PARIS,
        lambda _body: Scripted(stream({"choices": [{"delta": None}]}, "nonsense", {"choices": [{"delta": {"content": [
            {"type": "text", "text": "Paris."}]}}]}, {"choices": [{"finish_reason": "stop"}]})),
        lambda _body: Scripted(words("<think>A city. It is Lyon.</think>Paris.")),
        lambda _body: Scripted(words("A city. It is Lyon.\n</think>\n\nParis.")),
        lambda _body: Scripted(stream({"choices": [{"delta": {"refusal": "Paris."}, "finish_reason": "stop"}]})),
        _once(_refusal("Your prompt is too long: 9000 tokens > 8000 maximum")),
    ],
)  # fmt: skip
async def test_people_are_answered_whatever_the_endpoint_wants(
    peculiar: BotHarness, script: Callable[[Body], Scripted]
) -> None:
    peculiar.chat.script = script
    question = "What is the capital? " + "It is a long story. " * 200
    answer = await _asked(peculiar, question[:1900], lambda text: "Paris." in text)
    assert answer["content"].partition("\n")[0] == "Paris."
    assert "Lyon" not in answer["content"]


async def test_the_pages_that_an_answer_is_taken_from_are_linked_below_it(peculiar: BotHarness) -> None:
    said = {"choices": [{"delta": {"content": "Paris.[1][2]"}}], "citations": ["https://www.example.org/a?b=1"]}
    annotation = {"type": "url_citation", "url_citation": {"url": "https://seine.example/", "title": "Seine"}}
    end = {"choices": [{"delta": {"annotations": [annotation]}, "finish_reason": "stop"}],
           "search_results": [{"url": "https://www.example.org/a?b=1"}, {"url": "javascript:alert(1)"}]}  # fmt: skip
    peculiar.chat.script = lambda _body: Scripted(stream(said, end))
    answer = await _asked(peculiar, "What is the capital?", lambda text: "Sources" in text)
    links = "[1 example.org](<https://www.example.org/a?b=1>) · [2 seine.example](<https://seine.example/>)"
    assert answer["content"] == f"Paris.[1][2]\n-# Sources: {links}"
    russian = await _asked(peculiar, "Какая столица?", lambda text: "Источники" in text, russian=True)
    assert links in russian["content"]


async def test_a_question_that_failed_spoils_no_later_one(peculiar: BotHarness) -> None:
    peculiar.chat.script = lambda _body: _refusal("boom", 418)
    await _asked(peculiar, "What is the capital of Spain?", lambda text: "Reference" in text)
    peculiar.chat.script = lambda _body: PARIS
    await _asked(peculiar, "And of France?", lambda text: "Paris." in text)
    roles = [message["role"] for message in peculiar.chat.requests[-1]["messages"]]
    assert all(one != other for one, other in pairwise(roles))


@pytest.mark.parametrize(
    ("answer", "english", "russian", "button"),
    [
        (CUT_OFF, "broke off in the middle", "оборвала этот ответ", True),
        (Scripted(words("Paris is", "content_filter")), "filter stopped this answer", "Фильтр", None),
        (Scripted(words("Paris is", "error")), "broke off in the middle", "оборвала этот ответ", True),
        (_refusal("Incorrect API key provided", 401), "refuses the key", "не принимает ключ", None),
        (_refusal("Insufficient credits", 402), "has no credit left", "кончились средства", None),
        (_refusal("Country, region, or territory not supported", 403), "does not serve the country",
         "не обслуживает страну", None),
        (_refusal("Your input was flagged", 403), "filter stopped this answer", "Фильтр", None),
        (_refusal("model 'scripted' not found", 404), "does not exist at its endpoint", "по её адресу нет", None),
        (_refusal("Overloaded", 529), "is overloaded", "перегружена", True),
        (Scripted({"error": {"message": "slow down"}}, 429, {"Retry-After": "90"}),
         "try again in 90 s", "через 90 с", True),
        (Scripted({"error": {"message": "try again in 20m"}}, 429),
         "try again in 20 min", "через 20 мин", True),
        (Scripted(stream({"error": {"code": 429, "message": "try again in 40s"}})),
         "try again in 40 s", "через 40 с", True),
        (Scripted(stream({"error": {"code": 401, "message": "User not found."}})),
         "refuses the key", "не принимает ключ", None),
        (Scripted({"error": {"code": "insufficient_quota", "message": "pay"}}),
         "has no credit left", "кончились средства", None),
        (Scripted(stream({"error": {"code": "content_filter", "message": "filtered"}})),
         "filter stopped this answer", "Фильтр", None),
        (_refusal("Incorrect API key provided: xa***."), "refuses the key", "не принимает ключ", None),
        (_refusal("prompt is too long: 210000 tokens > 200000 maximum"), "too long for my chat model",
         "слишком длинно. Спросите короче", None),
        (Scripted({"detail": "Not Found"}, 404), "no chat model at the address", "нет модели", None),
        (Scripted("<html>Welcome</html>", 200, {"Content-Type": "text/html"}),
         "no chat model at the address", "нет модели",
         None),
        (Scripted(words("<think>Let me see", "length")),
         "limit of 4800 tokens while it was thinking", "4800 токенов", None),
        (Scripted(stream({"choices": [{"delta": {"tool_calls": [{"id": "1"}]}, "finish_reason": "tool_calls"}]})),
         "wanted to use a tool", "инструментом", None),
    ],
)  # fmt: skip
async def test_what_went_wrong_is_said_in_both_languages(
    peculiar: BotHarness, answer: Scripted, english: str, russian: str, button: bool | None
) -> None:
    peculiar.chat.script = lambda _body: answer
    told = await _asked(peculiar, "What is the capital of France?", lambda text: english in text)
    assert english in told["content"]
    # The text before the failure stays.
    assert "Paris is" in told["content"] or b"Paris is" not in bytes(str(answer.body), "utf-8")
    assert button is None or ("again" in buttons_of(told)) == button
    told = await _asked(peculiar, "Какая столица у Франции?", lambda text: russian in text, russian=True)
    assert russian in told["content"]


async def test_an_answer_that_reached_its_limit_goes_on_by_its_button(peculiar: BotHarness) -> None:
    peculiar.chat.script = lambda body: Scripted(
        words("and lies on the Seine.")
        if "Go on exactly" in str(body["messages"][-1])
        else words("Paris is old", "length")
    )
    answer = await _asked(peculiar, "Tell me of Paris.", lambda text: "Press Continue" in text)
    assert "goon" in buttons_of(answer)
    await peculiar.member.click(answer, "Continue")
    whole = await peculiar.member.wait_for_message(
        lambda message: (
            message["id"] == answer["id"] and "Seine" in message["content"] and "again" in buttons_of(message)
        )
    )
    assert whole["content"].startswith("Paris is old and lies on the Seine.")
    assert "goon" not in buttons_of(whole)
    assert [message["content"] for message in peculiar.chat.requests[-1]["messages"]][-2] == "Paris is old"
    russian = await _asked(peculiar, "Расскажи о Париже.", lambda text: "Продолжить" in text, russian=True)
    assert "goon" in buttons_of(russian)


async def test_the_answer_to_a_command_goes_on_in_a_message_of_its_own(peculiar: BotHarness) -> None:
    peculiar.chat.script = lambda body: Scripted(
        words("lies on the Seine.")
        if "Go on exactly" in str(body["messages"][-1])
        else words("Paris is old and", "length")
    )
    outcome = await peculiar.member.slash("ask", {"prompt": "Tell me of Paris."}, channel="general")
    answer = await outcome.response_where(lambda said: "Press Continue" in said["content"], 40)
    others = await (await peculiar.russian.click(answer, "Continue")).response()
    assert "тот, кто спросил" in others["content"]
    further = await (await peculiar.member.click(answer, "Continue")).response_where(
        lambda said: "Seine" in said["content"], 40
    )
    assert further["content"] == "lies on the Seine."
    # If the endpoint accepts no system role, the instruction precedes the question.
    question, beginning = [one["content"] for one in peculiar.chat.requests[-1]["messages"]][-3:-1]
    assert question.endswith("Tell me of Paris.")
    assert beginning == "Paris is old and"


async def test_a_private_answer_goes_on_for_the_same_one_alone(peculiar: BotHarness) -> None:
    beginnings = {1: words("lies on", "length"), 2: words("the Seine.")}
    peculiar.chat.script = lambda body: Scripted(
        beginnings[min(len(peculiar.chat.requests) - 1, 2)]
        if "Go on exactly" in str(body["messages"][-1])
        else words("Paris", "length")
    )
    outcome = await peculiar.russian.slash("ask", {"prompt": "Где Париж?", "private": True}, channel="general")
    answer = await outcome.response_where(lambda said: "Продолжить" in said["content"], 40)
    second = await (await peculiar.russian.click(answer, "goonasked")).response_where(
        lambda said: "lies on" in said["content"] and "Продолжить" in said["content"], 40
    )
    third = await (await peculiar.russian.click(second, "goonasked")).response_where(
        lambda said: "Seine" in said["content"], 40
    )
    assert [one["flags"] & 64 for one in (answer, second, third)] == [64] * 3
    assert peculiar.chat.requests[-1]["messages"][-2]["content"] == "Paris lies on"
    assert "goonasked" not in buttons_of(third)


async def test_a_wait_that_the_endpoint_asks_for_is_seen(peculiar: BotHarness) -> None:
    answers = [Scripted({"error": {"message": "slow down"}}, 429, {"Retry-After": "4"}), PARIS]
    peculiar.chat.script = lambda _body: answers.pop(0)
    asked = await peculiar.member.send(await peculiar.dm(peculiar.member), "What is the capital?")
    waiting = await peculiar.answer_to(asked, lambda text: "I will continue in 4 s" in text)
    done = await peculiar.answer_to(asked, lambda text: "Paris." in text)
    assert done["id"] == waiting["id"]
    assert "I will continue" not in done["content"]
    answers = [Scripted({"error": {"message": "Please retry in 4s."}}, 429), PARIS]
    asked = await peculiar.russian.send(await peculiar.dm(peculiar.russian), "Какая столица?")
    await peculiar.answer_to(asked, lambda text: "через 4 с" in text, reader=peculiar.russian)
    await peculiar.answer_to(asked, lambda text: "Paris." in text, reader=peculiar.russian)


async def test_one_picture_that_is_refused_is_named_and_the_others_are_looked_at(peculiar: BotHarness) -> None:
    files = []
    for color in ("red", "blue"):
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), color).save(picture, "PNG")
        files.append((f"{color}.png", picture.getvalue(), "image/png"))
    peculiar.chat.script = lambda body: (
        _refusal("You uploaded an unsupported image.") if "red" in _colors(body) else PARIS
    )
    channel = await peculiar.dm(peculiar.member)
    for _time in range(2):
        asked = await peculiar.member.send(channel, "Which cities are these?", files=files)
        answer = await peculiar.answer_to(asked, lambda text: "-# " in text)
        assert answer["content"] == "Paris.\n-# My chat model does not accept red.png, so I answered without."
        assert "blue" in _colors(peculiar.chat.requests[-1])
    assert sum("red" in _colors(request) for request in peculiar.chat.requests) == 1, "a lesson is learnt once"
    alone = await peculiar.member.send(channel, files=files[:1])
    assert await peculiar.answer_to(alone, lambda text: "does not accept this picture" in text)
    channel = await peculiar.dm(peculiar.russian)
    asked = await peculiar.russian.send(channel, "Что это за города?", files=files)
    assert await peculiar.answer_to(asked, lambda text: "не принимает red.png" in text, reader=peculiar.russian)


def _colors(body: Body) -> list[str]:
    """The colours of the pictures in a request."""
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", str(body["messages"]))
    pictures = (Image.open(io.BytesIO(base64.b64decode(data))) for data in found)
    return ["red" if picture.getpixel((4, 4)) == (254, 0, 0) else "blue" for picture in pictures]


async def test_a_model_that_stands_in_is_named_below_its_answer(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, ScriptedChat() as other, Sandbox() as sandbox:
        further = [{"name": "spare", "base_url": other.base_url, "models": ["second"]}]
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": "never"}
        async with (
            running(tmp_path, sandbox, **settings, chat_endpoints=further, chat_fallback="spare/second"),
            populated(sandbox, chat) as harness,
        ):
            chat.script = lambda _body: _refusal("Insufficient credits", 402)
            answer = await _asked(harness, "What is the capital?", lambda text: "could not" in text)
            assert answer["content"] == (
                "Paris is the capital of France.\n-# `spare/second` answered, since `scripted` could not."
            )
            russian = await _asked(harness, "Какая столица?", lambda text: "не смогла" in text, russian=True)
            assert "-# Ответила модель `spare/second`: `scripted` не смогла." in russian["content"]
            assert [body["model"] for body in other.requests] == ["second", "second"]
