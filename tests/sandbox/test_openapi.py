"""What a real bot sends and what the sandbox answers, held against Discord's own description of its REST."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hikari
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.sandbox import Person, Sandbox
from bot.sandbox.request_log import LoggedRequest
from bot.sandbox.seed import APPLICATION_ID, GENERAL_ID, GUILD_ID, MEMBER_ID, READ_ONLY_ID
from tests.sandbox.example_bot import VOICE, WAVEFORM

SPEC = Path(__file__).parents[2].parent / "shared" / "discord-spec" / "openapi.json"
JSON = "application/json"


class Description:
    """Discord's OpenAPI document, with the few places where the written documentation is right and it is not."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = spec["paths"]
        schemas = spec["components"]["schemas"]
        # The documentation allows numbers as ids of attachments, and hikari sends them.
        schemas["SnowflakeType"] = copy.deepcopy(schemas["SnowflakeType"]) | {"type": ["string", "integer"]}
        # The documentation shows words as codes within the tree of errors.
        schemas["Error"]["properties"]["code"] = {"type": ["integer", "string"]}
        # Forwards are documented, and not in the list of kinds.
        schemas["MessageReferenceType"] = {"type": "integer", "enum": [0, 1]}
        resource = Resource.from_contents(spec, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:discord", resource)

    def path_of(self, request: LoggedRequest) -> str | None:
        """The described path that ``request`` went to; literal segments win over parameters."""
        given = request.path.split("/")
        fitting = [path for path in self._paths if _fits(path.split("/"), given)]
        return min(fitting, key=lambda path: path.count("{"), default=None)

    def faults_of(self, request: LoggedRequest) -> Iterator[str]:
        """Where request or answer differ from the description."""
        path = self.path_of(request)
        assert path is not None
        operation = self._paths[path][request.method.lower()]
        pointer = f"/paths/{_escape(path)}/{request.method.lower()}"
        if request.body is not None and JSON in operation.get("requestBody", {}).get("content", {}):
            where = f"{pointer}/requestBody/content/application~1json/schema"
            yield from self._check(where, request.body, "request")
        responses = operation["responses"]
        key = str(request.status)
        if key not in responses:
            key = f"{key[0]}XX"
        assert key in responses, f"{request.method} {path} answered {request.status}, which is not described"
        if "$ref" in responses[key]:
            where = responses[key]["$ref"].removeprefix("#") + "/content/application~1json/schema"
            yield from self._check(where, request.response, "answer")
        elif JSON in responses[key].get("content", {}):
            where = f"{pointer}/responses/{key}/content/application~1json/schema"
            yield from self._check(where, request.response, "answer")

    def _check(self, pointer: str, value: object, what: str) -> Iterator[str]:
        validator = Draft202012Validator({"$ref": f"urn:discord#{pointer}"}, registry=self._registry)
        for error in validator.iter_errors(value):
            deepest = max(_deepest(error), key=lambda e: len(e.absolute_path))
            yield f"{what} {deepest.json_path}: {deepest.message[:300]}"


def _deepest(error: Any) -> Iterator[Any]:
    yield error
    for inner in error.context or ():
        yield from _deepest(inner)


def _fits(path: list[str], given: list[str]) -> bool:
    return len(path) == len(given) and all(p.startswith("{") or p == g for p, g in zip(path, given, strict=True))


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


async def _do_everything(bot: hikari.GatewayBot, ada: Person, boris: Person) -> None:
    rest = bot.rest
    for name in ("think", "secret", "speak"):
        await (await ada.slash(name)).response()
    await (await ada.slash("measure", {"file": ("x.ogg", b"OggS", "audio/ogg")})).response()
    await ada.autocomplete("eat", {"fruit": "a"}, "fruit")
    panel = await (await ada.slash("panel")).response()
    for button in ("reply", "defer", "update"):
        await ada.click(panel, button)
    await (await ada.submit(await ada.slash("form"), {})).response()
    question = await ada.send(text="hello", files=[("x.png", b"png", "image/png")])
    await (await boris.message_command("Quote this", question)).response()
    await (await boris.user_command("Greet", ada.user["id"])).response()
    answer = await rest.create_message(
        GENERAL_ID,
        "answer",
        reply=int(question["id"]),
        embed=hikari.Embed(title="t", description="d").add_field("n", "v").set_footer("f"),
        attachment=hikari.Bytes(b"x", "x.txt"),
        nonce="job-1",
    )
    await rest.edit_message(GENERAL_ID, answer, "edited", attachments=[answer.attachments[0]])
    await rest.create_voice_message(GENERAL_ID, VOICE, WAVEFORM, 1.5)
    box = hikari.impl.ContainerComponentBuilder()
    box.add_text_display("text")
    box.add_file(hikari.Bytes(b"x", "x.ogg", mimetype="audio/ogg"))
    box.add_separator()
    await rest.create_message(GENERAL_ID, component=box)
    await rest.add_reaction(GENERAL_ID, answer, "👍")
    assert [user async for user in rest.fetch_reactions_for_emoji(GENERAL_ID, answer, "👍")]
    await ada.request("PUT", f"/channels/{GENERAL_ID}/messages/pins/{answer.id}")
    assert [pin async for pin in rest.fetch_pins(GENERAL_ID)]
    await ada.forward(question)
    thread = await rest.create_message_thread(GENERAL_ID, answer, "thread")
    await rest.create_message(thread, "within")
    await rest.fetch_channel(thread)
    await rest.fetch_message(GENERAL_ID, answer)
    assert await rest.fetch_messages(GENERAL_ID)
    for channel_id in (GENERAL_ID, (await rest.create_dm_channel(MEMBER_ID)).id):
        await rest.fetch_channel(channel_id)
        await rest.trigger_typing(channel_id)
    await rest.fetch_guild(GUILD_ID)
    await rest.fetch_guild_channels(GUILD_ID)
    await rest.fetch_roles(GUILD_ID)
    await rest.fetch_member(GUILD_ID, MEMBER_ID)
    await rest.fetch_my_user()
    await rest.fetch_user(MEMBER_ID)
    await rest.fetch_active_threads(GUILD_ID)
    await rest.fetch_gateway_bot_info()
    await rest.fetch_application_commands(APPLICATION_ID)
    await rest.edit_my_member(GUILD_ID, nickname="Starling")
    await rest.delete_message(GENERAL_ID, answer)
    for refused in (
        rest.create_message(READ_ONLY_ID, "x"),
        rest.create_message(GENERAL_ID, "x" * 2001),
        rest.fetch_channel(1),
    ):
        with pytest.raises(hikari.ClientHTTPResponseError):
            await refused


@pytest.mark.skipif(not SPEC.is_file(), reason=f"Discord's description is not in {SPEC}")
async def test_the_sandbox_is_as_discord_describes_itself(
    sandbox: Sandbox, bot: hikari.GatewayBot, ada: Person, boris: Person
) -> None:
    await _do_everything(bot, ada, boris)
    description = Description(json.loads(SPEC.read_text()))
    checked = 0
    found: list[str] = []
    for request in sandbox.requests.all():
        if request.account in ("ada", "boris") or description.path_of(request) is None:
            continue
        checked += 1
        found += [f"{request.method} {request.path} {request.status}: {f}" for f in description.faults_of(request)]
    assert checked > 50
    assert not found, "\n".join(found)
