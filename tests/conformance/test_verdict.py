"""Run after every other test: whether all that passed between sandboxes and bots was as Discord describes it."""

from __future__ import annotations

import pytest

from bot.sandbox.options import Options
from bot.sandbox.rest.server import RestServer
from bot.sandbox.services import Services
from tests.conformance.gateway_schemas.events import EVENTS
from tests.conformance.openapi import SPEC
from tests.conformance.recorder import Recorder, Violation

needs_description = pytest.mark.skipif(not SPEC.is_file(), reason=f"Discord's description is not in {SPEC}")


COMMAND = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}"
ALWAYS_REFUSED = frozenset(
    {
        # There are no channels to publish from.
        "POST /channels/{channel_id}/messages/{message_id}/crosspost",
        # Nobody can set permissions of commands here: bots may not, and there is no page for it.
        f"GET {COMMAND}/permissions",
        f"PUT {COMMAND}/permissions",
    }
)


def _listed(violations: list[Violation]) -> str:
    return f"{len(violations)} sorts of differences:\n" + "\n".join(map(str, violations))


@needs_description
def test_every_request_and_answer_was_as_discord_describes_it(recorder: Recorder) -> None:
    found = [violation for violation in recorder.violations() if violation.part != "frame"]
    assert not found, _listed(found)


def test_every_frame_was_as_discord_describes_it(recorder: Recorder) -> None:
    found = [violation for violation in recorder.violations() if violation.part == "frame"]
    assert not found, _listed(found)


@needs_description
@pytest.mark.usefixtures("whole_suite")
def test_every_correction_of_the_description_is_still_needed(recorder: Recorder) -> None:
    assert recorder.rest is not None
    unneeded = [rule.name for rule in recorder.rest.unneeded()]
    assert not unneeded, f"Nothing that was seen needs these rules of overlay.py, take them away: {unneeded}"


@needs_description
@pytest.mark.usefixtures("whole_suite")
def test_every_route_of_bots_was_seen_to_succeed(recorder: Recorder) -> None:
    assert recorder.rest is not None
    succeeded = {tuple(what.split(" ")[:2]) for what in recorder.seen if what.endswith(("200", "201", "204"))}
    described = [
        (route.method, recorder.rest.template(route.path))
        for route in RestServer(Services(Options(), recorder)).routes
        if route.caller != "person" and f"{route.method} {route.path}" not in ALWAYS_REFUSED
    ]
    unseen = [f"{method} {path}" for method, path in described if path and (method, path) not in succeeded]
    assert not unseen, f"No test makes these succeed, so that nothing holds them against the description: {unseen}"


@pytest.mark.usefixtures("whole_suite")
def test_every_event_that_has_a_schema_was_seen(recorder: Recorder) -> None:
    unseen = EVENTS.keys() - recorder.seen.keys()
    assert not unseen, f"No test makes the sandbox send these, so that nothing holds them against a schema: {unseen}"
