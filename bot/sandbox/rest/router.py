"""Finds the route for a path."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from bot.sandbox.model.errors import DiscordError, not_found
from bot.sandbox.rest.api import Route


class Router:
    """Matches paths by segment. A parameter such as ``{channel_id}`` matches one segment; literals take precedence."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            segments = tuple(route.path.split("/"))
            self._routes.setdefault(len(segments), []).append((segments, route))
        for known in self._routes.values():
            known.sort(key=lambda item: [segment.startswith("{") for segment in item[0]])

    def all(self) -> list[Route]:
        return [route for known in self._routes.values() for _, route in known]

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route and its parameters, decoded.

        Raises:
            DiscordError: 404, or 405 if the path has other methods; both with code 0.
        """
        given = [unquote(segment) for segment in raw_path.split("/")]
        path_known = False
        for segments, route in self._routes.get(len(given), ()):
            parameters = _match(segments, given)
            if parameters is None:
                continue
            if route.method == method:
                return route, parameters
            path_known = True
        if path_known:
            raise DiscordError(405, 0, "405: Method Not Allowed")
        raise not_found()


def _match(segments: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for segment, value in zip(segments, given, strict=True):
        if segment.startswith("{"):
            if not value:
                return None
            parameters[segment[1:-1]] = value
        elif segment != value:
            return None
    return parameters
