"""Files as people upload them, good and bad."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.datasets.example import Turn
from bot.datasets.example_text import ExampleOrigin
from bot.datasets.problems import UploadRefusedError
from bot.datasets.reading import MAX_BYTES, read_upload
from tests.datasets.factories import ADA, GIVING, WHEN


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _chat(*texts: str, **of_last: object) -> dict[str, object]:
    messages: list[dict[str, object]] = [
        {"role": "assistant" if number % 2 else "user", "content": text} for number, text in enumerate(texts)
    ]
    messages[-1] |= of_last
    return {"messages": messages}


def _problems(name: str, data: bytes | str) -> list[str]:
    with pytest.raises(UploadRefusedError) as caught:
        read_upload(name, data.encode() if isinstance(data, str) else data, GIVING)
    return [str(problem) for problem in caught.value.problems]


def test_a_chat_file_gives_an_example_for_each_answer() -> None:
    record = _chat("Привет", "Здравствуй!", "Как дела?", "Хорошо.")
    record["messages"] = [{"role": "system", "content": "Be kind."}, *record["messages"]]  # type: ignore[misc]
    first, second = read_upload("a.jsonl", _line(record).encode(), GIVING)
    assert (first.prompt, first.answer, first.system, first.turns) == ("Привет", "Здравствуй!", "Be kind.", ())
    assert (second.prompt, second.answer) == ("Как дела?", "Хорошо.")
    assert second.turns == (Turn("user", "Привет"), Turn("assistant", "Здравствуй!"))
    assert (second.given_by, second.source, second.created_at, second.kind) == (ADA, "upload", WHEN, "positive")


def test_an_answer_with_the_weight_0_is_not_learnt_but_remembered() -> None:
    record = _chat("a", "b", "c", "d")
    record["messages"][1]["weight"] = 0  # type: ignore[index]
    [example] = read_upload("a.jsonl", _line(record).encode(), GIVING)
    assert (example.prompt, example.answer, len(example.turns)) == ("c", "d", 2)
    assert _problems("a.jsonl", _line(_chat("a", "b", weight=0))) == [
        "Line 1: Every assistant message has the weight 0, so there is nothing to learn."
    ]
    assert "weight that is neither 0 nor 1" in _problems("a.jsonl", _line(_chat("a", "b", weight=0.5)))[0]


def test_a_preference_file_gives_pairs() -> None:
    record = {
        "input": {"messages": [{"role": "user", "content": "2+2?"}], "tools": []},
        "preferred_output": [{"role": "assistant", "content": "4"}],
        "non_preferred_output": [{"role": "assistant", "content": "5"}],
    }
    [example] = read_upload("a.jsonl", _line(record).encode(), GIVING)
    assert (example.prompt, example.answer, example.rejected, example.kind) == ("2+2?", "4", "5", "pair")
    record["preferred_output"] = []
    assert _problems("a.jsonl", _line(record)) == [
        "Line 1: `preferred_output` must be a list of exactly one assistant message."
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("names", [("Prompt", "Answer"), ("question", "RESPONSE"), ("вопрос", "ответ")])
def test_a_table_may_have_any_delimiter_and_its_own_names(delimiter: str, names: tuple[str, str]) -> None:
    rows = [names, ("Где, скажи?", '"Тут; там"\nи здесь|')]
    text = "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)
    [example] = read_upload("t.csv", text.encode(), GIVING)
    assert (example.prompt, example.answer) == ("Где, скажи?", '"Тут; там"\nи здесь|')


def test_a_column_says_what_is_positive_and_otherwise_the_upload_does() -> None:
    text = "input,output,positive\na,b,yes\nc,d,нет\ne,f,\n"
    kinds = [
        [example.kind for example in read_upload("t.csv", text.encode(), ExampleOrigin(1, WHEN, good))]
        for good in (True, False)
    ]
    assert kinds == [["positive", "negative", "positive"], ["positive", "negative", "negative"]]
    assert _problems("t.csv", "input,output,positive\na,b,maybe\n") == [
        "Line 2: `maybe` says neither yes nor no in `positive`. Write true or false."
    ]


def test_json_documents_are_taken_as_the_older_bot_took_them() -> None:
    document = [
        {"name": "Capital of France?", "text": "Paris", "label": "positive"},
        {"name": "Capital of France?", "text": "Lyon", "label": 0},
        [{"name": "x", "text": "Is water wet?", "label": "Yes, and cold."}],
        {"input": "Hello", "output": "Hi!"},
    ]
    examples = read_upload("d.json", json.dumps(document, indent=2).encode(), GIVING)
    assert [(e.prompt, e.answer, e.rejected) for e in examples] == [
        ("Capital of France?", "Paris", None),
        ("Capital of France?", None, "Lyon"),
        ("Is water wet?", "Yes, and cold.", None),
        ("Hello", "Hi!", None),
    ]
    assert _problems("d.json", '[{"input": "Hello"}, 5]') == [
        "Item 1: There is no answer here. Its field must be called `answer, response, output`.",
        'Item 2: This must be an object such as `{"prompt": "…", "answer": "…"}`.',
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_editors_write_is_read(encoding: str, line_end: str) -> None:
    lines = ["prompt;answer", "Ёж?;Да 🦔", ""]
    [example] = read_upload("t.csv", line_end.join(lines).encode(encoding), GIVING)
    assert (example.prompt, example.answer) == ("Ёж?", "Да 🦔")
    text = _line({"prompt": "Ёж?", "answer": "Да"}).replace("\n", line_end) * 2
    assert len(read_upload("t.jsonl", text.encode(encoding), GIVING)) == 2


def test_a_formula_is_a_text() -> None:
    [example] = read_upload("t.csv", b'prompt,answer\n=1+1,"=HYPERLINK(""http://x"")"\n', GIVING)
    assert (example.prompt, example.answer) == ("=1+1", '=HYPERLINK("http://x")')


def test_every_problem_is_told_with_its_line_and_nothing_is_taken() -> None:
    lines = [
        _line({"prompt": "good", "answer": "good"}),
        '{"prompt": "a", "answer"}\n',
        _line({"messages": [{"role": "robot", "content": "x"}]}),
        "\n",
        _line(_chat("a", "b") | {"messages": [{"role": "assistant", "content": "x"}]}),
        '{"prompt": "a", "answer": NaN}\n',
        '{"prompt": "a", "prompt": "b", "answer": "c"}\n',
        '{"prompt": "a", "answer": "\\ud800"}\n',
        '{"prompt": "  ", "answer": "c"}\n',
        "[" * 100_000 + "\n",
        '{"prompt": "a", "answer": ' + "9" * 5000 + "}\n",
        _line(_chat("a", "b", content=[{"type": "image_url", "image_url": {}}])),
    ]
    assert _problems("bad.jsonl", "".join(lines)) == [
        "Line 2: This is not valid JSON, from character 25 on (Expecting ':' delimiter).",
        "Line 3: Message 1 has the role `robot`; it must be system, user or assistant.",
        "Line 5: Message 1 is an assistant message, but no user message stands right before it.",
        "Line 6: NaN is not a number in JSON.",
        "Line 7: The name `prompt` appears twice in one object.",
        "Line 8: `answer` has characters that are not text (control characters, or half of one).",
        "Line 9: `prompt` is empty.",
        "Line 10: This is nested too deeply.",
        "Line 11: A number in it has too many digits.",
        "Line 12: Message 2 holds more than text (an image, a sound or a call of a tool).",
    ]


def test_no_more_than_twenty_problems_are_told() -> None:
    problems = _problems("t.csv", "prompt,answer\n" + "only one cell\n" * 1_000)
    assert problems[0] == "Line 2: Its cells (1) do not match the columns (2)."
    assert len(problems) == 21
    assert problems[-1] == "There are more; these are the first 20."
    assert len(_problems("t.csv", "prompt,answer\n" + "only one cell\n" * 20)) == 20


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("e.jsonl", b"", "It is empty."),
        ("e.csv", b"\xef\xbb\xbf \r\n", "It is empty."),
        ("e.json", b"[]", "There are no examples in it."),
        ("e.csv", b"prompt,answer\n", "There are no rows below the names of the columns."),
        ("b.csv", bytes(range(256)) * 10, "It is binary data, not text."),
        ("b.jsonl", '{"prompt": "a"}'.encode("utf-16-le"), "It is binary data, not text."),
        ("l.csv", "prompt,answer\nда,нет\n".encode("cp1251"), "Line 2 is not in UTF-8."),
        ("u.csv", b"\xff\xfe\x00\xd8\x00", "It begins as UTF-16 but does not continue that way."),
        (
            "h.csv",
            b"a,b,c\n1,2,3\n",
            "The first line must name the columns, such as `prompt,answer`; I found `a, b, c`.",
        ),
        ("q.csv", b'prompt,answer\n"never closed,x\n', "Line 2: This is not valid CSV (unexpected end of data)."),
        ("n.json", b"5", "The file must be a list of objects, one object, or one object a line."),
        ("j.json", b'[\n{"prompt": 1,}\n]', "Line 2 is not valid JSON, from character 14 on"),
        ("d.json", b"[" * 200_000, "This is nested too deeply."),
        ("l.csv", b"prompt,answer\na," + b"b" * 20_001, "Line 2: `answer` has 20001 characters, and at most 20000"),
        ("m.csv", lambda: b"prompt,answer\n" + b"a,b\n" * 1_000_000, "It has more than 20000 examples"),
        ("m.jsonl", lambda: b"{}\n" * 1_000_000, "Line 1: There is no prompt here."),
        (
            "keys.jsonl",
            lambda: b"{" + b",".join(b'"%d":0' % (n % 600_000) for n in range(600_001)) + b"}",
            "Line 1: The name `0`",
        ),
        ("big.jsonl", lambda: b" " * (MAX_BYTES + 1), "It is larger than 8 MB"),
    ],
)
def test_a_bad_file_gets_its_own_sentence(name: str, data: bytes | Callable[[], bytes], problem: str) -> None:
    assert _problems(name, data() if callable(data) else data)[0].startswith(problem)


def _zip(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return sink.getvalue()


_MEMBERS = dict.fromkeys(("manifest.json", "train.jsonl", "preference.jsonl", "heldout.jsonl", "dataset.csv"), b"")


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: _zip(**{"../../starling.db": b"x"}), "The zip has a file called `../../starling.db`, which leads out"),
        (lambda: _zip(**{"C:\\x": b"x"}), "The zip has a file called"),
        (lambda: _zip(**{"/etc/passwd": b"x"}), "The zip has a file called `/etc/passwd`, which leads out"),
        (lambda: _zip(**{"xl/sheet1.xml": b"x"}), "The zip has a file called `xl/sheet1.xml`. I take only archives"),
        (lambda: _zip(**_MEMBERS | {"virus.exe": b"x"}), "The zip has a file called `virus.exe`. I take only archives"),
        (lambda: _zip(**{"manifest.json": b"{}"}), "The zip has no `dataset.csv`."),
        (lambda: _zip(**_MEMBERS), "The manifest.json of the archive is not as I write it."),
        (
            lambda: _zip(**_MEMBERS | {"manifest.json": b"[" * 50_000}),
            "The manifest.json of the archive is not as I write it.",
        ),
        (lambda: _zip(**_MEMBERS | {"manifest.json": b" " * 100_000}), "Unpacked, the zip would be larger"),
        (lambda: _zip(**_MEMBERS | {"dataset.csv": bytes(70 << 20)}), "Unpacked, the zip would be larger than 64 MB."),
        (lambda: _zip(**_MEMBERS)[:-30], "This zip is damaged"),
    ],
)
def test_a_zip_that_is_no_archive_of_ours_is_refused(made: Callable[[], bytes], problem: str) -> None:
    assert _problems("a.zip", made())[0].startswith(problem)


_GOOD = {
    "a.jsonl": _line(_chat("Привет", "Здравствуй!")) + _line({"prompt": "a", "answer": "b"}),
    "a.json": '[{"name": "x", "text": "y", "label": "yes"}, [{"input": "a", "output": 5}]]',
    "a.csv": 'prompt;answer;positive\r\n"a;\r\nb";c;no\r\n',
    "without a suffix": "question\tanswer\na\tb\n",
}


@pytest.mark.parametrize("name", _GOOD)
@settings(deadline=None)
@given(st.data())
def test_a_file_that_was_damaged_is_read_or_refused(name: str, data: st.DataObject) -> None:
    good = bytearray(_GOOD[name].encode())
    at = data.draw(st.integers(0, len(good) - 1))
    good[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    try:
        examples = read_upload(name, bytes(good), GIVING)
    except UploadRefusedError as error:
        assert error.problems
        assert all(str(problem) for problem in error.problems)
    else:
        assert examples
