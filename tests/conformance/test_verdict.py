"""Run after every other test: whether all that passed between sandboxes and bots was as Discord describes it.

What was sent after the last of these tests, while bots shut down, is looked at by the session's end.
"""

from __future__ import annotations

import pytest

from bot.sandbox.options import Options
from bot.sandbox.rest_server import RestServer
from bot.sandbox.services import Services
from tests.conformance.openapi import SPEC
from tests.conformance.witness import Violation, Witness

needs_description = pytest.mark.skipif(not SPEC.is_file(), reason=f"Discord's description is not in {SPEC}")


def _listed(violations: list[Violation]) -> str:
    return f"{len(violations)} sorts of differences:\n" + "\n".join(map(str, violations))


@needs_description
def test_every_request_and_answer_was_as_discord_describes_it(witness: Witness) -> None:
    found = [violation for violation in witness.violations() if violation.part != "frame"]
    assert not found, _listed(found)


def test_every_frame_was_as_discord_describes_it(witness: Witness) -> None:
    found = [violation for violation in witness.violations() if violation.part == "frame"]
    assert not found, _listed(found)


@needs_description
@pytest.mark.usefixtures("whole_suite")
def test_every_correction_of_the_description_is_still_needed(witness: Witness) -> None:
    assert witness.rest is not None
    unneeded = [rule.name for rule in witness.rest.unneeded()]
    assert not unneeded, f"Nothing that was seen needs these rules of overlay.py, take them away: {unneeded}"


@needs_description
@pytest.mark.usefixtures("whole_suite")
def test_every_route_of_bots_was_seen_to_succeed(witness: Witness) -> None:
    assert witness.rest is not None
    succeeded = {tuple(what.split(" ")[:2]) for what in witness.seen if what.endswith(("200", "201", "204"))}
    routes = RestServer(Services(Options(), witness)).routes
    unseen = [
        f"{route.method} {route.path}"
        for route in routes
        if route.caller != "person" and (route.method, witness.rest.template(route.path)) not in succeeded
    ]
    assert not unseen, f"No test makes these succeed, so that nothing holds them against the description: {unseen}"
