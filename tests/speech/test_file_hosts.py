"""Where a worker may download from, and where not."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from bot.errors import StarlingError
from bot.speech.file_hosts import FileHosts, ForeignLinkError
from bot.ui.bounded_download import DownloadFailedError, FileTooLargeError, LinkExpiredError
from tests.web_server import served

LIMIT = 1000
Page = Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/note.ogg?ex=1", True),
        ("https://media.discordapp.net/attachments/1/2/note.ogg", True),
        ("https://CDN.discordapp.com:443/attachments/1/2/note.ogg", True),
        ("http://127.0.0.1:8190/attachments/1/2/note.ogg", True),
        ("http://cdn.discordapp.com/attachments/1/2/note.ogg", False),
        ("https://cdn.discordapp.com:8443/attachments/1/2/note.ogg", False),
        ("https://cdn.discordapp.com.example.org/note.ogg", False),
        ("https://cdn.discordapp.com@example.org/note.ogg", False),
        ("http://127.0.0.1:8191/attachments/1/2/note.ogg", False),
        ("https://127.0.0.1:8190/attachments/1/2/note.ogg", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_discord_s_hosts_are_asked(url: str, is_allowed: bool) -> None:
    assert FileHosts("http://127.0.0.1:8190/api/v10").allow(url) is is_allowed
    assert not FileHosts().allow("http://127.0.0.1:8190/attachments/1/2/note.ogg")


@contextlib.asynccontextmanager
async def serving(**pages: Page) -> AsyncIterator[str]:
    """Serve a page under each name; yields the server's address."""
    application = web.Application()
    for name, page in pages.items():
        application.router.add_get(f"/{name}", page)
    async with served(application) as address:
        yield address


def says(body: bytes, status: int = 200) -> Page:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    return page


def leads_to(url: str) -> Page:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": url})

    return page


async def test_a_redirect_leads_no_further_than_to_discord() -> None:
    asked: list[str] = []

    async def inner(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"secret")

    async with (
        serving(inner=inner) as elsewhere,
        serving(
            file=says(b"sound"), moved=leads_to("/file"), out=leads_to(f"{elsewhere}/inner"), loop=leads_to("/loop")
        ) as discord,
    ):
        hosts = FileHosts(f"{discord}/api/v10")
        assert await hosts.download(f"{discord}/moved", LIMIT) == b"sound"
        for path, error in (("out", ForeignLinkError), ("loop", DownloadFailedError)):
            with pytest.raises(error):
                await hosts.download(f"{discord}/{path}", LIMIT)
        with pytest.raises(ForeignLinkError):
            await hosts.download(f"{elsewhere}/inner", LIMIT)
    assert asked == []


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (says(b"x" * (LIMIT + 1)), FileTooLargeError),
        (says(b"", 404), LinkExpiredError),
        (says(b"", 403), LinkExpiredError),
        (says(b"", 500), DownloadFailedError),
    ],
)
async def test_what_cannot_be_had_is_told_as_everywhere(page: Page, error: type[StarlingError]) -> None:
    async with serving(file=page) as discord:
        with pytest.raises(error):
            await FileHosts(discord).download(f"{discord}/file", LIMIT)
    with pytest.raises(DownloadFailedError):
        await FileHosts(discord).download(f"{discord}/file", LIMIT)
