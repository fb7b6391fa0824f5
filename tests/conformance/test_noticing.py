"""Deviations from Discord's descriptions are noticed, and reported so that they are easy to locate."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bot.sandbox.model.entities import User
from bot.sandbox.observer import Frame
from bot.sandbox.request_log import LoggedRequest
from tests.conformance.gateway import GatewayDescription
from tests.conformance.openapi import SPEC, Description
from tests.conformance.overlay import Document, Rule
from tests.conformance.recorder import Recorder

MESSAGE: dict[str, Any] = {
    "id": "1100000000004194500",
    "channel_id": "1100000000004194405",
    "type": 0,
    "content": "hello",
    "mentions": [],
    "mention_roles": [],
    "attachments": [],
    "embeds": [],
    "components": [],
    "timestamp": "2026-01-01T00:00:00+00:00",
    "edited_timestamp": None,
    "flags": 0,
    "author": {
        "id": "1100000000000000100",
        "username": "starling",
        "avatar": None,
        "discriminator": "0000",
        "public_flags": 0,
        "flags": 0,
        "global_name": None,
        "primary_guild": None,
    },
    "pinned": False,
    "mention_everyone": False,
    "tts": False,
}
SENT = LoggedRequest(
    method="POST",
    path="/channels/1100000000004194405/messages",
    query={},
    status=200,
    duration_s=0.001,
    account="starling",
    by_person=False,
    content_type="application/json",
    body={"content": "hello"},
    files={},
    response=MESSAGE,
)
BOT = User(1, "starling", bot=True)
PERSON = User(2, "ada")

needs_description = pytest.mark.skipif(not SPEC.is_file(), reason=f"Discord's description is not in {SPEC}")


def frame(payload: object, *, sent: bool, account: User | None) -> Frame:
    return Frame(json.dumps(payload), sent=sent, account=account)


@cache
def _rest() -> Description | None:
    return Description() if SPEC.is_file() else None


def said_of(seen: LoggedRequest | Frame) -> list[str]:
    """What a fresh recorder reports about ``seen``, without the name of this test."""
    recorder = Recorder(_rest(), GatewayDescription())
    if isinstance(seen, Frame):
        recorder.frame(seen)
    else:
        recorder.request(seen)
    found = recorder.violations("test_noticing.py::test_")
    return [f"{v.what}: {v.part} {v.difference.pointer} {v.difference.keyword}" for v in found]


@needs_description
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"body": {"content": 5}}, ["request /content type"]),
        ({"body": {"content": "x" * 2001}}, ["request /content maxLength"]),
        ({"body": {"contents": "Discord ignores it"}}, []),
        ({"body": {"embeds": [{}, {"title": 1}]}}, ["request /embeds/1/title type"]),
        ({"body": {"components": [{"type": 1, "components": [{"type": 2, "style": 9}]}]}},
         ["request /components/0/components/0/style const"]),
        ({"body": None, "content_type": ""}, ["request  requestBody"]),
        ({"content_type": "text/plain"}, ["request  content"]),
        ({"query": {"wait": "true"}}, ["query /wait parameters"]),
        ({"response": MESSAGE | {"id": 5.5}}, ["answer /id type"]),
        ({"response": MESSAGE | {"flag": 0}}, ["answer  unevaluatedProperties"]),
        ({"response": {key: value for key, value in MESSAGE.items() if key != "tts"}}, ["answer  required"]),
        ({"status": 201}, ["answer  responses"]),
    ],
)  # fmt: skip
def test_a_request_and_its_answer_are_looked_at(changes: dict[str, Any], said: list[str]) -> None:
    path = "POST /channels/{channel_id}/messages"
    seen = replace(SENT, **changes)
    assert said_of(seen) == [f"{path} {seen.status}: {one}" for one in said]


@needs_description
def test_what_was_refused_may_have_been_wrong_but_not_the_refusal() -> None:
    refused = replace(SENT, status=400, body={"content": 5}, response={"code": 50035, "message": "Invalid Form Body"})
    assert said_of(refused) == []
    path = "POST /channels/{channel_id}/messages 400"
    assert said_of(replace(refused, response={"message": "Invalid Form Body"})) == [f"{path}: answer  required"]
    assert said_of(replace(refused, status=500, response=None)) == []


@needs_description
def test_what_is_described_nowhere_must_be_refused() -> None:
    asked = replace(SENT, path="/channels/1/whispers", response={})
    assert said_of(asked) == ["POST /channels/1/whispers 200: request  paths"]
    assert said_of(replace(asked, status=404, response={"code": 0, "message": "404: Not Found"})) == []


@needs_description
def test_people_are_left_alone() -> None:
    assert said_of(replace(SENT, by_person=True, account="ada", body={"content": 5})) == []
    assert said_of(frame({"op": 99, "d": None}, sent=False, account=PERSON)) == []


@needs_description
def test_a_rule_without_which_all_would_pass_is_not_needed() -> None:
    def allow_numbers(document: Document) -> None:
        document["components"]["schemas"]["MessageCreateRequest"]["properties"]["content"] = {}

    def allow_nothing_new(document: Document) -> None:
        pass

    used = Rule("numbers are content", "as an example", allow_numbers)
    useless = Rule("nothing", "as an example", allow_nothing_new)
    said_already = Rule("nothing stricter", "as an example", allow_nothing_new, widens=False)
    description = Description(rules=(used, useless, said_already))
    assert list(description.differences(SENT)) == []
    assert description.unneeded() == [used, useless, said_already]
    assert list(description.differences(replace(SENT, body={"content": 5}))) == []
    assert description.unneeded() == [useless, said_already]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"op": 11, "d": None, "s": None, "t": None}, []),
        ({"op": 11, "d": None, "t": None}, ["op 11 to the application: frame  required"]),
        ({"op": 0, "d": {}, "s": 1, "t": "RESUMED"}, []),
        ({"op": 0, "d": {}, "s": 1, "t": "GUILD_EXPLODE"}, ["GUILD_EXPLODE: frame /d schema"]),
        ({"op": 0, "d": MESSAGE, "s": 1, "t": "MESSAGE_CREATE"}, []),
        ({"op": 0, "d": MESSAGE | {"id": 5}, "s": 1, "t": "MESSAGE_CREATE"}, ["MESSAGE_CREATE: frame /d/id type"]),
        (
            {"op": 0, "d": MESSAGE | {"components": [{"type": 10, "id": 1}]}, "s": 1, "t": "MESSAGE_CREATE"},
            ["MESSAGE_CREATE: frame /d/components/0 required"],
        ),
    ],
)
def test_a_frame_to_a_bot_is_looked_at(payload: dict[str, Any], said: list[str]) -> None:
    assert said_of(frame(payload, sent=True, account=BOT)) == said


def test_a_frame_from_a_bot_is_looked_at() -> None:
    identity = {"token": "t", "intents": 1, "properties": {"os": "linux", "browser": "b", "device": "d"}}
    assert said_of(frame({"op": 2, "d": identity}, sent=False, account=BOT)) == []
    nameless = frame({"op": 2, "d": identity | {"properties": {}}}, sent=False, account=BOT)
    assert said_of(nameless) == ["op 2 from the application: frame /d/properties required"]
    assert said_of(frame({"op": 99, "d": None}, sent=False, account=None)) == [
        "op 99 from the application: frame  schema"
    ]
