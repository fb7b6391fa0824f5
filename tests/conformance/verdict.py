"""The evidence from a test run, combined from all its processes, and what must be true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.sandbox.options import Options
from bot.sandbox.rest.server import RestServer
from bot.sandbox.services import SandboxServices
from tests.conformance.gateway import GatewayDescription
from tests.conformance.gateway_schemas.events import EVENTS
from tests.conformance.openapi import Description
from tests.conformance.recorder import Recorder, Violation

COMMAND = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}"
ALWAYS_REFUSED = frozenset(
    {
        # The sandbox has no announcement channels to publish from.
        "POST /channels/{channel_id}/messages/{message_id}/crosspost",
        # Nobody can set command permissions here: bots must not, and the page offers no way to.
        f"GET {COMMAND}/permissions",
        f"PUT {COMMAND}/permissions",
    }
)


@dataclass(frozen=True)
class Evidence:
    """What recorders have observed."""

    is_whole: bool = True
    """Whether every test ran, so that whatever was not observed is untested."""
    seen: Counter[str] = field(default_factory=Counter)
    """How often each operation or kind of frame was checked."""
    violations: tuple[Violation, ...] = ()
    """One violation of each kind."""
    needed: frozenset[str] = frozenset()
    """The names of the corrections of Discord's document without which some valid traffic would have been reported."""
    cost_s: float = 0.0
    """How long all checks took."""

    @classmethod
    def of(cls, recorder: Recorder, *, is_whole: bool) -> Evidence:
        rules = recorder.rest.rules if recorder.rest else ()
        unneeded = recorder.rest.unneeded() if recorder.rest else []
        needed = frozenset(rule.name for rule in rules if rule not in unneeded)
        return cls(is_whole, recorder.seen.copy(), tuple(recorder.violations()), needed, recorder.cost_s)

    @classmethod
    def of_all(cls, parts: Iterable[Evidence]) -> Evidence:
        """The combined evidence of several processes, each of which ran a share of the tests."""
        whole = cls()
        for part in parts:
            whole = cls(
                whole.is_whole and part.is_whole,
                whole.seen + part.seen,
                whole.violations + part.violations,
                whole.needed | part.needed,
                whole.cost_s + part.cost_s,
            )
        return whole


def verdicts(evidence: Evidence, rest: Description | None) -> Iterator[tuple[str, str]]:
    """The name of each requirement, with what violates it, or an empty text if nothing does.

    ``rest`` is None if Discord's document is not available. Missing observations are reported only if every test ran.
    """
    frames = [violation for violation in evidence.violations if violation.part == "frame"]
    yield "every_frame_was_as_discord_describes_it", _listed(frames)
    if evidence.is_whole:
        yield (
            "every_event_that_has_a_schema_was_seen",
            _unless_empty(
                "No test makes the sandbox send these, so that nothing holds them against a schema",
                sorted(EVENTS.keys() - evidence.seen.keys()),
            ),
        )
    if rest is None:
        return
    others = [violation for violation in evidence.violations if violation.part != "frame"]
    yield "every_request_and_answer_was_as_discord_describes_it", _listed(others)
    if evidence.is_whole:
        yield (
            "every_correction_of_the_description_is_still_needed",
            _unless_empty(
                "Nothing that was seen needs these rules of overlay.py, take them away",
                [rule.name for rule in rest.rules if rule.name not in evidence.needed],
            ),
        )
        yield (
            "every_route_of_bots_was_seen_to_succeed",
            _unless_empty(
                "No test makes these succeed, so that nothing holds them against the description",
                _routes_without_success(evidence, rest),
            ),
        )


def _routes_without_success(evidence: Evidence, rest: Description) -> list[str]:
    succeeded = {tuple(what.split(" ")[:2]) for what in evidence.seen if what.endswith(("200", "201", "204"))}
    described = [
        (route.method, rest.template(route.path))
        for route in RestServer(SandboxServices(Options(), Recorder(None, GatewayDescription()))).routes
        if route.caller != "person" and f"{route.method} {route.path}" not in ALWAYS_REFUSED
    ]
    return [f"{method} {path}" for method, path in described if path and (method, path) not in succeeded]


def _listed(violations: list[Violation]) -> str:
    if not violations:
        return ""
    return f"{len(violations)} sorts of differences:\n" + "\n".join(map(str, violations))


def _unless_empty(problem: str, of: list[str]) -> str:
    return f"{problem}: {of}" if of else ""
