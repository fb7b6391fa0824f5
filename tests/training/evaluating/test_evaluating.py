"""Testing models: what is asked, how answers are scored, and which candidate may be promoted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.conversation.chat import ChatLimits, ChatModel
from bot.conversation.endpoint import EndpointAddress
from bot.conversation.tokens import TokenUse
from bot.errors import StarlingError
from bot.recall.choosing import RecallMethod, retriever_maker
from bot.training.evaluating import cases
from bot.training.evaluating.cases import CasesRefusedError, read_cases
from bot.training.evaluating.gate import verdict
from bot.training.evaluating.general import general_questions
from bot.training.evaluating.interval import wilson
from bot.training.evaluating.judging import Judge, Judgement, verdict_in
from bot.training.evaluating.running import MAX_FAILURES, CaseAnswer, Evaluation, EvaluationRun, ModelRun
from bot.training.evaluating.scoring import Score, Scorer, contains, is_exact
from bot.ui.permissions import NotPermittedError
from extensions.testing import under_way as tests_under_way
from tests.scripted_chat import ScriptedChat

EXAMPLE = 'looks like this: `[{"prompt": "2 + 2?", "expected": "4"}, "Tell me a joke"]`'


class Meter:
    """Allows ``left`` prompts, and counts their tokens."""

    def __init__(self, left: int = 1000) -> None:
        self.left = left
        self.counted: dict[str, int] = {}

    async def require(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StarlingError

    async def count(self, model: str, use: TokenUse) -> None:
        self.counted[model] = self.counted.get(model, 0) + use.prompt_tokens + use.reply_tokens


@pytest.fixture
async def chat() -> AsyncIterator[ScriptedChat]:
    async with ScriptedChat() as endpoint:
        yield endpoint


def model_at(chat: ScriptedChat, name: str = "scripted") -> ChatModel:
    return ChatModel(
        EndpointAddress(chat.base_url, "none"),
        name,
        ChatLimits(timeout_s=2.0, max_reply_tokens=100, context_tokens=8192),
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            '[\n "Кто ты?",\n {"prompt" "x"}\n]',
            "Line 3 is not valid JSON, from character 12 on (Expecting ':' delimiter).",
        ),
        ('{"prompt": "a",}', "Line 1 is not valid JSON, from character"),
        ("", "Line 1 is not valid JSON, from character 1 on (Expecting value)."),
        ("[" * 100_000, "This is nested too deeply."),
        ('{"prompt": "a", "prompt": "b"}', "The name `prompt` appears twice"),
        ("[NaN]", "NaN is not a number in JSON."),
        (b"\xff\xfe\x00", "This is not text in UTF-8."),
        ('"Кто ты?"', "This must be an object, a list of prompts, or a list of objects."),
        ("[]", "There is no prompt in it."),
        ('{"promt": "a"}', "It has none of these: `prompt`, `input`, `question`."),
        ('["a", 5]', "Item 2: This must be a prompt in quotation marks, or an object."),
        ('["a", "  "]', "Item 2: `prompt` must be text, and not empty."),
        ('[{"question": null}]', "Item 1: `question` must be text, and not empty."),
        ('[{"input": "a", "answer": {}}]', "Item 1: `answer` must be text or a number, or a list of those"),
        ('[{"input": "a", "answer": []}]', "Item 1: `answer` must be text or a number, or a list of those"),
        ('[{"input": "a", "output": true}]', "Item 1: `output` must be text or a number, or a list of those"),
        (json.dumps(["ы"] * 201), "There are 201 prompts in it; I take at most 200."),
        (json.dumps(["ы" * 20_001]), "Item 1: `prompt` has 20001 characters; I take at most 20000."),
        (json.dumps({"prompt": "a", "expected": ["b"] * 21}), "`expected` lists 21 answers; I take at most 20."),
        (" " * (1 << 20) + "[]", "It is larger than 1024 KB."),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place_and_an_example(data: str | bytes, told: str) -> None:
    with pytest.raises(CasesRefusedError) as refused:
        read_cases(data)
    assert f"I cannot test with this. {told}" in str(refused.value)
    assert EXAMPLE in str(refused.value)


def test_all_that_an_older_bot_took_is_read() -> None:
    [one] = read_cases('\ufeff{"question": " Столица Франции? 🗼 ", "answer": ["Париж", "Paris"]}'.encode())
    assert (one.prompt, one.expected, one.system) == ("Столица Франции? 🗼", ("Париж", "Paris"), None)
    first, second = read_cases('["Кто ты?", {"input": "2 + 2?", "output": 4, "system": "Считай."}]')
    assert (first.prompt, first.expected) == ("Кто ты?", None)
    assert (second.expected, second.system) == (("4",), "Считай.")
    of_object = read_cases('{"prompts": ["a", {"prompt": "b", "expected": null}], "system": "Short."}')
    assert [(case.prompt, case.expected, case.system) for case in of_object] == [
        ("a", None, "Short."),
        ("b", None, "Short."),
    ]
    assert len(read_cases(json.dumps(["x"] * cases.MAX_CASES))) == 200


def test_cases_are_read_as_examples_of_a_dataset_are() -> None:
    given = [
        {"name": "Capital of France?", "text": "Paris", "label": "positive"},
        {"name": "Capital of France?", "text": "Lyon", "label": 0},
        {"name": "x", "text": "Is water wet?", "label": "Yes, and cold."},
        {"Вопрос": "Кто ты?", "Ответ": "Скворец"},
        {"instruction": "Count to three."},
    ]
    assert [(case.prompt, case.expected) for case in read_cases(json.dumps(given))] == [
        ("Capital of France?", ("Paris",)),
        ("Capital of France?", None),
        ("Is water wet?", ("Yes, and cold.",)),
        ("Кто ты?", ("Скворец",)),
        ("Count to three.", None),
    ]
    [alone] = read_cases(json.dumps(given[0]))
    assert (alone.prompt, alone.expected) == ("Capital of France?", ("Paris",))


def test_lines_of_json_and_tables_are_read_as_well() -> None:
    lines = '{"prompt": "Who?", "expected": "Me"}\n\n"And who else?"\n'
    tables = ('prompt,expected\nWho?,Me\n"And who else?",\n', "Вопрос;Ответ\nWho?;Me\nAnd who else?;\n")
    labelled = "name,text,label\nWho?,Me,1\nAnd who else?,You,0\n"
    for text in (lines, *tables, labelled):
        assert [(case.prompt, case.expected) for case in read_cases(text.encode())] == [
            ("Who?", ("Me",)),
            ("And who else?", None),
        ]
    for text, told in ((lines + "{", "Line 4 is not valid JSON"), ('prompt,expected\n"x,y\n', "This is not valid CSV")):
        with pytest.raises(CasesRefusedError, match=told):
            read_cases(text.encode())


def test_the_general_questions_are_of_both_languages_and_have_several_answers() -> None:
    questions = general_questions()
    assert len(questions) == 30
    russian = [case for case in questions if any("а" <= letter <= "я" for letter in case.prompt.lower())]
    assert 12 <= len(russian) <= 18
    assert len({case.prompt for case in questions}) == 30
    assert sum(len(case.expected or ()) > 1 for case in questions) >= 25


@pytest.mark.parametrize(
    ("answer", "expected", "exact", "within"),
    [
        ("  PARIS. ", "Paris", True, True),
        ("Это **Ёлка**!", "елка", False, True),
        ("It is_Paris_, of course", "Paris", False, True),
        ("Comparison", "Paris", False, False),
        ("14", "4", False, False),
        ("−5", "-5", True, True),
        ("5", "-5", False, False),
        ("3,5", "3.5", True, True),
        ("yes 👍", "👍", False, True),
        ("anything", "👍", False, False),
        ("", "Paris", False, False),
        ("«До свидания»", "до   свидания", True, True),
    ],
)
def test_an_answer_is_compared_as_people_would(answer: str, expected: str, exact: bool, within: bool) -> None:
    assert is_exact(answer, (expected,)) is exact
    assert contains(answer, ("something else", expected)) is within


def test_wilsons_interval_is_that_of_the_literature() -> None:
    # Newcombe (Statistics in Medicine 17, 1998), table I.
    for successes, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = wilson(successes, count)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert wilson(3, 4).leaves_open
    assert not wilson(10, 10).leaves_open


async def test_what_means_the_same_is_more_similar() -> None:
    maker = retriever_maker(RecallMethod.AUTO)
    if maker is None:
        pytest.skip("no text embeddings are installed")
    [case] = read_cases('{"prompt": "Can I get my money back?", "expected": "You get a refund within 30 days."}')
    scorer, use = Scorer(maker), TokenUse()
    near = await scorer.score(case, "Within a month we return what you paid.", use)
    far = await scorer.score(case, "The penguin sleeps on the ice.", use)
    same = await scorer.score(case, "you get a refund within 30 days", use)
    assert near is not None and far is not None and same is not None
    assert near.similarity is not None and far.similarity is not None
    assert near.similarity > far.similarity + 0.2
    assert (same.similarity, same.passed, near.passed) == (1.0, True, False)
    assert 1.0 == same.points > near.points > far.points
    scorer.forget()
    again = await scorer.score(case, "Within a month we return what you paid.", use)
    assert again == near


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ('{"correct": true, "reason": "same city"}', Judgement(True, "same city")),
        ('```json\n{"correct": false}\n```', Judgement(False, "")),
        ("Yes, it is correct.", None),
        ('{"correct": "true"}', None),
        ('[{"correct": true}]', None),
        ("", None),
    ],
)
def test_only_a_strict_verdict_counts(said: str, verdict: Judgement | None) -> None:
    assert verdict_in(said) == verdict


async def test_the_judge_decides_and_its_failure_is_no_failure_of_the_test(chat: ScriptedChat) -> None:
    [case] = read_cases('{"prompt": "Столица?", "expected": "Париж"}')
    judge = Judge(model_at(chat, "judge"))
    use = TokenUse()
    chat.answer = '{"correct": false, "reason": "It says not."}'
    score = await Scorer(judge=judge).score(case, "Не Париж", use)
    assert score is not None
    assert (score.contains, score.passed, use.reply_tokens > 0) == (True, False, True)
    sent = json.loads(chat.last_question)
    assert sent == {"question": "Столица?", "accepted_answers": ["Париж"], "answer": "Не Париж"}
    chat.trouble = {"status": 400}
    score = await Scorer(judge=judge).score(case, "Это Париж", use)
    assert score is not None
    assert (score.judgement, score.passed) == (None, True)


async def test_two_models_are_asked_the_same_and_what_they_take_is_counted(chat: ScriptedChat) -> None:
    chat.usage = (10, 5)
    chat.says = lambda model, question: {"good": "It is 4.", "bad": "It is 5."}[model] if "2" in question else "…"
    asked = read_cases('["Hi", {"prompt": "2 + 2?", "expected": "4", "system": "Count."}]')
    meter, told = Meter(), []
    run = EvaluationRun(asked, [model_at(chat, "good"), model_at(chat, "bad")], "Be kind.", Scorer(), meter)
    run.on_progress = lambda done, whole: told.append((done, whole))
    result = await run.result()
    good, bad = result.runs
    assert (good.passed, bad.passed, len(good.judged), result.is_whole) == (1, 0, 1, True)
    assert [answer.text for answer in bad.answers] == ["…", "It is 5."]
    assert (good.use, meter.counted) == (TokenUse(20, 10), {"good": 30, "bad": 30})
    assert told == [(1, 2), (2, 2)]
    systems = {request["messages"][-1]["content"]: request["messages"][0]["content"] for request in chat.requests}
    assert systems == {"Hi": "Be kind.", "2 + 2?": "Count."}


async def test_a_silent_model_ends_the_case_and_a_dead_endpoint_the_test(chat: ScriptedChat) -> None:
    chat.trouble, chat.times = "stall", 1
    run = EvaluationRun(
        read_cases('["a", "b"]'), [model_at(chat)], "", Scorer(), Meter(), at_once=1, case_timeout_s=0.3
    )
    [of_model] = (await run.result()).runs
    assert [answer.text for answer in of_model.answers] == ["", "Paris is the capital of France."]
    assert (of_model.failed, str(of_model.answers[0].error)[:30]) == (1, "My chat model said nothing for")
    chat.trouble, chat.times = {"status": 400}, -1
    result = await EvaluationRun(
        read_cases(json.dumps(["a"] * 50)), [model_at(chat)], "", Scorer(), Meter(), at_once=1
    ).result()
    assert len(result.runs[0].answers) == MAX_FAILURES
    assert result.ended_by is not None and not result.is_whole
    chat.trouble = {"status": 401}
    result = await EvaluationRun(
        read_cases(json.dumps(["a"] * 50)), [model_at(chat)], "", Scorer(), Meter(), at_once=1
    ).result()
    assert len(result.runs[0].answers) == 1


async def test_a_test_that_is_stopped_or_has_used_all_up_keeps_what_was_answered(chat: ScriptedChat) -> None:
    run = EvaluationRun(read_cases(json.dumps(["a"] * 50)), [model_at(chat)], "", Scorer(), Meter(), at_once=1)
    run.on_progress = lambda done, _whole: run.stop.cancel() if done == 3 else None
    async with asyncio.timeout(30):
        result = await run.result()
    assert (len(result.runs[0].answers), result.asked, result.ended_by) == (3, 50, None)
    used_up = await EvaluationRun(
        read_cases(json.dumps(["a"] * 50)), [model_at(chat)], "", Scorer(), Meter(left=4)
    ).result()
    assert len(used_up.runs[0].answers) == 4
    assert isinstance(used_up.ended_by, StarlingError)
    chat.first_word_delay_s = 1.0
    late = EvaluationRun(read_cases('["a"]'), [model_at(chat)], "", Scorer(), Meter(), run_timeout_s=0.2)
    assert "longer than" in str((await late.result()).ended_by)


def of(model: str, passed: Sequence[bool], *, failed: int = 0, similarity: float = 0.0) -> ModelRun:
    """A model's answers, correct where ``passed`` is True."""
    asked = [cases.TestCase(f"{number}?", ("yes",)) for number in range(len(passed))]
    answers = [
        CaseAnswer(
            case, "…", 1.0, TokenUse(), Score(right, right, similarity), StarlingError() if at < failed else None
        )
        for at, (case, right) in enumerate(zip(asked, passed, strict=True))
    ]
    return ModelRun(model, tuple(answers))


def test_the_gate_lets_only_those_in_who_learned_and_have_not_forgotten() -> None:
    half, more, all_ = [True] * 5 + [False] * 5, [True] * 8 + [False] * 2, [True] * 30
    active, general = of("active", half), of("active", all_)
    promoted = verdict(of("new", more), active, of("new", all_), general)
    assert promoted.promotable
    assert "better on 3 of 10" in str(promoted.reasons[0]) and "chance" in str(promoted.reasons[1])
    surely = verdict(of("new", [True] * 10), of("active", [False] * 10), of("new", all_), general)
    assert not any("chance" in str(reason) for reason in surely.reasons)
    one_less = verdict(of("new", more), active, of("new", [*all_[:29], False]), general)
    two_less = verdict(of("new", more), active, of("new", [*all_[:28], False, False]), general)
    assert one_less.promotable
    assert not two_less.promotable
    assert str(two_less.reasons[-1]).endswith(
        "answers 28 of 30 general questions correctly; `active` answers 30: it has forgotten things."
    )
    # Each model is right where the other is wrong, six times and three times: equal models may do so by chance.
    wavering = of("new", [True] * 12 + [False] * 6 + [True] * 3 + [False] * 9)
    steady = of("active", [True] * 18 + [False] * 12)
    assert verdict(of("new", more), active, wavering, steady).promotable
    worse = verdict(of("new", [True] * 4 + [False] * 6), active, of("new", all_), general)
    same = verdict(of("new", half), active, of("new", all_), general)
    assert not worse.promotable and not same.promotable
    assert "better on 0 of 10, worse on 1" in str(worse.reasons[0])
    nearer = verdict(of("new", half, similarity=0.5), active, of("new", all_), general)
    assert nearer.promotable
    for runs in (
        (of("new", more, failed=1), active, of("new", all_), general),
        (of("new", more), of("active", half, failed=2), of("new", all_), general),
        (of("new", []), of("active", []), of("new", all_), general),
    ):
        assert not verdict(*runs).promotable
    with pytest.raises(ValueError, match="the same cases"):
        verdict(of("new", more), of("active", half[:9]), general, general)


def test_a_test_without_expected_answers_judges_nothing() -> None:
    asked = cases.TestCase("Tell me a joke")
    run = ModelRun("m", (CaseAnswer(asked, "…", 1.0, TokenUse()),))
    assert (run.passed, run.judged, run.similarity, run.latency_s) == (0, (), None, 1.0)
    assert Evaluation((run,), 1).is_whole


def test_one_test_runs_in_a_guild_and_only_its_starter_cancels_it() -> None:
    under_way = tests_under_way.TestsUnderWay()
    with under_way.running(1, 5) as (id_, stop):
        with pytest.raises(tests_under_way.TestUnderWayError), under_way.running(1, 6):
            pass
        with under_way.running(2, 6), pytest.raises(NotPermittedError):
            under_way.cancel(1, id_, 6)
        with pytest.raises(tests_under_way.TestEndedError):
            under_way.cancel(2, id_, 5)
        assert not stop.is_cancelled
        under_way.cancel(1, id_, 5)
        assert stop.is_cancelled
    with pytest.raises(tests_under_way.TestEndedError):
        under_way.cancel(1, id_, 5)
    with under_way.running(1, 6):
        pass
