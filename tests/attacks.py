"""Attacks by a hostile member, a hostile moderator and a hostile endpoint on everybody else."""

from __future__ import annotations

import asyncio
import functools
import gzip
import io
import json
from typing import Any
from unittest.mock import patch

from PIL import Image

from bot.sandbox.client.discord_user import DiscordUser
from tests.harness import RECORDINGS, BotHarness, Message
from tests.scripted_chat import Scripted, stream

ELSEWHERE = "second sandbox/general"
"""A channel of a server that the attacks do not come from."""
PATIENCE_S = 240.0

STARING = "Stare at this"
"""The beginning of questions to which the endpoint misbehaves, see ``misbehave``."""


def misbehave(body: dict[str, Any]) -> Scripted | None:
    """A hostile endpoint's response to the questions of these attacks; None, for the usual answer, to everything
    else."""
    content = body["messages"][-1]["content"]
    question = content if isinstance(content, str) else str(content[0].get("text", ""))
    ways = {
        "a huge answer": [stream(_said("caw " * 1000), done=False)] * 5000,
        "a line without end": [b"data: ", *[b"x" * (1 << 16)] * 1600],
        "nothing": [],
        "a thought without end": [stream(_said("<think>" + "hm " * 100), done=False)] * 5000,
        "list items": [stream(_said("- a\n" * 6000))],
    }
    for name, parts in ways.items():
        if f"{STARING}: {name}" in question:
            return Scripted(parts)
    if f"{STARING}: a bomb" in question:
        return Scripted(_bomb(), headers={"Content-Encoding": "gzip"})
    return None


def _said(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(b"data: " + bytes(1 << 20) * 64)


def large_picture(side: tuple[int, int] = (8000, 6000), kind: str = "WEBP") -> bytes:
    """A picture of a few kilobytes that takes a great deal of memory when decoded."""
    written = io.BytesIO()
    Image.new("RGB", side, (200, 30, 60)).save(written, kind, method=0)
    return written.getvalue()


async def text_files(harness: BotHarness, count: int = 4) -> None:
    """Send a mention with text files whose tokens take long to count."""
    files = [(f"{number}.txt", b"-" * 261_120 + b" 1", "text/plain") for number in range(count)]
    await _answered(harness, harness.member, "what is in these?", files)


async def pictures(harness: BotHarness, data: bytes, messages: int = 4) -> None:
    """Send pictures that take much memory when decoded, four per message, in up to four places at once."""
    files = [(f"{number}.webp", data, "image/webp") for number in range(4)]
    places = ["general", "voice-notes", await harness.dm(harness.member), ELSEWHERE][:messages]
    people = [harness.administrator if place == ELSEWHERE else harness.member for place in places]
    await asyncio.gather(
        *(
            _answered(harness, person, "what is in these?", files, place)
            for person, place in zip(people, places, strict=True)
        )
    )


async def transcript(harness: BotHarness) -> None:
    """Submit a corrected transcript that is hard to align with the original."""
    recording = ("note.ogg", (RECORDINGS / "jfk.ogg").read_bytes(), "audio/ogg")
    note = await _answered(harness, harness.member, "a b " * 475, [recording])
    form = await harness.member.message_command("Correct transcript", note, timeout_s=PATIENCE_S)
    outcome = await harness.member.submit(form, {"said": "b a a " * 665}, timeout_s=PATIENCE_S)
    await outcome.response(PATIENCE_S)


async def secrets_search(harness: BotHarness, examples: int = 12) -> None:
    """Create a dataset whose texts are hard to search for keys."""
    ada, name = harness.administrator, f"slow {id(asyncio.current_task()) % 1_000_000}"
    lines = [json.dumps({"prompt": f"Question {number}?", "completion": "/" * 19_990}) for number in range(examples)]
    await _did(ada, "dataset create", dataset=name)
    await _did(ada, "dataset add", dataset=name, file=("slow.jsonl", "\n".join(lines).encode(), "application/jsonl"))
    told = await _did(ada, "dataset lint", dataset=name)
    assert told["content"]


async def odd_uploads(harness: BotHarness) -> None:
    """Upload datasets that are expensive to parse."""
    ada, name = harness.administrator, f"odd {id(asyncio.current_task()) % 1_000_000}"
    await _did(ada, "dataset create", dataset=name)
    for file_name, data in (
        ("nested.json", b"[" * (4 << 20) + b"]" * (4 << 20)),
        ("empty.csv", b"prompt,answer\n" + b",\n" * (2 << 20)),
        ("wide.csv", b"," * (4 << 20) + b"\n"),
        ("long.jsonl", b'{"prompt": "' + b"a" * (8 << 20)),
    ):
        await _did(ada, "dataset add", dataset=name, file=(file_name, data, "text/plain"))


async def autocompletes(harness: BotHarness, count: int = 500, timeout_s: float = 10) -> list[object]:
    """Request autocompletion as if somebody leant on the keyboard; returns the choices or the error of each request."""
    person = harness.administrator
    offered = await person.commands()

    async def known(_channel: object, _query: str) -> list[Message]:
        return offered

    asked = (
        person.autocomplete("dataset show", {"dataset": f"a{number}"}, "dataset", timeout_s=timeout_s)
        for number in range(count)
    )
    # Discord's client does not fetch the list of commands for each letter either.
    with patch.object(person, "commands", known):
        return list(await asyncio.gather(*asked, return_exceptions=True))


async def presses(harness: BotHarness, count: int = 60) -> None:
    """Press Read aloud, over and over."""
    asked = await harness.member.send("general", f"{harness.mention} say something")
    answer = await harness.complete_answer_to(asked)
    await asyncio.gather(
        *(harness.member.click(answer, "aloud", timeout_s=PATIENCE_S) for _ in range(count)), return_exceptions=True
    )


async def stare(harness: BotHarness, way: str) -> None:
    """Ask a question that the endpoint answers in ``way``, see ``misbehave``; needs ``chat.script = misbehave``."""
    await _answered(harness, harness.member, f"{STARING}: {way}")


async def _answered(
    harness: BotHarness, person: DiscordUser, text: str, files: list[tuple[str, bytes, str]] | None = None,
    place: str = "general",
) -> Message:  # fmt: skip
    """Send the question, and return it once its answer, or an error in its place, is complete."""
    asked = await person.send(place, f"{harness.mention} {text}", files=files or [])
    await person.wait_for_message(
        lambda message: (
            (message.get("message_reference") or {}).get("message_id") == asked["id"]
            and bool(message["content"])
            and "stop" not in str(message.get("components"))
        ),
        PATIENCE_S,
    )
    return asked


async def _did(person: DiscordUser, command: str, **options: object) -> Message:
    return await (await person.slash(command, options, timeout_s=PATIENCE_S)).response(PATIENCE_S)
